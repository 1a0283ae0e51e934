import { array, assert, bigInt, property } from 'fast-check'
import { expect, test } from 'vitest'
import { touchedRanges } from '../../../engine/worker/shard/touched-times.ts'

const SECOND = 1_000_000_000n
const NOW = 1_795_340_700_000_000_000n

test('every time is in one of the ranges, of which there are eight at most', () => {
  const times = array(bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), { minLength: 1, maxLength: 60 })
  assert(
    property(times, (all) => {
      const ranges = touchedRanges(BigInt64Array.from(all))
      expect(ranges.length).toBeLessThanOrEqual(8)
      for (const time of all) expect(ranges.some(({ start, end }) => start <= time && time < end)).toBe(true)
    }),
  )
})

test('a late row does not stand for the times since then', () => {
  const times = BigInt64Array.of(NOW, NOW + SECOND, NOW - 7200n * SECOND, NOW + 2n * SECOND)
  const ranges = touchedRanges(times)
  expect(ranges).toHaveLength(2)
  for (const { start, end } of ranges) expect(end - start).toBeLessThan(3n * SECOND)
})
