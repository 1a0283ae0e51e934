import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Changeable } from '../../engine/core/changeable.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { ColumnRows } from '../../engine/core/rows.ts'
import { collectRows, type Engine, type EngineOptions, openEngine } from '../../engine/engine.ts'
import { runStatement } from '../../engine/query/run/run.ts'
import { rowsOf, type Value } from '../support/plain-column.ts'
import { TableFixture } from '../support/table-fixture.ts'

const engines: Engine[] = []
const folders: string[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

async function open(options: Partial<EngineOptions> = {}): Promise<Engine> {
  const engine = await openEngine({ store: { kind: 'memory' }, workers: 0, ...options })
  engines.push(engine)
  return engine
}

async function answer(engine: Engine, text: string): Promise<Value[][]> {
  return rowsOf(await collectRows(await engine.query(text)))
}

test.each([0, 2])('what a statement wrote and deleted is there after a reopening, with %i workers', async (workers) => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-insert-'))
  folders.push(directory)
  const store = { kind: 'files', directory } as const
  const first = await openEngine({ store, workers })
  await first.query("INSERT INTO t (time, h TAG, n) VALUES (1, 'x', 1), (2, 'x', 2), (1, 'y', 3)")
  await first.query('INSERT INTO u SELECT time, h, n * 10 AS n FROM t')
  expect(await answer(first, "DELETE FROM t WHERE h = 'x' AND time < 2")).toEqual([[1n]])
  await first.close()
  const again = await open({ store, workers })
  expect(await answer(again, 'SELECT h, n FROM t')).toEqual([
    ['y', 3n],
    ['x', 2n],
  ])
  expect(await answer(again, 'SELECT h, n FROM u ORDER BY n')).toEqual([
    ['x', 10n],
    ['x', 20n],
    ['y', 30n],
  ])
  expect(await answer(again, 'SHOW TAGS FROM u')).toEqual([['h']])
})

test('a table that is read and written grows by what was there before, however much that is', async () => {
  const engine = await open()
  const count = 300_000
  const body = Array.from({ length: count }, (_, i) => `t a=${i} ${i}`).join('\n')
  await engine.append({ kind: 'line-protocol', body })
  expect(await answer(engine, `INSERT INTO t SELECT time + ${count} AS time, a FROM t`)).toEqual([
    [BigInt(count), 0n, null],
  ])
  expect(await answer(engine, 'SELECT count(*), sum(a) FROM t')).toEqual([[BigInt(2 * count), count * (count - 1)]])
})

test('says which rows a limit of series refused, and why', async () => {
  const engine = await open({ maxSeries: { total: 1 } })
  const [[written, rejected, reason] = []] = await answer(
    engine,
    "INSERT INTO t (time, h TAG, n) VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3), (NULL, 'x', 4)",
  )
  expect([written, rejected]).toEqual([2n, 2n])
  expect(reason).toMatch(/^the row has no time; .*series/)
})

test('changes nothing where it may only read, and not as a subscription', async () => {
  const engine = await open()
  await engine.query('INSERT INTO t (time, n) VALUES (1, 1)')
  for (const text of ['INSERT INTO t (time, n) VALUES (2, 2)', 'DELETE FROM t WHERE TRUE']) {
    const refused = { kind: 'query', position: { offset: 0, length: 6 } }
    await expect(engine.query(text, { readOnly: true })).rejects.toMatchObject(refused)
    const error = await new Promise((resolve, reject) => {
      engine.subscribe(text, { next: () => reject(new Error('there is an answer')), error: resolve })
    })
    expect(error).toMatchObject(refused)
  }
  expect(await answer(engine, 'SELECT count(*) FROM t')).toEqual([[1n]])
})

/** Keeps what is appended, and fails from the n-th append on. */
function recorder(failsFrom = Number.POSITIVE_INFINITY): { appends: ColumnRows[]; changeable: Changeable } {
  const appends: ColumnRows[] = []
  const append: Changeable['append'] = async (rows) => {
    if (appends.length >= failsFrom) throw new TidemarkError('io', 'the disk is gone')
    appends.push(rows)
    return { rows: rows.time.length, rejectedCount: 0, rejected: [] }
  }
  const rest = {
    appendLines: async () => ({ rows: 0, rejectedCount: 0, rejected: [] }),
    delete: async () => undefined,
    changeTable: async () => false,
    defineView: async () => undefined,
  }
  return { appends, changeable: { append, ...rest } }
}

/** 21 rows, which come in batches of 7; a batch of a time and a number is 112 bytes. */
const fixture = new TableFixture({
  t: {
    fields: { n: 'i64' },
    rows: Array.from({ length: 21 }, (_, i) => ({ time: BigInt(i), fields: { n: BigInt(i) } })),
  },
})
const COPY = 'INSERT INTO u SELECT time, n FROM t'

test('commits its rows together up to the limit, in parts of so many bytes beyond it', async () => {
  const sizes = async (maxAtomicBytes: number, text = COPY): Promise<number[]> => {
    const { appends, changeable } = recorder()
    await runStatement(text, fixture, { now: 0n, changeable, maxAtomicBytes })
    return appends.map(({ time }) => time.length)
  }
  expect(await sizes(336)).toEqual([21])
  expect(await sizes(335)).toEqual([14, 7])
  expect(await sizes(112)).toEqual([7, 7, 7])
  expect(await sizes(48)).toEqual([3, 3, 1, 3, 3, 1, 3, 3, 1])
  expect(await sizes(1, 'INSERT INTO u SELECT time, n FROM t LIMIT 2')).toEqual([1, 1])
  expect(await sizes(160, 'INSERT INTO t SELECT time, n FROM t')).toEqual([10, 10, 1])
})

test('where an error comes between parts, says how many rows were written', async () => {
  const failed = runStatement(COPY, fixture, { now: 0n, changeable: recorder(2).changeable, maxAtomicBytes: 112 })
  await expect(failed).rejects.toMatchObject({
    kind: 'io',
    message: 'the disk is gone',
    hint: '14 rows of this INSERT were written before.',
  })
  const atOnce = runStatement(COPY, fixture, { now: 0n, changeable: recorder(0).changeable, maxAtomicBytes: 1 })
  await expect(atOnce).rejects.toMatchObject({ kind: 'io', hint: undefined })
})

test('rows of one table that are read before they are written count as held', async () => {
  const held = runStatement('INSERT INTO t SELECT time, n FROM t', fixture, {
    now: 0n,
    changeable: recorder().changeable,
    maxHeldBytes: 300,
  })
  await expect(held).rejects.toMatchObject({ kind: 'quota' })
})

test('writes nothing more once it is cancelled', async () => {
  const { appends, changeable } = recorder()
  const signal = AbortSignal.abort()
  await expect(runStatement(COPY, fixture, { now: 0n, changeable, signal })).rejects.toMatchObject({
    kind: 'cancelled',
  })
  expect(appends).toEqual([])
})
