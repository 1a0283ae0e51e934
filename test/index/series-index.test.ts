import { assert, constantFrom, dictionary, array as listOf, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Matcher } from '../../engine/core/matcher.ts'
import { canonicalTags, encodeSeriesKey, type Tags, tagValue } from '../../engine/core/series.ts'
import { intersect, PostingsList, subtract, unite } from '../../engine/index/postings.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'

function indexOf(tagSets: readonly Record<string, string>[], table = 't'): SeriesIndex {
  const index = new SeriesIndex()
  for (const tags of tagSets) index.register(encodeSeriesKey({ table, tags: canonicalTags(Object.entries(tags)) }))
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

test('a key is registered once, and bytes that are none are refused', () => {
  const index = new SeriesIndex()
  const key = encodeSeriesKey({ table: 't', tags: [['a', 'b']] })
  expect(index.register(key)).toBe(index.register(key.slice()))
  expect(index.size).toBe(1)
  for (let length = 1; length < key.length; length++) {
    if (length === 5) continue // the table alone is a key too
    expect(() => index.register(key.slice(0, length))).toThrow(expect.objectContaining({ kind: 'corrupt' }))
  }
})

test('any tag sets are selected as by looking at each', async () => {
  const values = constantFrom('', 'a', 'b', 'ab')
  const tagSets = listOf(dictionary(constantFrom('x', 'y'), values), { maxLength: 20 })
  const index = (sets: readonly Record<string, string>[]) => indexOf(sets)
  const cases: [readonly Record<string, string>[], string][] = []
  assert(
    property(tagSets, string({ maxLength: 1 }), (sets, value) => {
      cases.push([sets, value])
    }),
    { numRuns: 100 },
  )
  for (const [sets, value] of cases) {
    const found = await select(index(sets), [{ tag: 'x', op: '!=', value }])
    const distinct = new Set(sets.map((tags) => JSON.stringify(canonicalTags(Object.entries(tags)))))
    const expected = [...distinct].filter((tags) => tagValue(JSON.parse(tags), 'x') !== value)
    expect(found.map((tags) => JSON.stringify(tags)).sort()).toEqual(expected.sort())
  }
})

test('sets of refs intersect, subtract and unite as sets do', () => {
  const refs = listOf(constantFrom(...Array.from({ length: 30 }, (_, i) => i)), { maxLength: 30 })
  const sorted = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b)
  assert(
    property(refs, refs, (left, right) => {
      const [a, b] = [Uint32Array.from(sorted(left)), Uint32Array.from(sorted(right))]
      expect([...intersect(a, b)]).toEqual(sorted(left.filter((ref) => right.includes(ref))))
      expect([...subtract(a, b)]).toEqual(sorted(left.filter((ref) => !right.includes(ref))))
      expect([...unite([a, b])]).toEqual(sorted([...left, ...right]))
    }),
  )
  const list = new PostingsList()
  for (let ref = 0; ref < 1000; ref++) list.add(ref)
  expect([...list.refs]).toEqual(Array.from({ length: 1000 }, (_, i) => i))
})
