import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

type Row = readonly [time: number, host: string, v: number | null]

const rows: fc.Arbitrary<Row[]> = fc.uniqueArray(
  fc.tuple(fc.integer({ min: 0, max: 300 }), fc.constantFrom('x', 'y', 'z'), fc.constantFrom(-2, -1, 0, 1, 2, 7, null)),
  { minLength: 1, maxLength: 60, selector: ([time, host]) => `${time} ${host}` },
)

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()

const sorted = (answer: readonly (readonly unknown[])[]): string[] =>
  answer.map((row) => row.map((value) => (value === null ? '-' : String(value))).join(' ')).sort()

describe('windows that overlap', () => {
  test.each(['sum(v), min(v), max(v), first(v), last(v)', "count_distinct(v), median(v), string_agg(h, ',')"])(
    'are those of DuckDB, each by itself: %s',
    async (calls) => {
      const theirCalls = calls
        .replace('first(v)', 'arg_min(v, t)')
        .replace('last(v)', 'arg_max(v, t)')
        .replace('count_distinct(v)', 'count(DISTINCT v)')
      await fc.assert(
        fc.asyncProperty(
          rows,
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 2, max: 21 }),
          async (table, step, count) => {
            const stored = table.map(
              ([time, h, v]): FixtureRow => ({
                time: BigInt(time),
                tags: { h },
                fields: { one: 1n, ...(v !== null && { v: BigInt(v) }) },
              }),
            )
            const fixture = new TableFixture({ a: { fields: { v: 'i64', one: 'i64' }, rows: stored } })
            const values = table.map(([t, h, v]) => `(${t}, '${h}', ${v ?? 'NULL'})`).join(', ')
            const theirs = await connection.runAndReadAll(
              `WITH a(t, h, v) AS (VALUES ${values}),
               s AS (SELECT DISTINCT h AS g, (t // ${step} - j) * ${step} AS w FROM a, range(0, ${count}) AS r(j))
               SELECT w, g, count(*), ${theirCalls} FROM s JOIN a ON g = h AND t >= w AND t < w + ${step * count} GROUP BY w, g`,
            )
            const text = `SELECT count(*), ${calls} FROM a GROUP BY ${step * count}ns, h STEP ${step}ns`
            const ours = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
            expect(sorted(ours)).toEqual(sorted(theirs.getRows()))
            const times = ours.map(([time]) => BigInt(String(time)))
            expect(times.every((time, i) => i === 0 || (times[i - 1] ?? 0n) <= time)).toBe(true)
          },
        ),
        { numRuns: 60 },
      )
    },
    60_000,
  )
})
