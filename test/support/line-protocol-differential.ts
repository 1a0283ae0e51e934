import { expect } from 'vitest'
import type { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser } from '../../engine/kernel/line-parser.ts'
import { LineProtocolReference } from './line-protocol-reference.ts'
import { byTable, type NumberedKeys, rowsOf } from './parsed-rows.ts'

const UNITS = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
} as const
const NOW = 1_700_000_000_000_000_000n

/** Parses bodies one after the other with a new parser and with the reference, and expects the same of both. */
export function expectSameAsReference(
  kernel: Kernel,
  bodies: readonly Uint8Array[],
  precision: keyof typeof UNITS,
): void {
  const parser = new LineParser(kernel)
  const reference = new LineProtocolReference()
  const keys = new Map<number, NumberedKeys>()
  for (const body of bodies) {
    const expected = reference.parse(body, UNITS[precision], NOW)
    const result = parser.parse(body, { precision, now: NOW })
    expect(result.rejected.map(({ line, column }) => ({ line, column }))).toEqual(expected.rejected.slice(0, 100))
    expect(result.rejectedCount).toBe(expected.rejected.length)
    expect(result.rows).toBe(expected.rows.length)
    expect(rowsOf(result, keys)).toEqual(byTable(expected.rows))
  }
}

/** Parses a body in pieces, other text between them, and expects of all pieces together what the reference says of the body. */
export function expectPiecesAsReference(kernel: Kernel, body: Uint8Array, between: Uint8Array): number {
  const parser = new LineParser(kernel)
  const expected = new LineProtocolReference().parse(body, 1n, NOW)
  const options = { precision: 'ns', now: NOW } as const
  const keys = new Map<number, NumberedKeys>()
  const rows: ReturnType<typeof rowsOf> = new Map()
  const rejected: { line: number; column: number }[] = []
  let [count, rejectedCount, pieces] = [0, 0, 0]
  for (const piece of parser.pieces(body, options, 1)) {
    pieces++
    for (const [table, more] of rowsOf(piece, keys)) rows.set(table, [...(rows.get(table) ?? []), ...more])
    for (const { line, column } of piece.rejected) rejected.push({ line, column })
    count += piece.rows
    rejectedCount += piece.rejectedCount
    rowsOf(parser.parse(between, options), keys)
  }
  expect(rejected).toEqual(expected.rejected.slice(0, 100))
  expect(rejectedCount).toBe(expected.rejected.length)
  expect(count).toBe(expected.rows.length)
  expect(rows).toEqual(byTable(expected.rows))
  return pieces
}
