/** Bytes that were read from segments and checked, up to a budget; what was not used for longest goes first. */
export class BlockCache {
  readonly #budgetBytes: number
  readonly #owners = new Map<object, Map<number, CachedRun>>()
  #bytes = 0
  #clock = 0

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What is kept of an owner, by run. A later eviction does not touch the answer. */
  runs(owner: object): ReadonlyMap<number, CachedRun> {
    return this.#owners.get(owner) ?? NO_RUNS
  }

  /** Says that runs of an owner were used now. */
  touch(runs: Iterable<CachedRun>): void {
    const now = ++this.#clock
    for (const run of runs) run.used = now
  }

  /** Keeps more runs of an owner. */
  add(owner: object, added: ReadonlyMap<number, Uint8Array>): void {
    const runs = new Map(this.#owners.get(owner))
    const used = ++this.#clock
    for (const [run, bytes] of added) {
      this.#bytes += bytes.length - (runs.get(run)?.bytes.length ?? 0)
      runs.set(run, { bytes, used })
    }
    this.#owners.set(owner, runs)
  }

  /** Forgets everything of one owner. */
  drop(owner: object): void {
    for (const { bytes } of this.#owners.get(owner)?.values() ?? []) this.#bytes -= bytes.length
    this.#owners.delete(owner)
  }

  /** Evicts down to three quarters of the budget where it is exceeded. */
  trim(): void {
    if (this.#bytes <= this.#budgetBytes) return
    const entries = [...this.#owners].flatMap(([owner, runs]) =>
      [...runs].map(([run, entry]) => ({ owner, run, entry })),
    )
    entries.sort((a, b) => a.entry.used - b.entry.used)
    for (const [owner, runs] of this.#owners) this.#owners.set(owner, new Map(runs))
    for (const { owner, run, entry } of entries) {
      if (this.#bytes <= this.#budgetBytes * 0.75) return
      this.#owners.get(owner)?.delete(run)
      this.#bytes -= entry.bytes.length
    }
  }
}

export interface CachedRun {
  readonly bytes: Uint8Array
  /** When it was used last, by the cache's own clock. */
  used: number
}

const NO_RUNS: ReadonlyMap<number, CachedRun> = new Map()
