import { statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type NodeBlobStore, openNodeBlobStore } from './node-blob-store.ts'
import { fileError } from './node-error.ts'
import { makeFolder } from './node-folder.ts'
import { type NodeLogStore, openNodeLogStore } from './node-log-store.ts'
import { lockFolder } from './node-store-lock.ts'
import type { Store, StoreEstimate, StoreOptions } from './store.ts'

export interface NodeStoreOptions extends StoreOptions {
  /** A log file that has grown to this is followed by a new one. Default 64 MiB. */
  logFileBytes?: number
}

/**
 * Opens the store in a folder, which is made where it is missing: `blobs/`, `log/` and a lock. Throws `locked` where
 * another process has it open, `io` where the folder cannot be used.
 */
export async function openNodeStore(directory: string, options: NodeStoreOptions): Promise<Store> {
  const folder = resolve(directory)
  await makeFolder(folder)
  const unlock = await lockFolder(folder)
  try {
    await makeFolder(join(folder, 'blobs'))
    await makeFolder(join(folder, 'log'))
    const blobs = await openNodeBlobStore(join(folder, 'blobs'))
    const { checksum, logFileBytes } = options
    const log = await openNodeLogStore(join(folder, 'log'), {
      checksum,
      ...(logFileBytes !== undefined && { fileBytes: logFileBytes }),
    })
    return new NodeStore(folder, { blobs, log, unlock })
  } catch (error) {
    await unlock()
    throw fileError(error, 'open the store in', folder)
  }
}

interface OpenParts {
  blobs: NodeBlobStore
  log: NodeLogStore
  unlock(): Promise<void>
}

class NodeStore implements Store {
  readonly blobs: NodeBlobStore
  readonly log: NodeLogStore
  readonly #folder: string
  readonly #unlock: () => Promise<void>
  #closing: Promise<void> | undefined

  constructor(folder: string, parts: OpenParts) {
    this.#folder = folder
    this.blobs = parts.blobs
    this.log = parts.log
    this.#unlock = parts.unlock
  }

  async estimate(): Promise<StoreEstimate> {
    const blobs = await this.blobs.list()
    const usage = blobs.reduce((sum, blob) => sum + blob.bytes, this.log.bytes)
    const disk = await statfs(this.#folder)
    return { usage, quota: usage + disk.bavail * disk.bsize }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      await this.log.close()
      await this.blobs.close()
    } finally {
      await this.#unlock()
    }
  }
}
