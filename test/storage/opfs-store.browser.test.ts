import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { openOpfsStore } from '../../engine/storage/opfs-store.ts'
import type { Store } from '../../engine/storage/store.ts'
import { replayed, runStoreSuite } from '../suites/store-suite.ts'
import { fnv1a } from '../support/fnv.ts'
import { OpfsWorker } from '../support/opfs-store.ts'
import { patterned } from '../support/patterned.ts'

let databases = 0

function freshName(): string {
  databases += 1
  return `opfs/test: ${databases}`
}

runStoreSuite('store in files of the browser', async () => {
  const name = freshName()
  const worker = new OpfsWorker()
  return { open: () => worker.open(name), remove: () => worker.remove(name) }
})

test('keeps others out while its worker lives, and what it acknowledged when that dies', async () => {
  const name = freshName()
  const [holder, other] = [new OpfsWorker(), new OpfsWorker()]
  const held = await holder.open(name)
  await held.log.append(new Uint8Array([1, 2, 3]))
  await held.blobs.put('held', new Uint8Array([4, 5]))
  await expect(other.open(name)).rejects.toMatchObject({ kind: 'locked' })
  holder.end()
  const store = await openWhenFree(other, name)
  expect(await replayed(store)).toEqual([{ position: 0, record: new Uint8Array([1, 2, 3]) }])
  expect(await store.blobs.get('held')).toEqual(new Uint8Array([4, 5]))
  await store.close()
  await other.remove(name)
})

/** The browser takes a moment to notice that a worker is gone. */
async function openWhenFree(worker: OpfsWorker, name: string): Promise<Store> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      return await worker.open(name)
    } catch (error) {
      if (!(error instanceof TidemarkError && error.kind === 'locked')) throw error
    }
  }
  return worker.open(name)
}

test('a thousand blobs that come and go leave those that were put last', async () => {
  const name = freshName()
  const worker = new OpfsWorker()
  const store = await worker.open(name)
  for (let i = 0; i < 1000; i++) {
    await store.blobs.put(`blob-${i % 70}`, patterned(100 + i, i))
    if (i % 3 === 0) await store.blobs.delete(`blob-${(i * 7) % 70}`)
  }
  const before = await store.blobs.list()
  const bytes = await Promise.all(before.map((blob) => store.blobs.get(blob.name)))
  await store.close()
  const again = await worker.open(name)
  expect(await again.blobs.list()).toEqual(before)
  for (const [i, blob] of before.entries()) expect(await again.blobs.get(blob.name)).toEqual(bytes[i])
  await again.close()
  await worker.remove(name)
})

test('a page has no such files', async () => {
  await expect(openOpfsStore(freshName(), { checksum: fnv1a })).rejects.toMatchObject({ kind: 'invalid' })
})
