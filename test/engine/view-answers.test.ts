import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, type LiveUpdate, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf } from '../support/plain-column.ts'

const NOW = 1_000_000_000_000n
const VIEW =
  'SELECT host, dc, max(x) AS x_max, min(x) AS x_min, count(x) AS x_count, sum(n) AS n_sum, count(n) AS n_count, min(n) AS n_min, count(*) AS rows FROM t GROUP BY 60ns, host, dc'

let withView: Engine
let without: Engine

beforeEach(async () => {
  const options = { store: { kind: 'memory' }, workers: 0, clock: { now: () => NOW } } as const
  withView = await openEngine(options)
  without = await openEngine(options)
})

afterEach(async () => {
  await withView.close()
  await without.close()
})

async function run(engine: Engine, text: string): Promise<unknown[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

async function append(lines: readonly string[]): Promise<void> {
  for (const engine of [withView, without]) await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
}

function randomLines(next: () => number, count: number): string[] {
  return Array.from({ length: count }, () => {
    const tags = [`host=${'abc'[next() % 3]}`, ...(next() % 3 === 0 ? [] : [`dc=${'xy'[next() % 2]}`])]
    const x = ['nan', '-0', '0', '1.5', '-7.25', '1e300'][next() % 6]
    const fields = [...(next() % 3 === 0 ? [] : [`x=${x}`]), `n=${next() % 1000}i`].filter(
      (_, at) => at === 0 || next() % 4 > 0,
    )
    return `t,${tags.join(',')} ${fields.join(',')} ${next() % 1200}`
  })
}

async function plan(text: string): Promise<string> {
  return (await run(withView, `EXPLAIN ${text}`))
    .filter(([step]) => step === 'plan')
    .map(([, line]) => line)
    .join('\n')
}

const QUERIES: readonly string[] = [
  'SELECT max(x), count(*) FROM t GROUP BY 60ns, host, dc',
  'SELECT sum(n), avg(n), count(n), min(n) FROM t GROUP BY 120ns, host',
  "SELECT max(x), min(x), count(x) FROM t WHERE host = 'a' GROUP BY 300ns",
  "SELECT sum(n) + count(*) AS y FROM t WHERE host IN ('a', 'b') AND dc != 'x' GROUP BY 60ns, dc",
  'SELECT host, max(x) - min(x) AS spread FROM t WHERE time >= 77 AND time < 901 GROUP BY 60ns, host',
  'SELECT count(*), sum(n), max(x) FROM t',
  "SELECT dc, count(*) FROM t WHERE time >= 60 AND host =~ '[ab]' GROUP BY dc",
  'SELECT max(x) AS m FROM t GROUP BY 180ns, host ORDER BY m DESC, time LIMIT 3',
  'SELECT host, sum(n) AS s FROM t WHERE time < 1000 GROUP BY 60ns, host HAVING count(*) > 2 ORDER BY time DESC LIMIT 4',
]

describe('a query that a view answers', () => {
  test.each(QUERIES)('%s: says so', async (text) => {
    await append(['t,host=a,dc=x x=1,n=1i 5'])
    await run(withView, `CREATE MATERIALIZED VIEW v REFRESH MANUAL AS ${VIEW}`)
    expect(await plan(text)).toContain('windows of view v by 60ns that are not stale, else')
  })

  test('has the same bits as without the view, with windows that are stale and windows that are not', async () => {
    const next = generator(7)
    await append(randomLines(next, 40))
    await run(withView, `CREATE MATERIALIZED VIEW v REFRESH MANUAL AS ${VIEW}`)
    for (let round = 0; round < 25; round++) {
      if (round % 2 === 0) await run(withView, 'REFRESH MATERIALIZED VIEW v')
      if (round % 6 === 5) {
        const gone = {
          table: 't',
          start: BigInt(next() % 1000),
          matchers: [{ tag: 'host', op: '=', value: 'a' }],
        } as const
        for (const engine of [withView, without]) await engine.delete({ ...gone, end: gone.start + 100n })
      } else if (round % 3 > 0) await append(randomLines(next, 1 + (next() % 5)))
      if (round % 9 === 8) await withView.compact()
      for (const text of QUERIES) {
        expect(await run(withView, text), `round ${round}: ${text}`).toEqual(await run(without, text))
      }
    }
  })

  test('comes of the view that has fewest rows for the same time, by how many groups the views have', async () => {
    const second = 1_000_000_000n
    const lines = Array.from({ length: 50 }, (_, i) => `t,host=h${i} x=${i},n=1i ${BigInt(i) * second}`)
    await append(lines)
    const items = 'max(x) AS x_max, count(*) AS rows FROM t GROUP BY'
    await run(withView, `CREATE MATERIALIZED VIEW hosts REFRESH MANUAL AS SELECT host, ${items} 10m, host`)
    await run(withView, `CREATE MATERIALIZED VIEW totals REFRESH MANUAL AS SELECT ${items} 1m`)
    for (const view of ['hosts', 'totals']) await run(withView, `REFRESH MATERIALIZED VIEW ${view}`)
    // Columns that are new have the catalog read again.
    await append(['t,host=h0 y=1 0'])
    expect(await plan('SELECT max(x) FROM t GROUP BY 10m')).toContain(
      'windows of view totals by 1m (about 60 rows an hour) that are not stale, else',
    )
    expect(await plan('SELECT max(x) FROM t GROUP BY 10m, host')).toContain(
      'windows of view hosts by 10m (about 300 rows an hour) that are not stale, else',
    )
    expect(await run(withView, 'SELECT max(x) FROM t GROUP BY 10m')).toEqual([[0n, 49]])
  })

  test('is the same where it is live, while an immediate view is refreshed beside it', async () => {
    const text = 'SELECT time, host, sum(n) AS s, max(x) AS m FROM t GROUP BY 60ns, host'
    await append(['t,host=a,dc=x x=1,n=1i 5'])
    await run(withView, `CREATE MATERIALIZED VIEW v REFRESH IMMEDIATE AS ${VIEW}`)
    expect(await plan(text)).toContain('windows of view v')
    const seen = new Map<string, unknown[]>()
    const keyOf = (row: readonly unknown[]): string => `${row[0]} ${row[1]}`
    const observer = {
      next: (update: LiveUpdate): void => {
        if (update.kind === 'result') seen.clear()
        else for (const row of rowsOf(update.removed)) seen.delete(keyOf(row))
        for (const row of rowsOf(update.kind === 'result' ? update.rows : update.changed)) seen.set(keyOf(row), row)
      },
      error: (error: Error): void => {
        throw error
      },
    }
    const subscription = withView.subscribe(text, observer, { minIntervalMs: 1 })
    const next = generator(11)
    for (let round = 0; round < 30; round++) {
      await append(randomLines(next, 1 + (next() % 5)))
      if (round % 7 === 6)
        for (const engine of [withView, without]) await engine.delete({ table: 't', start: 0n, end: 60n })
      const expected = new Map((await run(without, text)).map((row) => [keyOf(row), row]))
      await expect.poll(() => new Map([...seen].sort()), { interval: 2 }).toEqual(new Map([...expected].sort()))
    }
    subscription.unsubscribe()
  })

  test('reads rows where the view is stale, and the view where it is not', async () => {
    const text = 'SELECT max(x) FROM t GROUP BY 60ns'
    const rowsRead = async (): Promise<number> => {
      const lines = (await run(withView, `EXPLAIN ANALYZE ${text}`)).map(([, line]) => String(line))
      return Number(/groups: .* of (\d+) rows/.exec(lines.join('\n'))?.[1])
    }
    await append(Array.from({ length: 100 }, (_, i) => `t,host=a,dc=x x=${i},n=1i ${i}`))
    await run(withView, `CREATE MATERIALIZED VIEW v REFRESH MANUAL AS ${VIEW}`)
    expect(await rowsRead()).toBeGreaterThanOrEqual(100)
    await run(withView, 'REFRESH MATERIALIZED VIEW v')
    expect(await rowsRead()).toBe(2)
    await append(['t,host=a,dc=x x=300,n=1i 66'])
    expect(await rowsRead()).toBeGreaterThan(2)
    expect(await run(withView, text)).toEqual([
      [0n, 59],
      [60n, 300],
    ])
  })
})

test('times of which the view or the table has let the rows go are answered from the rows that are there', async () => {
  const hour = 3_600_000_000_000n
  let now = 100n * hour
  const options = { store: { kind: 'memory' }, workers: 0, clock: { now: () => now } } as const
  const engines = [await openEngine(options), await openEngine({ ...options, retentionMs: { t: 3 * 3_600_000 } })]
  const text = 'SELECT count(*) AS rows, max(x) FROM t GROUP BY 1h'
  for (const engine of engines) {
    const lines = [1n, 30n, 90n, 150n, 300n].map((minutes) => `t x=${minutes} ${now - minutes * 60_000_000_000n}`)
    await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
    const before = await run(engine, text)
    await run(
      engine,
      'CREATE MATERIALIZED VIEW v REFRESH MANUAL RETAIN 2h AS SELECT count(*) AS c, max(x) AS x FROM t GROUP BY 1h',
    )
    await run(engine, 'REFRESH MATERIALIZED VIEW v')
    expect(await run(engine, text)).toEqual(before)
  }
  now += hour / 2n
  const [all, kept] = engines
  expect(all && (await run(all, 'SELECT sum(rows) FROM (SELECT count(*) AS rows FROM t GROUP BY 1h) AS w'))).toEqual([
    [5n],
  ])
  // Of 150 minutes ago half an hour later is exactly three hours: what has expired has expired.
  expect(kept && (await run(kept, 'SELECT sum(rows) FROM (SELECT count(*) AS rows FROM t GROUP BY 1h) AS w'))).toEqual([
    [4n],
  ])
  for (const engine of engines) await engine.close()
})

describe('a view does not answer', () => {
  test.each([
    ['sums of floats, whose last bits depend on their order', 'SELECT sum(x) FROM t GROUP BY 60ns'],
    ['means of floats', 'SELECT avg(x) FROM t GROUP BY 60ns'],
    ['windows that its own do not add up to', 'SELECT max(x) FROM t GROUP BY 90ns'],
    ['windows that begin elsewhere', "SELECT max(x) FROM t GROUP BY 60ns ALIGN TO '1970-01-01T00:00:00.000000010Z'"],
    ['tests of fields that it does not make', 'SELECT max(x) FROM t WHERE n > 3 GROUP BY 60ns'],
    ['aggregates that it does not have', 'SELECT max(n) FROM t GROUP BY 60ns'],
    ['aggregates of expressions that it does not have', 'SELECT max(x + 1) FROM t GROUP BY 60ns'],
    ['first and last values, which need their times', 'SELECT last(x) FROM t GROUP BY 60ns'],
    ['other tables', 'SELECT max(x_max) FROM v GROUP BY 60ns'],
    ['rows', 'SELECT x FROM t'],
  ])('%s', async (_what, text) => {
    await append(['t,host=a,dc=x x=1,n=1i 5'])
    await run(withView, `CREATE MATERIALIZED VIEW v REFRESH MANUAL AS ${VIEW}`)
    expect(await plan(text)).not.toContain('windows of view')
  })

  test('groups by tags that it has not kept apart', async () => {
    await append(['t,host=a,dc=x x=1,n=1i 5'])
    await run(
      withView,
      'CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT host, max(x) AS x, count(*) AS c FROM t GROUP BY 60ns, host',
    )
    expect(await plan('SELECT max(x) FROM t GROUP BY 60ns, dc')).not.toContain('windows of view')
    expect(await plan("SELECT max(x) FROM t WHERE dc = 'x' GROUP BY 60ns, host")).not.toContain('windows of view')
  })

  test('without the tests that it makes itself, and does with them', async () => {
    await append(['t,host=a,dc=x x=1,n=1i 5'])
    await run(
      withView,
      "CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT host, max(x) AS x, count(*) AS c FROM t WHERE dc = 'x' AND n > 0 GROUP BY 60ns, host",
    )
    expect(await plan('SELECT max(x) FROM t GROUP BY 60ns, host')).not.toContain('windows of view')
    expect(await plan("SELECT max(x) FROM t WHERE dc = 'x' GROUP BY 60ns, host")).not.toContain('windows of view')
    expect(await plan("SELECT max(x) FROM t WHERE n > 0 AND dc = 'x' AND host = 'a' GROUP BY 60ns, host")).toContain(
      'windows of view v',
    )
  })

  test('where it has no count, since a row of which all is missing is not there', async () => {
    await append(['t,host=a,dc=x x=1,n=1i 5'])
    await run(
      withView,
      'CREATE MATERIALIZED VIEW v REFRESH MANUAL AS SELECT host, max(x) AS x FROM t GROUP BY 60ns, host',
    )
    expect(await plan('SELECT max(x) FROM t GROUP BY 60ns, host')).not.toContain('windows of view')
  })
})
