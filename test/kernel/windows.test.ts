import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel, SORT_ROWS } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { time } from '../support/block-shapes.ts'
import { oneBlock } from '../support/one-block.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

interface Windows {
  origin: bigint
  width: bigint
  start: bigint
  end: bigint
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by
  return value % by < 0n ? quotient - 1n : quotient
}

/** Spans by the meaning of windows, row by row. */
function expectedSpans(times: BigInt64Array, { origin, width, start, end }: Windows): number[] {
  const windowOf = (at: bigint): number => {
    if (width === 0n) return 0
    return Number(floorDivide(at - origin, width) - floorDivide(start - origin, width))
  }
  const spans: number[] = []
  times.forEach((at, row) => {
    if (at < start || at >= end) return
    const window = windowOf(at)
    if (spans.at(-1) === window) spans[spans.length - 2] = row + 1
    else spans.push(row, row + 1, window)
  })
  return spans
}

function expectSpans(times: BigInt64Array, windows: Windows): void {
  const { origin, width, start, end } = windows
  const expected = expectedSpans(times, windows)
  kernel.setWindows(origin, width, start, end)
  expect(kernel.spansOfTimes(times, 0, times.length)).toBe(expected.length / 3)
  expect(Array.from(kernel.spans)).toEqual(expected)
  const headers = new Uint8Array(HEADER_BYTES)
  const payload = kernel.encode(time(times), 0, times.length, headers, 0)
  expect(kernel.spansOfBlocks(oneBlock(headers, payload))).toBe(expected.length / 3)
  expect(Array.from(kernel.spans)).toEqual(expected)
}

describe('spans', () => {
  const instant = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
  const windows = fc.record({
    origin: instant,
    width: fc.oneof(fc.constant(0n), fc.bigInt({ min: 10n ** 7n, max: 10n ** 15n })),
    start: instant,
    end: instant,
  })

  test('of even times are the rows of each window', () => {
    const step = fc.bigInt({ min: 1n, max: 10n ** 12n })
    fc.assert(
      fc.property(instant, step, fc.integer({ min: 1, max: 1024 }), windows, (first, by, rows, chosen) => {
        expectSpans(
          BigInt64Array.from({ length: rows }, (_, row) => first + BigInt(row) * by),
          chosen,
        )
      }),
    )
  })

  test('of uneven times are the rows of each window', () => {
    const steps = fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), { minLength: 1, maxLength: 1024, size: 'max' })
    fc.assert(
      fc.property(instant, steps, windows, (first, by, chosen) => {
        let at = first
        expectSpans(
          BigInt64Array.from(by, (step) => {
            at += step
            return at
          }),
          chosen,
        )
      }),
    )
  })

  test('reach to the ends of the range of times', () => {
    const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n]
    const whole = { origin: 0n, width: 0n, start: least, end: most }
    expectSpans(BigInt64Array.of(least, 0n, most - 1n), whole)
    expectSpans(BigInt64Array.of(least, 0n, most - 1n), { ...whole, width: 10n ** 18n })
    expectSpans(BigInt64Array.of(least, least + 1n, least + 2n), { ...whole, width: 10n ** 10n })
  })
})

describe('limits', () => {
  test('windows beyond the range of times or more than 2^31 are refused', () => {
    const refused = (...windows: [bigint, bigint, bigint, bigint]): void => {
      expect(() => kernel.setWindows(...windows)).toThrow(TidemarkError)
    }
    refused(0n, 1n, 0n, 2n ** 31n)
    kernel.setWindows(0n, 1n, 0n, 2n ** 31n - 2n)
    refused(2n ** 62n, 10n ** 10n, -(2n ** 63n) + 5n, 0n)
    refused(0n, 10n ** 18n, 0n, 2n ** 63n)
    expect(() => kernel.setWindows(0n, -1n, 0n, 1n)).toThrow(RangeError)
  })

  test('1024 times at once are taken, 1025 are not', () => {
    kernel.setWindows(0n, 0n, 0n, 10n)
    expect(kernel.spansOfTimes(new BigInt64Array(1024), 0, 1024)).toBe(1)
    expect(() => kernel.spansOfTimes(new BigInt64Array(1025), 0, 1025)).toThrow(RangeError)
  })

  test('more rows than can be sorted are refused before anything is copied', () => {
    expect(() => kernel.sortTimes({ length: SORT_ROWS + 1 } as BigInt64Array)).toThrow(RangeError)
  })

  test('a block that does not begin in memory that is there is refused', () => {
    expect(() => kernel.verify(new Uint8Array(10), 0, new Uint8Array(5))).toThrow(/ends early/)
  })
})
