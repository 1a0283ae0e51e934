import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

type Row = readonly [time: number, host: string, v: number | null]

const table = (max: number): fc.Arbitrary<Row[]> =>
  fc.uniqueArray(
    fc.tuple(fc.integer({ min: 0, max: 120 }), fc.constantFrom('x', 'y', 'z'), fc.constantFrom(-2, -1, 0, 1, 2, null)),
    { minLength: 1, maxLength: max, selector: ([time, host]) => `${time} ${host}` },
  )

const stored = (rows: readonly Row[]) => ({
  fields: { v: 'i64' as const, one: 'i64' as const },
  rows: rows.map(
    ([time, h, v]): FixtureRow => ({
      time: BigInt(time),
      tags: { h },
      fields: { one: 1n, ...(v !== null && { v: BigInt(v) }) },
    }),
  ),
})
const values = (rows: readonly Row[]): string => rows.map(([t, h, v]) => `(${t}, '${h}', ${v ?? 'NULL'})`).join(', ')

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()

const sorted = (answer: readonly (readonly unknown[])[]): string[] =>
  answer.map((row) => row.map((value) => (value === null ? '-' : String(value))).join(' ')).sort()

const bound = (offset: number): string => (offset < 0 ? `${-offset}ns PRECEDING` : `${offset}ns FOLLOWING`)

describe('WINDOW JOIN', () => {
  test.each([true, false])(
    'takes the rows that DuckDB finds between both ends; what prevails: %s',
    async (prevailing) => {
      const span = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.nat({ max: 60 }))
      await fc.assert(
        fc.asyncProperty(table(40), table(60), span, async (a, b, [start, length]) => {
          const end = start + length
          const fixture = new TableFixture({ a: stored(a), b: stored(b) })
          const text = `SELECT time, h, count(*), sum(v), min(v), count_distinct(v) FROM a WINDOW JOIN b ON (h)
          RANGE BETWEEN ${bound(start)} AND ${bound(end)} ${prevailing ? 'INCLUDE' : 'EXCLUDE'} PREVAILING WHERE time >= 20`
          const ours = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
          const held = `(SELECT max(t) FROM b AS p WHERE p.h = a.h AND p.t <= a.t + (${start}))`
          const from = prevailing ? `coalesce(${held}, a.t + (${start}))` : `a.t + (${start})`
          const theirs = await connection.runAndReadAll(
            `WITH a(t, h, v) AS (VALUES ${values(a)}), b(t, h, v) AS (VALUES ${values(b)}), f AS (SELECT t, h, ${from} AS f FROM a WHERE t >= 20)
           SELECT f.t, f.h, count(b.t), sum(b.v), min(b.v), count(DISTINCT b.v)
           FROM f LEFT JOIN b ON b.h = f.h AND b.t >= f.f AND b.t <= f.t + (${end}) GROUP BY ALL`,
          )
          expect(sorted(ours)).toEqual(sorted(theirs.getRows()))
        }),
        { numRuns: 150 },
      )
    },
  )

  test('holds no more of the right side than what is around a few rows of the left', async () => {
    const rows = (count: number, of: number): FixtureRow[] =>
      Array.from({ length: count }, (_, i) => ({ time: BigInt(i * of), tags: { h: 'x' }, fields: { one: 1n } }))
    const fixture = new TableFixture({
      a: { fields: { one: 'i64' }, rows: rows(120_000, 1) },
      b: { fields: { one: 'i64' }, rows: rows(120_000, 1) },
    })
    const answer = async (range: string, maxHeldBytes: number): Promise<unknown> => {
      const text = `SELECT sum(n) AS s FROM (SELECT count(*) AS n FROM a WINDOW JOIN b ON (h) RANGE BETWEEN ${range})`
      return rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n, maxHeldBytes })))
    }
    expect(await answer('1ns PRECEDING AND 1ns FOLLOWING', 1_000_000)).toEqual([[359_998n]])
    await expect(answer('1s PRECEDING AND 1s FOLLOWING', 1_000_000)).rejects.toMatchObject({ kind: 'quota' })
  }, 60_000)
})
