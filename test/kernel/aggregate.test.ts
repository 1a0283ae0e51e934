import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Column, emptyValidity, isValid, setValid } from '../../engine/core/batch.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { MEASURE, SLOT, STATE_SLOTS } from '../../engine/kernel/span-state.ts'
import { f64, generator, i64, namedShapes, time } from '../support/block-shapes.ts'
import { type Expected, exactSum, expectedAggregate, ulpsBetween } from '../support/codec-reference-aggregate.ts'
import { oneBlock } from '../support/one-block.ts'

const ALL = Object.values(MEASURE).reduce((mask, bit) => mask | bit, 0)
const SECOND = 1_000_000_000n

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

interface Block {
  headers: Uint8Array
  payload: Uint8Array
}

function encoded(column: Column): Block {
  const headers = new Uint8Array(HEADER_BYTES)
  return { headers, payload: kernel.encode(column, 0, column.values.length, headers, 0) }
}

/** What the reference says of the current spans. */
function expectations(column: Column, selected: (row: number) => boolean): (Expected | undefined)[] {
  const { spans } = kernel
  return Array.from({ length: spans.length / 3 }, (_, span) =>
    expectedAggregate(column, spans[3 * span] ?? -1, spans[3 * span + 1] ?? -1, selected),
  )
}

/** What is wrong with the state of one span; empty where nothing is. Sums may differ from the exact one by 4 ulp. */
function faults(column: Column, times: BigInt64Array, mask: number, span: number, expected: Expected): string[] {
  const { states, statesI64 } = kernel
  const slot = (index: number): number => states[span * STATE_SLOTS + index] ?? Number.NaN
  const integer = (index: number): bigint => statesI64[span * STATE_SLOTS + index] ?? 0n
  const found: string[] = []
  const check = (bit: number, name: string, actual: number | bigint, wanted: number | bigint | undefined): void => {
    if ((mask & bit) === bit && !Object.is(actual, wanted)) found.push(`span ${span}: ${name} ${actual}, not ${wanted}`)
  }
  const value = (index: number): number | bigint => (column.type === 'f64' ? slot(index) : integer(index))
  check(0, 'count', slot(SLOT.count), expected.count)
  const sum = slot(SLOT.sumHigh) + slot(SLOT.sumLow)
  check(MEASURE.sum, `sum ${sum}, not ${expected.sum}:`, Number(ulpsBetween(sum, expected.sum) <= 4), 1)
  check(MEASURE.min, 'min', value(SLOT.min), expected.min)
  check(MEASURE.max, 'max', value(SLOT.max), expected.max)
  check(MEASURE.first, 'first', value(SLOT.first), expected.first)
  check(MEASURE.first, 'first time', integer(SLOT.firstTime), times[expected.firstRow])
  check(MEASURE.last, 'last', value(SLOT.last), expected.last)
  check(MEASURE.last, 'last time', integer(SLOT.lastTime), times[expected.lastRow])
  if (!Number.isFinite(expected.m2)) return found
  const meanFits = Math.abs(slot(SLOT.mean) - expected.mean) <= 1e-14 * expected.meanOfMagnitudes
  const m2Fits = Math.abs(slot(SLOT.m2) - expected.m2) <= 1e-10 * expected.m2 + 1e-18 * expected.mean ** 2
  check(MEASURE.moments, `mean ${slot(SLOT.mean)}, not ${expected.mean}:`, Number(meanFits), 1)
  check(MEASURE.moments, `m2 ${slot(SLOT.m2)}, not ${expected.m2}:`, Number(m2Fits), 1)
  return found
}

/** Compares the states of the current spans with the reference. */
function expectStates(
  column: Column,
  times: BigInt64Array,
  mask: number,
  expected: readonly (Expected | undefined)[],
): void {
  const found = expected.flatMap((one, span) => {
    if (one !== undefined) return faults(column, times, mask, span, one)
    return kernel.states[span * STATE_SLOTS] === 0 ? [] : [`span ${span} is not empty`]
  })
  expect(found).toEqual([])
}

