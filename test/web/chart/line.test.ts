import { describe, expect, test } from 'vitest'
import { lineSpan, nearestIndex, valueExtent } from '../../../web/chart/line.ts'
import { type Frame, runsOf } from '../../../web/chart/line-layer.ts'
import { stackLines } from '../../../web/chart/stack.ts'

const line = (times: number[], values: number[]) => ({ name: 'a', times, values })

test('the nearest value is the one that is within reach', () => {
  expect(nearestIndex([0, 10, 20], 12, 5)).toBe(1)
  expect(nearestIndex([0, 10, 20], 16, 5)).toBe(2)
  expect(nearestIndex([0, 10, 20], 15, 4)).toBe(-1)
  expect(nearestIndex([0, 10, 20], 99, 5)).toBe(-1)
  expect(nearestIndex([], 0, 5)).toBe(-1)
})

test('the extent leaves out holes, infinities and other times', () => {
  const lines = [line([0, 1, 2, 3], [100, Number.NaN, 5, Number.POSITIVE_INFINITY]), line([1, 2], [-1, 2])]
  expect(valueExtent(lines, 1, 3)).toEqual({ low: -1, high: 5 })
  expect(valueExtent(lines, 10, 20)).toBeUndefined()
})

test('the span of lines covers all of them, and a single time gets room', () => {
  expect(lineSpan([line([5, 9], [0, 0]), line([], []), line([2, 3], [0, 0])])).toEqual({ start: 2, end: 9 })
  expect(lineSpan([line([1000], [1])])).toEqual({ start: 500, end: 1500 })
  expect(lineSpan([])).toBeUndefined()
})

test('stacked lines stand on the sum of those before them, at the times of all', () => {
  const stacked = stackLines([line([0, 1, 3], [1, 2, 3]), line([0, 1, 2], [10, Number.NaN, 30])])
  expect(Array.from(stacked[0]?.times ?? [])).toEqual([0, 1, 2, 3])
  expect(Array.from(stacked[0]?.values ?? [])).toEqual([1, 2, 0, 3])
  expect(Array.from(stacked[1]?.base ?? [])).toEqual([1, 2, 0, 3])
  expect(Array.from(stacked[1]?.values ?? [])).toEqual([11, 2, 30, 3])
})

describe('runs of a line', () => {
  const frame: Frame = {
    left: 0,
    right: 100,
    top: 0,
    bottom: 100,
    start: 0,
    end: 100,
    x: { offset: 0, scale: 1 },
    y: { offset: 100, scale: -1 },
    maxGapMs: 10,
  }

  test('are broken at holes and at steps longer than the gap', () => {
    const runs = runsOf(line([0, 5, 10, 30, 35], [1, 2, Number.NaN, 4, 5]), frame)
    expect(runs.map(({ xs }) => xs)).toEqual([
      [0, 5],
      [30, 35],
    ])
  })

  test('are in pixels of the frame', () => {
    expect(runsOf(line([10], [40]), frame)).toEqual([{ xs: [10], ys: [60] }])
  })
})
