import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reduceLine } from '../../../web/chart/reduce.ts'

/** Lowest and highest value of each pixel column, straight from the definition. */
function columnExtents(times: number[], values: number[], start: number, perColumn: number): Map<number, string> {
  const extents = new Map<number, [number, number]>()
  times.forEach((time, i) => {
    const column = Math.floor((time - start) / perColumn)
    const value = values[i] ?? Number.NaN
    if (Number.isNaN(value)) return
    const [low, high] = extents.get(column) ?? [value, value]
    extents.set(column, [Math.min(low, value), Math.max(high, value)])
  })
  return new Map([...extents].map(([column, extent]) => [column, extent.join()]))
}

describe('reduceLine', () => {
  const value = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constant(Number.NaN))

  test('keeps the extent of every pixel column, in order of time, in at most five values a column', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3000 }),
        fc.integer({ min: 1, max: 60 }),
        (values, columns) => {
          const times = values.map((_, i) => i)
          const [start, end] = [0, values.length]
          const reduced = reduceLine({ name: '', times, values }, { start, end, columns })
          const keptTimes = [...reduced.times.subarray(0, reduced.count)]
          const keptValues = [...reduced.values.subarray(0, reduced.count)]
          const perColumn = (end - start) / columns
          expect(columnExtents(keptTimes, keptValues, start, perColumn)).toEqual(
            columnExtents(times, values, start, perColumn),
          )
          expect(keptTimes).toEqual(keptTimes.toSorted((a, b) => a - b))
          expect(reduced.count).toBeLessThanOrEqual(5 * (columns + 2))
        },
      ),
    )
  })

  test('keeps one value beyond each end, so that the line enters and leaves the frame', () => {
    const times = [0, 10, 20, 30, 40, 50]
    const reduced = reduceLine({ name: '', times, values: times }, { start: 15, end: 35, columns: 100 })
    expect([...reduced.times.subarray(0, reduced.count)]).toEqual([10, 20, 30, 40])
  })

  test('keeps a hole', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 500 ? Number.NaN : i))
    const reduced = reduceLine(
      { name: '', times: values.map((_, i) => i), values },
      { start: 0, end: 1000, columns: 10 },
    )
    expect([...reduced.values.subarray(0, reduced.count)].some(Number.isNaN)).toBe(true)
  })
})
