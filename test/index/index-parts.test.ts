import { assert, integer, array as listOf, property, string, uint8Array } from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSeriesKey, encodeSeriesKey } from '../../engine/core/series.ts'
import { RecentCache } from '../../engine/index/recent-cache.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { IndexMemory, NONE, ORDER } from '../../engine/kernel/index-memory.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

const kernel = await Kernel.create(await loadCore())
const utf8 = new TextEncoder()

function internAll(memory: IndexMemory, texts: readonly Uint8Array[]): Uint32Array {
  const { bytes, ends } = packKeys(texts)
  const starts = ends.map((_, i) => (i === 0 ? 0 : (ends[i - 1] as number)))
  return memory.intern(
    { bytes, starts, ends },
    Uint32Array.from(texts, (_, i) => i),
  )
}

test('texts have one symbol each, in the order of the UTF-8, and are given back', () => {
  assert(
    property(listOf(string({ unit: 'binary', maxLength: 40 }), { maxLength: 60 }), (texts) => {
      const memory = new IndexMemory(kernel)
      const symbols = internAll(
        memory,
        texts.map((text) => utf8.encode(text)),
      )
      expect(new Set(symbols).size).toBe(new Set(texts).size)
      for (const [i, text] of texts.entries()) {
        expect(memory.findText(utf8.encode(text))).toBe(symbols[i])
        expect(memory.text(symbols[i] ?? NONE)).toEqual(utf8.encode(text))
      }
      const sorted = Array.from(memory.sorted(symbols, ORDER.texts), (symbol) => Buffer.from(memory.text(symbol)))
      expect(sorted).toEqual(texts.map((text) => Buffer.from(text)).sort(Buffer.compare))
    }),
    { numRuns: 60 },
  )
})

test('texts of any length have symbols', () => {
  const memory = new IndexMemory(kernel)
  const lengths = [0, 1, 127, 128, 129, 16_383, 16_384, 65_530, 65_536, 200_000, 2_000_000]
  const texts = lengths.map((length) => utf8.encode('x'.repeat(length)))
  const symbols = internAll(memory, texts)
  expect(Array.from(symbols, (symbol) => memory.text(symbol).length)).toEqual(lengths)
  expect([...internAll(memory, texts)]).toEqual([...symbols])
})

test('values have their series, however many of them grow by turns', () => {
  assert(
    property(listOf(integer({ min: 0, max: 7 }), { maxLength: 3000 }), (turns) => {
      const index = new SeriesIndex(kernel)
      const keys = turns.map((value, i) =>
        encodeSeriesKey({
          table: 't',
          tags: [
            ['a', `${i}`],
            ['b', `${value}`],
          ],
        }),
      )
      const refs = index.registerKeys(packKeys(keys), new Uint8Array(keys.length))
      expect([...refs]).toEqual(turns.map((_, i) => i))
      const columns = index.tagCardinality('t', false)
      for (const { tag, values, series } of columns) {
        expect(series).toBe(turns.length)
        expect(values).toBe(tag === 'a' ? turns.length : new Set(turns).size)
      }
    }),
    { numRuns: 20 },
  )
})

test('a list of every series takes about a byte a ref, one of a single series nothing', () => {
  const index = new SeriesIndex(kernel)
  const keys = Array.from({ length: 100_000 }, (_, i) => encodeSeriesKey({ table: 't', tags: [['host', `${i}`]] }))
  const shards = new Uint8Array(keys.length)
  const refs = index.registerKeys(packKeys(keys), shards)
  expect(index.registerKeys(packKeys(keys), shards)).toEqual(refs)
  expect(index.findKeys(packKeys(keys), shards)).toEqual(refs)
  expect(index.size).toBe(100_000)
  expect(index.bytes.postings).toBeLessThan(110_000)
  expect(index.bytes.table / 100_000).toBeLessThan(10)
})

test('bytes are a key where they decode as one and have no empty value', () => {
  const texts = listOf(string({ unit: 'binary', maxLength: 5 }), { minLength: 1, maxLength: 5 })
  const isKey = (bytes: Uint8Array): boolean => {
    try {
      new SeriesIndex(kernel).register(bytes, 0)
      return true
    } catch {
      return false
    }
  }
  assert(
    property(texts, uint8Array({ maxLength: 3 }), integer({ min: 0, max: 60 }), ([table = '', ...rest], noise, at) => {
      const tags = rest.map((text, i): [string, string] => [`${i}`, text])
      const key = encodeSeriesKey({ table, tags })
      const damaged = Uint8Array.from(key, (byte, i) =>
        i >= at && i < at + noise.length ? (noise[i - at] ?? 0) : byte,
      )
      for (const bytes of [key, damaged, key.slice(0, at)]) {
        const series = decodeSeriesKey(bytes)
        const names = series?.tags.map(([name]) => Buffer.from(name)) ?? []
        const ascend = names.every((name, i) => i === 0 || Buffer.compare(names[i - 1] ?? name, name) < 0)
        expect(isKey(bytes)).toBe(ascend && (series?.tags.every(([, value]) => value !== '') ?? false))
      }
    }),
    { numRuns: 60 },
  )
})

test('a cache keeps at least its limit of what was asked for last, and at most twice as many', () => {
  const cache = new RecentCache<number, number>(10)
  let made = 0
  const get = (key: number): number =>
    cache.get(key, () => {
      made++
      return key * 2
    })
  for (let key = 0; key < 1000; key++) {
    expect(get(key)).toBe(key * 2)
    expect(cache.size).toBeLessThanOrEqual(20)
  }
  for (let key = 990; key < 1000; key++) get(key)
  expect(made).toBe(1000)
})

test('the hash of a text spreads names that differ in one digit, and keeps more than 50 bits', () => {
  const memory = new IndexMemory(kernel)
  const symbols = internAll(
    memory,
    Array.from({ length: 25_600 }, (_, i) => utf8.encode(`host_${i}`)),
  )
  const hashes = memory.hashes(symbols)
  const buckets = new Uint32Array(256)
  for (const hash of hashes) buckets[hash % 256] = (buckets[hash % 256] ?? 0) + 1
  expect(Math.max(...buckets)).toBeLessThan(150)
  expect(Math.min(...buckets)).toBeGreaterThan(60)
  expect(new Set(hashes).size).toBe(25_600)
  expect(Math.max(...hashes)).toBeGreaterThan(2 ** 52)
})
