import { beginChange, type StoreDatabase } from './indexeddb-schema.ts'

/** Chromium puts larger values into files of their own. */
const VALUE_BYTES = 60 * 1024
/** LevelDB begins a new log after 4 MiB at most; they are 4.2. */
const VALUES = 72
/** No blob has this name. */
const NAME = ''

/**
 * Has Chromium begin a new log of its own, in a transaction that leaves nothing behind. Its LevelDB writes on at the end of the
 * log that it finds, also where that ends in the midst of a record since the browser was killed
 * (https://github.com/google/leveldb/issues/1287); the time after next it takes such a log for damaged and deletes the databases
 * of the site. What it has begun a new log after is in a table, and no record of the old one is read again.
 */
export async function turnLog(database: StoreDatabase): Promise<void> {
  // Only Chromium tells a page of such losses.
  if (!('dataLoss' in IDBVersionChangeEvent.prototype)) return
  const change = beginChange(database)
  const chunks = change.objectStore('chunks')
  const requests: Promise<unknown>[] = []
  for (let n = 0; n < VALUES; n++) requests.push(chunks.put(new Uint8Array(VALUE_BYTES), [NAME, n]))
  requests.push(chunks.delete(IDBKeyRange.bound([NAME], [NAME, []])))
  // A browser without space for it has none for a record either, which is told then.
  await Promise.allSettled([...requests, change.done])
}
