import { HeadMemory } from '../kernel/head-memory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { urgeCollector } from '../kernel/urge-collector.ts'

/** A memory is kept for the next head where it is at most so many times as large as what the last one needed of it. */
const MOST_TIMES = 4
/** Memories below this are kept in any case. */
const SMALL_BYTES = 8 << 20

/**
 * The memories of heads. One that a head has left is used by the next, so that two of them take turns while rows keep coming: the
 * memory of an instance of the core never shrinks, and one that is dropped takes its room until the collector finds it.
 */
export class HeadMemories {
  readonly #kernel: Kernel
  #spare: HeadMemory | undefined

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** Bytes of the memory that waits for a head. */
  get spareBytes(): number {
    return this.#spare?.size ?? 0
  }

  /** An empty memory. */
  take(): HeadMemory {
    const memory = this.#spare ?? new HeadMemory(this.#kernel)
    this.#spare = undefined
    return memory
  }

  /** Takes a memory back that nobody reads any more. */
  give(memory: HeadMemory): void {
    const isFitting = memory.size <= Math.max(SMALL_BYTES, MOST_TIMES * memory.bytes)
    memory.clear()
    if (isFitting && this.#spare === undefined) this.#spare = memory
    else void urgeCollector(memory.size)
  }

  /** Lets go of what waits, and of the memory of an empty head that is given; small ones are kept. Resolves when it has had time to be free. */
  trim(empty?: HeadMemory): Promise<void> {
    const memories = [empty, this.#spare].filter((memory) => memory !== undefined)
    this.#spare = memories.find(({ size }) => size <= SMALL_BYTES)
    const kept = this.#spare?.size ?? 0
    // What waits for it has to refer to no memory.
    return urgeCollector(memories.reduce((bytes, { size }) => bytes + size, -kept))
  }
}
