import { describe, expect, test } from 'vitest'
import { MAX_APPLIED_QUERIES } from '../../../engine/query/check/applied.ts'
import { MAX_RELATIONS } from '../../../engine/query/check/check-source.ts'
import { MAX_QUERY_VALUES } from '../../../engine/query/check/check-subquery.ts'
import { MAX_OVERLAP } from '../../../engine/query/check/check-windows.ts'
import { MAX_NESTING } from '../../../engine/query/parse/parse-expression.ts'
import { MAX_EXPRESSION_QUERIES } from '../../../engine/query/run/answer-queries.ts'
import { MAX_FILLED_ROWS } from '../../../engine/query/run/fill.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../../support/plain-column.ts'
import { TableFixture } from '../../support/table-fixture.ts'

const rows = Array.from({ length: 7_000 }, (_, i) => ({
  time: BigInt(i),
  tags: { host: `h${i % 3}` },
  fields: { n: BigInt(i) },
}))
const fixture = new TableFixture({ t: { fields: { n: 'i64' }, rows } })

const answer = async (text: string, maxHeldBytes?: number): Promise<Value[][]> => {
  const limit = maxHeldBytes === undefined ? {} : { maxHeldBytes }
  return rowsOf(await collectRows(await runStatement(text, fixture, { now: 0n, ...limit })))
}

