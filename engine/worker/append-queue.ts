import { nextTurn } from './next-turn.ts'

/** What an append has made ready: its answer, and when it is safe to give it. */
export interface Prepared<T> {
  answer: T
  done: Promise<void>
}

/** To prepare so much takes milliseconds; afterwards queries that wait in this thread get a turn. */
const LARGE_BYTES = 1 << 17

/**
 * Lets appends prepare their rows one after the other, in the order of calls, and only while few enough bytes wait to be
 * durable: what one append learns of series and columns, the next one relies on.
 */
export class AppendQueue {
  readonly #maxBytes: number
  #bytes = 0
  #last: Promise<void> = Promise.resolve()
  #onRoom: (() => void) | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Runs `prepare` when its turn comes and resolves with its answer when that is done. The bytes count until then. */
  async run<T>(bytes: number, prepare: () => Promise<Prepared<T>>): Promise<T> {
    const previous = this.#last
    const turn = Promise.withResolvers<void>()
    this.#last = turn.promise
    await previous
    this.#bytes += bytes
    try {
      const { answer, done } = await this.#prepare(bytes, prepare).finally(turn.resolve)
      await done
      return answer
    } finally {
      this.#bytes -= bytes
      this.#onRoom?.()
    }
  }

  /** Resolves when every append that was called so far has been prepared or has failed. */
  get prepared(): Promise<void> {
    return this.#last
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
