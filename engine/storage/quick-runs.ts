import type { BlockRun } from '../kernel/block-run.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { BlockCache } from './block-cache.ts'
import { QuickRun } from './quick-run.ts'

/** Dense runs of a segment that are in the fast family in memory, as long as the cache has room. */
export class QuickRuns {
  readonly #cache: BlockCache
  readonly #kernel: Kernel
  #runs = new Map<number, QuickRun>()
  /** Who asked before may still read the map. */
  #isShown = false

  constructor(cache: BlockCache, kernel: Kernel) {
    this.#cache = cache
    this.#kernel = kernel
  }

  /** All of them by their first block. A run that is let go later does not leave the answer. */
  get all(): ReadonlyMap<number, QuickRun> {
    this.#isShown = true
    return this.#runs
  }

  /** The run of a first block, which counts as used now. */
  use(first: number): QuickRun | undefined {
    const quick = this.#runs.get(first)
    if (quick) this.#cache.touchHeld(quick)
    return quick
  }

  add(first: number, run: BlockRun): void {
    const quick = QuickRun.of(run, this.#kernel)
    this.#runs.set(first, quick)
    this.#cache.hold(quick, quick.bytes, () => this.#letGo(first))
  }

  drop(): void {
    for (const quick of this.#runs.values()) this.#cache.drop(quick)
    this.#runs = new Map()
  }

  #letGo(first: number): void {
    if (this.#isShown) this.#runs = new Map(this.#runs)
    this.#isShown = false
    this.#runs.delete(first)
  }
}
