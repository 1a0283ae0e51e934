import { nextTurn } from '../../core/next-turn.ts'
import type { SeriesIndex } from '../../index/series-index.ts'

/** Refs of lists that are swept at a time, some milliseconds; queries get a turn in between. */
const SWEPT_REFS = 1 << 18
/** Series without rows are left where they are fewer than one in so many: to forget them costs a look at all. */
const LEAST_SHARE = 16

/** Takes series that have no rows any more out of the index of a host. */
export class UnusedSeries {
  readonly #index: SeriesIndex
  /** Memory of series is being given back. */
  #reclaiming: Promise<void> | undefined

  constructor(index: SeriesIndex) {
    this.#index = index
  }

  /** Resolves when no memory is being given back. */
  get reclaimed(): Promise<void> {
    return this.#reclaiming ?? Promise.resolve()
  }

  /** Forgets all series that are not among those in use, when nobody reads. */
  async forgetAll(inUse: Iterable<Iterable<number>>): Promise<void> {
    const unused = this.#among(inUse)
    if (unused.length === 0) return
    this.#index.unlink(unused)
    await this.#reclaim(unused, async () => undefined)
  }

  /**
   * Forgets the series that are not among those in use, where that is worth it; returns how many. Scans that have begun, whose end
   * `readsEnd` waits for, may ask about them until then; then the memory is given back.
   */
  forget(inUse: Iterable<Iterable<number>>, readsEnd: () => Promise<void>): number {
    if (this.#reclaiming) return 0
    const unused = this.#among(inUse)
    if (unused.length === 0 || unused.length * LEAST_SHARE < this.#index.size) return 0
    this.#index.unlink(unused)
    this.#reclaiming = this.#reclaim(unused, readsEnd).finally(() => {
      this.#reclaiming = undefined
    })
    return unused.length
  }

  /** Series that are not among those in use. */
  #among(inUse: Iterable<Iterable<number>>): Uint32Array {
    const bits = new Uint8Array((this.#index.refLimit + 7) >> 3)
    for (const refs of inUse) for (const ref of refs) bits[ref >> 3] = (bits[ref >> 3] as number) | (1 << (ref & 7))
    return this.#index.refsWithout(bits)
  }

  async #reclaim(unused: Uint32Array, readsEnd: () => Promise<void>): Promise<void> {
    await readsEnd()
    this.#index.free(unused)
    while (this.#index.sweep(SWEPT_REFS)) await nextTurn()
  }
}
