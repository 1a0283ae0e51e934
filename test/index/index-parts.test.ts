import { assert, integer, array as listOf, property, string, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeSeriesKey, encodeSeriesKey } from '../../engine/core/series.ts'
import { ByteArena, placeOf } from '../../engine/index/byte-arena.ts'
import { hashBytes } from '../../engine/index/byte-hash.ts'
import { EMPTY, PostingPool } from '../../engine/index/posting-pool.ts'
import { RecentCache } from '../../engine/index/recent-cache.ts'
import { NONE, RefTable } from '../../engine/index/ref-table.ts'
import { SeriesEntries } from '../../engine/index/series-entries.ts'
import { isSeriesKey } from '../../engine/index/series-key.ts'
import { SymbolTable } from '../../engine/index/symbol-table.ts'
import { U32List } from '../../engine/index/u32-list.ts'
import { generator } from '../support/block-shapes.ts'

const utf8 = new TextEncoder()

test('a list of numbers gives back what was put in, over the borders of its pieces', () => {
  const list = new U32List()
  for (let i = 0; i < 10_000; i++) expect(list.push((i * 0x9e3779b1) >>> 0)).toBe(i)
  list.set(4096, 7)
  for (let i = 0; i < 10_000; i++) expect(list.at(i)).toBe(i === 4096 ? 7 : (i * 0x9e3779b1) >>> 0)
  expect(list.bytes).toBeLessThan(10_000 * 4 + 4096 * 4)
})

test('an arena hands out pieces that do not overlap, none of them over the border of a page', () => {
  const arena = new ByteArena()
  const pieces: [address: number, bytes: number][] = []
  for (const bytes of [1, 900, 65_535, 2, 70_000, 65_536, 3, 1000, 40_000, 40_000]) {
    const address = arena.take(bytes)
    arena.page(address).fill(pieces.length + 1, placeOf(address), placeOf(address) + bytes)
    pieces.push([address, bytes])
  }
  for (const [i, [address, bytes]] of pieces.entries()) {
    const piece = arena.page(address).subarray(placeOf(address), placeOf(address) + bytes)
    expect(piece.length).toBe(bytes)
    expect(piece.every((byte) => byte === i + 1)).toBe(true)
  }
})

test('a table of refs finds what is in it and nothing else, whatever the hashes', () => {
  for (const bits of [0xffffffff, 0xfff00000, 0x000000ff, 0]) {
    const hashes = new Map<number, number>()
    let sought = 0
    const table = new RefTable({ hashOf: (ref) => hashes.get(ref) ?? 0, isSought: (ref) => ref === sought })
    const count = bits === 0 ? 500 : 30_000
    const next = generator(3)
    for (let ref = 0; ref < count; ref++) {
      hashes.set(ref, (next() & bits) >>> 0)
      table.add(hashes.get(ref) ?? 0, ref)
    }
    expect(table.size).toBe(count)
    for (let ref = 0; ref < count + 100; ref++) {
      sought = ref
      expect(table.find(hashes.get(ref) ?? 0)).toBe(ref < count ? ref : NONE)
    }
    if (bits === 0xffffffff) expect(table.bytes / count).toBeLessThan(10)
    table.retain((ref) => ref % 3 === 0)
    expect(table.size).toBe(Math.ceil(count / 3))
    for (let ref = 0; ref < count; ref++) {
      sought = ref
      expect(table.find(hashes.get(ref) ?? 0)).toBe(ref % 3 === 0 ? ref : NONE)
    }
  }
}, 30_000)

describe('symbols', () => {
  test('one for each text, in the order of the UTF-8, and the text back', () => {
    assert(
      property(listOf(string({ unit: 'binary', maxLength: 40 }), { maxLength: 60 }), (texts) => {
        const table = new SymbolTable()
        const symbols = texts.map((text) => {
          const bytes = utf8.encode(`-${text}-`)
          return table.intern(bytes, 1, bytes.length - 1)
        })
        expect(table.size).toBe(new Set(texts).size)
        for (const [i, text] of texts.entries()) {
          const bytes = utf8.encode(text)
          expect(table.find(bytes, 0, bytes.length)).toBe(symbols[i])
          expect(table.text(symbols[i] ?? NONE)).toBe(text)
          for (const [k, other] of texts.entries()) {
            const order = Buffer.compare(Buffer.from(text), Buffer.from(other))
            expect(Math.sign(table.compare(symbols[i] ?? NONE, symbols[k] ?? NONE))).toBe(order)
            expect(table.startsWith(symbols[i] ?? NONE, utf8.encode(other))).toBe(text.startsWith(other))
          }
        }
      }),
    )
  })

  test('texts of any length, up to more than a page', () => {
    const table = new SymbolTable()
    const lengths = [0, 1, 127, 128, 16_383, 16_384, 65_530, 65_536, 200_000]
    const symbols = lengths.map((length) => {
      const bytes = utf8.encode('x'.repeat(length))
      return table.intern(bytes, 0, bytes.length)
    })
    expect(symbols.map((symbol) => table.text(symbol).length)).toEqual(lengths)
  })

  test('those that are dropped give their memory back, the others keep text and number', () => {
    const table = new SymbolTable()
    const textOf = (i: number): string => `some-longer-name-of-a-pod-${i}`
    const intern = (i: number): number => {
      const bytes = utf8.encode(textOf(i))
      return table.intern(bytes, 0, bytes.length)
    }
    const symbols = Array.from({ length: 20_000 }, (_, i) => intern(i))
    const before = table.bytes
    const kept = new Set(symbols.filter((_, i) => i % 10 === 0))
    table.retain((symbol) => kept.has(symbol))
    expect(table.size).toBe(2000)
    expect(table.bytes).toBeLessThan(before / 2)
    for (const [i, symbol] of symbols.entries()) {
      const bytes = utf8.encode(textOf(i))
      expect(table.find(bytes, 0, bytes.length)).toBe(i % 10 === 0 ? symbol : NONE)
      if (i % 10 === 0) expect(table.text(symbol)).toBe(textOf(i))
    }
    const peak = table.bytes
    for (let round = 1; round <= 5; round++) {
      for (let i = 0; i < 18_000; i++) intern(round * 100_000 + i)
      table.retain((symbol) => kept.has(symbol))
    }
    expect(table.size).toBe(2000)
    expect(table.bytes).toBeLessThan(peak * 2)
    for (const [i, symbol] of symbols.entries()) if (i % 10 === 0) expect(table.text(symbol)).toBe(textOf(i))
  })
})

