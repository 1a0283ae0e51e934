import { browserError } from './browser-error.ts'
import { lockDatabase } from './browser-store-lock.ts'
import { OpfsBlobStore } from './opfs-blob-store.ts'
import { OpfsFiles } from './opfs-files.ts'
import { openOpfsFolder, type SyncFolder } from './opfs-folder.ts'
import { type OpfsLogStore, openOpfsLogStore } from './opfs-log-store.ts'
import type { Store, StoreEstimate, StoreOptions } from './store.ts'

export interface OpfsStoreOptions extends StoreOptions {
  /** A log file that has grown to this is followed by a new one. Default 64 MiB. */
  logFileBytes?: number
  /** Lets other work of this thread be done before a commit blocks it; by default nothing. */
  gather?: () => Promise<void>
}

/**
 * Opens the store in files of this site's private file system; in a dedicated worker only. Throws `locked` where another
 * tab or worker has it open, `corrupt` where its table of names is damaged.
 */
export async function openOpfsStore(database: string, options: OpfsStoreOptions): Promise<Store> {
  const unlock = await lockDatabase(database)
  try {
    return await openStoreInFolder(await openOpfsFolder(database), { ...options, unlock })
  } catch (error) {
    unlock()
    throw error
  }
}

/** The store in a folder that nobody else has open. */
export async function openStoreInFolder(
  folder: SyncFolder,
  { checksum, logFileBytes, gather, unlock }: OpfsStoreOptions & { unlock(): void },
): Promise<Store> {
  let files: OpfsFiles | undefined
  try {
    files = await OpfsFiles.open(folder, checksum)
    const log = await openOpfsLogStore(files, {
      checksum,
      ...(logFileBytes !== undefined && { fileBytes: logFileBytes }),
      ...(gather && { gather }),
    })
    return new OpfsStore(files, log, unlock)
  } catch (error) {
    await files?.close()
    throw browserError(error, 'open the store')
  }
}

class OpfsStore implements Store {
  readonly blobs: OpfsBlobStore
  readonly log: OpfsLogStore
  readonly #files: OpfsFiles
  readonly #unlock: () => void
  #closing: Promise<void> | undefined

  constructor(files: OpfsFiles, log: OpfsLogStore, unlock: () => void) {
    this.#files = files
    this.blobs = new OpfsBlobStore(files)
    this.log = log
    this.#unlock = unlock
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
    try {
      await this.log.close()
      await this.blobs.close()
      await this.#files.close()
    } finally {
      this.#unlock()
    }
  }
}
