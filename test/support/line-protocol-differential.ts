import { expect } from 'vitest'
import type { Kernel } from '../../engine/kernel/kernel.ts'
import { LineParser, type LineParserOptions, type LinePrecision } from '../../engine/kernel/line-parser.ts'
import { LineProtocolReference, type ReferenceRow } from './line-protocol-reference.ts'
import { byTable, type NumberedKeys, rowsOf } from './parsed-rows.ts'

const UNITS: Readonly<Record<LinePrecision, bigint>> = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const NOW = 1_700_000_000_000_000_000n

/**
 * Parses bodies one after the other with a new parser and with the reference, and expects the same of both. Returns how many
 * rows were taken and how many were rejected.
 */
export function expectSameAsReference(
  kernel: Kernel,
  bodies: readonly Uint8Array[],
  precision: LinePrecision,
  options: LineParserOptions = {},
): { rows: number; rejected: number } {
  const parser = new LineParser(kernel, options)
  const reference = new LineProtocolReference()
  const keys = new Map<number, NumberedKeys>()
  let rows = 0
  let rejected = 0
  for (const body of bodies) {
    const expected = reference.parse(body, UNITS[precision], NOW)
    const result = parser.parse(body, { precision, now: NOW })
    const places = result.rejected.map(({ line, column }) => `${line}:${column}`).join()
    expect(places).toBe(
      expected.rejected
        .slice(0, 100)
        .map(({ line, column }) => `${line}:${column}`)
        .join(),
    )
    expect(result.rejectedCount).toBe(expected.rejected.length)
    expect(result.rows).toBe(expected.rows.length)
    expectSameRows(rowsOf(result, keys), byTable(expected.rows))
    rows += result.rows
    rejected += result.rejectedCount
  }
  return { rows, rejected }
}

/** As `toEqual` has it, in a hundredth of the time. */
function expectSameRows(actual: Map<string, ReferenceRow[]>, expected: Map<string, ReferenceRow[]>): void {
  const isSame = (table: string): boolean => {
    const [a = [], b = []] = [actual.get(table), expected.get(table)]
    return a.length === b.length && a.every((row, i) => isSameRow(row, b[i]))
  }
  if (actual.size !== expected.size || ![...expected.keys()].every(isSame)) {
    expect(actual).toEqual(expected)
    throw new Error('the rows differ in a way that toEqual does not see')
  }
}

function isSameRow(a: ReferenceRow, b: ReferenceRow | undefined): boolean {
  if (b === undefined || a.table !== b.table || a.time !== b.time) return false
  if (a.tags.length !== b.tags.length || a.fields.size !== b.fields.size) return false
  if (!a.tags.every(([key, value], i) => key === b.tags[i]?.[0] && value === b.tags[i]?.[1])) return false
  for (const [name, value] of a.fields) if (!Object.is(value, b.fields.get(name))) return false
  return true
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
