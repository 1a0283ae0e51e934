import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { provideCore } from '../../engine/function/elementary.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { collectRows } from '../../engine/query/run/result.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

const ROWS = 400
/** Microseconds of 1700 to 2240: all that both have. */
const MICROSECONDS = { min: -8_520_336_000_000_000n, max: 8_520_336_000_000_000n }

const double = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: -40, max: 40 }).map((n) => n / 2),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300, -1e-300, 2.5, -2.5),
)
const integer = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }),
  fc.constantFrom(2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 62n),
)
const text = fc.oneof(
  fc.constantFrom('', 'a', 'abc', 'a%c', 'A_C', 'x,y,,z', ' pad ', 'aé🌊', 'web-01', '12', '-7.5', 'true'),
  fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', ' ', 'é', '🌊'), maxLength: 8 }),
)
const rowArbitrary = fc.record({
  f: fc.option(double, { freq: 9 }),
  g: fc.option(fc.double({ min: -50, max: 50, noNaN: true }), { freq: 9 }),
  i: fc.option(integer, { freq: 9 }),
  j: fc.option(fc.bigInt({ min: -9n, max: 9n }), { freq: 9 }),
  b: fc.option(fc.boolean(), { freq: 9 }),
  s: fc.option(text, { freq: 9 }),
  u: fc.option(text, { freq: 9 }),
  us: fc.option(fc.bigInt(MICROSECONDS), { freq: 9 }),
})

/** An expression here and there; the same where there is one. Elementary functions agree to some units in the last place. */
const EXPRESSIONS: readonly (readonly [ours: string, theirs?: string | undefined, near?: true])[] = [
  ['abs(f)'],
  ['abs(i)'],
  ['ceil(f)'],
  ['floor(f)'],
  ['trunc(f)'],
  ['round(f)'],
  ['round(g, 3)'],
  ['round(i, -2)'],
  ['sign(j)', 'sign(j)::BIGINT'],
  ['mod(i, j)'],
  ['i // j'],
  ['sqrt(abs(f))'],
  ['cbrt(f)', undefined, true],
  ['exp(g)', undefined, true],
  ['ln(abs(g) + 1)', undefined, true],
  ['log10(abs(g) + 1)', undefined, true],
  ['log(abs(g) + 1)', undefined, true],
  ['log2(abs(g) + 1)', undefined, true],
  ['log(3, abs(g) + 1)', undefined, true],
  ['pow(abs(g), 1.7)', undefined, true],
  ['pow(g, 3)', undefined, true],
  ['sin(g)', undefined, true],
  ['cos(g)', undefined, true],
  ['tan(g)', undefined, true],
  ['asin(g / 50)', undefined, true],
  ['acos(g / 50)', undefined, true],
  ['atan(f)', undefined, true],
  ['atan2(g, f)', undefined, true],
  ['sinh(g)', undefined, true],
  ['cosh(g)', undefined, true],
  ['tanh(g)', undefined, true],
  ['degrees(g)', undefined, true],
  ['radians(g)', undefined, true],
  ['isnan(f)'],
  ['isinf(f)'],
  ['isfinite(f)'],
  ['i & j'],
  ['i | j'],
  ['xor(i, j)'],
  ['~i'],
  ['i >> 3'],
  ['abs(j) << 5', undefined],
  ['bit_count(i)', 'bit_count(i)::BIGINT'],
  ['greatest(f, g)'],
  ['least(f, g)'],
  ['greatest(i, j, 3)'],
  ['least(s, u)'],
  ['coalesce(f, g, -1)'],
  ['coalesce(s, u)'],
  ['nullif(i, j)'],
  ['nullif(s, u)'],
  ['CASE WHEN f > g THEN f WHEN f < g THEN g END'],
  ['CASE j WHEN 1 THEN s WHEN 2 THEN u ELSE s || u END'],
  ["CASE WHEN b THEN 'x' ELSE s END"],
  ['if(b, i, j)'],
  ['s || u'],
  ["concat(s, '-', u)"],
  ["concat_ws(',', s, u)"],
  ["s LIKE '%a%'"],
  ["s LIKE '_b%' OR u NOT LIKE 'a__'"],
  ["s ILIKE 'A%C'"],
  ["s LIKE 'a!%c' ESCAPE '!'"],
  ['s LIKE u'],
  ['b IS TRUE'],
  ['b IS NOT FALSE'],
  ['f IS DISTINCT FROM g'],
  ['s IS NOT DISTINCT FROM u'],
  ['f > g AND NOT b OR i = j'],
  ['f = f'],
  ['CAST(j AS f64)', 'CAST(j AS DOUBLE)'],
  ['CAST(g AS i64)', 'CAST(g AS BIGINT)'],
  ['TRY_CAST(f AS i64)', 'TRY_CAST(f AS BIGINT)'],
  ['CAST(i AS string)', 'CAST(i AS VARCHAR)'],
  ['CAST(b AS string)', 'CAST(b AS VARCHAR)'],
  ['CAST(b AS i64)', 'CAST(b AS BIGINT)'],
  ['TRY_CAST(s AS f64)', 'TRY_CAST(s AS DOUBLE)'],
  ['length(s)'],
  ['upper(s)'],
  ['lower(s)'],
  ['reverse(s)'],
  ['trim(s)'],
  ["ltrim(s, 'ab')"],
  ["rtrim(s, 'c-')"],
  ['substr(s, 2)'],
  ['substr(s, 2, 2)'],
  ['substr(s, -2)'],
  ['left(s, j)'],
  ['right(s, j)'],
  ["replace(s, 'a', 'xy')"],
  ["split_part(s, ',', j)", "CASE WHEN j = 0 THEN split_part(s, ',', 1) ELSE split_part(s, ',', j) END"],
  ["strpos(s, 'b')"],
  ["position('a' IN s)"],
  ['starts_with(s, u)'],
  ['ends_with(s, u)'],
  ['contains(s, u)'],
  ["lpad(s, 5, 'xy')"],
  ["rpad(s, 5, 'xy')"],
  ['repeat(s, j)'],
  ["regexp_matches(s, '[ab]+c')"],
  ["regexp_replace(s, '(a)(b)', '\\2\\1', 'g')"],
  ["regexp_replace(s, 'A', 'x', 'i')"],
  ["regexp_extract(s, '([a-c])-([a-c0-9])', 2)"],
  ['year(t)'],
  ['quarter(t)'],
  ['month(t)'],
  ['week(t)'],
  ['day(t)'],
  ['hour(t)'],
  ['minute(t)'],
  ['second(t)'],
  ["date_part('dow', t)"],
  ["date_part('isodow', t)"],
  ["date_part('doy', t)"],
  ["date_part('isoyear', t)"],
  ["date_part('millisecond', t)"],
  ["date_part('microsecond', t)"],
  ['EXTRACT(month FROM t)'],
  ...['year', 'quarter', 'month', 'day', 'hour', 'minute', 'second'].flatMap((unit): [string][] => [
    [`epoch_us(date_trunc('${unit}', t))`],
    [`date_diff('${unit}', from_us(us), from_us(i % 1000000007))`],
  ]),
  ["epoch_us(date_trunc('week', t))"],
  // Before 1970 DuckDB's own count of weeks is one less.
  [
    "date_diff('week', from_us(us), from_us(0))",
    "(epoch_us(date_trunc('week', from_us(0))) - epoch_us(date_trunc('week', t))) // 604800000000",
  ],
  ['epoch_us(time_bucket(15m, t))', "epoch_us(time_bucket(INTERVAL 15 MINUTE, t, TIMESTAMP '1970-01-01'))"],
  ['epoch_us(time_bucket(1w, t))', "epoch_us(time_bucket(INTERVAL 7 DAY, t, TIMESTAMP '1970-01-05'))"],
  ["epoch_us(time_bucket('5mo', t))", "epoch_us(time_bucket(INTERVAL 5 MONTH, t, TIMESTAMP '1970-01-01'))"],
  ["epoch_us(date_add('month', j, t))", 'epoch_us(t + to_months(j::INTEGER))'],
  ["epoch_us(date_add('day', j, t))", 'epoch_us(t + to_days(j::INTEGER))'],
  // Before 1970 DuckDB cuts towards 1970.
  ['epoch_ms(t)', '(us - ((us % 1000) + 1000) % 1000) // 1000'],
  ["strftime(t, '%Y-%m-%d %H:%M:%S.%f %a %b %j %p %I %y')"],
]

