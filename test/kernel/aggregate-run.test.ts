import { beforeAll, describe, expect, test } from 'vitest'
import { type Column, emptyValidity, setValid } from '../../engine/core/batch.ts'
import { type BlockRun, RUN_BLOCKS } from '../../engine/kernel/block-run.ts'
import { BLOCK_ROWS } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { MEASURE, SLOT, STATE_SLOTS } from '../../engine/kernel/span-state.ts'
import { bool, f64, generator, i64, sparse, time } from '../support/block-shapes.ts'
import { expectedAggregate, ulpsBetween } from '../support/codec-reference-aggregate.ts'

const BASIC = MEASURE.sum | MEASURE.min | MEASURE.max

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function timesOf(rows: number, jitter: number): BigInt64Array {
  const next = generator(rows + jitter)
  return BigInt64Array.from({ length: rows }, (_, row) => BigInt(row * 100) + BigInt(jitter ? next() % jitter : 0))
}

const ROWS = 5 * BLOCK_ROWS + 77
const next = generator(5)
const each = <T>(of: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => of(row))
const walk = (most: number): number[] => {
  let level = 0
  return each(() => {
    level += (next() % (2 * most + 1)) - most
    return level
  })
}
const SHAPES: [string, Column][] = [
  ['bytes', f64(each((row) => (row * 37) % 251))],
  ['a walk', f64(walk(3))],
  ['decimals of both signs', f64(walk(350).map((value) => (value - 1000) / 100))],
  ['a counter', i64(each((row) => BigInt(row) * 1_000_003n + BigInt(next() % 999)))],
  ['wide integers', i64(each(() => BigInt.asIntN(64, BigInt(next()) << 31n)))],
  ['noise', f64(each(() => next() / 7))],
  ['booleans', bool(each(() => next() & 1))],
  [
    'with gaps, and a block without one value',
    sparse(f64(each((row) => row)), (row) => row >> 10 === 2 || row % 5 === 0),
  ],
]

/** Rows of each window by block, as the meaning of windows has it. */
function expectedSpans(times: BigInt64Array, width: number): number[][] {
  const spans: number[][] = []
  times.forEach((at, row) => {
    const window = Math.floor(Number(at) / width)
    const [block, from] = [row >> 10, row & (BLOCK_ROWS - 1)]
    const last = spans.at(-1)
    if (last && last[0] === block && last[3] === window) last[2] = from + 1
    else spans.push([block, from, from + 1, window])
  })
  return spans
}

