import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

/** Queries that both languages read; `[ours, theirs]` where one says it in other words. */
const QUERIES: readonly (string | readonly [ours: string, theirs: string])[] = [
  'SELECT i % 3 AS k, count(*) AS c, sum(f) AS s, min(s) AS l FROM m GROUP BY i % 3',
  'SELECT host, s, avg(f) AS a FROM m GROUP BY host, s HAVING count(*) > 1',
  'SELECT DISTINCT host, i FROM m',
  'SELECT DISTINCT host FROM m WHERE i > 0',
  'SELECT host FROM m UNION SELECT host FROM r',
  'SELECT host FROM m EXCEPT SELECT host FROM r WHERE g > 0',
  'SELECT host FROM m INTERSECT SELECT host FROM r',
  'SELECT max(f) most, host FROM m GROUP BY host',
  'SELECT time FROM m WHERE i = (SELECT max(n) FROM r)',
  'SELECT time, f - (SELECT avg(g) FROM r) AS d FROM m',
  'SELECT time FROM m WHERE i IN (SELECT n FROM r)',
  'SELECT time FROM m WHERE i NOT IN (SELECT n FROM r WHERE g > 0)',
  'SELECT time, i NOT IN (SELECT n FROM r WHERE n > 1) AS o, s IN (SELECT s FROM m WHERE i > 1) AS p FROM m',
  'SELECT time FROM m WHERE host NOT IN (SELECT host FROM r) OR f IN (SELECT n FROM r)',
  'SELECT time FROM m WHERE EXISTS (SELECT 1 FROM r WHERE g > 1) AND NOT EXISTS (SELECT 1 FROM r WHERE n > 2)',
  'WITH q AS (SELECT n FROM r WHERE n > (SELECT min(i) FROM m)) SELECT host, count(*) AS c FROM m WHERE i IN (SELECT n FROM q) GROUP BY host HAVING count(*) <= (SELECT count(*) FROM q)',
  'SELECT count(DISTINCT i) AS c, host FROM m GROUP BY host',
  'SELECT i FROM m UNION SELECT n FROM r',
  'SELECT i FROM m INTERSECT SELECT n FROM r',
  'SELECT i FROM m EXCEPT SELECT n FROM r',
  'SELECT i FROM m INTERSECT ALL SELECT n FROM r',
  'SELECT i FROM m EXCEPT ALL SELECT n FROM r',
  'SELECT sum(x) AS t FROM (SELECT i AS x FROM m UNION ALL SELECT n FROM r) AS u',
  'SELECT m.time AS a, r.time AS b FROM m JOIN r ON m.host = r.host',
  'SELECT m.time AS a, r.time AS b FROM m JOIN r ON m.i = r.n',
  'SELECT m.time AS a, r.time AS b FROM m LEFT JOIN r ON m.i = r.n AND m.f > r.g',
  'SELECT m.time AS a, r.time AS b FROM m RIGHT JOIN r ON m.i = r.n AND m.f > r.g',
  'SELECT m.time AS a, r.time AS b FROM m FULL JOIN r ON m.i = r.n AND r.g < 1',
  'SELECT m.time AS a, r.time AS b FROM m FULL JOIN r ON m.i = r.n WHERE m.f > 0 OR r.g > 0',
  'SELECT m.time AS a, r.time AS b FROM m LEFT JOIN r ON m.i = r.n WHERE r.g IS NULL AND m.f < 2',
  'SELECT m.time AS a, r.time AS b FROM m CROSS JOIN r WHERE m.f = r.g',
  'SELECT m.time AS a, r.time AS b FROM m JOIN r ON m.f < r.g AND m.host = r.host WHERE m.i > 0',
  'SELECT host, count(*) AS c, sum(g) AS s FROM m JOIN r USING (host) GROUP BY host',
  'SELECT a.time AS t, b.time AS u, c.time AS v FROM m AS a JOIN r AS b ON a.i = b.n LEFT JOIN m AS c ON c.i = b.n AND c.time < a.time',
  [
    'SELECT m.time AS a, r.time AS b FROM m ASOF JOIN r ON (host)',
    'SELECT m.time AS a, r.time AS b FROM m ASOF LEFT JOIN r ON m.host = r.host AND m.time >= r.time',
  ],
  [
    'SELECT m.time AS a, r.time AS b FROM m ASOF INNER JOIN r ON (host) NEXT',
    'SELECT m.time AS a, r.time AS b FROM m ASOF JOIN r ON m.host = r.host AND m.time <= r.time',
  ],
  'SELECT time, row_number() OVER (ORDER BY time DESC) AS n FROM m',
  'SELECT time, rank() OVER (PARTITION BY host ORDER BY i NULLS FIRST) AS n FROM m',
  'SELECT time, dense_rank() OVER (ORDER BY i DESC NULLS LAST) AS n FROM m',
  'SELECT time, percent_rank() OVER (PARTITION BY host ORDER BY i NULLS LAST) AS n FROM m',
  'SELECT time, cume_dist() OVER (ORDER BY s NULLS LAST) AS n FROM m',
  'SELECT time, ntile(3) OVER (ORDER BY time) AS n FROM m',
  'SELECT time, ntile(7) OVER (PARTITION BY host ORDER BY time) AS n FROM m',
  'SELECT time, lag(f) OVER (PARTITION BY host ORDER BY time) AS n FROM m',
  'SELECT time, lead(s, 2, host) OVER (ORDER BY time) AS n FROM m',
  'SELECT time, lag(i, 0) OVER (ORDER BY time) AS n FROM m',
  'SELECT time, first_value(f) OVER (PARTITION BY s ORDER BY time) AS n FROM m',
  'SELECT time, last_value(f) OVER (PARTITION BY host ORDER BY time ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING) AS n FROM m',
  'SELECT time, nth_value(i, 2) OVER (ORDER BY time ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS n FROM m',
  'SELECT time, sum(f) OVER () AS n FROM m',
  'SELECT time, sum(f) OVER (ORDER BY i NULLS LAST) AS n FROM m',
  'SELECT time, count(*) OVER (PARTITION BY host ORDER BY time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n FROM m',
  'SELECT time, avg(f) OVER (PARTITION BY host ORDER BY time ROWS BETWEEN 3 PRECEDING AND 1 FOLLOWING) AS n FROM m',
  'SELECT time, min(s) OVER (ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS n FROM m',
  'SELECT time, max(i) OVER (ORDER BY time ROWS BETWEEN 2 FOLLOWING AND 5 FOLLOWING) AS n FROM m',
  'SELECT time, sum(f) OVER (ORDER BY time RANGE BETWEEN 4 PRECEDING AND 2 FOLLOWING) AS n FROM m',
  'SELECT time, count(f) OVER (PARTITION BY host ORDER BY i NULLS LAST RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS n FROM m',
  'SELECT time, count(f) OVER (ORDER BY i DESC NULLS LAST RANGE BETWEEN 1 PRECEDING AND 2 FOLLOWING) AS n FROM m',
  'SELECT time, count(*) OVER (ORDER BY f NULLS FIRST RANGE BETWEEN 0.5 PRECEDING AND CURRENT ROW) AS n FROM m',
  'SELECT time, count(*) OVER (ORDER BY i NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS n FROM m',
  'SELECT time, median(f) OVER (ORDER BY time ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) AS n FROM m',
  'SELECT time, median(f) OVER (ORDER BY i NULLS LAST) AS n FROM m',
  'SELECT time, count(DISTINCT s) OVER (PARTITION BY host ORDER BY i NULLS LAST RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS n FROM m',
  'SELECT time, count(DISTINCT i) OVER (ORDER BY i NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS n FROM m',
  ['SELECT time, quantile(f, 0.3) OVER () AS n FROM m', 'SELECT time, quantile_cont(f, 0.3) OVER () AS n FROM m'],
  [
    'SELECT time, quantile(f, 0.3) OVER (PARTITION BY host) AS n FROM m',
    'SELECT time, quantile_cont(f, 0.3) OVER (PARTITION BY host) AS n FROM m',
  ],
  'SELECT time, sum(f) FILTER (WHERE i > 0) OVER (ORDER BY time) AS n FROM m',
  'SELECT host, sum(sum(f)) OVER (ORDER BY host) AS n, rank() OVER (ORDER BY count(*) DESC) AS k FROM m GROUP BY host',
  "SELECT count(*) FILTER (WHERE i > 0) AS a, sum(f) FILTER (WHERE host = 'b') AS b, count(f) AS c FROM m",
  'SELECT n + 1 AS x FROM (SELECT row_number() OVER (PARTITION BY host ORDER BY time) AS n, host FROM m) AS q WHERE n < 3',
]

