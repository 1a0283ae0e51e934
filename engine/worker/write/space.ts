import type { Clock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import { MIN_TIME } from '../../core/time.ts'
import { bytesOf } from '../../storage/compaction.ts'
import { planEviction } from '../../storage/eviction.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import { fittingName } from '../rollup/rollup-rules.ts'
import type { DeleteRange } from './deletes.ts'
import type { SpaceLimit } from './space-limit.ts'

export interface SpaceStatistics {
  usedBytes: number
  maxBytes: number
  /** How often rows had to go since the store was opened. */
  evictions: number
}

/** Rows go until so much of the limit is in use, so that not each append makes some go. */
const USED_AFTER = 0.9
/** Plans are estimates: so often another one may follow. */
const MAX_PLANS = 4
/** Where nothing could go, nobody tries again for so long. */
const RETRY_NS = 5_000_000_000n

export interface SpaceParts {
  clock: Clock
  log: { readonly bytes: number }
  segments: { readonly manifest: { readonly segments: readonly SegmentInfo[] } }
  /** Writes rows in memory to segments and shortens the log. */
  flush(): Promise<void>
  delete(range: DeleteRange): Promise<void>
  /** Takes deleted rows off the disk, some at a time. */
  compact(): Promise<void>
}

/** Keeps a store within its limit, where it has one: an append waits until rows that may go have gone, and fails where that is not enough. */
export class Space {
  readonly #limit: SpaceLimit | undefined
  readonly #parts: SpaceParts
  /** Of appends that were let in and are under way. */
  #comingBytes = 0
  #making: Promise<void> | undefined
  #notBefore: bigint | undefined
  #evictions = 0

  constructor(limit: SpaceLimit | undefined, parts: SpaceParts) {
    this.#limit = limit
    this.#parts = parts
  }

  get isLimited(): boolean {
    return this.#limit !== undefined
  }

  /** Absent where there is no limit. */
  get statistics(): SpaceStatistics | undefined {
    return this.#limit && { usedBytes: this.#usedBytes, maxBytes: this.#maxBytes, evictions: this.#evictions }
  }

  get #maxBytes(): number {
    return this.#limit?.maxBytes ?? Number.POSITIVE_INFINITY
  }

  get #segments(): readonly SegmentInfo[] {
    return this.#parts.segments.manifest.segments
  }

  get #usedBytes(): number {
    return bytesOf(this.#segments) + this.#parts.log.bytes
  }

  /** Runs an append of about so many bytes. Throws `quota` where there is no room for it. */
  async within<T>(bytes: number, append: () => Promise<T>): Promise<T> {
    if (!this.#fits(bytes)) await this.#room(bytes)
    this.#comingBytes += bytes
    try {
      return await append()
    } finally {
      this.#comingBytes -= bytes
    }
  }

  async #room(bytes: number): Promise<void> {
    const { clock } = this.#parts
    if (this.#notBefore === undefined || clock.now() >= this.#notBefore) {
      this.#making ??= this.#make(bytes).finally(() => {
        this.#making = undefined
      })
      await this.#making
    }
    if (this.#fits(bytes)) {
      this.#notBefore = undefined
      return
    }
    this.#notBefore = clock.now() + RETRY_NS
    const [usedBytes, maxBytes] = [this.#usedBytes, this.#maxBytes]
    throw new TidemarkError(
      'quota',
      `the store takes ${usedBytes} of the ${maxBytes} bytes that it may, and no row of it may go`,
      {
        hint: 'Delete rows and compact the store, or raise space.maxBytes.',
      },
    )
  }

  #fits(bytes: number): boolean {
    return this.#limit === undefined || this.#usedBytes + this.#comingBytes + bytes <= this.#maxBytes
  }

  async #make(bytes: number): Promise<void> {
    const { flush, compact } = this.#parts
    await flush()
    const target = USED_AFTER * this.#maxBytes - bytes
    for (let plan = 0; plan < MAX_PLANS && this.#usedBytes > target; plan++) {
      const before = planEviction(this.#segments, (table) => this.#mayGo(table), this.#usedBytes - target)
      if (before === undefined) return
      await this.#evict(before)
      for (let used = this.#usedBytes; ; used = this.#usedBytes) {
        await compact()
        if (this.#usedBytes >= used) break
      }
    }
  }

  async #evict(before: bigint): Promise<void> {
    const tables = new Set(this.#segments.flatMap(({ tables: all }) => [...all.keys()]))
    for (const table of tables) {
      if (this.#mayGo(table)) await this.#parts.delete({ table, matchers: [], start: MIN_TIME, end: before })
    }
    this.#evictions++
  }

  #mayGo(table: string): boolean {
    return fittingName(this.#limit?.evictable ?? [], table) !== undefined
  }
}
