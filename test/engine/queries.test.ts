import { afterEach, describe, expect, test } from 'vitest'
import { collectRows, type Engine, type EngineOptions, openEngine, valueAt } from '../../engine/engine.ts'

const engines: Engine[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

const ROWS = 2000

/** A cross join of a table with itself three times over takes minutes. */
const ENDLESS = 'SELECT count(*) AS c FROM t AS a CROSS JOIN t AS b CROSS JOIN t AS d'

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, ...options })
  engines.push(engine)
  const lines = Array.from({ length: ROWS }, (_, i) => `t,host=h${i % 10} n=${i}i ${i + 1}`)
  await engine.append({ kind: 'line-protocol', body: lines.join('\n') })
  return engine
}

async function rowsOf(engine: Engine, text: string): Promise<unknown[][]> {
  const { columns, rows } = await collectRows(await engine.query(text))
  return Array.from({ length: rows }, (_, row) => columns.map((column) => valueAt(column, row)))
}

/** What SHOW QUERIES says of the one query of a client, once there is one. */
async function shownOf(engine: Engine, client: string): Promise<unknown[]> {
  for (;;) {
    const shown = (await rowsOf(engine, 'SHOW QUERIES')).find((row) => row[2] === client)
    if (shown) return shown
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

describe.each([0, 1])('with %i workers', (workers) => {
  test('an endless query ends by its time, by a signal, and by KILL, and others go on', async () => {
    const engine = await open({ workers, queries: { running: 4 } })
    const abort = new AbortController()
    const late = engine.query(ENDLESS, { timeoutMs: 150 })
    const given = engine.query(ENDLESS, { signal: abort.signal })
    const killed = engine.query(ENDLESS, { client: 'me' })
    const ends = Promise.all([
      expect(late).rejects.toMatchObject({ kind: 'cancelled', message: 'the query took longer than 150 ms' }),
      expect(given).rejects.toMatchObject({ kind: 'cancelled', message: 'the query was cancelled' }),
      expect(killed).rejects.toMatchObject({
        kind: 'cancelled',
        message: expect.stringMatching(/^the query was ended by KILL \d$/),
      }),
    ])
    expect(await rowsOf(engine, 'SELECT sum(n) AS s FROM t')).toEqual([[BigInt((ROWS * (ROWS - 1)) / 2)]])
    const [id, state] = await shownOf(engine, 'me')
    expect(state).toBe('running')
    abort.abort()
    expect(await rowsOf(engine, `KILL ${id}`)).toEqual([[id]])
    await ends
    expect(await rowsOf(engine, 'SHOW QUERIES')).toEqual([])
  })

  test('a query that needs more memory than it may have ends with quota, in its operators and in hosts', async () => {
    const engine = await open({ workers })
    const sorted = engine.query('SELECT * FROM t ORDER BY n DESC', { memoryBytes: 10_000 })
    await expect(sorted).rejects.toMatchObject({
      kind: 'quota',
      message: expect.stringMatching(/^the query would hold [\d.]+ KiB of rows, and 9.77 KiB are allowed$/),
      hint: expect.stringContaining('more memory'),
    })
    const cells = 'SELECT avg(n) AS a FROM t GROUP BY 1ns'
    await expect(engine.query(cells, { memoryBytes: 10_000 })).rejects.toMatchObject({
      kind: 'quota',
      message: expect.stringMatching(/^the states of aggregates need [\d.]+ KiB, and 9.77 KiB are allowed$/),
    })
    expect(await rowsOf(engine, cells)).toHaveLength(ROWS)
  })

  test('SHOW QUERIES counts what was read for a query so far', async () => {
    const engine = await open({ workers })
    await engine.flush()
    const reader = (await engine.query('SELECT time, n FROM t')).batches[Symbol.asyncIterator]()
    await reader.next()
    const [shown] = await rowsOf(engine, 'SHOW QUERIES')
    // 10 series in a segment, with a block of times and one of n each.
    expect(shown?.map((value) => (typeof value === 'bigint' ? Number(value) : value))).toEqual([
      1,
      'reading',
      'local',
      expect.any(Number),
      ROWS,
      20,
      expect.any(Number),
      0,
      'SELECT time, n FROM t',
    ])
    await reader.return?.()
  })
})

test('what does not fit a query is refused', async () => {
  const engine = await open()
  await expect(engine.query('SELECT 1', { timeoutMs: 0 })).rejects.toMatchObject({ kind: 'invalid' })
  await expect(engine.query('SELECT 1', { memoryBytes: 0 })).rejects.toMatchObject({ kind: 'invalid' })
  await expect(engine.query('KILL 1', { readOnly: true })).rejects.toThrow('KILL ends a query')
  await expect(open({ queries: { running: 0 } })).rejects.toMatchObject({ kind: 'invalid' })
})

test('a change of rows has all the time it wants, a read that of the engine', async () => {
  const engine = await open({ queries: { timeoutMs: 100 } })
  await expect(engine.query(ENDLESS)).rejects.toThrow('the query took longer than 100 ms')
  const insert = `INSERT INTO big (time, n) SELECT a.time + b.n * 1000000, a.n FROM t AS a CROSS JOIN t AS b WHERE b.n < 200`
  expect(await rowsOf(engine, insert)).toEqual([[BigInt(ROWS * 200), 0n, null]])
})

test('1,000 queries at one moment are all answered, and clients take turns', async () => {
  const engine = await open({ queries: { running: 2 } })
  const order: string[] = []
  const asked = Array.from({ length: 1000 }, async (_, i) => {
    const client = i < 990 ? 'many' : 'few'
    const result = await engine.query('SELECT sum(n) AS s FROM t WHERE host = $host', {
      client,
      params: { host: `h${i % 10}` },
    })
    order.push(client)
    expect((await collectRows(result)).rows).toBe(1)
  })
  await Promise.all(asked)
  expect(order).toHaveLength(1000)
  expect(order.lastIndexOf('few')).toBeLessThan(40)
})

test('a live query waits for its turn as others do, and can be killed', async () => {
  const engine = await open({ queries: { running: 1 } })
  const ended = Promise.withResolvers<Error>()
  const blocking = engine.query(ENDLESS, { client: 'blocking' })
  const [first] = await shownOf(engine, 'blocking')
  const stopped = expect(blocking).rejects.toThrow(`KILL ${first}`)
  engine.subscribe(ENDLESS, { next: () => undefined, error: ended.resolve }, { client: 'panel' })
  const [second, state] = await shownOf(engine, 'panel')
  expect(state).toBe('waiting')
  await rowsOf(engine, `KILL ${first}`)
  await rowsOf(engine, `KILL ${second}`)
  await stopped
  expect((await ended.promise).message).toBe(`the query was ended by KILL ${second}`)
})
