import { describe, expect, test } from 'vitest'
import { complete } from '../../engine/query/complete.ts'

const CATALOG = {
  tables: [
    {
      name: 'cpu',
      tags: ['host'],
      fields: [
        { name: 'usage', type: 'f64' as const },
        { name: 'by', type: 'f64' as const },
      ],
    },
    { name: 'disk io', tags: [], fields: [{ name: 'free', type: 'i64' as const }] },
  ],
  views: [{ name: 'hourly', definition: '{}' }],
}

/** Options where the bar is in the text. */
function options(marked: string): string[] {
  const offset = marked.indexOf('|')
  return complete(marked.replace('|', ''), offset, CATALOG).options.map(({ label }) => label)
}

describe('complete', () => {
  test.each([
    [
      '|',
      [
        'SELECT',
        'WITH',
        'VALUES',
        'FORECAST',
        'DETECT',
        'SHOW',
        'EXPLAIN',
        'INSERT',
        'DELETE',
        'CREATE',
        'ALTER',
        'DROP',
        'EXPORT',
        'IMPORT',
        'SUBSCRIBE',
        'REFRESH',
        'KILL',
      ],
    ],
    ['CREATE |', ['MATERIALIZED VIEW', 'TABLE']],
    ['CREATE MATERIALIZED VIEW v |', ['REFRESH', 'LATENESS', 'RETAIN', 'AS']],
    ['CREATE MATERIALIZED VIEW v REFRESH |', ['IMMEDIATE', 'MANUAL', 'EVERY']],
    ['CREATE MATERIALIZED VIEW v RETAIN 1y AS SELECT max(usage) FROM |', ['cpu', '"disk io"']],
    ['REFRESH MATERIALIZED VIEW |', ['hourly']],
    ['ALTER MATERIALIZED VIEW hourly SET REFRESH M|', ['MANUAL']],
    ['DROP MATERIALIZED VIEW I|', ['IF EXISTS']],
    ['SHOW CREATE VIEW |', ['hourly']],
    ['SUBSCRIBE |', ['TO', 'WITH', 'SELECT', 'VALUES']],
    ['SUBSCRIBE SELECT max(usage) FROM cpu GROUP BY 1m E|', ['EXCEPT', 'EMIT']],
    ['SUBSCRIBE SELECT usage FROM cpu EMIT |', ['ON', 'EVERY']],
    ['SUBSCRIBE SELECT usage FROM cpu EMIT ON |', ['CLOSE', 'CHANGE']],
    ['SUBSCRIBE SELECT usage FROM cpu EMIT EVERY 1s |', ['ALLOW LATENESS']],
    ['INSERT |', ['INTO']],
    ['INSERT INTO |', ['cpu', '"disk io"']],
    ['INSERT INTO cpu (|', ['usage', '"by"', 'host', 'time']],
    ['INSERT INTO cpu (time, host T|', ['TAG']],
    ['INSERT INTO cpu (time, usage) |', ['WITH', 'SELECT', 'VALUES']],
    ['INSERT INTO copy SELECT fre| FROM "disk io"', ['free']],
    ['DELETE |', ['FROM']],
    ['DELETE FROM c|', ['cpu']],
    ['DELETE FROM cpu |', ['WHERE']],
    ['DELETE FROM cpu WHERE hos|', ['host']],
    ['CREATE TABLE I|', ['IF NOT EXISTS']],
    ['CREATE TABLE t (host |', ['TAG', 'f64', 'i64', 'bool', 'string']],
    ['CREATE TABLE t (x f64 U|', ['UNIT']],
    ['CREATE TABLE t (x f64) |', ['RETENTION', 'ROLLUP']],
    ['CREATE TABLE t (x f64) ROLLUP 1h R|', ['RETENTION']],
    ['ALTER TABLE c|', ['cpu']],
    ['ALTER TABLE cpu |', ['ADD', 'SET', 'DROP']],
    ['ALTER TABLE cpu ADD |', ['ROLLUP', 'COLUMN']],
    ['ALTER TABLE cpu SET |', ['UNIT', 'RETENTION']],
    ['ALTER TABLE cpu DROP |', ['UNIT', 'ROLLUP', 'RETENTION']],
    ['ALTER TABLE "disk io" SET UNIT |', ['free', 'time']],
    ['DROP TABLE IF EXISTS c|', ['cpu']],
    ['EXPORT (SELECT usage FROM cpu) |', ['TO']],
    ["EXPORT (SELECT usage FROM cpu) TO 'a' FORMAT |", ['csv', 'json', 'ndjson', 'arrow', 'parquet']],
    ["IMPORT FROM 'a' INTO c|", ['cpu']],
    ["IMPORT FROM 'a' FORMAT |", ['csv', 'lp', 'parquet', 'arrow']],
    ["IMPORT FROM 'a' P|", ['PRECISION']],
    ['SHOW CREATE |', ['TABLE']],
    ['DETECT A|', ['ANOMALIES']],
    ['EXPLAIN S|', ['SELECT']],
    ['EXPLAIN A|', ['ANALYZE']],
    ['SHOW Q|', ['QUERIES']],
    ['KILL |', ['QUERY']],
    ['FORECAST usage USING |', []],
    ['FORECAST usage USING prophet |', ['FOR']],
    ['sel|', ['SELECT']],
    ['SELECT us| FROM cpu', ['usage']],
    ['SELECT b| FROM cpu', ['"by"', 'bit_count', 'bool_and', 'bool_or', 'bottomk']],
    ['SELECT fre|', ['free']],
    ['SELECT usage FROM |', ['cpu', '"disk io"']],
    ['SELECT usage FROM cpu L|', ['LEFT JOIN', 'LATEST ON', 'LIMIT']],
    ['SELECT usage FROM cpu WHERE usage > 1 H|', ['HAVING']],
    ['SELECT usage FROM cpu LATEST ON time PARTITION BY host |', ['INTERSECT', 'UNION', 'EXCEPT', 'ORDER BY', 'LIMIT']],
    ['SELECT usage FROM cpu LIMIT 3 P|', ['PER']],
    ['SELECT usage FROM cpu SA|', ['SAMPLE BY']],
    ['SELECT max(usage) OFF|', ['OFFSET']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m ST|', ['STEP']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m F|', ['FROM', 'FILL']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m FROM 0 T|', ['TO']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m TIME |', ['ZONE']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m ALIGN TO CA|', ['CALENDAR', 'CASE', 'CAST']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m FILL(PREVI|', ['PREVIOUS']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m FILL(NULL) M|', ['MAX GAP']],
    ['SELECT usage FROM (S|', ['SELECT']],
    ['SELECT usage FROM cpu GROUP |', ['BY']],
    ['SELECT max(usage) FROM cpu GROUP BY hos|', ['host']],
    ['SELECT usage FROM cpu WHERE host = 1 A|', ['AND']],
    ['SELECT usage FROM cpu LATEST ON |', ['TIME']],
    ['SHOW TAG|', ['TAGS', 'TAG VALUES']],
    ["SELECT usage FROM cpu WHERE host = 'a|", []],
    ['SELECT usage -- a comment|', []],
    ['SELECT ) |', []],
  ])('%s', (text, expected) => {
    expect(options(text)).toEqual(expected)
  })

  test.each([
    ['SELECT usage LIK|', ['LIKE']],
    ['SELECT usage IS | FROM cpu', ['NOT', 'NULL', 'DISTINCT FROM', 'TRUE', 'FALSE', 'GOOD', 'UNCERTAIN', 'BAD']],
    ['SELECT CAST(usage AS |', ['f64', 'i64', 'bool', 'string', 'time']],
    ['SELECT usage::s|', ['string']],
    ['SELECT CASE WHEN usage > 1 T|', ['THEN']],
    ['SELECT CASE WHEN usage > 1 THEN 2 E|', ['ELSE', 'END']],
    ['SELECT extract(ho|', ['hour']],
    ['SELECT usage FROM cpu WHERE usage > (SEL|', ['SELECT']],
    ['SELECT usage FROM cpu WHERE host IN (SEL|', ['SELECT']],
    ['SELECT usage FROM cpu WHERE host IN (SELECT hos|', ['host']],
    ['SELECT usage FROM cpu WHERE EXI|', ['EXISTS']],
    ['SELECT usage m|', []],
    ['SELECT usage FROM cpu WIN|', ['WINDOW JOIN']],
    ['SELECT usage FROM cpu WINDOW JOIN cpu AS b ON (host) RAN|', ['RANGE BETWEEN']],
    [
      'SELECT usage FROM cpu WINDOW JOIN cpu AS b RANGE BETWEEN 1m PRECEDING AND CURRENT ROW EX|',
      ['EXCLUDE PREVAILING', 'EXCEPT'],
    ],
    ['SELECT usage FROM cpu SIN|', ['SINCE']],
    ['SELECT usage FROM cpu SINCE now() - 1h UN|', ['UNTIL', 'UNION']],
    ['SELECT usage FROM cpu OV|', ['OVER LAST']],
    ['SELECT max(usage) FROM cpu GROUP BY 5m ALIGN TO CAL|', ['CALENDAR']],
    ['SELECT max(usage) FROM cpu SES|', ['SESSION WINDOW']],
    ['SELECT max(usage) FROM cpu EVENT WINDOW STA|', ['START']],
    ['SELECT max(usage) FROM cpu EVENT WINDOW START usage > 1 E|', ['END']],
    ['SELECT max(usage) FROM cpu COUNT WINDOW 5 SL|', ['SLIDE']],
    ['SELECT date_t|', ['date_trunc']],
  ])('%s', (text, expected) => {
    expect(options(text)).toEqual(expected)
  })

  test('a function comes with how it is called and what it does', () => {
    expect(complete('SELECT sqr', 10, CATALOG).options).toEqual([
      { label: 'sqrt', kind: 'function', signature: 'sqrt(x)', doc: 'the square root; NaN below zero' },
    ])
  })

  test('an option replaces the word that it completes', () => {
    expect(complete('SELECT usage FROM cp', 20, CATALOG)).toEqual({
      from: 18,
      options: [{ label: 'cpu', kind: 'table' }],
    })
  })
})
