import { TidemarkError } from '../core/errors.ts'
import { ByteWriter } from './byte-writer.ts'
import { GroupCommit } from './group-commit.ts'
import {
  type BlobInfo,
  type BlobStore,
  type BlobWriter,
  blobNotFound,
  checkBlobName,
  checkBlobRange,
  type LogPosition,
  type LogStore,
  type Store,
  storeClosed,
} from './store.ts'

/** What a store in memory holds; it outlives the store, so that it can be opened again. */
export interface MemoryContents {
  readonly blobs: Map<string, Uint8Array>
  records: Uint8Array[]
  /** Position of the first of `records`. */
  first: LogPosition
  open: boolean
}

export function emptyMemoryContents(): MemoryContents {
  return { blobs: new Map(), records: [], first: 0, open: false }
}

/** A store that lasts as long as its contents do. Throws `locked` where they are open already. */
export async function openMemoryStore(contents: MemoryContents = emptyMemoryContents()): Promise<Store> {
  if (contents.open) {
    throw new TidemarkError('locked', 'this store in memory is open already', { hint: 'Close it first.' })
  }
  contents.open = true
  return new MemoryStore(contents)
}

class MemoryStore implements Store {
  readonly blobs: MemoryBlobStore
  readonly log: MemoryLogStore
  readonly #contents: MemoryContents

  constructor(contents: MemoryContents) {
    this.#contents = contents
    this.blobs = new MemoryBlobStore(contents.blobs)
    this.log = new MemoryLogStore(contents)
  }

  async estimate(): Promise<{ usage: number; quota: number }> {
    let usage = this.log.bytes
    for (const bytes of this.#contents.blobs.values()) usage += bytes.byteLength
    return { usage, quota: Number.POSITIVE_INFINITY }
  }

  async close(): Promise<void> {
    if (this.blobs.closed) return
    this.blobs.closed = true
    await this.log.close()
    this.#contents.open = false
  }
}

class MemoryBlobStore implements BlobStore {
  readonly #blobs: Map<string, Uint8Array>
  closed = false

  constructor(blobs: Map<string, Uint8Array>) {
    this.#blobs = blobs
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#check(name)
    this.#blobs.set(name, bytes.slice())
  }

  async begin(): Promise<BlobWriter> {
    if (this.closed) throw storeClosed()
    const pieces = new ByteWriter()
    return {
      write: async (bytes) => pieces.bytes(bytes),
      finish: (name) => this.put(name, pieces.written()),
      discard: async () => undefined,
    }
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array> {
    this.#check(name)
    const bytes = this.#blobs.get(name)
    if (bytes === undefined) throw blobNotFound(name)
    const range = checkBlobRange({ name, bytes: bytes.byteLength }, start, end)
    return bytes.slice(range.start, range.end)
  }

  async list(): Promise<BlobInfo[]> {
    if (this.closed) throw storeClosed()
    const blobs = [...this.#blobs].map(([name, bytes]) => ({ name, bytes: bytes.byteLength }))
    return blobs.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async delete(name: string): Promise<void> {
    this.#check(name)
    this.#blobs.delete(name)
  }

  #check(name: string): void {
    if (this.closed) throw storeClosed()
    checkBlobName(name)
  }
}

class MemoryLogStore implements LogStore {
  readonly #contents: MemoryContents
  readonly #group: GroupCommit

  constructor(contents: MemoryContents) {
    this.#contents = contents
    this.#group = new GroupCommit(contents.first + contents.records.length, async (records) => {
      for (const record of records) contents.records.push(record.slice())
    })
  }

  get next(): LogPosition {
    return this.#group.next
  }

  get bytes(): number {
    return this.#contents.records.reduce((sum, record) => sum + record.byteLength, 0)
  }

  append(record: Uint8Array): Promise<LogPosition> {
    return this.#group.append(record)
  }

  async replay(visit: (record: Uint8Array, position: LogPosition) => void | Promise<void>): Promise<void> {
    const { first, records } = await this.#group.between(async () => {
      return { first: this.#contents.first, records: this.#contents.records.slice() }
    })
    for (const [i, record] of records.entries()) await visit(record, first + i)
  }

  async truncate(before: LogPosition): Promise<void> {
    await this.#group.between(async () => {
      const count = Math.min(Math.max(before - this.#contents.first, 0), this.#contents.records.length)
      this.#contents.records = this.#contents.records.slice(count)
      this.#contents.first += count
    })
  }

  close(): Promise<void> {
    return this.#group.close()
  }
}
