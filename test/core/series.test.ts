import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSeriesKey, encodeSeriesKey } from '../../engine/core/series.ts'

/** As it is written: of each text the length of its UTF-8 in four bytes, least first, and the UTF-8. */
function plainKey(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.map((text) => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(Buffer.byteLength(text))
      return Buffer.concat([length, Buffer.from(text)])
    }),
  )
}

// Of text that is no Unicode both make the replacement character.
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', 'host', 'ä', 'a\u{1f600}', '\ud800', 'x'.repeat(5000), 'é'.repeat(3000)),
)

test('a series key has the lengths and the UTF-8 of its texts, whatever came before', () => {
  fc.assert(
    fc.property(text, fc.array(fc.tuple(text, text), { maxLength: 12 }), (table, tags) => {
      expect(Buffer.from(encodeSeriesKey({ table, tags }))).toEqual(plainKey([table, ...tags.flat()]))
    }),
  )
  const series = { table: 'cpu', tags: [['host', 'ä'] as const] }
  expect(decodeSeriesKey(encodeSeriesKey(series))).toEqual(series)
})
