import type { Endpoint } from '../core/calls.ts'
import type { ModuleFile } from '../kernel/core-file.ts'
import type { BlobStore, Store, StoreOptions } from '../storage/store.ts'

/** Where a store lives. Plain data, since the store is opened inside a worker. */
export type StoreLocation =
  | { kind: 'memory' }
  /** A folder of files; Node only. */
  | { kind: 'files'; directory: string }
  /**
   * A database of this site in this browser, which all of its tabs may open. `replaceLost` begins an empty one where the browser
   * has lost the one that was there, which is otherwise an error.
   */
  | { kind: 'browser'; database: string; engine?: BrowserEngine; replaceLost?: boolean }

/**
 * What keeps a database of a browser: IndexedDB, or files of the private file system (OPFS), which only a worker can open.
 * `auto` opens what is there; a new database gets files where the browser has them, also without workers: the files have a
 * thread of their own. IndexedDB needs none, and a browser may lose it as a whole.
 */
export type BrowserEngine = 'auto' | 'indexeddb' | 'opfs'

/** A worker thread. */
export interface Thread {
  endpoint: Endpoint
  /** Calls back when the thread has failed, with the reason, or has ended by itself. */
  onFailure(listener: (error: Error) => void): void
  terminate(): void
}

/** What differs between Node and browsers. */
export interface Platform {
  /** Whether stores in folders can be opened, and then from several threads. */
  hasFolders: boolean
  /** Whether its threads can share memory; pages can only where their host sends certain headers. */
  sharesMemory: boolean
  /** A core that this engine can run, or another module that is asked for. */
  loadCore(file?: ModuleFile): Promise<WebAssembly.Module>
  openStore(location: StoreLocation, options: StoreOptions): Promise<Store>
  /** The blobs of a store that another worker has open. */
  openBlobs(location: StoreLocation): Promise<BlobStore>
  /** 128 bits that nobody else knows. */
  randomSeed(): readonly [bigint, bigint]
}
