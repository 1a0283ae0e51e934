import { afterEach, beforeEach, expect, test } from 'vitest'
import { valueAt } from '../../../engine/core/batch.ts'
import type { Catalog } from '../../../engine/core/plan.ts'
import { collectRows } from '../../../engine/query/run/result.ts'
import { runStatement } from '../../../engine/query/run/run.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'

let engine: EngineOverStore
beforeEach(async () => {
  engine = await openOverStore(await openMemoryStore(emptyMemoryContents()))
  await engine.appendLines('t,host=a x=1 1')
})
afterEach(() => engine.close())

async function ask(text: string): Promise<unknown[]> {
  const { columns } = await collectRows(await runStatement(text, engine.queryable, { now: 0n }))
  return columns.map((column) => valueAt(column, 0))
}

/** Rows as another tab appends them: this one hears later that there are new columns. */
async function appendElsewhere(lines: string): Promise<void> {
  await engine.writer.appendLines(new TextEncoder().encode(lines), 'ns')
}

test('a table, a field or a tag that another one has just made is known to the next statement', async () => {
  expect(await ask('SELECT x FROM t')).toEqual([1])
  await appendElsewhere('u x=2 1')
  expect(await ask('SELECT x FROM u')).toEqual([2])
  await appendElsewhere('t,dc=d y=3 2')
  expect(await ask('SELECT y FROM t WHERE time = 2')).toEqual([3])
  await appendElsewhere('t,rack=r y=4 3')
  expect(await ask("SELECT y FROM t WHERE rack = 'r'")).toEqual([4])
  await appendElsewhere('w x=5 1')
  expect(await ask('SELECT (SELECT max(x) FROM w) AS most, x FROM t WHERE time = 1')).toEqual([5, 1])
})

test('a name that nothing has is still an error at its place, and what is kept stays', async () => {
  const kept = await engine.queryable.catalog()
  await expect(ask('SELECT x FROM nothing')).rejects.toMatchObject({ kind: 'query', position: { offset: 14 } })
  const known: Catalog = await engine.queryable.catalog()
  expect(known).toBe(kept)
})
