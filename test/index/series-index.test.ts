import { assert, asyncProperty, constantFrom, dictionary, array as listOf, oneof, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matcher } from '../../engine/core/matcher.ts'
import { canonicalTags, encodeSeriesKey, type Tags, tagValue } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { NONE } from '../../engine/kernel/index-memory.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

const kernel = await Kernel.create(await loadCore())

function indexOf(tagSets: readonly Record<string, string>[], table = 't'): SeriesIndex {
  const index = new SeriesIndex(kernel)
  for (const tags of tagSets) index.register(encodeSeriesKey({ table, tags: canonicalTags(Object.entries(tags)) }), 7)
  return index
}

async function select(index: SeriesIndex, matchers: readonly Matcher[]): Promise<Tags[]> {
  return Array.from(await index.select('t', matchers), (ref) => index.tags(ref))
}

const hosts = [{ host: 'a' }, { host: 'b', zone: '1' }, { host: 'ab' }, { zone: '2' }, {}]

describe('a series that lacks the tag has the value of an empty text', () => {
  const cases: [Matcher, number[]][] = [
    [{ tag: 'host', op: '=', value: 'a' }, [0]],
    [{ tag: 'host', op: '=', value: '' }, [4, 3]],
    [{ tag: 'host', op: '!=', value: 'a' }, [4, 2, 1, 3]],
    [{ tag: 'host', op: '!=', value: '' }, [0, 2, 1]],
    [{ tag: 'host', op: '=~', value: 'a' }, [0]],
    [{ tag: 'host', op: '=~', value: 'a.*' }, [0, 2]],
    [{ tag: 'host', op: '=~', value: '.*' }, [4, 0, 2, 1, 3]],
    [{ tag: 'host', op: '!~', value: 'a.*' }, [4, 1, 3]],
    [{ tag: 'host', op: '!~', value: '.+' }, [4, 3]],
    [{ tag: 'host', op: 'in', values: ['a', 'b'] }, [0, 1]],
    [{ tag: 'host', op: 'in', values: ['', 'b'] }, [4, 1, 3]],
    [{ tag: 'host', op: 'not in', values: ['a', ''] }, [2, 1]],
    [{ tag: 'nowhere', op: '=', value: '' }, [4, 0, 2, 1, 3]],
    [{ tag: 'nowhere', op: '=', value: 'x' }, []],
  ]
  test.each(cases)('%o', async (matcher, expected) => {
    expect(await select(indexOf(hosts), [matcher])).toEqual(expected.map((i) => Object.entries(hosts[i] ?? {})))
  })
})

test('several matchers have to pass all, and another table has none of it', async () => {
  const index = indexOf(hosts)
  const both: Matcher[] = [
    { tag: 'host', op: '!=', value: 'a' },
    { tag: 'zone', op: '=', value: '1' },
  ]
  expect(await select(index, both)).toEqual([
    [
      ['host', 'b'],
      ['zone', '1'],
    ],
  ])
  expect((await index.select('u', [])).length).toBe(0)
})

test('a regular expression that is none is an error that says so', async () => {
  const wrong: Matcher = { tag: 'host', op: '=~', value: '(' }
  await expect(indexOf(hosts).select('t', [wrong])).rejects.toMatchObject({ kind: 'invalid' })
})

test('series come in the order of their UTF-8, also beyond the first plane', async () => {
  const values = ['\u{1f600}', '\uffee', 'z', 'é', '\ue000', '\u{10000}', 'a']
  const found = await select(indexOf(values.map((host) => ({ host }))), [])
  const byBytes = [...values].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(found.map((tags) => tagValue(tags, 'host'))).toEqual(byBytes)
})

test('more series than are brought into order at once come in the order of their keys, within each shard and in all', () => {
  const index = new SeriesIndex(kernel)
  const keys = Array.from({ length: 70_000 }, (_, i) =>
    encodeSeriesKey({
      table: 't',
      tags: [
        ['a', `${(i * 7) % 3}`],
        ['b', `${'long and shared '.repeat(i % 2)}${(i * 7919) % 70_000}`],
        ['c', `${i % 5}`],
      ],
    }),
  )
  const shardOf = (i: number): number => (i >> 3) % 64
  const refs = keys.map((key, i) => index.register(key, shardOf(i)))
  const places = [...keys.keys()].sort((a, b) => Buffer.compare(keys[a] as Uint8Array, keys[b] as Uint8Array))
  expect([...index.inKeyOrder(Uint32Array.from(refs))]).toEqual(places.map((place) => refs[place]))
  const byShard = places.toSorted((a, b) => shardOf(a) - shardOf(b))
  expect([...index.inSegmentOrder(Uint32Array.from(refs))]).toEqual(byShard.map((place) => refs[place]))
})

test('a key is registered once, and bytes that are none are refused', () => {
  const index = new SeriesIndex(kernel)
  const key = encodeSeriesKey({ table: 't', tags: [['a', 'b']] })
  expect(index.register(key, 7)).toBe(index.register(key.slice(), 7))
  expect(index.size).toBe(1)
  for (let length = 1; length < key.length; length++) {
    if (length === 5) continue // the table alone is a key too
    expect(() => index.register(key.slice(0, length), 7)).toThrow(expect.objectContaining({ kind: 'corrupt' }))
  }
})

