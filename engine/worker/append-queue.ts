import { nextTurn } from './next-turn.ts'

/** What an append has made ready: its answer, and when it is safe to give it. */
export interface Prepared<T> {
  answer: T
  done: Promise<void>
}

/** To prepare so much takes milliseconds; afterwards queries that wait in this thread get a turn. */
export const LARGE_BYTES: number = 1 << 17
/** So many small appends may go before a large one that has waited for longer. */
export const MAX_OVERTAKING = 16

/**
 * Lets appends prepare their rows one after the other, and only while few enough bytes wait to be durable: what one append
 * learns of series and columns, the next one relies on. Turns go in the order of calls, but small appends overtake large
 * ones, so that a measurement does not wait for a bulk load.
 */
export class AppendQueue {
  readonly #maxBytes: number
  readonly #small: (() => void)[] = []
  readonly #large: (() => void)[] = []
  readonly #idle: (() => void)[] = []
  #overtaking = 0
  #busy = false
  #bytes = 0
  #onRoom: (() => void) | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Runs `prepare` when its turn comes and resolves with its answer when that is done. The bytes count until then. */
  async run<T>(bytes: number, prepare: () => Promise<Prepared<T>>): Promise<T> {
    await this.#turn(bytes)
    this.#bytes += bytes
    try {
      const { answer, done } = await this.#prepare(bytes, prepare).finally(() => this.#passOn())
      await done
      return answer
    } finally {
      this.#bytes -= bytes
      this.#onRoom?.()
    }
  }

  /** Resolves when no append prepares its rows or waits to. */
  get prepared(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve()
  }

  #turn(bytes: number): Promise<void> {
    if (this.#busy) return new Promise((resolve) => (bytes < LARGE_BYTES ? this.#small : this.#large).push(resolve))
    this.#busy = true
    return Promise.resolve()
  }

  #passOn(): void {
    const largeIsDue = this.#large.length > 0 && (this.#small.length === 0 || this.#overtaking >= MAX_OVERTAKING)
    this.#overtaking = largeIsDue || this.#large.length === 0 ? 0 : this.#overtaking + 1
    const next = largeIsDue ? this.#large.shift() : this.#small.shift()
    if (next) {
      next()
      return
    }
    this.#busy = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #prepare<T>(bytes: number, prepare: () => Promise<Prepared<T>>): Promise<Prepared<T>> {
    // An append that is larger than the limit by itself goes alone.
    while (this.#bytes > this.#maxBytes && this.#bytes > bytes) await this.#room()
    const prepared = await prepare()
    if (bytes >= LARGE_BYTES) await nextTurn()
    return prepared
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }
}