const quarter = fc.integer({ min: -12, max: 12 }).map((value) => value / 4)
const small = fc.bigInt({ min: -3n, max: 3n })
const host = fc.constantFrom('a', 'b', 'c')

const left = fc.record({ host, f: fc.option(quarter), i: fc.option(small), s: fc.option(fc.constantFrom('x', 'y')) })
const right = fc.record({ host, g: fc.option(quarter), n: fc.option(small) })

function literal(value: Value): string {
  if (value === null) return 'NULL'
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** Rows as texts in one order, whatever order they came in. */
function texts(rows: readonly (readonly unknown[])[]): string[] {
  return rows.map((row) => JSON.stringify(row.map(plain))).sort()
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  return typeof value === 'number' ? Number(value.toPrecision(12)) : value
}

function fixtureRows(records: readonly Readonly<Record<string, Value>>[]): FixtureRow[] {
  return records.map(({ host, ...fields }, k) => ({ time: BigInt(k * 2), tags: { host: String(host) }, fields }))
}

function values(records: readonly Readonly<Record<string, Value>>[]): string {
  return records.map((record, k) => `(${[BigInt(k * 2), ...Object.values(record)].map(literal).join(',')})`).join(',')
}

describe('operators', () => {
  test.each(QUERIES)(
    'agree with DuckDB over random rows: %s',
    async (query) => {
      const [ours, theirs] = typeof query === 'string' ? [query, query] : query
      const connection = await (await DuckDBInstance.create()).connect()
      const tables = fc.tuple(
        fc.array(left, { minLength: 1, maxLength: 40 }),
        fc.array(right, { minLength: 1, maxLength: 20 }),
      )
      await fc.assert(
        fc.asyncProperty(tables, async ([m, r]) => {
          await connection.run('CREATE OR REPLACE TABLE m(time BIGINT, host VARCHAR, f DOUBLE, i BIGINT, s VARCHAR)')
          await connection.run('CREATE OR REPLACE TABLE r(time BIGINT, host VARCHAR, g DOUBLE, n BIGINT)')
          await connection.run(`INSERT INTO m VALUES ${values(m)}`)
          await connection.run(`INSERT INTO r VALUES ${values(r)}`)
          const expected = (await connection.runAndReadAll(theirs)).getRows()
          const fixture = new TableFixture({
            m: { fields: { f: 'f64', i: 'i64', s: 'string' }, rows: fixtureRows(m) },
            r: { fields: { g: 'f64', n: 'i64' }, rows: fixtureRows(r) },
          })
          const answer = rowsOf(await collectRows(await runStatement(ours, fixture, { now: 0n })))
          expect(texts(answer)).toEqual(texts(expected))
        }),
        { numRuns: 15 },
      )
      connection.closeSync()
    },
    20_000,
  )
})

describe('frames of an aggregate without mergeable states', () => {
  const count = 70_000
  const m: FixtureRow[] = Array.from({ length: count }, (_, i) => ({
    time: BigInt(i),
    fields: { x: (i * 7919) % 10_007, k: BigInt(i % 5) },
  }))
  const fixture = new TableFixture({ m: { fields: { x: 'f64', k: 'i64' }, rows: m } })

  test.each([
    ['OVER ()', 'one for all rows, of more than is taken in a step'],
    ['OVER (PARTITION BY k)', 'one for each partition'],
    ['OVER (ORDER BY k)', 'one for rows that are sorted alike'],
  ])('%s are %s, and not counted for each row', async (over) => {
    const connection = await (await DuckDBInstance.create()).connect()
    await connection.run(
      `CREATE TABLE m AS SELECT i AS time, ((i * 7919) % 10007)::DOUBLE AS x, i % 5 AS k FROM range(${count}) AS r(i)`,
    )
    // The text of the inner query is the same, that of the outer one only keeps the comparison small.
    const text = (name: string): string =>
      `SELECT k, q, count(*) AS n FROM (SELECT k, ${name}(x, 0.37) ${over} AS q FROM m) AS w GROUP BY k, q`
    const theirs = (await connection.runAndReadAll(text('quantile_cont'))).getRows()
    const ours = rowsOf(await collectRows(await runStatement(text('quantile'), fixture, { now: 0n })))
    expect(theirs.length).toBe(5)
    expect(texts(ours)).toEqual(texts(theirs))
    connection.closeSync()
  })

  test('those that differ from row to row are counted, and refused beyond 20,000,000 rows', async () => {
    const over = 'OVER (ORDER BY time ROWS BETWEEN 286 PRECEDING AND CURRENT ROW)'
    const asked = runStatement(`SELECT median(x) ${over} AS q FROM m`, fixture, { now: 0n }).then(collectRows)
    // 287 rows each, but for what the first 286 miss: 286 + 285 + ... + 1.
    const message = `the frames of median() have ${287 * count - (286 * 287) / 2} rows, at most 20000000`
    await expect(asked).rejects.toMatchObject({ kind: 'quota', message })
  })
})