describe('any series and any matchers', () => {
  const value = constantFrom('', 'a', 'b', 'ab', 'abc', 'b1', 'é')
  const tagName = constantFrom('x', 'y', 'z', 'w')
  const tagSet = dictionary(constantFrom('x', 'y', 'z'), value)
  const pattern = constantFrom(
    'a',
    'a.*',
    '.*',
    '.+',
    'a|b',
    'ab?',
    'ab*c',
    '[ab]+',
    '(a|é).*',
    '',
    'b1|',
    '.b.*',
    'ab+',
  )
  const matcher = oneof(
    record({ tag: tagName, op: constantFrom<'=' | '!='>('=', '!='), value }),
    record({ tag: tagName, op: constantFrom<'=~' | '!~'>('=~', '!~'), value: pattern }),
    record({ tag: tagName, op: constantFrom<'in' | 'not in'>('in', 'not in'), values: listOf(value) }),
  )

  /** What the answer is by looking at each series, with the platform's regular expressions. */
  function passes(tags: Tags, { tag, op, ...test }: Matcher): boolean {
    const own = tagValue(tags, tag)
    if ('values' in test) return test.values.includes(own) === (op === 'in')
    if (op === '=' || op === '!=') return (own === test.value) === (op === '=')
    return new RegExp(`^(?:${test.value})$`, 'u').test(own) === (op === '=~')
  }

  function distinct(sets: readonly Record<string, string>[]): Tags[] {
    const byText = new Map(
      sets.map((set) => canonicalTags(Object.entries(set))).map((tags) => [JSON.stringify(tags), tags]),
    )
    return [...byText.values()].sort((a, b) => Buffer.compare(plainBytes(a), plainBytes(b)))
  }

  /** Bytes whose order is that of the tags: no name or value has the byte 0. */
  const plainBytes = (tags: Tags): Buffer =>
    Buffer.from(tags.map(([name, text]) => `${name}\0\x01${text}\0\x01`).join(''))

  test.each([3, 40, 400])('are selected as by looking at each of %i, in canonical order', async (most) => {
    await assert(
      asyncProperty(
        listOf(tagSet, { maxLength: most, size: 'max' }),
        listOf(matcher, { maxLength: 3 }),
        async (sets, matchers) => {
          const index = indexOf(sets)
          const expected = distinct(sets).filter((tags) => matchers.every((each) => passes(tags, each)))
          expect(await select(index, matchers)).toEqual(expected)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('have their tags, table, shard and key back, and are found again', () => {
    assert(
      property(listOf(tagSet, { maxLength: 60 }), (sets) => {
        const index = new SeriesIndex(kernel)
        const keys = sets.map((set, i) => ({
          table: i % 3 === 0 ? 'u' : 't',
          tags: canonicalTags(Object.entries(set)),
        }))
        const shardOf = (key: Uint8Array): number => key.length % 64
        const refs = keys.map((series) => index.register(encodeSeriesKey(series), shardOf(encodeSeriesKey(series))))
        expect(index.size).toBe(new Set(keys.map((key) => JSON.stringify(key))).size)
        for (const [i, series] of keys.entries()) {
          const key = encodeSeriesKey(series)
          expect(index.find(key, shardOf(key))).toBe(refs[i])
          expect(index.series(refs[i] ?? NONE)).toEqual(series)
          expect(index.shard(refs[i] ?? NONE)).toBe(shardOf(key))
          expect(index.key(refs[i] ?? NONE)).toEqual(key)
        }
        const byKey = keys.map(encodeSeriesKey).sort(Buffer.compare)
        const sorted = index.inKeyOrder(Uint32Array.from(refs))
        expect(Array.from(sorted, (ref) => index.key(ref))).toEqual(byKey)
        expect([...index.shards(sorted)]).toEqual(byKey.map(shardOf))
        const unknown = { table: 't', tags: canonicalTags([['x', 'never']]) }
        expect(index.find(encodeSeriesKey(unknown), 0)).toBe(NONE)
      }),
      { numRuns: 60 },
    )
  })
})

test('tags out of order and empty values are refused as keys', () => {
  const index = new SeriesIndex(kernel)
  const wrong: [string, string][][] = [
    [
      ['b', '1'],
      ['a', '1'],
    ],
    [
      ['a', '1'],
      ['a', '2'],
    ],
    [['a', '']],
  ]
  for (const tags of wrong) {
    const key = encodeSeriesKey({ table: 't', tags })
    expect(() => index.register(key, 0)).toThrow(expect.objectContaining({ kind: 'corrupt' }))
  }
})

test('a byte that is not UTF-8 is found wherever it is in a text of any length', () => {
  const index = new SeriesIndex(kernel)
  for (const length of [1, 7, 15, 16, 17, 40]) {
    const valid = encodeSeriesKey({ table: 'cpu', tags: [['host', 'h'.repeat(length)]] })
    for (let at = valid.length - length; at < valid.length; at++) {
      const key = valid.slice()
      key[at] = 0xff
      expect(() => index.register(key, 0)).toThrow(expect.objectContaining({ kind: 'corrupt' }))
    }
    expect(index.tags(index.register(valid, 0))).toEqual([['host', 'h'.repeat(length)]])
  }
})

test('the values of a tag come in the order of their UTF-8, as many as are asked for', () => {
  const values = ['\u{1f600}', '\uffee', 'z', 'é', '\ue000', '\u{10000}', 'a', '']
  const index = indexOf(values.flatMap((host, i) => [{ host }, { host, zone: `${i}` }]))
  const byBytes = values.filter((text) => text !== '').sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  expect(index.tagValues('t', 'host', 100)).toEqual(byBytes)
  expect(index.tagValues('t', 'host', 3)).toEqual(byBytes.slice(0, 3))
  expect(index.tagValues('t', 'nothing', 3)).toEqual([])
  expect(index.tagNames('t').sort()).toEqual(['host', 'zone'])
})
