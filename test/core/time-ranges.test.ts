import { array, assert, integer, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_RANGES, TimeRanges } from '../../engine/core/time-ranges.ts'

const range = (start: number, end: number) => ({ start: BigInt(start), end: BigInt(end) })

/** Units of time that ranges cover. */
function covered(ranges: readonly { start: bigint; end: bigint }[]): Set<bigint> {
  const units = new Set<bigint>()
  for (const { start, end } of ranges) for (let at = start; at < end; at++) units.add(at)
  return units
}

test('covers what was added, apart and ascending; the rest are gaps; what is taken is gone', () => {
  const some = array(tuple(integer({ min: -20, max: 20 }), integer({ min: 0, max: 6 })), { maxLength: 20 })
  assert(
    property(some, integer({ min: -22, max: 22 }), (added, bound) => {
      const ranges = new TimeRanges(added.map(([start, length]) => range(start, start + length)))
      const expected = covered(added.map(([start, length]) => range(start, start + length)))
      expect(covered(ranges.list)).toEqual(expected)
      for (let i = 1; i < ranges.list.length; i++) {
        expect((ranges.list[i]?.start ?? 0n) > (ranges.list[i - 1]?.end ?? 0n)).toBe(true)
      }
      const all = covered([range(-25, 25)])
      expect(covered(ranges.gaps(range(-25, 25)))).toEqual(new Set([...all].filter((unit) => !expected.has(unit))))
      const taken = covered(ranges.takeBefore(BigInt(bound)))
      expect(taken).toEqual(new Set([...expected].filter((unit) => unit < BigInt(bound))))
      expect(covered(ranges.list)).toEqual(new Set([...expected].filter((unit) => unit >= BigInt(bound))))
    }),
  )
})

test(`keeps ${MAX_RANGES} ranges; one more closes the narrowest gap`, () => {
  const ranges = new TimeRanges()
  for (let i = 0; i < MAX_RANGES; i++) ranges.add(range(i * 100, i * 100 + 10))
  expect(ranges.list).toHaveLength(MAX_RANGES)
  ranges.add(range(315, 320))
  expect(ranges.list).toHaveLength(MAX_RANGES)
  expect(ranges.list).toContainEqual(range(300, 320))
})
