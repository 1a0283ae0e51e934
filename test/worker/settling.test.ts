import { expect, test } from 'vitest'
import type { Store } from '../../engine/storage/store.ts'
import { openOverStore } from '../support/engine-over-store.ts'
import { openFaultyStore } from '../support/faulty-store.ts'
import { checkRequests, requestLines } from '../support/numbered-requests.ts'

async function segmentsOf({ blobs }: Store): Promise<Map<string, number>> {
  const found = (await blobs.list()).filter(({ name }) => name.endsWith('.seg'))
  return new Map(found.map(({ name, bytes }) => [name, bytes]))
}

test('compaction on demand leaves one segment with every row, and again leaves it as it is', async () => {
  const store = openFaultyStore(1)
  const engine = await openOverStore(store)
  const acknowledged = new Set<number>()
  for (let request = 0; request < 8; request++) {
    await engine.appendLines(requestLines(request))
    acknowledged.add(request)
    if (request % 3 === 0) await engine.writer.flush()
  }
  await engine.writer.compact()
  const settled = await segmentsOf(store)
  expect(settled.size).toBe(1)
  await checkRequests(engine.queryable, { acknowledged, wasBegun: (request) => request < 8 })
  await engine.writer.compact()
  expect(await segmentsOf(store)).toEqual(settled)
  await engine.close()
})

test('bytes written are counted as the disk saw them, and over reopenings', async () => {
  let store = openFaultyStore(2)
  let engine = await openOverStore(store)
  let flushed = 0
  for (let request = 0; request < 3; request++) {
    const before = await segmentsOf(store)
    await engine.appendLines(requestLines(request))
    await engine.writer.flush()
    for (const [name, bytes] of await segmentsOf(store)) if (!before.has(name)) flushed += bytes
  }
  expect((await engine.writer.statistics()).written).toEqual({ flushed, compacted: 0 })
  store = store.crash()
  engine = await openOverStore(store)
  await engine.writer.compact()
  const [compacted] = [...(await segmentsOf(store)).values()]
  expect((await engine.writer.statistics()).written).toEqual({ flushed, compacted })
  await engine.close()
})

test('compactions on demand amid appends and flushes lose and invent nothing', async () => {
  const store = openFaultyStore(3)
  const engine = await openOverStore(store)
  await engine.appendLines(requestLines(0))
  const running: Promise<unknown>[] = []
  for (let request = 1; request < 40; request++) {
    running.push(engine.appendLines(requestLines(request)))
    if (request % 5 === 0) running.push(Promise.resolve(engine.writer.flush()))
    if (request % 9 === 0) running.push(Promise.resolve(engine.writer.compact()))
    for (let turns = request % 7; turns > 0; turns--) await Promise.resolve()
  }
  await Promise.all(running)
  const acknowledged = new Set(Array.from({ length: 40 }, (_, request) => request))
  const promised = { acknowledged, wasBegun: (request: number) => acknowledged.has(request) }
  await checkRequests(engine.queryable, promised)
  await checkRequests((await openOverStore(store.crash())).queryable, promised)
})
