import { moving } from '../core/calls.ts'
import { type PlainError, TidemarkError, toPlainError } from '../core/errors.ts'
import type { BlobWriter, LogDamage, LogPosition, Store } from '../storage/store.ts'

/** What a thread that calls a store's log reads at once comes with each answer. */
export interface LogState {
  next: LogPosition
  bytes: number
}

export interface AppendResults extends LogState {
  results: (LogPosition | PlainError)[]
}

/** Records that a replay hands over at once, in bytes. */
const PAGE_BYTES: number = 4 << 20

export interface ReplayPage {
  records: [record: Uint8Array, position: LogPosition][]
  damage: LogDamage[]
}

/** A store for another thread. */
export class StorePort {
  readonly #store: Store
  /** Blobs without a name yet, by their numbers. */
  readonly #unfinished = new Map<number, BlobWriter>()
  #begun = 0
  /** The last append that failed. */
  #failed: { era: number; error: PlainError } | undefined

  constructor(store: Store) {
    this.#store = store
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.#store.blobs.put(name, bytes)
  }

  async get(name: string, start?: number, end?: number): Promise<Uint8Array> {
    const bytes = await this.#store.blobs.get(name, start, end)
    return bytes.buffer instanceof ArrayBuffer ? moving(bytes, [bytes.buffer]) : bytes
  }

  /** Begins a blob that is stored piece by piece, under the number that it answers. */
  async begin(): Promise<number> {
    const number = this.#begun++
    this.#unfinished.set(number, await this.#store.blobs.begin())
    return number
  }

  async write(begun: number, bytes: Uint8Array): Promise<void> {
    await this.#unfinished.get(begun)?.write(bytes)
  }

  async finish(begun: number, name: string): Promise<void> {
    await this.#unfinished.get(begun)?.finish(name)
    this.#unfinished.delete(begun)
  }

  async discard(begun: number): Promise<void> {
    const blob = this.#unfinished.get(begun)
    this.#unfinished.delete(begun)
    await blob?.discard()
  }

  list(): ReturnType<Store['blobs']['list']> {
    return this.#store.blobs.list()
  }

  delete(name: string): Promise<void> {
    return this.#store.blobs.delete(name)
  }

  /**
   * Appends records as calls that were made at once. What was sent before the caller had learned of a failure, it sends in
   * the era of that failure, and it is refused: it may rely on what was not stored.
   */
  async append(era: number, records: readonly Uint8Array[]): Promise<AppendResults> {
    const append = async (record: Uint8Array): Promise<LogPosition | PlainError> => {
      if (this.#failed && era <= this.#failed.era) return this.#failed.error
      try {
        return await this.#store.log.append(record)
      } catch (error) {
        this.#failed = { era, error: plainOf(error) }
        return this.#failed.error
      }
    }
    return { results: await Promise.all(records.map(append)), ...this.logState() }
  }

  /** `visit` gets pages of records; the next one when it has resolved. */
  async replay(visit: (page: ReplayPage) => Promise<void>): Promise<void> {
    let page: ReplayPage = { records: [], damage: [] }
    let bytes = 0
    const handOver = async (): Promise<void> => {
      const full = page
      page = { records: [], damage: [] }
      bytes = 0
      await visit(full)
    }
    await this.#store.log.replay(
      async (record, position) => {
        page.records.push([record.slice(), position])
        bytes += record.byteLength
        if (bytes >= PAGE_BYTES) await handOver()
      },
      (damage) => page.damage.push(damage),
    )
    await handOver()
  }

  async truncate(before: LogPosition): Promise<LogState> {
    await this.#store.log.truncate(before)
    return this.logState()
  }

  logState(): LogState {
    return { next: this.#store.log.next, bytes: this.#store.log.bytes }
  }

  estimate(): ReturnType<Store['estimate']> {
    return this.#store.estimate()
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

function plainOf(error: unknown): PlainError {
  if (error instanceof TidemarkError) return toPlainError(error)
  throw error
}
