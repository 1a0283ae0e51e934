import { array, assert, bigInt, boolean, constantFrom, double, integer, oneof, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import type { BlockRun, RowTest } from '../../engine/kernel/block-run.ts'
import { BLOCK_ROWS, HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { RowList } from '../../engine/kernel/row-list.ts'

const kernel = await Kernel.create(await loadCore())

const EDGES_I64 = [-(1n << 63n), -1n, 0n, 1n, 89n, 90n, 91n, (1n << 63n) - 1n]
const EDGES_F64 = [-Infinity, -1.5, -0, 0, Number.MIN_VALUE, 90, 90.25, Infinity]

const integers = oneof(constantFrom(...EDGES_I64), bigInt({ min: -200n, max: 200n }))
const doubles = oneof(
  constantFrom(...EDGES_F64),
  integer({ min: -200, max: 200 }).map((n) => n / 4),
)
const wantedTest = { compare: constantFrom('<', '<=', '=' as const), negated: boolean() } as const

const bitsOf = (value: number): bigint => new BigInt64Array(new Float64Array([value]).buffer)[0] as bigint

/** Which rows pass, by the definition. */
function passes<T>({ compare, negated }: Pick<RowTest, 'compare' | 'negated'>, value: T, operand: T): boolean {
  const is = compare === '<' ? value < operand : compare === '<=' ? value <= operand : value === operand
  return is !== negated
}

/** Values that repeat the given ones to so many rows. */
const spread = <T>(values: readonly T[], rows: number): T[] =>
  Array.from({ length: rows }, (_, row) => values[(row * 7 + (row >> 5)) % values.length] as T)

const shape = { rows: integer({ min: 1, max: 16 * BLOCK_ROWS }), from: double({ min: 0, max: 1, noNaN: true }) }

function keptOf(column: Column, first: number, tests: readonly RowTest[]): number[] {
  const run = kernel.encodeBlocks(column, 'quick')
  const list = new RowList(kernel.instance)
  list.clear()
  list.add(first, column.values.length)
  for (const one of tests) list.keep(run, one)
  expect(list.count).toBe(list.take().length)
  return Array.from(list.take())
}

test('of integers those rows stay that pass every test', () => {
  assert(
    property(
      record({ ...shape, values: array(integers, { minLength: 1, maxLength: 40 }) }),
      array(record({ ...wantedTest, operand: integers }), { minLength: 0, maxLength: 3 }),
      ({ rows, from, values }, tests) => {
        const all = spread(values, rows)
        const first = Math.floor(from * rows)
        const column: Column = { name: '', type: 'i64', values: BigInt64Array.from(all) }
        const kept = keptOf(
          column,
          first,
          tests.map((one) => ({ ...one, type: 'i64' })),
        )
        const wanted = [...all.keys()].filter((row) => row >= first)
        expect(kept).toEqual(wanted.filter((row) => tests.every((one) => passes(one, all[row] as bigint, one.operand))))
      },
    ),
    { numRuns: 60 },
  )
})

test('of doubles, NaN among them, those rows stay that pass', () => {
  assert(
    property(
      record({ ...shape, values: array(oneof(doubles, constantFrom(Number.NaN)), { minLength: 1, maxLength: 40 }) }),
      record({ ...wantedTest, operand: doubles }),
      ({ rows, from, values }, one) => {
        const all = spread(values, rows)
        const first = Math.floor(from * rows)
        const column: Column = { name: '', type: 'f64', values: Float64Array.from(all) }
        const kept = keptOf(column, first, [{ ...one, type: 'f64', operand: bitsOf(one.operand) }])
        const wanted = [...all.keys()].filter((row) => row >= first)
        expect(kept).toEqual(wanted.filter((row) => passes(one, all[row] as number, one.operand)))
      },
    ),
    { numRuns: 60 },
  )
})

test('rows that are listed in stretches are looked up in their blocks', () => {
  const values = BigInt64Array.from({ length: 4 * BLOCK_ROWS }, (_, row) => BigInt((row * 37) % 101))
  const run = kernel.encodeBlocks({ name: '', type: 'i64', values }, 'quick')
  const list = new RowList(kernel.instance)
  list.clear()
  list.add(5, 9)
  list.add(1020, 1030)
  list.add(3000, 4096)
  list.keep(run, { type: 'i64', compare: '<', negated: true, operand: 50n })
  const wanted = [...values.keys()].filter(
    (row) => ((row >= 5 && row < 9) || (row >= 1020 && row < 1030) || row >= 3000) && (values[row] as bigint) >= 50n,
  )
  expect(Array.from(list.take())).toEqual(wanted)
})

test('a damaged payload is an error or rows of the blocks, whatever bit is turned', () => {
  const values = BigInt64Array.from({ length: 300 }, (_, row) => BigInt((row * row) % 1009))
  const whole = kernel.encodeBlocks({ name: '', type: 'i64', values }, 'quick')
  const list = new RowList(kernel.instance)
  const attempt = (run: BlockRun): void => {
    list.clear()
    list.add(0, 300)
    try {
      list.keep(run, { type: 'i64', compare: '<=', negated: false, operand: 500n })
    } catch (error) {
      expect(error).toMatchObject({ name: 'TidemarkError' })
      return
    }
    const kept = Array.from(list.take())
    expect(kept.length).toBeLessThanOrEqual(300)
    expect(kept.every((row, i) => row < 300 && row > (kept[i - 1] ?? -1))).toBe(true)
  }
  for (let bit = 0; bit < whole.payloads.length * 8; bit++) {
    const payloads = whole.payloads.slice()
    payloads[bit >> 3] = (payloads[bit >> 3] as number) ^ (1 << (bit & 7))
    attempt({ ...whole, payloads })
  }
  for (let bit = 0; bit < HEADER_BYTES * 8; bit++) {
    const headers = whole.headers.slice()
    headers[bit >> 3] = (headers[bit >> 3] as number) ^ (1 << (bit & 7))
    attempt({ ...whole, headers })
  }
  for (let bytes = 0; bytes < whole.payloads.length; bytes++)
    attempt({ ...whole, payloads: whole.payloads.slice(0, bytes) })
})
