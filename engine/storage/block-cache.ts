/** Bytes that were read from segments and checked, up to a budget; what was not used for longest goes first. */
export class BlockCache {
  readonly #budgetBytes: number
  readonly #owners = new Map<object, Map<number, CachedRun>>()
  readonly #held = new Map<object, Held>()
  #bytes = 0
  #clock = 0

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** What is kept of an owner, by run. Later runs may come to the answer; an eviction does not touch it. */
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
    const runs = this.#owners.get(owner) ?? new Map<number, CachedRun>()
    const used = ++this.#clock
    for (const [run, bytes] of added) {
      this.#bytes += bytes.length - (runs.get(run)?.bytes.length ?? 0)
      runs.set(run, { bytes, used })
    }
    this.#owners.set(owner, runs)
  }

  /** Counts bytes that an owner keeps by itself, until there is no room: then it is asked to let go of them. */
  hold(owner: object, bytes: number, release: () => void): void {
    this.#held.set(owner, { bytes, release, used: ++this.#clock })
    this.#bytes += bytes
  }

  /** Says that what an owner keeps was used now. */
  touchHeld(owner: object): void {
    const held = this.#held.get(owner)
    if (held) held.used = ++this.#clock
  }

  /** Forgets everything of one owner. */
  drop(owner: object): void {
    this.#bytes -= this.#held.get(owner)?.bytes ?? 0
    this.#held.delete(owner)
    for (const { bytes } of this.#owners.get(owner)?.values() ?? []) this.#bytes -= bytes.length
    this.#owners.delete(owner)
  }

  /** Evicts down to three quarters of the budget where it is exceeded. */
  trim(): void {
    if (this.#bytes <= this.#budgetBytes) return
    const entries = [...this.#owners].flatMap(([owner, runs]) =>
      Array.from(runs, ([run, { bytes, used }]) => ({
        bytes: bytes.length,
        used,
        evict: () => this.#evict(owner, run),
      })),
    )
    for (const [owner, { bytes, used, release }] of this.#held) {
      const evict = (): void => {
        this.#held.delete(owner)
        release()
      }
      entries.push({ bytes, used, evict })
    }
    entries.sort((a, b) => a.used - b.used)
    for (const [owner, runs] of this.#owners) this.#owners.set(owner, new Map(runs))
    for (const { bytes, evict } of entries) {
      if (this.#bytes <= this.#budgetBytes * 0.75) return
      evict()
      this.#bytes -= bytes
    }
  }

  #evict(owner: object, run: number): void {
    this.#owners.get(owner)?.delete(run)
  }
}

export interface CachedRun {
  readonly bytes: Uint8Array
  /** When it was used last, by the cache's own clock. */
  used: number
}

interface Held {
  readonly bytes: number
  readonly release: () => void
  used: number
}

const NO_RUNS: ReadonlyMap<number, CachedRun> = new Map()