/** Bits of both halves of every span's sum. */
function sumsNow(): bigint[] {
  return Array.from(kernel.statesI64).filter((_, slot) => {
    const inState = slot % STATE_SLOTS
    return inState === SLOT.sumHigh || inState === SLOT.sumLow
  })
}

function timesOf(rows: number, jitter: boolean): BigInt64Array {
  const next = generator(rows)
  return BigInt64Array.from(
    { length: rows },
    (_, row) => BigInt(row) * 10n * SECOND + BigInt(jitter ? next() % 1e9 : 0),
  )
}

const columns = namedShapes().filter(([, column]) => column.type !== 'time')

describe('states of the spans of a block', () => {
  for (const [name, column] of columns) {
    for (const jitter of [false, true]) {
      test(`are those of the reference: ${name}, times ${jitter ? 'uneven' : 'even'}`, () => {
        const times = timesOf(column.values.length, jitter)
        const timeBlock = encoded(time(times))
        const block = encoded(column)
        const masks =
          column.type === 'string' ? [0, MEASURE.first | MEASURE.last] : [ALL, ALL & ~MEASURE.moments, MEASURE.sum]
        for (const width of [0n, 60n * SECOND, 3600n * SECOND, 7n * SECOND]) {
          kernel.setWindows(0n, width, 33n * SECOND, 10_000n * SECOND)
          kernel.spansOfBlocks(oneBlock(timeBlock.headers, timeBlock.payload))
          const expected = expectations(column, () => true)
          for (const mask of masks) {
            kernel.aggregateValues(column, 0, column.values.length, undefined, mask)
            expectStates(column, times, mask, expected)
            const plain = sumsNow()
            // Strings are aggregated as values.
            if (column.type === 'string') continue
            kernel.aggregateBlocks(oneBlock(block.headers, block.payload), mask)
            expectStates(column, times, mask, expected)
            if (column.type === 'i64' && mask === MEASURE.sum) expect(sumsNow()).toEqual(plain)
          }
        }
      })
    }
  }

  test('are those of the reference for spans of any length, of integers and decimals that take any number of bits', () => {
    const shape = fc.record({
      seed: fc.nat(),
      bits: fc.integer({ min: 1, max: 34 }),
      walks: fc.boolean(),
      base: fc.constantFrom(0, -0.5, -1, 2 ** 20, 2 ** 41, -(2 ** 43)),
      decimals: fc.integer({ min: 0, max: 4 }),
      rows: fc.integer({ min: 1, max: 1024 }),
      rowsOfWindow: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 1024 })),
      mask: fc.constantFrom(ALL & ~MEASURE.moments, MEASURE.sum | MEASURE.min | MEASURE.max, MEASURE.sum),
    })
    fc.assert(
      fc.property(shape, ({ seed, bits, walks, base, decimals, rows, rowsOfWindow, mask }) => {
        const next = generator(seed)
        const reach = 2 ** bits
        let value = next() % reach
        const integers = Array.from({ length: rows }, () => {
          value = walks ? Math.min(reach - 1, Math.max(0, value + (next() % 21) - 10)) : next() % reach
          return value + Math.trunc(Math.abs(base) < 2 ? base * reach : base)
        })
        const times = timesOf(rows, false)
        const timeBlock = encoded(time(times))
        kernel.setWindows(0n, BigInt(rowsOfWindow) * 10n * SECOND, 0n, 1_000_000n * SECOND)
        for (const column of [i64(integers.map(BigInt)), f64(integers.map((integer) => integer / 10 ** decimals))]) {
          const block = encoded(column)
          kernel.spansOfBlocks(oneBlock(timeBlock.headers, timeBlock.payload))
          kernel.aggregateBlocks(oneBlock(block.headers, block.payload), mask)
          expectStates(
            column,
            times,
            mask,
            expectations(column, () => true),
          )
        }
      }),
      { numRuns: 400 },
    )
  })

  test('count only selected rows, over any part of a column', () => {
    const next = generator(3)
    for (const [, column] of columns) {
      const from = column.values.length > 20 ? 13 : 0
      const rows = column.values.length - from
      const selection = emptyValidity(rows)
      for (let row = 0; row < rows; row++) if (next() % 3 > 0) setValid(selection, row)
      const times = timesOf(rows, true)
      kernel.setWindows(0n, 300n * SECOND, 0n, 1_000_000n * SECOND)
      kernel.spansOfTimes(times, 0, rows)
      kernel.aggregateValues(column, from, from + rows, selection, ALL)
      const part: Column = { ...column, values: column.values.slice(from) } as Column
      if (column.validity !== undefined) {
        part.validity = emptyValidity(rows)
        for (let row = 0; row < rows; row++) if (isValid(column.validity, from + row)) setValid(part.validity, row)
      }
      expectStates(
        part,
        times,
        ALL,
        expectations(part, (row) => isValid(selection, row)),
      )
      kernel.countRows(selection)
      const { spans, states } = kernel
      for (let span = 0; span < spans.length / 3; span++) {
        let count = 0
        for (let row = spans[3 * span] ?? 0; row < (spans[3 * span + 1] ?? 0); row++)
          if (isValid(selection, row)) count++
        expect(states[span * STATE_SLOTS]).toBe(count)
      }
    }
  })
})

