import { assert, asyncProperty, constantFrom, integer, array as listOf, option, record } from 'fast-check'
import { expect, test } from 'vitest'
import { type Batch, type Column, emptyValidity, setValid, valueAt } from '../../engine/core/batch.ts'
import { mergeRows } from '../../engine/worker/merge-rows.ts'

interface Row {
  time: number
  tags: (string | null)[]
  value: number
}

const TAGS = ['host', 'zone']

/** As the order of rows is defined: by time, then by the pairs of present tags, a shorter list before one that goes on. */
function compareRows(a: Row, b: Row, order: 'asc' | 'desc'): number {
  if (a.time !== b.time) return order === 'asc' ? a.time - b.time : b.time - a.time
  const pairs = ({ tags }: Row): string[] => tags.flatMap((tag, i) => (tag === null ? [] : [`${TAGS[i]} ${tag}`]))
  const [left, right] = [pairs(a), pairs(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    if (left[i] !== right[i]) return (left[i] ?? '') < (right[i] ?? '') ? -1 : 1
  return left.length - right.length
}

function tagColumn(name: string, texts: readonly (string | null)[]): Column {
  const dictionary = [...new Set(texts.map((text) => text ?? 'none'))]
  const validity = emptyValidity(texts.length)
  texts.forEach((text, row) => {
    if (text !== null) setValid(validity, row)
  })
  const values = Uint32Array.from(texts, (text) => dictionary.indexOf(text ?? 'none'))
  return { name, type: 'string', values, dictionary, ...(texts.includes(null) && { validity }) }
}

/** Columns of tags with the same codes, which are numbers of series. */
function sharedColumns(rows: readonly Row[]): Column[] {
  const series = [...new Map(rows.map(({ tags }) => [JSON.stringify(tags), tags])).entries()]
  const values = Uint32Array.from(rows, ({ tags }) => series.findIndex(([key]) => key === JSON.stringify(tags)))
  return TAGS.map((name, i) => {
    const own = tagColumn(
      name,
      rows.map(({ tags }) => tags[i] ?? null),
    )
    return { ...own, type: 'string', values, dictionary: series.map(([, tags]) => tags[i] ?? '') }
  })
}

function batchOf(rows: readonly Row[], shared: boolean): Batch {
  const tags = shared
    ? sharedColumns(rows)
    : TAGS.map((name, i) =>
        tagColumn(
          name,
          rows.map((row) => row.tags[i] ?? null),
        ),
      )
  const time: Column = { name: 'time', type: 'time', values: BigInt64Array.from(rows, (row) => BigInt(row.time)) }
  const value: Column = { name: 'value', type: 'f64', values: Float64Array.from(rows, (row) => row.value) }
  return { rows: rows.length, columns: [time, ...tags, value] }
}

function rowsOf({ rows, columns: [time, host, zone, value] }: Batch): Row[] {
  const at = (column: Column | undefined, row: number): unknown => column && valueAt(column, row)
  return Array.from({ length: rows }, (_, row) => ({
    time: Number(at(time, row)),
    tags: [host, zone].map((column) => (at(column, row) ?? null) as string | null),
    value: Number(at(value, row)),
  }))
}

test('batches of several hosts come as one stream in order of time and tags, however their tags are coded', async () => {
  const tag = option(constantFrom('a', 'b', 'ab', 'ä'), { nil: null })
  const key = record({ time: integer({ min: 0, max: 5 }), host: tag, zone: tag })
  const sources = listOf(listOf(key, { maxLength: 30 }), { minLength: 1, maxLength: 3 })
  await assert(
    asyncProperty(sources, constantFrom('asc', 'desc'), integer({ min: 1, max: 8 }), async (drawn, order, size) => {
      // A series is on one host, with one row a time.
      const seen = new Set<string>()
      const hosts = drawn.map((keys, source) =>
        keys
          .filter(({ host, zone }) => ((host?.length ?? 0) + (zone?.length ?? 2)) % drawn.length === source)
          .filter((one) => !seen.has(JSON.stringify(one)) && seen.add(JSON.stringify(one)))
          .map(({ time, host, zone }, i): Row => ({ time, tags: [host, zone], value: source * 100 + i }))
          .sort((a, b) => compareRows(a, b, order)),
      )
      const streams = hosts.map(async function* (rows, source) {
        for (let from = 0; from < rows.length; from += size)
          yield batchOf(rows.slice(from, from + size), source % 2 === 0)
      })
      const merged: Row[] = []
      for await (const batch of mergeRows(streams, { order, tags: TAGS.length })) merged.push(...rowsOf(batch))
      expect(merged).toEqual(hosts.flat().sort((a, b) => compareRows(a, b, order)))
    }),
    { numRuns: 300 },
  )
})
