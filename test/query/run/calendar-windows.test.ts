import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'Pacific/Apia',
]
/** Ours, and the start of a window of it in DuckDB; a year of months that is a divisor of thirty years begins with 1970 in both. */
const WIDTHS: readonly (readonly [ours: string, theirs: string])[] = [
  ['1d', "date_trunc('day', t)"],
  ['1w', "date_trunc('week', t)"],
  ['1mo', "date_trunc('month', t)"],
  ['1q', "date_trunc('quarter', t)"],
  ['1y', "date_trunc('year', t)"],
  ['2mo', "date_trunc('day', time_bucket(INTERVAL '2 months', t, current_setting('TimeZone')))"],
]

const SECOND = 1_000_000_000n
/** 2005 to 2019: the years in which Brazil's clock changed and Samoa skipped a day are among them. */
const seconds = fc.integer({ min: 1_104_537_600, max: 1_546_300_800 })
const rows = fc.uniqueArray(fc.tuple(seconds, fc.constantFrom('a', 'b'), fc.integer({ min: -9, max: 9 })), {
  minLength: 1,
  maxLength: 60,
  selector: ([time, host]) => `${time} ${host}`,
})

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()

const ours = async (fixture: TableFixture, text: string): Promise<string[]> =>
  rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
    .map(([time, ...rest]) => [Number(BigInt(String(time)) / SECOND), ...rest].join(' '))
    .sort()

const theirs = async (zone: string, text: string): Promise<string[]> => {
  await connection.run(`SET TimeZone = '${zone}'`)
  const answer = await connection.runAndReadAll(text)
  return answer
    .getRows()
    .map((row) => row.join(' '))
    .sort()
}

describe('windows of the calendar', () => {
  test('are those of DuckDB, in shards and over queries', async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.constantFrom(...ZONES),
        fc.constantFrom(...WIDTHS),
        async (table, zone, [width, start]) => {
          const stored = table.map(
            ([time, host, n]): FixtureRow => ({
              time: BigInt(time) * SECOND,
              tags: { host },
              fields: { n: BigInt(n) },
            }),
          )
          const fixture = new TableFixture({ m: { fields: { n: 'i64' }, rows: stored } })
          const values = table.map(([time, host, n]) => `(to_timestamp(${time}), '${host}', ${n})`).join(', ')
          const expected = await theirs(
            zone,
            `SELECT epoch(${start})::BIGINT AS w, host, sum(n), count(*) FROM (VALUES ${values}) AS v(t, host, n) GROUP BY 1, 2`,
          )
          const grouped = `SELECT sum(n), count(*) FROM (SELECT time, host, n FROM m) AS q GROUP BY ${width}, host TIME ZONE '${zone}'`
          expect(await ours(fixture, grouped.replace('(SELECT time, host, n FROM m) AS q', 'm'))).toEqual(expected)
          expect(await ours(fixture, grouped.replace('m)', 'm LIMIT 1000)'))).toEqual(expected)
        },
      ),
      { numRuns: 300 },
    )
  }, 60_000)
})
