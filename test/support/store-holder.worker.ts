import { openIndexedDbStore } from '../../engine/storage/indexeddb-store.ts'
import { fnv1a } from './fnv.ts'

// Opens a database, appends a record and a blob, says so and then only holds on.
self.addEventListener('message', async ({ data }: MessageEvent<string>) => {
  const store = await openIndexedDbStore(data, { checksum: fnv1a })
  await store.log.append(new Uint8Array([1, 2, 3]))
  await store.blobs.put('held', new Uint8Array([4, 5]))
  self.postMessage('holding')
})
