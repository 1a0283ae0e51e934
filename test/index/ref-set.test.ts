import { assert, integer, array as listOf, property, tuple } from 'fast-check'
import { expect, test } from 'vitest'
import { RefSet } from '../../engine/index/ref-set.ts'

test('a set of refs has what was added and not removed since, and tells what is new', () => {
  const ref = integer({ min: 0, max: 2 ** 32 - 1 }).map((value) => (value % 5 === 0 ? value : value % 40_000))
  assert(
    property(listOf(tuple(integer({ min: 0, max: 20 }), ref), { maxLength: 400 }), (steps) => {
      const set = new RefSet()
      const expected = new Set<number>()
      for (const [step, value] of steps) {
        if (step === 20) {
          set.clear()
          expected.clear()
        } else if (step > 14) {
          set.remove(value)
          expected.delete(value)
        } else {
          expect(set.add(value)).toBe(!expected.has(value))
          expected.add(value)
        }
      }
      for (const [, value] of steps) expect(set.has(value)).toBe(expected.has(value))
    }),
  )
})

test('a million refs in a row take a bit each', () => {
  const set = new RefSet()
  for (let ref = 0; ref < 1_000_000; ref++) set.add(ref)
  expect(set.bytes).toBeLessThan(130_000)
})
