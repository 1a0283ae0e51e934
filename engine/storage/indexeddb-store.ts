import { TidemarkError } from '../core/errors.ts'
import { lockDatabase } from './browser-store-lock.ts'
import { type IndexedDbBlobStore, openIndexedDbBlobStore } from './indexeddb-blob-store.ts'
import { type IndexedDbLogStore, openIndexedDbLogStore } from './indexeddb-log-store.ts'
import { turnLog } from './indexeddb-padding.ts'
import { openDatabase, type StoreDatabase } from './indexeddb-schema.ts'
import type { Store, StoreEstimate, StoreOptions } from './store.ts'

/**
 * Opens the store in a database of this site's, in a page or a worker. Throws `locked` where another has it open. When
 * another tab deletes the database or needs a newer version of it, the store closes.
 */
export async function openIndexedDbStore(database: string, options: StoreOptions): Promise<Store> {
  const unlock = await lockDatabase(database)
  let store: IndexedDbStore | undefined
  try {
    const opened = await openDatabase(database, {
      onBlocking: () => void store?.close(),
      onTerminated: () => {
        store?.log.fail(new TidemarkError('io', `the browser closed the database '${database}'`))
      },
    })
    await turnLog(opened)
    const blobs = await openIndexedDbBlobStore(opened)
    store = new IndexedDbStore(opened, { blobs, log: await openIndexedDbLogStore(opened, options.checksum), unlock })
    return store
  } catch (error) {
    unlock()
    throw error
  }
}

class IndexedDbStore implements Store {
  readonly blobs: IndexedDbBlobStore
  readonly log: IndexedDbLogStore
  readonly #database: StoreDatabase
  readonly #unlock: () => void
  #closing: Promise<void> | undefined

  constructor(
    database: StoreDatabase,
    { blobs, log, unlock }: { blobs: IndexedDbBlobStore; log: IndexedDbLogStore; unlock: () => void },
  ) {
    this.#database = database
    this.#unlock = unlock
    this.blobs = blobs
    this.log = log
  }

  async estimate(): Promise<StoreEstimate> {
    const blobs = await this.blobs.list()
    const usage = blobs.reduce((sum, blob) => sum + blob.bytes, this.log.bytes)
    const site = await navigator.storage.estimate()
    return { usage, quota: site.quota ?? Number.POSITIVE_INFINITY }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.blobs.closed = true
    try {
      await this.log.close()
      // Transactions that were begun still end.
      this.#database.close()
    } finally {
      this.#unlock()
    }
  }
}
