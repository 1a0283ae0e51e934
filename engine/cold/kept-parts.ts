import { TidemarkError } from '../core/errors.ts'
import type { BlobStore } from '../storage/store.ts'

/** Bytes that wait to be written at most; what is read beyond them is not kept. */
export const MAX_WAITING_BYTES: number = 64 << 20
/** Parts that one host keeps at most: each has a name in memory. */
export const MAX_PARTS = 65_536

/** Bytes `[start, end)` of a cold file. */
interface Part {
  /** SHA-256 of the file, by which its key ends: what has it never changes. */
  file: string
  start: number
  end: number
}

export interface KeptPartsOptions {
  blobs: BlobStore
  /** Of this host's parts; 0 keeps none, and removes what was kept; `undefined` leaves alone what there is. */
  budgetBytes: number | undefined
  /** This host, of how many: each keeps what it reads itself. */
  owner: { number: number; hosts: number }
}

const PART_NAME = /^cold-(\d{1,4})-([0-9a-f]{64})-(\d{1,15})-(\d{1,15})\.part$/
const FILE_HASH = /([0-9a-f]{64})\.parquet$/

/**
 * Parts of cold files that queries have read, kept beside the segments up to a budget; those that were used longest ago go
 * first, and after an opening all count as used at one time. A part is a blob as it came, put whole after the query has it; its
 * reader knows what it must look like. Nothing depends on one: what is missing, damaged or cannot be written is fetched again.
 */
export class KeptParts {
  readonly #blobs: BlobStore
  readonly #budgetBytes: number
  readonly #host: number
  /** By name, least recently used first. */
  readonly #parts = new Map<string, Part>()
  readonly #ofFile = new Map<string, Set<Part>>()
  /** Files that count. */
  #files: ReadonlySet<string> = new Set()
  #bytes = 0
  #waitingBytes = 0
  #turn: Promise<void> = Promise.resolve()

  private constructor({ blobs, budgetBytes, owner }: KeptPartsOptions) {
    this.#blobs = blobs
    this.#budgetBytes = budgetBytes ?? 0
    this.#host = owner.number
  }

  /** Takes up what was kept before, as far as it is this host's and within the budget. */
  static async open(options: KeptPartsOptions): Promise<KeptParts> {
    const kept = new KeptParts(options)
    const { blobs, budgetBytes, owner } = options
    if (budgetBytes === undefined) return kept
    for (const { name, bytes } of await blobs.list()) {
      const [, host, file = '', start, end] = PART_NAME.exec(name) ?? []
      const number = Number(host)
      const isStray = number >= owner.hosts && owner.number === 0
      if (host === undefined || (number !== owner.number && !isStray)) continue
      const part = { file, start: Number(start), end: Number(end) }
      if (isStray || budgetBytes === 0 || part.end - part.start !== bytes) await kept.#delete(name)
      else kept.#add(part)
    }
    await kept.#evict(0)
    return kept
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes
  }

  /** Says which files count; parts of others go. */
  setFiles(keys: Iterable<string>): void {
    this.#files = new Set(Array.from(keys, hashOf))
    this.#inTurn(() => this.#remove([...this.#parts.values()].filter(({ file }) => !this.#files.has(file))))
  }

  /** Bytes of a file, where they are kept and what `isWhole` asks is true of them. */
  async read(
    key: string,
    { start, end }: { start: number; end: number },
    isWhole: (bytes: Uint8Array) => boolean,
  ): Promise<Uint8Array | undefined> {
    const part = this.#covering({ file: hashOf(key), start, end })
    if (part === undefined) return undefined
    this.#touch(part)
    const bytes = await this.#get(part, start, end)
    if (bytes && isWhole(bytes)) return bytes
    if (this.#forget(part)) this.#inTurn(() => this.#delete(this.#nameOf(part)))
    return undefined
  }

  /** Begins to keep bytes of a file, which must not change any more. */
  keep(key: string, start: number, bytes: Uint8Array): void {
    const part = { file: hashOf(key), start, end: start + bytes.length }
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES || !this.#isWanted(part)) return
    this.#waitingBytes += bytes.length
    this.#inTurn(async () => {
      await this.#put(part, bytes)
      this.#waitingBytes -= bytes.length
    })
  }

  #isWanted(part: Part): boolean {
    return part.end - part.start <= this.#budgetBytes && this.#files.has(part.file) && !this.#covering(part)
  }

  async #put(part: Part, bytes: Uint8Array): Promise<void> {
    if (!this.#isWanted(part)) return
    await this.#remove([...(this.#ofFile.get(part.file) ?? [])].filter((other) => covers(part, other)))
    await this.#evict(bytes.length)
    try {
      await this.#blobs.put(this.#nameOf(part), bytes)
      this.#add(part)
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      // Rows need the room more.
      if (error.kind === 'quota') await this.#remove([...this.#parts.values()])
    }
  }

  async #get(part: Part, start: number, end: number): Promise<Uint8Array | undefined> {
    try {
      return await this.#blobs.get(this.#nameOf(part), start - part.start, end - part.start)
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      return undefined
    }
  }

  #covering(wanted: Part): Part | undefined {
    for (const part of this.#ofFile.get(wanted.file) ?? []) if (covers(part, wanted)) return part
    return undefined
  }

  #touch(part: Part): void {
    const name = this.#nameOf(part)
    this.#parts.delete(name)
    this.#parts.set(name, part)
  }

  #add(part: Part): void {
    this.#parts.set(this.#nameOf(part), part)
    this.#ofFile.set(part.file, (this.#ofFile.get(part.file) ?? new Set()).add(part))
    this.#bytes += part.end - part.start
  }

  /** Makes room for one more part of so many bytes; of 0 for none. */
  async #evict(bytes: number): Promise<void> {
    const most = bytes === 0 ? MAX_PARTS : MAX_PARTS - 1
    for (const part of this.#parts.values()) {
      if (this.#bytes + bytes <= this.#budgetBytes && this.#parts.size <= most) return
      await this.#remove([part])
    }
  }

  async #remove(parts: readonly Part[]): Promise<void> {
    for (const part of parts) if (this.#forget(part)) await this.#delete(this.#nameOf(part))
  }

  /** Whether it was known still. */
  #forget(part: Part): boolean {
    const name = this.#nameOf(part)
    if (this.#parts.get(name) !== part) return false
    this.#parts.delete(name)
    const others = this.#ofFile.get(part.file)
    others?.delete(part)
    if (others?.size === 0) this.#ofFile.delete(part.file)
    this.#bytes -= part.end - part.start
    return true
  }

  /** What cannot be removed now is found at the next opening. */
  async #delete(name: string): Promise<void> {
    try {
      await this.#blobs.delete(name)
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
    }
  }

  /** One change after the other, so that the budget holds. */
  #inTurn(change: () => Promise<void>): void {
    this.#turn = this.#turn.then(change)
  }

  #nameOf({ file, start, end }: Part): string {
    return `cold-${this.#host}-${file}-${start}-${end}.part`
  }
}

function covers(part: Part, wanted: Part): boolean {
  return part.start <= wanted.start && part.end >= wanted.end
}

function hashOf(key: string): string {
  const [, hash] = FILE_HASH.exec(key) ?? []
  if (hash === undefined) throw new Error(`'${key}' is not the key of a cold file`)
  return hash
}
