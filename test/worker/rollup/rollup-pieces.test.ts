import { array, assert, constantFrom, integer, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import type { AggregatePlan, Measure } from '../../../engine/core/plan.ts'
import { fittingWidth, planPieces } from '../../../engine/worker/rollup/rollup-pieces.ts'

const NEVER = -(2n ** 63n)

test('pieces cover the range once, in order; windows are whole and none is stale', () => {
  const stale = array(tuple(integer({ min: -5, max: 15 }), integer({ min: 1, max: 3 })), { maxLength: 6 })
  assert(
    property(
      tuple(integer({ min: -40, max: 100 }), integer({ min: 1, max: 90 })),
      constantFrom(1, 7, 10),
      stale,
      ([from, length], width, windows) => {
        const range = { start: BigInt(from), end: BigInt(from + length) }
        const ranges = windows.map(([at, count]) => ({ start: BigInt(at * width), end: BigInt((at + count) * width) }))
        const pieces = planPieces(range, { width: BigInt(width), stale: ranges, rowsFrom: NEVER, windowsFrom: NEVER })
        expect(pieces[0]?.start).toBe(range.start)
        expect(pieces.at(-1)?.end).toBe(range.end)
        pieces.forEach((piece, i) => {
          expect(piece.start < piece.end).toBe(true)
          if (i > 0) expect(piece.start).toBe(pieces[i - 1]?.end)
          if (piece.rollup === undefined) return
          expect([piece.start % piece.rollup, piece.end % piece.rollup]).toEqual([0n, 0n])
          expect(ranges.some(({ start, end }) => start < piece.end && end > piece.start)).toBe(false)
        })
      },
    ),
  )
})

test('rows and windows that have expired are left out', () => {
  const state = { width: 10n, stale: [], rowsFrom: 95n, windowsFrom: 42n }
  expect(planPieces({ start: 5n, end: 103n }, state)).toEqual([
    { start: 50n, end: 100n, rollup: 10n },
    { start: 100n, end: 103n },
  ])
})

test('the widest rollup is taken whose windows add up to what is asked for', () => {
  const plan = (width: bigint | undefined, measures: readonly Measure[], origin = 0n): AggregatePlan => ({
    kind: 'aggregate',
    table: 't',
    matchers: [],
    start: 0n,
    end: 1000n,
    ...(width !== undefined && { window: { origin, width } }),
    by: [],
    inputs: [{ expression: { kind: 'column', name: 'v', source: 'field', type: 'f64' }, measures }],
  })
  const widths = [1n, 10n, 60n]
  expect(fittingWidth(plan(120n, ['sum']), widths)).toBe(60n)
  expect(fittingWidth(plan(50n, ['sum']), widths)).toBe(10n)
  expect(fittingWidth(plan(120n, ['sum'], 30n), widths)).toBe(10n)
  expect(fittingWidth(plan(undefined, ['min', 'max', 'first', 'last']), widths)).toBe(60n)
  expect(fittingWidth(plan(120n, ['moments']), widths)).toBeUndefined()
  expect(
    fittingWidth({ ...plan(120n, ['sum']), filter: { kind: 'literal', type: 'bool', value: true } }, widths),
  ).toBeUndefined()
  expect(fittingWidth({ ...plan(120n, ['sum']), start: 1n, end: 50n }, widths)).toBe(10n)
  expect(fittingWidth(plan(120n, ['sum']), [])).toBeUndefined()
})
