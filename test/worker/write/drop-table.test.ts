import { expect, test } from 'vitest'
import { valueAt } from '../../../engine/core/batch.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'

const HOUR = 3_600_000_000_000n

/** A store whose engine can be opened again, also after one that was not closed. */
function restartable(): () => Promise<EngineOverStore> {
  const contents = emptyMemoryContents()
  return async () => {
    // Nobody closes what a crash has ended.
    contents.open = false
    return openOverStore(await openMemoryStore(contents), { clock: { now: () => 100n * HOUR } })
  }
}

async function rowsOf(engine: EngineOverStore, text: string): Promise<unknown[]> {
  engine.queryable.forgetCatalog()
  const { rows, columns } = await collectRows(await runStatement(text, engine.queryable, { now: 100n * HOUR }))
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map((column) => [column.name, valueAt(column, row)])),
  )
}

const PLACES = [
  ['in memory', { flushBefore: false, restart: false, flushAfter: false }],
  ['in a segment', { flushBefore: true, restart: false, flushAfter: false }],
  ['in the log, which is replayed', { flushBefore: false, restart: true, flushAfter: false }],
  ['in a segment of a store that is opened again', { flushBefore: true, restart: true, flushAfter: true }],
] as const

test.each(PLACES)(
  'a table whose rows are %s is gone with its columns, which come back with other types',
  async (_name, place) => {
    const open = restartable()
    let engine = await open()
    await engine.appendLines('t,host=a x=1.5,tag="s" 1\nu x=1.5 1')
    if (place.flushBefore) await engine.writer.flush()
    await engine.appendLines('t,host=a x=2.5 2')
    expect(await engine.writer.changeTable('t', { kind: 'drop' })).toBe(true)
    expect((await engine.writer.catalog()).tables.map(({ name }) => name)).toEqual(['u'])
    if (place.restart) engine = await open()
    expect((await engine.writer.catalog()).tables.map(({ name }) => name)).toEqual(['u'])
    // The tag is a field now and the other way round, and a number is an integer.
    await engine.appendLines('t,tag=s x=7i,host="b" 2')
    if (place.flushAfter) await engine.writer.flush()
    if (place.restart) engine = await open()
    expect(await rowsOf(engine, 'SELECT tag, host, x FROM t')).toEqual([{ tag: 's', host: 'b', x: 7n }])
    expect(await rowsOf(engine, 'SELECT sum(x), count(*) FROM t')).toEqual([{ 'sum(x)': 7n, 'count(*)': 1n }])
    await engine.writer.compact()
    expect(await rowsOf(engine, 'SELECT tag, host, x FROM t')).toEqual([{ tag: 's', host: 'b', x: 7n }])
    expect(await rowsOf(engine, 'SELECT x FROM u')).toEqual([{ x: 1.5 }])
    await engine.close()
  },
)

test('a dropped table takes its definition and its windows with it', async () => {
  const open = restartable()
  let engine = await open()
  await engine.appendLines('t x=1 1\nt x=2 2')
  await engine.writer.changeTable('t', { kind: 'add rollup', rollup: { everyMs: 3_600_000 } })
  await engine.writer.changeTable('t', { kind: 'set unit', field: 'x', unit: '%' })
  await engine.writer.compact()
  expect(await rowsOf(engine, 'SELECT max(x) FROM t GROUP BY 1h')).toHaveLength(1)
  await engine.writer.changeTable('t', { kind: 'drop' })
  expect(await engine.writer.catalog()).toEqual({ tables: [] })
  await engine.writer.compact()
  expect(await engine.statistics()).toMatchObject({ segments: 0 })
  engine = await open()
  await engine.appendLines('t x=5i 9')
  expect((await engine.writer.catalog()).tables).toEqual([
    { name: 't', tags: [], fields: [{ name: 'x', type: 'i64' }] },
  ])
  expect(await rowsOf(engine, 'SELECT max(x) FROM t GROUP BY 1h')).toEqual([{ time: 0n, 'max(x)': 5n }])
  await engine.close()
})

test('what comes while a table is dropped is in the new one or gone, never half', async () => {
  const engine = await restartable()()
  await engine.appendLines('t x=1 1')
  const lines = (n: number): string => Array.from({ length: 4000 }, (_, i) => `t x=${n} ${n * 10_000 + i}`).join('\n')
  const appends = [1, 2, 3].map((n) => engine.appendLines(lines(n)))
  const dropped = engine.writer.changeTable('t', { kind: 'drop' })
  appends.push(...[4, 5].map((n) => engine.appendLines(lines(n))))
  await Promise.all([...appends, dropped])
  await engine.appendLines(lines(6))
  const [{ rows } = { rows: 0 }] = (await rowsOf(engine, 'SELECT count(*) AS rows FROM t')) as { rows: bigint }[]
  expect(Number(rows) % 4000).toBe(0)
  expect(await rowsOf(engine, 'SELECT count(*) AS rows FROM t WHERE x < 4')).not.toEqual([{ rows: 1n }])
  await engine.close()
})

test('a table that is not there is not dropped', async () => {
  const engine = await restartable()()
  expect(await engine.writer.changeTable('t', { kind: 'drop' })).toBe(false)
  await engine.close()
})
