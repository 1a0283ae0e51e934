import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { valueScale } from '../../../web/chart/value-scale.ts'

const decimal = { count: 4, binary: false }
const GIBIBYTE = 2 ** 30

describe('valueScale', () => {
  test('steps in 1, 2 and 5 of a power of ten', () => {
    expect(valueScale(0, 97, decimal).ticks).toEqual([0, 50, 100])
    expect(valueScale(0, 0.3, { count: 3, binary: false }).ticks).toEqual([0, 0.1, 0.2, 0.3])
    expect(valueScale(-3, 4, decimal).ticks).toEqual([-4, -2, 0, 2, 4])
  })

  test('steps bytes in powers of two', () => {
    const { ticks } = valueScale(0, 3.1 * GIBIBYTE, { count: 4, binary: true })
    expect(ticks).toEqual([0, 1, 2, 3, 4].map((n) => n * GIBIBYTE))
  })

  test('gives a constant line room', () => {
    const { min, max } = valueScale(7, 7, decimal)
    expect(min).toBeLessThan(7)
    expect(max).toBeGreaterThan(7)
    expect(valueScale(0, 0, decimal)).toMatchObject({ min: 0, max: 1 })
  })

  test('shows 0 to 1 where there are no values', () => {
    const nothing = { min: 0, max: 1, ticks: [0, 1] }
    expect(valueScale(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, decimal)).toEqual(nothing)
    expect(valueScale(Number.NaN, 3, decimal)).toEqual(nothing)
  })

  test('covers any range with ascending ticks whose ends are the domain', () => {
    const value = fc.double({ min: -1e15, max: 1e15, noNaN: true })
    fc.assert(
      fc.property(value, value, fc.integer({ min: 1, max: 10 }), fc.boolean(), (a, b, count, binary) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const { min, max, ticks } = valueScale(low, high, { count, binary })
        const slack = (max - min) * 1e-6
        expect(min).toBeLessThanOrEqual(low + slack)
        expect(max).toBeGreaterThanOrEqual(high - slack)
        expect(ticks[0]).toBe(min)
        expect(ticks.at(-1)).toBe(max)
        expect(ticks.length).toBeLessThanOrEqual(count + 3)
        for (let i = 1; i < ticks.length; i++) expect(ticks[i]).toBeGreaterThan(ticks[i - 1] ?? 0)
      }),
    )
  })
})
