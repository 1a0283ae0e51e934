import { deleteDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type BrowserEngine, collectRows, type Engine, type LiveUpdate, openEngine } from '../../engine/engine.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { hasOpfsFolder, removeOpfsFolder } from '../../engine/storage/opfs-folder.ts'
import { generator } from '../support/block-shapes.ts'
import { columnOf, rowsOf, type Value } from '../support/plain-column.ts'
import { columnsOf } from '../support/random-table.ts'
import { type FixtureRow, TableFixture } from '../support/table-fixture.ts'

const FIELDS = { level: 'f64', count: 'i64', up: 'bool', text: 'string' } as const
const FIELD_NAMES = ['level', 'count', 'up', 'text'] as const
const START = 1_767_225_600_000_000_000n
const SECOND = 1_000_000_000n

const STATEMENTS = [
  'SELECT * FROM t',
  'SELECT count(*), count(level), sum(level), avg(level), min(level), max(level) FROM t GROUP BY 5m, host',
  'SELECT sum(count), avg(count), first(text), last(up), min(text), max(count) FROM t',
  "SELECT level / 3 + count AS mixed, text FROM t WHERE host =~ 'b+' AND level > 0 ORDER BY time DESC LIMIT 50",
  'SELECT max(level) - min(level) AS spread FROM t WHERE up GROUP BY host ORDER BY spread DESC',
  "SELECT count FROM t WHERE time >= '2026-01-01T00:03:00Z' AND time < '2026-01-01T00:04:00Z' AND NOT text = ''",
  'SELECT level, text FROM t LATEST ON time PARTITION BY host',
  'SHOW TABLES',
  'SHOW TAGS FROM t',
  'SHOW FIELDS FROM t',
  'SHOW TAG VALUES FROM t KEY host',
  'SHOW SERIES FROM t',
]

/** Rows of a few hosts, some late, some again, some values missing. Sums of quarters are exact in whatever order they are added. */
function randomRows(next: () => number, rows: number): FixtureRow[] {
  return Array.from({ length: rows }, () => {
    const values: Record<(typeof FIELD_NAMES)[number], Value> = {
      level: ((next() % 80_000) - 40_000) / 4,
      count: BigInt(next()) * 262_143n - (1n << 49n),
      up: next() % 2 === 0,
      text: ['', 'a', 'ünïcode', '\u{1f600}'][next() % 4] ?? '',
    }
    const present = Object.entries(values).filter(([name]) => name === 'level' || next() % 5 !== 0)
    return {
      time: START + BigInt(next() % 3_000) * SECOND,
      tags: { host: ['a', 'b', 'bb', '\u{1f600}'][next() % 4] ?? '' },
      fields: Object.fromEntries(present),
    }
  })
}

function linesOf(rows: readonly FixtureRow[]): string {
  const literal = (value: Value): string => {
    if (typeof value === 'string') return `"${value}"`
    return typeof value === 'bigint' ? `${value}i` : String(value)
  }
  return rows
    .map(({ time, tags, fields }) => {
      const values = Object.entries(fields).map(([name, value]) => `${name}=${literal(value)}`)
      return `t,host=${tags?.host} ${values.join(',')} ${time}`
    })
    .join('\n')
}

/** toStrictEqual tells -0 from 0 and compares doubles bit by bit. */
async function expectSameAnswers(engine: Engine, reference: TableFixture): Promise<void> {
  for (const text of STATEMENTS) {
    const [actual, expected] = await Promise.all([
      engine.query(text),
      runStatement(text, reference, { now: START, params: {} }),
    ])
    expect(actual.columns, text).toEqual(expected.columns)
    const [rows, expectedRows] = [await collectRows(actual), await collectRows(expected)]
    expect(rowsOf(rows), text).toStrictEqual(rowsOf(expectedRows))
  }
}

let databases = 0
let kind: BrowserEngine = 'indexeddb'
const opened: { engine: Engine; database: string }[] = []

async function open(workers: number, database: string = `engine-test-${++databases}`): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'browser', database, engine: kind }, workers })
  opened.push({ engine, database })
  return engine
}

afterEach(async () => {
  const all = opened.splice(0)
  for (const { engine } of all) await engine.close()
  for (const { database } of all) await (kind === 'opfs' ? removeOpfsFolder(database) : deleteDB(database))
})