test('posting lists give back their refs, however many lists grow by turns', () => {
  assert(
    property(
      listOf(integer({ min: 0, max: 7 }), { maxLength: 3000 }),
      integer({ min: 1, max: 70_000 }),
      (turns, step) => {
        const pool = new PostingPool()
        const postings = Array.from({ length: 8 }, () => EMPTY)
        const expected: number[][] = postings.map(() => [])
        turns.forEach((list, i) => {
          postings[list] = pool.add(postings[list] ?? EMPTY, i * step)
          expected[list]?.push(i * step)
        })
        for (const [list, posting] of postings.entries()) {
          expect(pool.count(posting)).toBe(expected[list]?.length)
          expect([...pool.refs(posting)]).toEqual(expected[list])
        }
      },
    ),
    { numRuns: 60 },
  )
})

test('a list of every series takes about a byte a ref, one of a single series nothing', () => {
  const pool = new PostingPool()
  let all = EMPTY
  for (let ref = 0; ref < 1_000_000; ref++) all = pool.add(all, ref)
  expect(pool.bytes).toBeLessThan(1_100_000)
  const before = pool.bytes
  for (let ref = 0; ref < 1000; ref++) pool.add(EMPTY, ref)
  expect(pool.bytes).toBe(before)
  expect(pool.refs(all)).toEqual(Uint32Array.from({ length: 1_000_000 }, (_, i) => i))
})

test('entries give back their bytes by ref, over the borders of their pages', () => {
  const entries = new SeriesEntries()
  const bytesOf = (ref: number): Uint8Array => utf8.encode(`${ref}`.repeat(1 + (ref % 40)))
  for (let ref = 0; ref < 3000; ref++) expect(entries.add(bytesOf(ref), 0, bytesOf(ref).length)).toBe(ref)
  for (let ref = 0; ref < 3000; ref++) {
    expect(entries.open(ref)).toBe(true)
    expect(entries.page.slice(entries.start, entries.end)).toEqual(bytesOf(ref))
  }
  expect(entries.open(3000)).toBe(false)
  expect(entries.size).toBe(3000)
})

test('bytes are a key where they decode as one and have no empty value', () => {
  const texts = listOf(string({ unit: 'binary', maxLength: 5 }), { minLength: 1, maxLength: 5 })
  assert(
    property(texts, uint8Array({ maxLength: 3 }), integer({ min: 0, max: 60 }), ([table = '', ...rest], noise, at) => {
      const tags = rest.map((text, i): [string, string] => [`${i}`, text])
      const key = encodeSeriesKey({ table, tags })
      const damaged = Uint8Array.from(key, (byte, i) =>
        i >= at && i < at + noise.length ? (noise[i - at] ?? 0) : byte,
      )
      for (const bytes of [key, damaged, key.slice(0, at)]) {
        const series = decodeSeriesKey(bytes)
        expect(isSeriesKey(bytes)).toBe(series?.tags.every(([, value]) => value !== '') ?? false)
      }
    }),
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

test('the hash of bytes spreads names that differ in one digit', () => {
  const buckets = new Uint32Array(256)
  for (let i = 0; i < 25_600; i++) {
    const bytes = utf8.encode(`host_${i}`)
    buckets[hashBytes(bytes, 0, bytes.length) & 0xff] = (buckets[hashBytes(bytes, 0, bytes.length) & 0xff] ?? 0) + 1
  }
  expect(Math.max(...buckets)).toBeLessThan(150)
  expect(Math.min(...buckets)).toBeGreaterThan(60)
})
