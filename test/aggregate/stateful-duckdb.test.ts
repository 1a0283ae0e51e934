import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

/** Ours and DuckDB's text of the same. */
const CALLS: readonly (readonly [ours: string, theirs: string])[] = [
  ['quantile(f, 0.3)', 'quantile_cont(f, 0.3)'],
  ['median(i)', 'quantile_cont(i, 0.5)'],
  ['percentile(g, 95)', 'quantile_cont(g, 0.95)'],
  ['quantile_disc(i, 0.25)', 'quantile_disc(i, 0.25)'],
  ['quantile_disc(s, 0.75)', 'quantile_disc(s, 0.75)'],
  ['count(DISTINCT f)', 'count(DISTINCT f)'],
  ['count(DISTINCT s)', 'count(DISTINCT s)'],
  ['count(DISTINCT i)', 'count(DISTINCT i)'],
  [
    'mode(i)',
    'list_sort(map_keys(map_from_entries(list_filter(map_entries(histogram(i)), e -> e.value = list_max(map_values(histogram(i)))))))[1]',
  ],
  ['corr(g, h)', 'corr(g, h)'],
  ['covar_pop(g, h)', 'covar_pop(g, h)'],
  ['covar_samp(g, h)', 'covar_samp(g, h)'],
  ['regr_slope(g, h)', 'regr_slope(g, h)'],
  ['regr_intercept(g, h)', 'regr_intercept(g, h)'],
  ['regr_r2(g, h)', 'regr_r2(g, h)'],
  ['regr_count(g, h)', 'regr_count(g, h)::BIGINT'],
  ['skewness(g)', 'exact_skewness(list(g) FILTER (g IS NOT NULL))'],
  ['kurtosis(g)', 'exact_kurtosis(list(g) FILTER (g IS NOT NULL))'],
  ['bool_and(g > 0)', 'bool_and(g > 0)'],
  ['bool_or(g > 0)', 'bool_or(g > 0)'],
  ['arg_min(i, h)', 'arg_min(i, struct_pack(a := h, b := -i::HUGEINT)) FILTER (i IS NOT NULL AND h IS NOT NULL)'],
  ['arg_max(s, h)', 'arg_max(s, struct_pack(a := h, b := s)) FILTER (s IS NOT NULL AND h IS NOT NULL)'],
  ['vwap(g, v)', 'sum(g * v) / nullif(sum(v) FILTER (g IS NOT NULL), 0)'],
]

/**
 * DuckDB's own skewness and kurtosis subtract sums of powers, and of values that hardly vary keep one digit or none. Of integers n x - sum(x)
 * is exact, and so are the sums of its powers here, nearly.
 */
const MACROS = [
  'CREATE MACRO central(l, k) AS list_sum(list_transform(l, x -> pow(len(l) * x - list_sum(l), k)))',
  `CREATE MACRO exact_skewness(l) AS CASE WHEN len(l) < 3 OR central(l, 2) = 0 THEN NULL ELSE
    sqrt(len(l) * (len(l) - 1.0)) / (len(l) - 2) * sqrt(len(l)) * central(l, 3) / pow(central(l, 2), 1.5) END`,
  `CREATE MACRO exact_kurtosis(l) AS CASE WHEN len(l) < 4 OR central(l, 2) = 0 THEN NULL ELSE
    (len(l) - 1.0) / ((len(l) - 2.0) * (len(l) - 3.0)) *
    ((len(l) + 1) * len(l) * central(l, 4) / pow(central(l, 2), 2) - 3 * (len(l) - 1)) END`,
]

const small = fc.option(fc.integer({ min: -3, max: 3 }))
const rowArbitrary = fc.record({
  f: fc.option(
    fc.oneof(fc.double({ noDefaultInfinity: true, noNaN: true, min: -1e6, max: 1e6 }), fc.constant(Number.NaN)),
  ),
  g: fc.option(fc.oneof(fc.integer({ min: -1000, max: 1000 }), fc.constantFrom(999, 1000))),
  h: small,
  i: fc.option(fc.bigInt({ min: -3n, max: 3n })),
  v: fc.option(fc.nat({ max: 5 })),
  s: fc.option(fc.constantFrom('a', 'B', 'é', 'z\u{1f30a}', 'z\uffff')),
  host: fc.constantFrom('a', 'b'),
})

function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value}'`
  return Number.isNaN(value) ? "'nan'::DOUBLE" : String(value)
}

/** Where nothing varies DuckDB gives NaN or NULL, by version and function; ours is missing. */
function agree(ours: Value, theirs: Value): boolean {
  if (ours === null) return theirs === null || Number.isNaN(theirs)
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours === theirs
  return Object.is(ours, theirs) || Math.abs(ours - theirs) <= 1e-9 * Math.max(1, Math.abs(theirs))
}

describe('aggregates with states of their own', () => {
  test('agree with DuckDB over windows and groups, with missing values and NaN', async () => {
    const connection = await (await DuckDBInstance.create()).connect()
    for (const macro of MACROS) await connection.run(macro)
    const theirText = CALLS.map(([, text], k) => `${text} AS c${k}`).join(', ')
    const ourText = CALLS.map(([text], k) => `${text} AS c${k}`).join(', ')
    await fc.assert(
      fc.asyncProperty(fc.array(rowArbitrary, { minLength: 1, maxLength: 80 }), async (records) => {
        const rows = records.map(({ host, ...fields }, k): FixtureRow => ({ time: BigInt(k), tags: { host }, fields }))
        const values = records.map(
          ({ f, g, h, i, v, s, host }, k) => `(${[BigInt(k), host, f, g, h, i, v, s].map(literal).join(',')})`,
        )
        await connection.run(
          'CREATE OR REPLACE TABLE m(time BIGINT, host VARCHAR, f DOUBLE, g DOUBLE, h DOUBLE, i BIGINT, v DOUBLE, s VARCHAR)',
        )
        await connection.run(`INSERT INTO m VALUES ${values.join(',')}`)
        const reader = await connection.runAndReadAll(
          `SELECT (time // 20) * 20 AS w, host, ${theirText} FROM m GROUP BY 1, 2 ORDER BY 1, 2`,
        )
        const theirs = reader.getRows()
        const fields = { f: 'f64', g: 'f64', h: 'f64', i: 'i64', v: 'f64', s: 'string' } as const
        const fixture = new TableFixture({ m: { fields, rows } })
        const text = `SELECT ${ourText} FROM m GROUP BY 20ns, host`
        const ours = rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n })))
        expect(ours).toHaveLength(theirs.length)
        ours.forEach((row, r) => {
          row.slice(2).forEach((value, c) => {
            const other = theirs[r]?.[c + 2] as Value
            if (!agree(value, other)) expect({ call: CALLS[c], value }).toEqual({ call: CALLS[c], value: other })
          })
        })
      }),
      { numRuns: 60 },
    )
    connection.closeSync()
  })
})
