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

  /** Whether a memory is worth to be let go when nothing comes: a new one costs more than a small one takes. */
  isLarge({ size }: HeadMemory): boolean {
    return size > SMALL_BYTES
  }

  /** Lets go of the memory that waits, where it is large, and of that of an empty head that is given. Resolves when they have had time to be free. */
  trim(empty?: HeadMemory): Promise<void> {
    const left = this.#spare && this.isLarge(this.#spare) ? this.spareBytes : 0
    if (left > 0) this.#spare = undefined
    // What waits for it has to refer to no memory.
    return urgeCollector(left + (empty?.size ?? 0))
  }
}