/** Templates by the type that they give; the letters in braces stand for expressions of that type. */
const TEMPLATES: Readonly<Record<'f' | 'i' | 's' | 'b', readonly string[]>> = {
  f: [
    'f',
    'g',
    '2.5e0',
    'abs({f})',
    'floor({f})',
    'round({f})',
    '(-{f})',
    '({f} + {f})',
    '({f} * 5e-1)',
    'greatest({f}, {f})',
    'coalesce({f}, {f})',
    'CASE WHEN {b} THEN {f} ELSE {f} END',
    'CAST({i} AS DOUBLE)',
    'nullif({f}, {f})',
    'sqrt(abs({f}))',
  ],
  i: [
    'i',
    'j',
    '3',
    '({i} & {i})',
    '({i} | {i})',
    'xor({i}, {i})',
    '(~{i})',
    '({i} // 7)',
    '({i} % 5)',
    'least({i}, {i})',
    'coalesce({i}, {i})',
    'CASE WHEN {b} THEN {i} END',
    'length({s})',
    "strpos({s}, 'a')",
    'nullif({i}, {i})',
  ],
  s: [
    's',
    'u',
    "'ab'",
    '({s} || {s})',
    'upper({s})',
    'reverse({s})',
    'left({s}, 3)',
    'substr({s}, 2)',
    "replace({s}, 'a', 'b')",
    'coalesce({s}, {s})',
    'CASE WHEN {b} THEN {s} ELSE {s} END',
    "concat({s}, '-', {s})",
    'least({s}, {s})',
    'nullif({s}, {s})',
    'CAST({i} AS VARCHAR)',
  ],
  b: [
    'b',
    'TRUE',
    '({f} < {f})',
    '({i} >= {i})',
    '({s} = {s})',
    '({b} AND {b})',
    '({b} OR {b})',
    '(NOT {b})',
    "({s} LIKE '%a_')",
    '({i} IS NULL)',
    '({b} IS TRUE)',
    '({f} IS DISTINCT FROM {f})',
    '({s} IS NOT DISTINCT FROM {s})',
    '({i} BETWEEN {i} AND {i})',
    '({i} IN (1, 2, -3))',
    'isnan({f})',
    'starts_with({s}, {s})',
  ],
}