describe('limits of queries', () => {
  const nested = (levels: number): string => `${'SELECT * FROM ('.repeat(levels)}SELECT 1 AS one${')'.repeat(levels)}`

  test(`queries in queries go ${MAX_NESTING - 2} levels deep, not ${MAX_NESTING + 1}`, async () => {
    expect(await answer(nested(MAX_NESTING - 2))).toEqual([[1n]])
    await expect(answer(nested(MAX_NESTING + 1))).rejects.toThrow(`${MAX_NESTING} levels`)
    await expect(answer(nested(50_000))).rejects.toThrow(`${MAX_NESTING} levels`)
    await expect(answer(`SELECT 1 FROM ${'('.repeat(50_000)}t`)).rejects.toThrow(`${MAX_NESTING} levels`)
    await expect(answer('EXPLAIN '.repeat(50_000))).rejects.toThrow('expected ANALYZE, SELECT')
  })

  test('a query of WITH that names the one before it twice stops at the limit of relations, soon', async () => {
    const doubled = (steps: number): string => {
      const named = Array.from(
        { length: steps },
        (_, k) => `q${k + 1} AS (SELECT a.n FROM q${k} AS a CROSS JOIN q${k} AS b)`,
      )
      return `WITH q0 AS (VALUES (1)), ${named.join(', ')} SELECT count(*) FROM q${steps}`.replace(
        '(VALUES (1))',
        '(SELECT 1 AS n)',
      )
    }
    expect(await answer(doubled(5))).toEqual([[1n]])
    await expect(answer(doubled(60))).rejects.toThrow(`${MAX_RELATIONS} relations`)
  })

  test('expressions that double from query to query are not put into each other without end', async () => {
    const named = Array.from({ length: 60 }, (_, k) => `q${k + 1} AS (SELECT x + x AS x FROM q${k})`)
    const text = `WITH q0 AS (SELECT n * 0 AS x FROM t LIMIT 1), ${named.join(', ')} SELECT x FROM q60`
    expect(await answer(text)).toEqual([[0n]])
  })

  test(`expressions hold ${MAX_EXPRESSION_QUERIES} queries, side by side or in each other`, async () => {
    const beside = (count: number): string =>
      `SELECT ${Array.from({ length: count }, () => '(SELECT 1)').join(' + ')} AS s`
    expect(await answer(beside(MAX_EXPRESSION_QUERIES))).toEqual([[100n]])
    await expect(answer(beside(MAX_EXPRESSION_QUERIES + 1))).rejects.toMatchObject({ kind: 'quota' })
    const inside = (count: number): string => `${'SELECT 1 + ('.repeat(count)}SELECT 1${' )'.repeat(count)}`
    expect(await answer(inside(50))).toEqual([[51n]])
    await expect(answer(inside(10_000))).rejects.toThrow(`${MAX_NESTING} levels`)
  })

  test(`${MAX_APPLIED_QUERIES} queries of a statement read the row around, and no more`, async () => {
    const one = '(SELECT count(*) FROM t AS o WHERE o.n = t.n)'
    const text = (count: number): string => `SELECT ${Array(count).fill(one).join(' + ')} AS c FROM t WHERE n = 1`
    expect(await answer(text(MAX_APPLIED_QUERIES))).toEqual([[BigInt(MAX_APPLIED_QUERIES)]])
    await expect(answer(text(MAX_APPLIED_QUERIES + 1))).rejects.toMatchObject({ kind: 'quota' })
  })

  test('queries in groups that are named twice are checked once on each level', async () => {
    const nested = (levels: number): string =>
      levels === 0 ? 'SELECT 1 AS x' : `SELECT (${nested(levels - 1)}) AS x GROUP BY 1, 1`
    expect(await answer(nested(40))).toEqual([[1n]])
  })

  test(`IN takes ${MAX_QUERY_VALUES} different values of a query, and no more`, async () => {
    const text = (below: number): string =>
      `SELECT count(*) FROM t WHERE n IN (SELECT a.n * 7000 + b.n FROM t AS a CROSS JOIN t AS b WHERE a.n < 15 AND a.n * 7000 + b.n < ${below})`
    expect(await answer(text(MAX_QUERY_VALUES))).toEqual([[7_000n]])
    await expect(answer(text(MAX_QUERY_VALUES + 1))).rejects.toMatchObject({ kind: 'quota' })
  })

  test(`a row is in ${MAX_OVERLAP} windows at most`, async () => {
    const text = (slide: number): string =>
      `SELECT count(*) AS c FROM (SELECT time, n FROM t WHERE n < 2100) COUNT WINDOW 2000 SLIDE ${slide} ORDER BY c LIMIT 1`
    expect(await answer(text(2))).toMatchObject([[expect.anything(), expect.anything(), 2n]])
    await expect(answer(text(1))).rejects.toThrow(`at most ${MAX_OVERLAP}`)
  })

  test('a chain of a thousand UNIONs is flat', async () => {
    const text = Array.from({ length: 900 }, () => 'SELECT 1 AS one').join(' UNION ALL ')
    expect(await answer(text)).toHaveLength(900)
  })

  test.each([
    'SELECT n FROM t ORDER BY n DESC',
    'SELECT count(*) FROM t GROUP BY n',
    'SELECT DISTINCT n FROM t',
    'SELECT n FROM t LIMIT 1 PER n',
    'SELECT a.n FROM t AS a JOIN t AS b ON a.n = b.n',
    'SELECT n FROM t EXCEPT SELECT n FROM t',
    'SELECT sum(n) OVER () FROM t',
    'SELECT count(*) FROM t COUNT WINDOW 1',
    'SELECT count(*) FROM t WHERE n > 0 STATE WINDOW n',
  ])('what is held counts: %s', async (text) => {
    await expect(answer(text, 20_000)).rejects.toMatchObject({ kind: 'quota' })
    expect((await answer(text, 64_000_000)).length).toBeGreaterThanOrEqual(0)
  })

  test('an aggregate that cannot be merged says when frames have too many rows', async () => {
    await expect(answer('SELECT median(n) OVER (ORDER BY time) FROM t')).rejects.toMatchObject({ kind: 'quota' })
    const small = await answer(
      'SELECT median(n) OVER (ORDER BY time ROWS 2 PRECEDING) AS m FROM t ORDER BY time DESC LIMIT 1',
    )
    expect(small).toEqual([[6_998]])
  })

  test(`FILL makes ${MAX_FILLED_ROWS} rows at most, before it makes any`, async () => {
    const fill = (seconds: number, by = ''): string =>
      `SELECT count(*) AS c FROM t GROUP BY 1s${by} FROM 0 TO ${seconds}s FILL(0)`
    expect(await answer(`SELECT count(*) FROM (${fill(1_000, ', host')})`)).toEqual([[3_000n]])
    await expect(answer(fill(10_000_001))).rejects.toMatchObject({ kind: 'quota' })
    await expect(answer(fill(4_000_000, ', host'))).rejects.toMatchObject({ kind: 'quota' })
    await expect(answer(fill(1_000), 20_000)).rejects.toMatchObject({ kind: 'quota' })
  })

  test('an aggregate over frames that grow takes about n log n steps', async () => {
    const last = await answer(
      'SELECT sum(n) OVER (ORDER BY time) AS s, min(n) OVER (ORDER BY time DESC) AS m FROM t ORDER BY time DESC LIMIT 1',
    )
    expect(last).toEqual([[24_496_500n, 6_999n]])
  })
})