describe.each([
  ['indexeddb', 1],
  ['indexeddb', 0],
  ['opfs', 1],
  ['opfs', 0],
] as const)('the engine over %s with %i workers', (store, workers) => {
  beforeEach(() => {
    kind = store
  })

  test('answers to the bit as the reference does: from memory, from segments, and opened again', async () => {
    const next = generator(20_261_122 + workers)
    const reference = new TableFixture()
    let engine = await open(workers)
    const { database } = opened[0] ?? {}
    for (let i = 0; i < 6; i++) {
      const rows = randomRows(next, 700)
      reference.append('t', { fields: FIELDS, rows })
      const result = await engine.append(
        i % 2 === 0
          ? { kind: 'columns', rows: columnsOf(rows, FIELD_NAMES) }
          : { kind: 'line-protocol', body: linesOf(rows) },
      )
      expect(result).toEqual({ rows: rows.length, rejectedCount: 0, rejected: [], warnings: [] })
      if (i % 3 === 0) await engine.flush()
      if (i === 3) {
        await engine.close()
        engine = await open(workers, database)
      }
      await expectSameAnswers(engine, reference)
    }
    const { segments, series, quarantined } = await engine.statistics()
    expect(segments).toBeGreaterThan(0)
    expect({ series, quarantined }).toEqual({ series: 4, quarantined: [] })
  })

  test('takes bytes and every precision', async () => {
    const engine = await open(workers)
    for (const [precision, unit] of [
      ['s', 1n],
      ['ms', 1_000n],
      ['us', 1_000_000n],
      ['ns', SECOND],
    ] as const) {
      const body = new TextEncoder().encode(`t,precision=${precision} v=1.5 ${1_767_225_600n * unit}`)
      expect(await engine.append({ kind: 'line-protocol', body, precision })).toMatchObject({ rows: 1 })
    }
    const answer = await collectRows(await engine.query('SELECT time, precision, v FROM t ORDER BY precision'))
    expect(rowsOf(answer)).toEqual(['ms', 'ns', 's', 'us'].map((precision) => [START, precision, 1.5]))
  })

  test('subscribers get the whole answer first and then what changed', async () => {
    const engine = await open(workers)
    await engine.append({ kind: 'line-protocol', body: `t,host=a v=1 ${START}\nt,host=b v=2 ${START}` })
    const updates: LiveUpdate[] = []
    const errors: Error[] = []
    const observer = {
      next: (update: LiveUpdate) => void updates.push(update),
      error: (error: Error) => void errors.push(error),
    }
    const { unsubscribe } = engine.subscribe('SELECT max(v) FROM t GROUP BY host', observer, { minIntervalMs: 10 })
    await expect.poll(() => updates.length).toBe(1)
    await engine.append({ kind: 'line-protocol', body: `t,host=b v=5 ${START + 1n}` })
    await expect.poll(() => updates.length).toBe(2)
    unsubscribe()
    await engine.append({ kind: 'line-protocol', body: `t,host=b v=9 ${START + 2n}` })
    const [first, second] = updates
    expect(first?.kind === 'result' && rowsOf(first.rows)).toEqual([
      ['a', 1],
      ['b', 2],
    ])
    expect(second?.kind === 'delta' && rowsOf(second.changed)).toEqual([['b', 5]])
    expect(second?.kind === 'delta' && second.removed.rows).toBe(0)
    expect(updates).toHaveLength(2)
    expect(errors).toEqual([])
  })

  test('errors keep their kind, their place and their hint', async () => {
    const engine = await open(workers)
    const { database } = opened[0] ?? {}
    await engine.append({ kind: 'line-protocol', body: `t,host=a v=1 ${START}` })
    await expect(engine.query('SELECT w FROM t')).rejects.toMatchObject({
      name: 'TidemarkError',
      kind: 'query',
      position: { offset: 7, length: 1 },
    })
    const wrong = { table: 't', time: BigInt64Array.of(START), tags: [], fields: [columnOf('v', 'string', ['x'])] }
    await expect(engine.append({ kind: 'columns', rows: wrong })).rejects.toMatchObject({
      name: 'TidemarkError',
      kind: 'invalid',
      message: expect.stringContaining("'v'"),
    })
    await expect(open(0, database)).rejects.toMatchObject({
      name: 'TidemarkError',
      kind: 'locked',
      hint: 'Close that tab, or go on in it.',
    })
    const partial = await engine.append({ kind: 'line-protocol', body: `t v=2 ${START}\nt v= 3\nt v="x" 4` })
    expect(partial).toMatchObject({ rows: 1, rejectedCount: 2 })
    expect(partial.rejected.map(({ line, column }) => [line, column])).toEqual([
      [2, 5],
      [3, 5],
    ])
    await engine.close()
    await expect(engine.query('SHOW TABLES')).rejects.toMatchObject({ kind: 'closed' })
    await expect(engine.append({ kind: 'line-protocol', body: 't v=1' })).rejects.toMatchObject({ kind: 'closed' })
  })

  test('a browser has no folders', async () => {
    await expect(openEngine({ store: { kind: 'files', directory: 'x' }, workers })).rejects.toMatchObject({
      kind: 'invalid',
    })
  })
})

