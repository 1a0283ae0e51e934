import { assert, boolean, integer, array as listOf, oneof, property, uniqueArray } from 'fast-check'
import { expect, test } from 'vitest'
import { placesOf, SegmentPlaces, type SeriesLayout, SeriesLayouts } from '../../engine/storage/segment-places.ts'

const layout = (groups: number, fields: number): SeriesLayout => ({
  schema: fields,
  fields: Array.from({ length: fields }, (_, i) => `f${i}`),
  groups,
})

test('a series is found by its ref with its fields, its groups and its first block', () => {
  const distinct = [layout(1, 1), layout(3, 0), layout(2, 5)]
  const apart = uniqueArray(
    integer({ min: 0, max: 2 ** 31 - 2 }).map((ref) => (ref % 3 === 0 ? ref : ref % 500)),
    {
      maxLength: 300,
    },
  )
  const close = uniqueArray(integer({ min: 2 ** 31 - 400, max: 2 ** 31 - 2 }), { maxLength: 300 })
  const refs = oneof(apart, close)
  assert(
    property(refs, listOf(integer({ min: 0, max: 2 }), { maxLength: 400 }), boolean(), (found, kinds, ascending) => {
      const own = found.slice(0, kinds.length)
      if (ascending) own.sort((a, b) => a - b)
      const layouts = new SeriesLayouts(distinct, Uint32Array.from(kinds))
      // Every series that is not among the first ones belongs to another host.
      const numbers = own.map((_, i) => i + kinds.length - own.length)
      const places = new SegmentPlaces(layouts, placesOf(Uint32Array.from(own), Uint32Array.from(numbers)))
      const firstBlocks = [0]
      for (const kind of kinds) {
        const { groups, fields } = distinct[kind] ?? layout(0, 0)
        firstBlocks.push((firstBlocks.at(-1) ?? 0) + groups * (1 + fields.length))
      }
      expect(layouts.blocks).toBe(firstBlocks.at(-1))
      expect([...places.refs()]).toEqual([...own].sort((a, b) => a - b))
      for (const [i, ref] of own.entries()) {
        const number = numbers[i] ?? 0
        const { fields, groups } = distinct[kinds[number] ?? 0] ?? layout(0, 0)
        expect(places.get(ref)).toEqual({ ref, fields, groups, firstBlock: firstBlocks[number] })
        expect(places.has(ref)).toBe(true)
        if (!own.includes(ref + 1)) expect(places.has(ref + 1)).toBe(false)
      }
      expect(places.get(2 ** 31 - 1)).toBeUndefined()
    }),
  )
})

test('series whose refs follow each other in the order of the segment take little more than two bytes each', () => {
  const layouts = new SeriesLayouts([layout(1, 1)], new Uint32Array(100_000))
  const refs = Uint32Array.from({ length: 100_000 }, (_, i) => 7 + i)
  const numbers = refs.map((ref) => ref - 7)
  expect(new SegmentPlaces(layouts, placesOf(refs, numbers)).bytes).toBeLessThan(210_000)
  expect(new SegmentPlaces(layouts, placesOf(refs.slice().reverse(), numbers)).bytes).toBeLessThan(1_010_000)
})