describe('header statistics', () => {
  for (const [name, column] of columns.filter(([, one]) => one.type !== 'string')) {
    test(`are those of the reference: ${name}`, () => {
      const { headers } = encoded(column)
      const view = new DataView(headers.buffer)
      const expected = expectedAggregate(column, 0, column.values.length, () => true)
      expect(view.getUint16(4, true)).toBe(column.values.length - (expected?.count ?? 0))
      const value = (at: number): number | bigint =>
        column.type === 'f64' ? view.getFloat64(at, true) : view.getBigInt64(at, true)
      if (expected === undefined) return
      expect([value(16), value(24), value(48), value(56)]).toEqual([
        expected.min,
        expected.max,
        expected.first,
        expected.last,
      ])
      expect(ulpsBetween(view.getFloat64(32, true) + view.getFloat64(40, true), expected.sum)).toBeLessThanOrEqual(1)
    })
  }

  test('say whether times rise strictly and whether floats hold a NaN', () => {
    const flags = (column: Column): number => encoded(column).headers[6] ?? -1
    expect(flags(time([1n, 2n, 3n]))).toBe(1)
    expect(flags(time([1n, 2n, 2n]))).toBe(0)
    expect(flags(time([1n, 0n]))).toBe(0)
    expect(flags(f64([1, Number.NaN]))).toBe(2)
    expect(flags(f64([1, Infinity]))).toBe(0)
  })
})

describe('sums', () => {
  test('of floats that nearly cancel are exact to an ulp', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e150, max: 1e150 }), { minLength: 1, maxLength: 400 }),
        (some) => {
          const values = [...some, ...some.map((value) => -value), 1]
          const column = f64(values)
          kernel.setWindows(0n, 0n, 0n, 10n ** 15n)
          kernel.spansOfTimes(timesOf(values.length, false), 0, values.length)
          kernel.aggregateValues(column, 0, values.length, undefined, MEASURE.sum)
          const [, high = 0, low = 0] = kernel.states
          const scale = values.reduce((sum, value) => sum + Math.abs(value), 0)
          expect(Math.abs(high + low - exactSum(values))).toBeLessThanOrEqual(
            scale * values.length * 2 ** -104 + 2 ** -52,
          )
        },
      ),
    )
  })

  test('of i64 are exact beyond 2^64', () => {
    const column = i64(Array.from({ length: 1024 }, (_, row) => 2n ** 63n - 1n - BigInt(row % 5)))
    kernel.setWindows(0n, 0n, 0n, 10n ** 15n)
    kernel.spansOfTimes(timesOf(1024, false), 0, 1024)
    kernel.aggregateValues(column, 0, 1024, undefined, MEASURE.sum)
    const [, high = 0, low = 0] = kernel.states
    const exact = Array.from(column.values, BigInt).reduce((sum, value) => sum + value, 0n)
    expect(BigInt(high) + BigInt(low)).toBe(exact)
  })
})
