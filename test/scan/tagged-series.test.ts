import fc from 'fast-check'
import { expect, test } from 'vitest'
import { valueAt } from '../../engine/core/batch.ts'
import type { Tags } from '../../engine/core/series.ts'
import { TaggedSeries } from '../../engine/scan/tagged-series.ts'

const text = fc.constantFrom('', 'a', 'b', 'é', '\u{1f30a}', 'B')
const someSeries = fc.array(fc.record({ host: text, zone: text }), { minLength: 1, maxLength: 20 })

function tagsOf({ host, zone }: { host: string; zone: string }): Tags {
  return Object.entries({ host, zone }).filter(([, value]) => value !== '')
}

test('a column has the tag of the series in each place, and is missing where a series has none', () => {
  fc.assert(
    fc.property(someSeries, fc.array(fc.nat(), { maxLength: 30 }), (series, drawn) => {
      const refs = Uint32Array.from(series, (_, place) => 1000 - place)
      const tagged = new TaggedSeries(refs, (ref) => tagsOf(series[1000 - ref] ?? { host: '', zone: '' }))
      const places = Uint32Array.from(drawn, (number) => number % series.length)
      for (const name of ['host', 'zone'] as const) {
        const column = tagged.column(name, places)
        const read = Array.from(places, (_, row) => valueAt(column, row))
        expect(read).toEqual(Array.from(places, (place) => series[place]?.[name] || null))
        expect(new Set(column.dictionary).size).toBe(column.dictionary.length)
        expect(tagged.column(name, places.slice(0, 1)).dictionary).toBe(column.dictionary)
      }
    }),
  )
})

test('series share a partition where they share the values of its tags; partitions are in the order of these by code points', () => {
  fc.assert(
    fc.property(someSeries, fc.subarray(['zone', 'host'] as const), (series, by) => {
      const refs = Uint32Array.from(series.keys())
      const tagged = new TaggedSeries(refs, (ref) => tagsOf(series[ref] ?? { host: '', zone: '' }))
      const { count, ofPlace } = tagged.partitions(by)
      const codePoints = (value: string): string =>
        [...value].map((one) => one.codePointAt(0)?.toString(16).padStart(6, '0')).join()
      const keys = series.map((tags) => by.map((name) => codePoints(tags[name])).join(' '))
      const ordered = [...new Set(keys)].sort()
      expect(count).toBe(ordered.length)
      expect([...ofPlace]).toEqual(keys.map((key) => ordered.indexOf(key)))
    }),
  )
})
