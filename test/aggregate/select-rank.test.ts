import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { neighbours } from '../../engine/aggregate/select-rank.ts'
import { generator, uniform } from '../support/block-shapes.ts'

const random = generator(3)
const SHAPES: Readonly<Record<string, (i: number, count: number) => number>> = {
  random: () => uniform(random),
  ascending: (i) => i,
  descending: (i, count) => count - i,
  'all alike': () => 7,
  'few values': (i) => i % 3,
  'organ pipe': (i, count) => Math.min(i, count - i),
  'with NaN': (i) => (i % 5 === 0 ? Number.NaN : -i),
  'nothing but NaN': () => Number.NaN,
  infinities: (i) => [Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY][i % 3] ?? 0,
}

describe('neighbours', () => {
  test.each(Object.entries(SHAPES))('are those of the sorted values: %s', (_name, shape) => {
    for (const count of [1, 2, 255, 257, 1000, 20_000]) {
      const values = Float64Array.from({ length: count }, (_value, i) => shape(i, count))
      const sorted = values.slice().sort()
      for (const rank of [0, 1, count >> 2, count >> 1, count - 2, count - 1].filter((r) => r >= 0 && r < count)) {
        const wanted = [sorted[rank], sorted[Math.min(rank + 1, count - 1)]]
        expect(neighbours(values.slice(), rank), `${count} values, rank ${rank}`).toEqual(wanted)
      }
    }
  })

  test('are those of the sorted values, whatever they are', () => {
    const value = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double())
    fc.assert(
      fc.property(fc.array(value, { minLength: 300, maxLength: 900 }), fc.nat(), (list, pick) => {
        const sorted = Float64Array.from(list).sort()
        const rank = pick % list.length
        const [at, next] = neighbours(Float64Array.from(list), rank)
        const same = (a: number, b = Number.NaN): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))
        return same(at, sorted[rank]) && same(next, sorted[Math.min(rank + 1, list.length - 1)])
      }),
    )
  })
})