describe('blocks that follow each other, in one call', () => {
  for (const jitter of [0, 90]) {
    const times = timesOf(ROWS, jitter)
    for (const width of [1e9, 250_000, 6000, 700, 130]) {
      test(`spans of windows of ${width} are the rows of each, times ${jitter ? 'uneven' : 'even'}`, () => {
        kernel.setWindows(0n, BigInt(width), 0n, 1n << 30n)
        const expected = expectedSpans(times, width)
        expect(kernel.spansOfBlocks(kernel.encodeBlocks(time(times)))).toBe(expected.length)
        expect(Array.from(kernel.spans)).toEqual(expected.flatMap((span) => span.slice(1)))
      })

      for (const [name, column] of SHAPES) {
        test(`states over windows of ${width}, times ${jitter ? 'uneven' : 'even'}: ${name}`, () => {
          kernel.setWindows(0n, BigInt(width), 0n, 1n << 30n)
          kernel.spansOfBlocks(kernel.encodeBlocks(time(times)))
          kernel.aggregateBlocks(kernel.encodeBlocks(column), BASIC)
          const { states, statesI64 } = kernel
          expectedSpans(times, width).forEach(([block = 0, from = 0, to = 0], span) => {
            const base = block * BLOCK_ROWS
            const expected = expectedAggregate(column, base + from, base + to, () => true)
            const values = column.type === 'f64' ? states : statesI64
            const slots = span * STATE_SLOTS
            expect(states[slots]).toBe(expected?.count ?? 0)
            if (expected === undefined) return
            const sum = (states[slots + SLOT.sumHigh] ?? 0) + (states[slots + SLOT.sumLow] ?? 0)
            expect(ulpsBetween(sum, expected.sum)).toBeLessThanOrEqual(4)
            expect(Object.is(values[slots + SLOT.min], expected.min)).toBe(true)
            expect(Object.is(values[slots + SLOT.max], expected.max)).toBe(true)
          })
        })
      }
    }
  }

  test('times that come again, others, and other windows have spans of their own, whatever came before', () => {
    const [even, uneven, short] = [timesOf(ROWS, 0).map((at) => at + 100n), timesOf(ROWS, 90), timesOf(300, 0)]
    // As many rows, in as many bytes.
    const later = even.map((at) => at + 350n)
    const asked: [BigInt64Array, number][] = [
      [even, 6000],
      [even, 6000],
      [later, 6000],
      [even, 6000],
      [uneven, 6000],
      [even, 6000],
      [even, 700],
      [short, 700],
      [even, 700],
      [short, 700],
      [short, 700],
    ]
    let width = 0
    for (const [times, wanted] of asked) {
      if (wanted !== width) kernel.setWindows(0n, BigInt(wanted), 0n, 1n << 30n)
      width = wanted
      const expected = expectedSpans(times, width)
      expect(kernel.spansOfBlocks(kernel.encodeBlocks(time(times)))).toBe(expected.length)
      expect(Array.from(kernel.spans)).toEqual(expected.flatMap((span) => span.slice(1)))
    }
    kernel.spansOfTimes(timesOf(10, 0), 0, 10)
    expect(kernel.spansOfBlocks(kernel.encodeBlocks(time(short)))).toBe(expectedSpans(short, width).length)
    expect(Array.from(kernel.spans)).toEqual(expectedSpans(short, width).flatMap((span) => span.slice(1)))
  })

  test('first and last know the times of their own block', () => {
    const times = timesOf(3000, 90)
    const values = Float64Array.from(times, Number)
    kernel.setWindows(0n, 0n, 0n, 1n << 30n)
    kernel.spansOfBlocks(kernel.encodeBlocks(time(times)))
    kernel.aggregateBlocks(kernel.encodeBlocks(f64(values)), MEASURE.first | MEASURE.last)
    for (let block = 0; block < 3; block++) {
      const [first, last] = [block * BLOCK_ROWS, Math.min(2999, block * BLOCK_ROWS + BLOCK_ROWS - 1)]
      const at = block * STATE_SLOTS
      expect(kernel.states[at + SLOT.first]).toBe(values[first])
      expect(kernel.states[at + SLOT.last]).toBe(values[last])
      expect(kernel.statesI64[at + SLOT.firstTime]).toBe(times[first])
      expect(kernel.statesI64[at + SLOT.lastTime]).toBe(times[last])
    }
  })

  test(`are ${RUN_BLOCKS} at most, and as many of a field as of times`, () => {
    const blocksOf = (blocks: number): BlockRun => kernel.encodeBlocks(time(timesOf(blocks * BLOCK_ROWS, 0)))
    kernel.setWindows(0n, 100n, 0n, 1n << 30n)
    expect(kernel.spansOfBlocks(blocksOf(RUN_BLOCKS))).toBe(RUN_BLOCKS * BLOCK_ROWS)
    kernel.aggregateBlocks(kernel.encodeBlocks(f64(new Float64Array(RUN_BLOCKS * BLOCK_ROWS))), MEASURE.sum)
    expect(() => kernel.spansOfBlocks(blocksOf(RUN_BLOCKS + 1))).toThrow(RangeError)
    kernel.spansOfBlocks(blocksOf(2))
    expect(() => kernel.aggregateBlocks(kernel.encodeBlocks(f64([1])), MEASURE.sum)).toThrow(RangeError)
  })

  test('a field with fewer rows than the spans of its block is refused', () => {
    kernel.setWindows(0n, 0n, 0n, 1n << 30n)
    kernel.spansOfBlocks(kernel.encodeBlocks(time(timesOf(1500, 0))))
    expect(() => kernel.aggregateBlocks(kernel.encodeBlocks(f64(new Float64Array(1400))), MEASURE.sum)).toThrow(
      'block 1: its header is damaged',
    )
  })

  test('rows that have no value in a whole column give states of nothing', () => {
    const validity = emptyValidity(1500)
    kernel.setWindows(0n, 0n, 0n, 1n << 30n)
    kernel.spansOfBlocks(kernel.encodeBlocks(time(timesOf(1500, 0))))
    kernel.aggregateBlocks(kernel.encodeBlocks({ ...f64(new Float64Array(1500)), validity }), MEASURE.sum)
    expect([kernel.states[0], kernel.states[STATE_SLOTS]]).toEqual([0, 0])
    setValid(validity, 1200)
    kernel.aggregateBlocks(kernel.encodeBlocks({ ...f64(new Float64Array(1500).fill(3)), validity }), MEASURE.sum)
    expect([kernel.states[0], kernel.states[STATE_SLOTS], kernel.states[STATE_SLOTS + 1]]).toEqual([0, 1, 3])
  })
})
