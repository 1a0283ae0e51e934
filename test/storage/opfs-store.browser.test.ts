import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { removeOpfsFolder } from '../../engine/storage/opfs-folder.ts'
import { openOpfsStore } from '../../engine/storage/opfs-store.ts'
import type { Store } from '../../engine/storage/store.ts'
import { openOpfsThread } from '../../engine/worker/browser-store-thread.ts'
import { replayed, runStoreSuite } from '../suites/store-suite.ts'
import { fnv1a } from '../support/fnv.ts'
import { patterned } from '../support/patterned.ts'

let databases = 0

function freshName(): string {
  databases += 1
  return `opfs/test: ${databases}`
}

runStoreSuite('store in files of the browser', async () => {
  const name = freshName()
  return { open: () => openOpfsThread(name), remove: () => removeOpfsFolder(name) }
})

test('keeps what it acknowledged when its worker dies, and others out while that lives', async () => {
  const name = freshName()
  const worker = new Worker(new URL('../support/store-holder.worker.ts', import.meta.url), { type: 'module' })
  const holding = new Promise((resolve, reject) => {
    worker.addEventListener('message', resolve, { once: true })
    worker.addEventListener('error', reject, { once: true })
  })
  worker.postMessage({ database: name, engine: 'opfs' })
  await holding
  await expect(openOpfsThread(name)).rejects.toMatchObject({ kind: 'locked' })
  worker.terminate()
  const store = await openWhenFree(name)
  expect(await replayed(store)).toEqual([{ position: 0, record: new Uint8Array([1, 2, 3]) }])
  expect(await store.blobs.get('held')).toEqual(new Uint8Array([4, 5]))
  await store.close()
  await removeOpfsFolder(name)
})

/** The browser takes a moment to notice that a worker is gone. */
async function openWhenFree(name: string): Promise<Store> {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await openOpfsThread(name)
    } catch (error) {
      if (!(error instanceof TidemarkError && error.kind === 'locked')) throw error
    }
  }
  return openOpfsThread(name)
}

test('a thousand blobs that come and go leave those that were put last', async () => {
  const name = freshName()
  const store = await openOpfsThread(name)
  for (let i = 0; i < 1000; i++) {
    await store.blobs.put(`blob-${i % 70}`, patterned(100 + i, i))
    if (i % 3 === 0) await store.blobs.delete(`blob-${(i * 7) % 70}`)
  }
  const before = await store.blobs.list()
  const bytes = await Promise.all(before.map((blob) => store.blobs.get(blob.name)))
  await store.close()
  const again = await openOpfsThread(name)
  expect(await again.blobs.list()).toEqual(before)
  for (const [i, blob] of before.entries()) expect(await again.blobs.get(blob.name)).toEqual(bytes[i])
  await again.close()
  await removeOpfsFolder(name)
})

test('a page has no such files', async () => {
  await expect(openOpfsStore(freshName(), { checksum: fnv1a })).rejects.toMatchObject({ kind: 'invalid' })
})
