import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

const AGGREGATES =
  'count(*) AS rows, count(f) AS cf, count(i) AS ci, sum(f) AS sf, sum(i) AS si, avg(f) AS af, avg(i) AS ai, max(i) AS hi, min(i) AS li, min(s) AS ls, max(s) AS hs, stddev(i) AS di, stddev_pop(g) AS dp, variance(g) AS vg'

const rowArbitrary = fc.record({
  f: fc.option(
    fc.oneof(fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e6, max: 1e6 }), fc.constant(Number.NaN)),
  ),
  g: fc.option(fc.integer({ min: -1000, max: 1000 })),
  i: fc.option(fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n })),
  s: fc.option(fc.constantFrom('a', 'B', 'é', 'z\u{1f30a}', 'z\uffff')),
  host: fc.constantFrom('a', 'b'),
})

function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value}'`
  return Number.isNaN(value) ? "'nan'::DOUBLE" : String(value)
}

function agree(ours: Value, theirs: Value): boolean {
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours === theirs
  return Object.is(ours, theirs) || Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs))
}

describe('aggregates', () => {
  test('agree with DuckDB over windows and groups, with missing values and NaN', async () => {
    const connection = await (await DuckDBInstance.create()).connect()
    const rowLists = fc.array(rowArbitrary, { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(rowLists, async (records) => {
        const rows = records.map(({ host, ...fields }, k): FixtureRow => ({ time: BigInt(k), tags: { host }, fields }))
        const values = records.map(
          ({ f, g, i, s, host }, k) => `(${[BigInt(k), host, f, g, i, s].map(literal).join(',')})`,
        )
        await connection.run(
          'CREATE OR REPLACE TABLE m(time BIGINT, host VARCHAR, f DOUBLE, g DOUBLE, i BIGINT, s VARCHAR)',
        )
        await connection.run(`INSERT INTO m VALUES ${values.join(',')}`)
        const reader = await connection.runAndReadAll(
          `SELECT (time // 10) * 10 AS w, host, ${AGGREGATES}, arg_min(i, time) FILTER (i IS NOT NULL) AS fi, arg_max(f, time) FILTER (f IS NOT NULL) AS lf FROM m GROUP BY 1, 2 ORDER BY 1, 2`.replace(
            'sum(i)',
            'sum(i)::BIGINT',
          ),
        )
        const theirs = reader.getRows()
        const fixture = new TableFixture({ m: { fields: { f: 'f64', g: 'f64', i: 'i64', s: 'string' }, rows } })
        const text = `SELECT ${AGGREGATES}, first(i) AS fi, last(f) AS lf FROM m GROUP BY 10ns, host`
        const ours = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
        expect(ours).toHaveLength(theirs.length)
        ours.forEach((row, r) => {
          row.forEach((value, c) => {
            const other = theirs[r]?.[c] as Value
            if (!agree(value, other)) expect({ column: c, value }).toEqual({ column: c, value: other })
          })
        })
      }),
      { numRuns: 60 },
    )
    connection.closeSync()
  })
})
