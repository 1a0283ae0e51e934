import { deleteDB, openDB } from 'idb'
import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { openIndexedDbStore } from '../../engine/storage/indexeddb-store.ts'
import type { LogDamage } from '../../engine/storage/store.ts'
import { replayed, runStoreSuite, same } from '../suites/store-suite.ts'
import { fnv1a } from '../support/fnv.ts'
import { patterned } from '../support/patterned.ts'

const options = { checksum: fnv1a }
let databases = 0

function freshName(): string {
  databases += 1
  return `store-test-${databases}`
}

runStoreSuite('IndexedDB store', async () => {
  const name = freshName()
  return { open: () => openIndexedDbStore(name, options), remove: () => deleteDB(name) }
})

test('works in a worker, keeps others out while that lives, and what it acknowledged when it dies', async () => {
  const name = freshName()
  const worker = new Worker(new URL('../support/store-holder.worker.ts', import.meta.url), { type: 'module' })
  const holding = new Promise((resolve, reject) => {
    worker.addEventListener('message', resolve, { once: true })
    worker.addEventListener('error', reject, { once: true })
  })
  worker.postMessage({ database: name, engine: 'indexeddb' })
  await holding
  await expect(openIndexedDbStore(name, options)).rejects.toMatchObject({
    kind: 'locked',
    message: expect.stringContaining('another tab'),
  })
  worker.terminate()
  const store = await openWhenFree(name)
  expect(await replayed(store)).toEqual([{ position: 0, record: new Uint8Array([1, 2, 3]) }])
  expect(await store.blobs.get('held')).toEqual(new Uint8Array([4, 5]))
  await store.close()
  await deleteDB(name)
})

/** The browser takes a moment to notice that a worker is gone. */
async function openWhenFree(name: string): ReturnType<typeof openIndexedDbStore> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await openIndexedDbStore(name, options)
    } catch (error) {
      if (!(error instanceof TidemarkError && error.kind === 'locked')) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return openIndexedDbStore(name, options)
}

test('closes when another wants to delete the database', async () => {
  const name = freshName()
  const store = await openIndexedDbStore(name, options)
  await store.log.append(new Uint8Array([1]))
  await deleteDB(name)
  await expect(store.log.append(new Uint8Array([2]))).rejects.toMatchObject({ kind: 'closed' })
  const again = await openIndexedDbStore(name, options)
  expect(again.log.next).toBe(0)
  await again.close()
  await deleteDB(name)
})

test('opens a database of version 1, whose chunks are under the names of their blobs', async () => {
  const name = freshName()
  const [bytes, other] = [patterned(600_000, 1), patterned(300_000, 2)]
  const old = await openDB(name, 1, {
    upgrade(database) {
      for (const store of ['blobs', 'chunks', 'log']) database.createObjectStore(store)
    },
  })
  await old.put('blobs', { bytes: bytes.length }, 'a')
  for (let chunk = 0; chunk * 262_144 < bytes.length; chunk++)
    await old.put('chunks', bytes.slice(chunk * 262_144, (chunk + 1) * 262_144), ['a', chunk])
  old.close()
  const store = await openIndexedDbStore(name, options)
  expect(same(await store.blobs.get('a'), bytes)).toBe(true)
  const blob = await store.blobs.begin()
  await blob.write(other)
  await blob.finish('a')
  expect(same(await store.blobs.get('a'), other)).toBe(true)
  await store.close()
  const raw = await openDB(name)
  expect(await raw.getAllKeys('chunks')).toEqual([
    ['~0', 0],
    ['~0', 1],
  ])
  raw.close()
  await deleteDB(name)
})

test('leaves no chunk of blobs that were never finished, and gives none of theirs to others', async () => {
  const name = freshName()
  const store = await openIndexedDbStore(name, options)
  const [done, left] = [await store.blobs.begin(), await store.blobs.begin()]
  await left.write(patterned(262_144, 3))
  await done.write(patterned(100, 4))
  await done.finish('done')
  await store.close()
  const again = await openIndexedDbStore(name, options)
  const next = await again.blobs.begin()
  await next.write(patterned(50, 5))
  await next.finish('next')
  expect(await again.blobs.get('done')).toEqual(patterned(100, 4))
  expect(await again.blobs.get('next')).toEqual(patterned(50, 5))
  await again.close()
  const raw = await openDB(name)
  expect((await raw.getAllKeys('chunks')).length).toBe(2)
  expect(await raw.getAllKeys('blobs')).toEqual(['done', 'next'])
  raw.close()
  await deleteDB(name)
})

test('refuses a database of a newer version', async () => {
  const name = freshName()
  const newer = await openDB(name, 99)
  newer.close()
  await expect(openIndexedDbStore(name, options)).rejects.toMatchObject({ kind: 'invalid' })
  await deleteDB(name)
})

test('reports records whose bytes were changed, and gives the others', async () => {
  const name = freshName()
  const store = await openIndexedDbStore(name, options)
  for (let i = 0; i < 5; i++) await store.log.append(patterned(100, i))
  await store.close()
  const raw = await openDB(name)
  const [, , key] = await raw.getAllKeys('log')
  if (key === undefined) throw new Error('the log has five keys')
  const value: Uint8Array = await raw.get('log', key)
  value[60] = (value[60] ?? 0) ^ 1
  await raw.put('log', value, key)
  raw.close()
  const damaged = await openIndexedDbStore(name, options)
  const positions: number[] = []
  const damage: LogDamage[] = []
  await damaged.log.replay(
    (_, position) => {
      positions.push(position)
    },
    (one) => damage.push(one),
  )
  expect(positions).toEqual([0, 1, 3, 4])
  expect(damage).toMatchObject([{ position: 2, records: 1 }])
  await damaged.close()
  await deleteDB(name)
})

test('keeps the count of an empty log over truncations and restarts', async () => {
  const name = freshName()
  for (let round = 0; round < 4; round++) {
    const store = await openIndexedDbStore(name, options)
    expect(await store.log.append(new Uint8Array([round]))).toBe(round)
    await store.log.truncate(round + 1)
    expect(await replayed(store)).toEqual([])
    await store.close()
  }
  await deleteDB(name)
})
