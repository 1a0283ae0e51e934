/** Bytes that were read from segments and checked, up to a budget; what was not used for longest goes first. */
export class BlockCache {
  readonly #budgetBytes: number
  readonly #owners = new Map<object, Map<number, Entry>>()
  #bytes = 0
  #clock = 0

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(owner: object, run: number): Uint8Array | undefined {
    const entry = this.#owners.get(owner)?.get(run)
    if (entry === undefined) return undefined
    entry.used = ++this.#clock
    return entry.bytes
  }

  set(owner: object, run: number, bytes: Uint8Array): void {
    let runs = this.#owners.get(owner)
    if (runs === undefined) {
      runs = new Map()
      this.#owners.set(owner, runs)
    }
    const known = runs.get(run)
    this.#bytes += bytes.length - (known?.bytes.length ?? 0)
    runs.set(run, { bytes, used: ++this.#clock })
  }

  /** Forgets everything of one owner. */
  drop(owner: object): void {
    for (const { bytes } of this.#owners.get(owner)?.values() ?? []) this.#bytes -= bytes.length
    this.#owners.delete(owner)
  }

  /** Evicts down to three quarters of the budget where it is exceeded. */
  trim(): void {
    if (this.#bytes <= this.#budgetBytes) return
    const entries = [...this.#owners.values()].flatMap((runs) =>
      [...runs].map(([run, entry]) => ({ runs, run, entry })),
    )
    entries.sort((a, b) => a.entry.used - b.entry.used)
    for (const { runs, run, entry } of entries) {
      if (this.#bytes <= this.#budgetBytes * 0.75) return
      runs.delete(run)
      this.#bytes -= entry.bytes.length
    }
  }
}

interface Entry {
  bytes: Uint8Array
  used: number
}
