/**
 * Bytes that were read from segments and checked, up to a budget; what was not used for longest goes first. Runs that share memory go
 * together: it counts whole, and is free only then.
 */
export class BlockCache {
  readonly #budgetBytes: number
  readonly #owners = new Map<object, Map<number, CachedRun>>()
  readonly #memories = new Map<object, Set<CachedMemory>>()
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
    for (const { memory } of runs) memory.used = now
  }

  /** Keeps more runs of an owner. Nobody else's bytes are in the memory that they share. */
  add(owner: object, added: ReadonlyMap<number, Uint8Array>): void {
    const runs = this.#owners.get(owner) ?? new Map<number, CachedRun>()
    const memories = this.#memories.get(owner) ?? new Set<CachedMemory>()
    this.#owners.set(owner, runs)
    this.#memories.set(owner, memories)
    const used = ++this.#clock
    const addedByBuffer = new Map<ArrayBufferLike, CachedMemory>()
    for (const [run, bytes] of added) {
      let memory = addedByBuffer.get(bytes.buffer)
      if (memory === undefined) {
        memory = { buffer: bytes.buffer, bytes: bytes.buffer.byteLength, runs: [], left: 0, used }
        addedByBuffer.set(bytes.buffer, memory)
        memories.add(memory)
        this.#bytes += memory.bytes
      }
      const before = runs.get(run)?.memory
      if (before && --before.left === 0) this.#forget(before, memories)
      memory.runs.push(run)
      memory.left++
      runs.set(run, new CachedRun(memory, bytes.byteOffset, bytes.length))
    }
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
    for (const { bytes } of this.#memories.get(owner) ?? []) this.#bytes -= bytes
    this.#memories.delete(owner)
    this.#owners.delete(owner)
  }

  /** Evicts down to three quarters of the budget where it is exceeded. */
  trim(): void {
    if (this.#bytes <= this.#budgetBytes) return
    const entries: { used: number; evict: () => void }[] = []
    for (const [owner, memories] of this.#memories) {
      for (const memory of memories) entries.push({ used: memory.used, evict: () => this.#evict(owner, memory) })
    }
    for (const [owner, { bytes, used, release }] of this.#held) {
      const evict = (): void => {
        this.#held.delete(owner)
        this.#bytes -= bytes
        release()
      }
      entries.push({ used, evict })
    }
    entries.sort((a, b) => a.used - b.used)
    for (const [owner, runs] of this.#owners) this.#owners.set(owner, new Map(runs))
    for (const { evict } of entries) {
      if (this.#bytes <= this.#budgetBytes * 0.75) return
      evict()
    }
  }

  #evict(owner: object, memory: CachedMemory): void {
    const runs = this.#owners.get(owner)
    for (const run of memory.runs) if (runs?.get(run)?.memory === memory) runs.delete(run)
    this.#forget(memory, this.#memories.get(owner))
  }

  #forget(memory: CachedMemory, memories: Set<CachedMemory> | undefined): void {
    if (memories?.delete(memory)) this.#bytes -= memory.bytes
  }
}

/** Memory that runs share which were added together. */
interface CachedMemory {
  readonly buffer: ArrayBufferLike
  readonly bytes: number
  readonly runs: number[]
  /** How many of the runs are the newest of their number. */
  left: number
  /** When one of them was used last, by the cache's own clock. */
  used: number
}

/** Where its bytes are: an array of them takes 100 bytes more for each of the many runs, which are short. */
export class CachedRun {
  readonly memory: CachedMemory
  readonly #start: number
  readonly length: number

  constructor(memory: CachedMemory, start: number, length: number) {
    this.memory = memory
    this.#start = start
    this.length = length
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.#start, this.length)
  }
}

interface Held {
  readonly bytes: number
  readonly release: () => void
  used: number
}

const NO_RUNS: ReadonlyMap<number, CachedRun> = new Map()