function expressionOf(type: keyof typeof TEMPLATES, depth: number): fc.Arbitrary<string> {
  const templates = TEMPLATES[type].filter((template) => depth > 0 || !template.includes('{'))
  return fc.constantFrom(...templates).chain((template) => {
    const holes = [...template.matchAll(/\{([fisb])\}/g)].map(([, hole]) => expressionOf(hole as 'f', depth - 1)) // by the pattern
    return fc.tuple(...holes).map((parts) => {
      let k = 0
      return template.replaceAll(/\{[fisb]\}/g, () => parts[k++] ?? '')
    })
  })
}

const inOurs = (text: string): string =>
  text.replaceAll(/\bt\b(?!')/g, 'from_epoch_us(us)').replaceAll('from_us(', 'from_epoch_us(')
const inTheirs = (text: string): string =>
  text.replaceAll(/\bt\b(?!')/g, 'make_timestamp(us)').replaceAll('from_us(', 'make_timestamp(')

function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value !== 'number') return String(value)
  if (Number.isFinite(value)) return Object.is(value, -0) ? "'-0'::DOUBLE" : `${value}::DOUBLE`
  return `'${value}'::DOUBLE`
}

function agree(ours: Value, theirs: Value, near: boolean): boolean {
  if (typeof ours === 'bigint' && typeof theirs === 'number') return ours === BigInt(theirs)
  if (typeof ours !== 'number' || typeof theirs !== 'number') return ours === theirs
  if (ours === theirs || (Number.isNaN(ours) && Number.isNaN(theirs))) return true
  return near && Math.abs(ours - theirs) <= 1e-15 * 8 * Math.abs(theirs)
}

describe('functions and operators', () => {
  const records =
    fc.sample(fc.array(rowArbitrary, { minLength: ROWS, maxLength: ROWS }), { numRuns: 1, seed: 20261122 })[0] ?? []
  const columns = ['f', 'g', 'i', 'j', 'b', 's', 'u', 'us'] as const
  let connection: Awaited<ReturnType<DuckDBInstance['connect']>>
  const rows = records.map((fields, k): FixtureRow => ({ time: BigInt(k), tags: {}, fields }))
  const fixture = new TableFixture({
    m: { fields: { f: 'f64', g: 'f64', i: 'i64', j: 'i64', b: 'bool', s: 'string', u: 'string', us: 'i64' }, rows },
  })

  beforeAll(async () => {
    provideCore(loadCore)
    connection = await (await DuckDBInstance.create()).connect()
    await connection.run(
      'CREATE TABLE m(k BIGINT, f DOUBLE, g DOUBLE, i BIGINT, j BIGINT, b BOOLEAN, s VARCHAR, u VARCHAR, us BIGINT)',
    )
    const values = records.map(
      (row, k) => `(${[BigInt(k), ...columns.map((name) => row[name])].map(literal).join(',')})`,
    )
    await connection.run(`INSERT INTO m VALUES ${values.join(',')}`)
  })

  async function expectSame(ours: string, theirs: string, near: boolean): Promise<void> {
    const answer = rowsOf(
      await collectRows(await runStatement(`SELECT ${inOurs(ours)} AS x FROM m`, fixture, { now: 0n })),
    )
    const other = (await connection.runAndReadAll(`SELECT ${inTheirs(theirs)} AS x FROM m ORDER BY k`)).getRows()
    expect(answer).toHaveLength(other.length)
    answer.forEach(([value = null], k) => {
      const expected = other[k]?.[0] as Value // of the types that both have
      if (!agree(value, expected, near))
        expect({ row: records[k], value }).toEqual({ row: records[k], value: expected })
    })
  }

  const cases = EXPRESSIONS.map(([ours, theirs = ours, near = false]) => ({ ours, theirs, near }))
  test.each(cases)('$ours is what DuckDB says', async ({ ours, theirs, near }) => {
    await expectSame(ours, theirs, near)
  })

  test('nested in each other give what DuckDB gives', async () => {
    const type = fc.constantFrom<keyof typeof TEMPLATES>('f', 'i', 's', 'b')
    const anyExpression = type.chain((each) => expressionOf(each, 4))
    await fc.assert(
      fc.asyncProperty(anyExpression, (expression) => expectSame(expression, expression, false)),
      { numRuns: 400 },
    )
  })
})
