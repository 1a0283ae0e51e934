import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb'
import { TidemarkError } from '../core/errors.ts'
import { browserError } from './browser-error.ts'
import { lockedElsewhere } from './browser-store-lock.ts'

const VERSION = 2

/** FORMAT.md, "IndexedDB", says the same in words. */
export interface StoreSchema extends DBSchema {
  blobs: { key: string; value: StoredBlob }
  /** By their owner and number from 0. A range of a blob needs its chunks only. */
  chunks: { key: [owner: string, chunk: number]; value: Uint8Array<ArrayBuffer> }
  /** A commit each, by its first position, its number of records and its bytes, as a log file of its own. */
  log: { key: LogKey; value: Uint8Array<ArrayBuffer> }
}

export interface StoredBlob {
  bytes: number
  /** What its chunks are under; absent where that is its name. */
  chunks?: string
}

/** The key says what a value holds, so that opening the log reads no value. */
export type LogKey = [first: number, records: number, bytes: number]

export type StoreDatabase = IDBPDatabase<StoreSchema>

const STORES = ['blobs', 'chunks', 'log'] as const
export type StoreChange = IDBPTransaction<StoreSchema, typeof STORES, 'readwrite'>

/**
 * A durable transaction over all stores, so that it goes alone. Chromium 156 takes a database for corrupt, and deletes it, that
 * it finds with two unfinished transactions after all of it was killed: both have a lock of the whole database in their undo
 * log, and at the next start the second does not get it.
 */
export function beginChange(database: StoreDatabase): StoreChange {
  return database.transaction(STORES, 'readwrite', { durability: 'strict' })
}

export interface DatabaseEvents {
  /** Another tab wants to delete the database or to change its version. */
  onBlocking(): void
  /** The browser closed the database. */
  onTerminated(): void
}

export async function openDatabase(name: string, events: DatabaseEvents): Promise<StoreDatabase> {
  const blocked = Promise.withResolvers<never>()
  let refused = false
  const opening = openDB<StoreSchema>(name, VERSION, {
    upgrade(database, before) {
      // Version 2 has the same stores; earlier versions of this program would not find all chunks.
      if (before > 0) return
      database.createObjectStore('blobs')
      database.createObjectStore('chunks')
      database.createObjectStore('log')
    },
    blocked() {
      refused = true
      blocked.reject(lockedElsewhere(name))
    },
    blocking: events.onBlocking,
    terminated: events.onTerminated,
  })
  try {
    return await Promise.race([opening, blocked.promise])
  } catch (error) {
    if (refused)
      opening.then(
        (database) => database.close(),
        () => undefined,
      )
    if (error instanceof DOMException && error.name === 'VersionError') {
      throw new TidemarkError('invalid', `the database '${name}' was made by a newer version of this program`, {
        hint: 'Reload the page to get that version.',
        cause: error,
      })
    }
    throw browserError(error, `open the database '${name}'`)
  }
}