describe('what keeps a database', () => {
  beforeEach(() => {
    kind = 'opfs'
  })

  test.each(['indexeddb', 'opfs'] as const)('one that is there (%s) is opened as what it is', async (engine) => {
    kind = engine
    const first = await open(1)
    const { database = '' } = opened[0] ?? {}
    await first.append({ kind: 'line-protocol', body: `t v=1 ${START}` })
    await first.close()
    const again = await openEngine({ store: { kind: 'browser', database } })
    expect(rowsOf(await collectRows(await again.query('SELECT v FROM t')))).toEqual([[1]])
    await again.close()
  })

  test.each([1, 0])('a new one is kept in files, with %i workers', async (workers) => {
    const database = `auto-${workers}`
    const engine = await openEngine({ store: { kind: 'browser', database }, workers })
    await engine.close()
    expect(await hasOpfsFolder(database)).toBe(true)
    expect((await indexedDB.databases()).some(({ name }) => name === database)).toBe(false)
    await removeOpfsFolder(database)
  })

  test.each(['indexeddb', 'auto'] as const)(
    'one that IndexedDB had and has no more is an error every time, until it is to be replaced (%s)',
    async (engine) => {
      const store = { kind: 'browser', database: `lost-${engine}` } as const
      await (await openEngine({ store: { ...store, engine: 'indexeddb' } })).close()
      await deleteDB(store.database)
      for (let attempt = 0; attempt < 2; attempt++) {
        await expect(openEngine({ store: { ...store, engine } })).rejects.toMatchObject({ kind: 'corrupt' })
      }
      await (await openEngine({ store: { ...store, engine, replaceLost: true } })).close()
      const anew = await openEngine({ store: { ...store, engine } })
      expect((await anew.catalog()).tables).toEqual([])
      await anew.close()
      expect(await hasOpfsFolder(store.database)).toBe(engine === 'auto')
      await removeOpfsFolder(store.database)
      await deleteDB(store.database)
    },
  )

  test('of two with one name neither is chosen silently', async () => {
    const database = 'twice'
    for (const engine of ['opfs', 'indexeddb'] as const) {
      await (await openEngine({ store: { kind: 'browser', database, engine } })).close()
    }
    await expect(openEngine({ store: { kind: 'browser', database } })).rejects.toMatchObject({ kind: 'invalid' })
    await removeOpfsFolder(database)
    await deleteDB(database)
  })
})

describe('engines of one database', () => {
  beforeEach(() => {
    kind = 'opfs'
  })

  test('share it: what one appends the others see, in answers, live answers and statistics', async () => {
    const first = await open(1)
    const { database } = opened[0] ?? {}
    const second = await openEngine({ store: { kind: 'browser', database: database ?? '' } })
    await first.append({ kind: 'line-protocol', body: `t,host=a v=1 ${START}` })
    const counts: Value[] = []
    const observer = {
      next: (update: LiveUpdate) => {
        const rows = update.kind === 'result' ? update.rows : update.changed
        counts.push(rowsOf(rows)[0]?.[0] ?? null)
      },
      error: (error: Error) => expect.unreachable(error.message),
    }
    second.subscribe('SELECT count(*) FROM t', observer, { minIntervalMs: 10 })
    await expect.poll(() => counts).toEqual([1n])
    await first.append({ kind: 'line-protocol', body: `t,host=b v=2 ${START}` })
    await expect.poll(() => counts).toEqual([1n, 2n])
    await second.append({ kind: 'columns', rows: columnsOf(randomRows(generator(1), 50), FIELD_NAMES) })
    await expect(first.query('SELECT w FROM t')).rejects.toMatchObject({ kind: 'query', position: { offset: 7 } })
    const answers = [first, second].map(async (engine) => {
      const rows = rowsOf(await collectRows(await engine.query('SELECT * FROM t')))
      // The live answer may ask between the two.
      const { answerCache: _, ...statistics } = await engine.statistics()
      return { rows, catalog: await engine.catalog(), statistics }
    })
    expect(await answers[1]).toEqual(await answers[0])
    expect((await answers[0])?.rows.length).toBeGreaterThan(40)
    await second.close()
    await first.append({ kind: 'line-protocol', body: `t,host=c v=3 ${START}` })
  })

  test('rows without times have the same one wherever they are sent from', async () => {
    const first = await open(1)
    const { database = '' } = opened[0] ?? {}
    const second = await openEngine({ store: { kind: 'browser', database } })
    await second.append({ kind: 'line-protocol', body: 'now v=1\nnow,a=b v=2' })
    const times = rowsOf(await collectRows(await first.query('SELECT time FROM now'))).flat()
    expect(new Set(times).size).toBe(1)
    expect(Math.abs(Number(times[0]) / 1e6 - Date.now())).toBeLessThan(60_000)
    await second.close()
  })

  test('a query whose leader ends between its pages says so', async () => {
    const first = await open(1)
    const { database = '' } = opened[0] ?? {}
    const second = await openEngine({ store: { kind: 'browser', database } })
    const count = 300_000
    const lines = Array.from({ length: count }, (_, i) => `t v=${i} ${START + BigInt(i)}`)
    await first.append({ kind: 'line-protocol', body: lines.join('\n') })
    const { batches } = await second.query('SELECT * FROM t')
    const pages = batches[Symbol.asyncIterator]()
    expect((await pages.next()).done).toBe(false)
    await first.close()
    await expect(pages.next()).rejects.toMatchObject({ kind: 'io', hint: 'Run the query again.' })
    const answer = await second.query('SELECT count(*) FROM t')
    expect(rowsOf(await collectRows(answer))).toEqual([[BigInt(count)]])
    await second.close()
  })
})
