import { tableFromIPC as readWithFlechette } from '@uwdata/flechette'
import { tableFromIPC as readWithArrow } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { toArrowStream } from '../../../engine/query/formats/arrow.ts'
import { toCsv } from '../../../engine/query/formats/csv.ts'
import { toJson } from '../../../engine/query/formats/json.ts'
import type { QueryResult } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import type { Value } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

const ODD: readonly Record<string, Value>[] = [
  { f: 1.5, i: 7n, b: true, s: 'plain' },
  { f: Number.NaN, i: 9007199254740993n, b: false, s: 'a,"b"\r\nc' },
  { f: Number.POSITIVE_INFINITY, i: -9007199254740993n, s: '' },
  { f: Number.NEGATIVE_INFINITY, s: 'é\u{1f30a}' },
  {},
]
/** More rows than the fixture gives in one batch, so that dictionaries change between batches. */
const rows = Array.from(
  { length: 20 },
  (_, k): FixtureRow => ({
    time: BigInt(k) * 1_000_000_001n,
    tags: k % 5 === 4 ? {} : { host: `h${k % 3}` },
    fields: ODD[k % ODD.length] ?? {},
  }),
)
const fixture = new TableFixture({
  m: { fields: { f: 'f64', i: 'i64', b: 'bool', s: 'string' }, units: { f: 'ms' }, rows },
})
const ask = (text: string): Promise<QueryResult> => runStatement(text, fixture, { now: 0n })

async function join(chunks: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += chunk
  return text
}

async function bytesOf(result: QueryResult): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of toArrowStream(result)) chunks.push(chunk)
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

describe('Arrow', () => {
  const expected = rows.map(({ tags, fields }) => ({
    host: tags?.host ?? null,
    b: fields.b ?? null,
    f: fields.f ?? null,
    i: fields.i ?? null,
    s: fields.s ?? null,
  }))

  test('flechette reads every value back', async () => {
    const table = readWithFlechette(await bytesOf(await ask('SELECT host, b, f, i, s FROM m')), { useBigInt: true })
    expect(table.toArray()).toEqual(expected)
  })

  test('apache-arrow reads every value back', async () => {
    const table = readWithArrow(await bytesOf(await ask('SELECT host, b, f, i, s FROM m')))
    expect(table.toArray().map((row) => ({ ...row }))).toEqual(expected)
  })

  test('times are exact nanoseconds in UTC, and units are metadata', async () => {
    const table = readWithArrow(await bytesOf(await ask('SELECT time, f FROM m')))
    expect(String(table.schema.fields[0]?.type)).toBe('Timestamp<NANOSECOND, UTC>')
    const times = table.batches.flatMap((batch) => [...(batch.getChildAt(0)?.data[0]?.values ?? [])])
    expect(times).toEqual(rows.map(({ time }) => time))
    expect(table.schema.fields[1]?.metadata.get('unit')).toBe('ms')
  })

  test('an answer without rows has its schema', async () => {
    const bytes = await bytesOf(await ask('SELECT * FROM m WHERE time < 0'))
    for (const table of [readWithArrow(bytes), readWithFlechette(bytes)]) {
      expect(table.numRows).toBe(0)
      expect(table.schema.fields.map(({ name }) => name)).toEqual(['time', 'host', 'b', 'f', 'i', 's'])
    }
  })
})

describe('JSON', () => {
  test('has columns, rows and statistics; what JSON has no number for is a string', async () => {
    const answer = JSON.parse(
      await join(toJson(await ask('SELECT time, host, b, f, i, s FROM m LIMIT 5'), { elapsedMs: 2 })),
    )
    expect(answer).toEqual({
      columns: [
        { name: 'time', type: 'time' },
        { name: 'host', type: 'string' },
        { name: 'b', type: 'bool' },
        { name: 'f', type: 'f64', unit: 'ms' },
        { name: 'i', type: 'i64' },
        { name: 's', type: 'string' },
      ],
      rows: [
        ['1970-01-01T00:00:00.000000000Z', 'h0', true, 1.5, 7, 'plain'],
        ['1970-01-01T00:00:01.000000001Z', 'h1', false, 'NaN', '9007199254740993', 'a,"b"\r\nc'],
        ['1970-01-01T00:00:02.000000002Z', 'h2', null, 'Infinity', '-9007199254740993', ''],
        ['1970-01-01T00:00:03.000000003Z', 'h0', null, '-Infinity', null, 'é\u{1f30a}'],
        ['1970-01-01T00:00:04.000000004Z', null, null, null, null, null],
      ],
      stats: { rows: 5, elapsedMs: 2 },
    })
  })

  test('is valid without rows and with many batches', async () => {
    expect(JSON.parse(await join(toJson(await ask('SELECT f FROM m WHERE time < 0')))).rows).toEqual([])
    expect(JSON.parse(await join(toJson(await ask('SELECT f FROM m')))).rows).toHaveLength(20)
  })
})

describe('CSV', () => {
  test('is RFC 4180, with missing values empty and empty strings quoted', async () => {
    expect(await join(toCsv(await ask('SELECT time, host, b, f AS "a, b", i, s FROM m LIMIT 5')))).toBe(
      [
        'time,host,b,"a, b",i,s',
        '1970-01-01T00:00:00.000000000Z,h0,true,1.5,7,plain',
        '1970-01-01T00:00:01.000000001Z,h1,false,NaN,9007199254740993,"a,""b""\r\nc"',
        '1970-01-01T00:00:02.000000002Z,h2,,Infinity,-9007199254740993,""',
        '1970-01-01T00:00:03.000000003Z,h0,,-Infinity,,é\u{1f30a}',
        '1970-01-01T00:00:04.000000004Z,,,,,',
        '',
      ].join('\r\n'),
    )
  })
})
