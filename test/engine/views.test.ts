import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, type EngineOptions, openEngine } from '../../engine/engine.ts'
import { generator } from '../support/block-shapes.ts'
import { rowsOf } from '../support/plain-column.ts'
import { lineOf, type PlainRow, PlainRows, untilFresh, VIEW_QUERY, viewRows } from '../support/plain-view.ts'

let directory: string
let engine: Engine

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidemark-views-'))
})

afterEach(async () => {
  await engine.close()
  await rm(directory, { recursive: true, force: true })
})

async function open(options: Partial<EngineOptions> = {}): Promise<void> {
  engine = await openEngine({ store: { kind: 'files', directory }, workers: 0, ...options })
}

async function reopen(options: Partial<EngineOptions> = {}): Promise<void> {
  await engine.close()
  await open(options)
}

async function run(text: string): Promise<unknown[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

async function append(...rows: readonly PlainRow[]): Promise<void> {
  await engine.append({ kind: 'line-protocol', body: rows.map(lineOf).join('\n') })
}

function randomRow(next: () => number): PlainRow {
  const row: PlainRow = {
    time: BigInt(next() % 600),
    host: ['', 'a', 'b', 'c'][next() % 4] ?? '',
    dc: ['', 'x'][next() % 2] ?? '',
  }
  if (next() % 3 > 0) row.x = next() % 100
  if (next() % 3 > 0 || row.x === undefined) row.n = BigInt(next() % 100)
  return row
}

/** Changes the store and the plain rows alike; now and then it is flushed, compacted or opened again. */
async function randomChange(plain: PlainRows, next: () => number, workers: number): Promise<void> {
  const what = next() % 12
  if (what < 8) {
    const rows = Array.from({ length: 1 + (next() % 4) }, () => randomRow(next))
    for (const row of rows) plain.write(row)
    await append(...rows)
  } else if (what === 8) {
    const [start, host] = [BigInt(next() % 600), ['a', 'b'][next() % 2] ?? '']
    const end = start + BigInt(1 + (next() % 200))
    plain.delete((row) => row.host === host && row.time >= start && row.time < end)
    await engine.delete({ table: 't', matchers: [{ tag: 'host', op: '=', value: host }], start, end })
  } else if (what === 9) {
    const start = BigInt(next() % 600)
    plain.delete((row) => row.dc === 'x' && row.time >= start && row.time < start + 70n)
    await engine.delete({ table: 't', matchers: [{ tag: 'dc', op: '=', value: 'x' }], start, end: start + 70n })
  } else if (what === 10) await (next() % 2 === 0 ? engine.flush() : engine.compact())
  else await reopen({ workers })
}

describe.each([
  [0, 'MANUAL', 1],
  [0, 'IMMEDIATE', 2],
  [2, 'IMMEDIATE', 3],
] as const)('with %i workers, refreshed %s', (workers, refresh, seed) => {
  test('a view has what its query answers, whatever late rows, deletes, flushes and restarts there were', async () => {
    const next = generator(seed)
    const plain = new PlainRows()
    await open({ workers })
    const first = { time: 5n, host: 'a', dc: '', x: 1, n: 1n }
    plain.write(first)
    await append(first)
    await run(`CREATE MATERIALIZED VIEW v REFRESH ${refresh} AS ${VIEW_QUERY}`)
    for (let round = 0; round < 120; round++) {
      await randomChange(plain, next, workers)
      if (round % 5 !== 0) continue
      if (refresh === 'MANUAL') await run('REFRESH MATERIALIZED VIEW v')
      else await untilFresh(engine)
      expect(await viewRows(engine), `seed ${seed}, round ${round}`).toEqual(plain.view())
    }
  }, 60_000)
})

describe('a view', () => {
  test('that is immediate is filled when it is made, follows appends, and views on it follow', async () => {
    await open()
    await append({ time: 0n, host: 'a', dc: '', x: 1, n: 1n }, { time: 61n, host: 'b', dc: '', x: 2 })
    await run(`CREATE MATERIALIZED VIEW v AS ${VIEW_QUERY}`)
    await run('CREATE MATERIALIZED VIEW w AS SELECT max(peak) AS top, sum(rows) AS rows FROM v GROUP BY 120ns')
    await untilFresh(engine)
    await untilFresh(engine, 'w')
    expect(await run('SELECT time, top, rows FROM w')).toEqual([[0n, 2, 2n]])
    await append({ time: 119n, host: 'c', dc: '', x: 7 }, { time: 121n, host: 'c', dc: '', x: 3 })
    await untilFresh(engine)
    await untilFresh(engine, 'w')
    expect(await run('SELECT time, top, rows FROM w')).toEqual([
      [0n, 7, 3n],
      [120n, 3, 1n],
    ])
  })

  test('is there after a restart with all that it had, and is not computed again', async () => {
    await open()
    await append({ time: 0n, host: 'a', dc: '', x: 1, n: 1n })
    await run(`CREATE MATERIALIZED VIEW v REFRESH MANUAL LATENESS 2h RETAIN 200y AS ${VIEW_QUERY}`)
    await run('REFRESH MATERIALIZED VIEW v')
    await engine.flush()
    const before = await viewRows(engine)
    await reopen()
    expect(await viewRows(engine)).toEqual(before)
    expect((await run('SHOW VIEWS'))[0]?.slice(0, 5)).toEqual(['v', 't', 'manual', 'fresh', null])
    expect(await run('REFRESH MATERIALIZED VIEW v')).toEqual([[0n, 0n]])
    expect(await run('SHOW CREATE VIEW v')).toEqual([
      [`CREATE MATERIALIZED VIEW v REFRESH MANUAL LATENESS 2h RETAIN 73200d AS ${VIEW_QUERY}`],
    ])
  })

  test('says with SHOW VIEWS what fails, does not stop appends, and goes on when that is mended', async () => {
    await open()
    await append({ time: 0n, host: 'a', dc: '', x: 1, n: 2n ** 62n }, { time: 1n, host: 'a', dc: '', n: 2n ** 62n })
    await run(`CREATE MATERIALIZED VIEW v REFRESH MANUAL AS ${VIEW_QUERY}`)
    await expect(run('REFRESH MATERIALIZED VIEW v')).rejects.toThrow('integer overflow in sum(n)')
    const [shown] = await run('SHOW VIEWS')
    expect([shown?.[3], shown?.[7]]).toEqual(['failed', 'integer overflow in sum(n)'])
    await append({ time: 2n, host: 'a', dc: '', n: 1n })
    await engine.delete({ table: 't', start: 0n, end: 1n })
    await run('REFRESH MATERIALIZED VIEW v')
    expect(await viewRows(engine)).toEqual([`0 a null ${2n ** 62n + 1n} 2`])
    expect((await run('SHOW VIEWS'))[0]?.[3]).toBe('fresh')
  })

  test('computes windows that are over for longer than its lateness only when a statement says so', async () => {
    const hour = 3_600_000_000_000n
    const now = 100n * hour
    await open({ clock: { now: () => now } })
    const row = (time: bigint, x: number): PlainRow => ({ time, host: 'a', dc: '', x })
    await append(row(99n * hour, 1), row(90n * hour, 1))
    await run('CREATE MATERIALIZED VIEW v LATENESS 2h AS SELECT host, max(x) AS peak FROM t GROUP BY 1h, host')
    await run('REFRESH MATERIALIZED VIEW v')
    await append(row(99n * hour + 1n, 5), row(90n * hour + 1n, 5))
    const peaks = async (): Promise<unknown> => (await run('SELECT peak FROM v ORDER BY time')).flat()
    while (JSON.stringify(await peaks()) !== '[1,5]') await new Promise((resolve) => setTimeout(resolve, 2))
    const [shown] = await run('SHOW VIEWS')
    expect([shown?.[3], shown?.[4]]).toEqual([
      'stale',
      '1970-01-04T18:00:00.000000000Z..1970-01-04T19:00:00.000000000Z',
    ])
    await run('REFRESH MATERIALIZED VIEW v')
    expect(await peaks()).toEqual([5, 5])
  })

  test('keeps windows whose rows have expired, and drops its own when they have', async () => {
    const day = 86_400_000_000_000n
    let now = 100n * day
    await open({ clock: { now: () => now }, retentionMs: { t: 86_400_000 } })
    await append({ time: now - day / 2n, host: 'a', dc: '', x: 1 })
    await run('CREATE MATERIALIZED VIEW v REFRESH MANUAL RETAIN 10d AS SELECT max(x) AS peak FROM t GROUP BY 1h')
    await run('REFRESH MATERIALIZED VIEW v')
    now += 5n * day
    await append({ time: now, host: 'a', dc: '', x: 2 })
    await run("REFRESH MATERIALIZED VIEW v FROM '1970-01-01' TO '1971-01-01'")
    expect(await run('SELECT peak FROM v')).toEqual([[1], [2]])
    expect(await run('SELECT x FROM t')).toEqual([[2]])
    now += 6n * day
    expect(await run('SELECT peak FROM v')).toEqual([[2]])
  })

  test('has no rows but its own: what programs append to it is rejected, and deletes are refused', async () => {
    await open()
    await append({ time: 0n, host: 'a', dc: '', x: 1, n: 1n })
    await run(`CREATE MATERIALIZED VIEW v REFRESH MANUAL AS ${VIEW_QUERY}`)
    await run('REFRESH MATERIALIZED VIEW v')
    const before = await viewRows(engine)
    const body = 'v,h=a,more=b peak=9,extra=1 1\nt,host=b x=2 1\nv peak=9 1'
    const appended = await engine.append({ kind: 'line-protocol', body })
    expect(appended).toMatchObject({ rows: 1, rejectedCount: 2 })
    const reason = "'v' is a materialised view, whose rows are the answer of its query; expected a table"
    expect(appended.rejected.map((each) => each.reason)).toEqual([reason, reason])
    const time = BigInt64Array.of(1n)
    const fields = [{ name: 'peak', type: 'f64', values: Float64Array.of(9) }] as const
    const columns = engine.append({ kind: 'columns', rows: { table: 'v', time, tags: [], fields } })
    await expect(columns).rejects.toThrow(reason)
    await expect(engine.delete({ table: 'v' })).rejects.toThrow(reason)
    await expect(run('INSERT INTO v (time, peak) VALUES (1, 2)')).rejects.toMatchObject({ kind: 'query' })
    expect(await viewRows(engine)).toEqual(before)
    const known = (await engine.catalog()).tables.find(({ name }) => name === 'v')
    expect(known?.tags).not.toContain('more')
    expect(known?.fields.map(({ name }) => name)).not.toContain('extra')
    // The name is free again when the view is gone, for columns that were refused before too.
    await run('DROP MATERIALIZED VIEW v')
    expect(await engine.append({ kind: 'line-protocol', body })).toMatchObject({ rows: 3, rejectedCount: 0 })
    expect(await run('SELECT h, more, peak, extra FROM v ORDER BY h')).toEqual([
      ['a', 'b', 9, 1],
      [null, null, 9, null],
    ])
  })

  test('may only be made by who may write', async () => {
    await open()
    await append({ time: 0n, host: 'a', dc: '', x: 1, n: 1n })
    const text = `CREATE MATERIALIZED VIEW v AS ${VIEW_QUERY}`
    await expect(engine.query(text, { readOnly: true })).rejects.toThrow(
      'CREATE MATERIALIZED VIEW changes views, and only reading',
    )
  })
})
