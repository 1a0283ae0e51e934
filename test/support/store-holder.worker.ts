import { openIndexedDbStore } from '../../engine/storage/indexeddb-store.ts'
import { openOpfsThread } from '../../engine/worker/browser-store-thread.ts'
import { fnv1a } from './fnv.ts'

/** What to hold. */
export interface Holding {
  database: string
  engine: 'indexeddb' | 'opfs'
}

// Opens a database, appends a record and a blob, says so and then only holds on.
self.addEventListener('message', async ({ data: { database, engine } }: MessageEvent<Holding>) => {
  const open = engine === 'opfs' ? openOpfsThread : () => openIndexedDbStore(database, { checksum: fnv1a })
  const store = await open(database)
  await store.log.append(new Uint8Array([1, 2, 3]))
  await store.blobs.put('held', new Uint8Array([4, 5]))
  self.postMessage('holding')
})
