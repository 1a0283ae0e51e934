import { readSync, type Stats } from 'node:fs'
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TidemarkError } from '../core/errors.ts'
import { errorCode, fileError } from './node-error.ts'
import { syncFolder } from './node-folder.ts'
import { NodeHash } from './node-hash.ts'
import { TEMPORARY_PREFIX, TemporaryFile } from './node-temporary-file.ts'
import {
  type BlobInfo,
  type BlobStore,
  type BlobWriter,
  blobNotFound,
  checkBlobName,
  checkBlobRange,
  storeClosed,
} from './store.ts'

/** Files that stay open for reading; opening one costs more than reading a block of it. */
const OPEN_FILES = 64
/** From the page cache this takes less time than the way to the thread pool and back (3 of 50 microseconds at 4 KiB). */
const SYNC_READ_BYTES: number = 64 * 1024

interface OpenBlob {
  opening: Promise<{ handle: FileHandle; bytes: number }>
  /** Reads that are under way; the last one closes a file that has been forgotten. */
  reads: number
  isForgotten: boolean
}

/** Opens a folder of blobs and removes what an interrupted `put` left. */
export async function openNodeBlobStore(folder: string): Promise<NodeBlobStore> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(TEMPORARY_PREFIX)) await rm(join(folder, name), { force: true })
  }
  return new NodeBlobStore(folder)
}

export class NodeBlobStore implements BlobStore {
  readonly #folder: string
  /** Oldest use first. */
  readonly #open = new Map<string, OpenBlob>()
  readonly #writing = new Set<Promise<void>>()
  readonly #unfinished = new Set<TemporaryFile>()
  #closed = false

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#check(name)
    await this.#write(async () => {
      const file = await TemporaryFile.make(this.#folder)
      try {
        await file.write(bytes)
        await this.#name(file, name)
      } catch (error) {
        await file.discard()
        throw error
      }
    })
  }

  async begin(): Promise<BlobWriter> {
    if (this.#closed) throw storeClosed()
    const file = await TemporaryFile.make(this.#folder)
    this.#unfinished.add(file)
    const write = async (task: () => Promise<void>): Promise<void> => {
      if (this.#closed) throw storeClosed()
      await this.#write(task)
    }
    return {
      write: (bytes) => write(() => file.write(bytes)),
      finish: async (name) => {
        checkBlobName(name)
        await write(() => this.#name(file, name))
        this.#unfinished.delete(file)
      },
      discard: async () => {
        this.#unfinished.delete(file)
        await file.discard()
      },
    }
  }

  async #name(file: TemporaryFile, name: string): Promise<void> {
    try {
      await file.finish(name)
    } finally {
      await this.#forget(name)
    }
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array> {
    this.#check(name)
    const blob = this.#opened(name)
    blob.reads += 1
    try {
      const { handle, bytes } = await blob.opening
      const range = checkBlobRange({ name, bytes }, start, end)
      const result = new Uint8Array(range.end - range.start)
      await readExactly(handle, result, range.start)
      return result
    } catch (error) {
      throw fileError(error, 'read', join(this.#folder, name))
    } finally {
      blob.reads -= 1
      await closeUnused(blob)
      await this.#forgetOldest()
    }
  }

  hash(): NodeHash {
    return new NodeHash()
  }

  async list(): Promise<BlobInfo[]> {
    if (this.#closed) throw storeClosed()
    try {
      const names = (await readdir(this.#folder)).filter((name) => !name.startsWith(TEMPORARY_PREFIX))
      const blobs: BlobInfo[] = []
      for (const name of names.sort()) {
        const info = await statIfThere(join(this.#folder, name))
        if (info?.isFile()) blobs.push({ name, bytes: info.size })
      }
      return blobs
    } catch (error) {
      throw fileError(error, 'list', this.#folder)
    }
  }

  async delete(name: string): Promise<void> {
    this.#check(name)
    await this.#write(async () => {
      try {
        await rm(join(this.#folder, name), { force: true })
        await syncFolder(this.#folder)
      } catch (error) {
        throw fileError(error, 'delete', join(this.#folder, name))
      } finally {
        await this.#forget(name)
      }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#writing)
    for (const file of this.#unfinished) await file.discard()
    for (const name of [...this.#open.keys()]) await this.#forget(name)
  }

  #check(name: string): void {
    if (this.#closed) throw storeClosed()
    checkBlobName(name)
  }

  async #write(task: () => Promise<void>): Promise<void> {
    const writing = task()
    this.#writing.add(writing)
    await writing.finally(() => this.#writing.delete(writing))
  }

  #opened(name: string): OpenBlob {
    const blob = this.#open.get(name) ?? { opening: openFile(this.#folder, name), reads: 0, isForgotten: false }
    this.#open.delete(name)
    this.#open.set(name, blob)
    blob.opening.catch(() => this.#open.get(name) === blob && this.#open.delete(name))
    return blob
  }

  async #forgetOldest(): Promise<void> {
    const [oldest] = this.#open.keys()
    if (this.#open.size > OPEN_FILES && oldest !== undefined) await this.#forget(oldest)
  }

  async #forget(name: string): Promise<void> {
    const blob = this.#open.get(name)
    if (!blob) return
    this.#open.delete(name)
    blob.isForgotten = true
    await closeUnused(blob)
  }
}

async function closeUnused(blob: OpenBlob): Promise<void> {
  if (!blob.isForgotten || blob.reads > 0) return
  const opened = await blob.opening.catch(() => undefined)
  await opened?.handle.close()
}

async function openFile(folder: string, name: string): Promise<{ handle: FileHandle; bytes: number }> {
  try {
    const handle = await open(join(folder, name), 'r')
    return { handle, bytes: (await handle.stat()).size }
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? blobNotFound(name) : fileError(error, 'open', join(folder, name))
  }
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

async function readExactly(handle: FileHandle, target: Uint8Array, from: number): Promise<void> {
  const isSmall = target.byteLength <= SYNC_READ_BYTES
  let done = isSmall ? readSync(handle.fd, target, 0, target.byteLength, from) : 0
  while (done < target.byteLength) {
    const { bytesRead } = await handle.read(target, done, target.byteLength - done, from + done)
    if (bytesRead === 0) throw new TidemarkError('truncated', `the file ends at byte ${from + done}`)
    done += bytesRead
  }
}
