import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../../support/table-fixture.ts'

/** Statements that mean the same in DuckDB: `a` and `b` have columns t, h, v, w. */
const STATEMENTS: readonly string[] = [
  'SELECT v FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.h = a.h AND b.v = a.v)',
  'SELECT v FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.h = a.h AND b.w > 1)',
  'SELECT v FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.w = a.w) OR v > 2',
  'SELECT v, v IN (SELECT w FROM b WHERE b.h = a.h) AS i FROM a',
  'SELECT v, w NOT IN (SELECT DISTINCT v FROM b WHERE b.h = a.h AND b.v > -2) AS i FROM a',
  'SELECT v FROM a WHERE w NOT IN (SELECT w FROM b WHERE b.h = a.h)',
  'SELECT h, (SELECT max(w) FROM b WHERE b.h = a.h) AS m, (SELECT count(w) FROM b WHERE b.h = a.h AND b.v = a.v) AS c FROM a',
  'SELECT (SELECT coalesce(sum(w), 0) + count(*) * 100 FROM b WHERE b.h = a.h AND b.v + 1 = a.v) AS s FROM a',
  'SELECT v FROM a WHERE v > (SELECT avg(v) FROM a AS other WHERE other.h = a.h)',
  'SELECT h, count(*) AS n FROM a GROUP BY h HAVING count(*) > (SELECT max(v) FROM b WHERE b.h = a.h)',
  'SELECT h, sum(v) AS s, (SELECT sum(w) FROM b WHERE b.h = a.h) AS o FROM a GROUP BY h',
  'SELECT a.v FROM a JOIN b ON a.v = b.v WHERE EXISTS (SELECT 1 FROM b AS c WHERE c.h = a.h AND c.w = b.w)',
  'SELECT v FROM a WHERE EXISTS (SELECT 1 FROM b JOIN a AS c ON b.v = c.v WHERE b.h = a.h AND c.w = a.v)',
]

/** A row: host, v, and w, which may be missing. */
type Row = readonly [host: string, v: number, w: number | null]
const rows: fc.Arbitrary<Row[]> = fc.array(
  fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: -3, max: 3 }), fc.constantFrom(-1, 0, 1, 2, 3, null)),
  { minLength: 1, maxLength: 12 },
)

const stored = (table: readonly Row[]) => ({
  fields: { v: 'i64' as const, w: 'i64' as const },
  rows: table.map(
    ([h, v, w], i): FixtureRow => ({
      time: BigInt(i),
      tags: { h },
      fields: { v: BigInt(v), ...(w !== null && { w: BigInt(w) }) },
    }),
  ),
})
const values = (table: readonly Row[]): string =>
  table.map(([h, v, w], i) => `(${i}, '${h}', ${v}, ${w ?? 'NULL'})`).join(', ')

const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()

const sorted = (answer: readonly (readonly unknown[])[]): string[] =>
  answer.map((row) => row.map((value) => (value === null ? '-' : String(value))).join(' ')).sort()

describe('a query that reads the row around it', () => {
  test.each(STATEMENTS)('%s', async (text) => {
    await fc.assert(
      fc.asyncProperty(rows, rows, async (a, b) => {
        const fixture = new TableFixture({ a: stored(a), b: stored(b) })
        const ours = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
        const tables = [a, b].map((table, i) => `${'ab'[i]}(t, h, v, w) AS (SELECT * FROM (VALUES ${values(table)}))`)
        const theirs = await connection.runAndReadAll(`WITH ${tables.join(', ')} ${text}`)
        expect(sorted(ours)).toEqual(sorted(theirs.getRows()))
      }),
      { numRuns: 40 },
    )
  })
})
