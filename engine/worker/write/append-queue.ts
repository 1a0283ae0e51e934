import { TidemarkError } from '../../core/errors.ts'
import { nextTurn } from '../../core/next-turn.ts'

/** What an append has made ready: its answer, and when it is safe to give it. */
export interface Prepared<T> {
  answer: T
  done: Promise<void>
}

/** To prepare so much takes milliseconds; afterwards queries that wait in this thread get a turn. */
export const LARGE_BYTES: number = 1 << 17
/** Bytes of appends that were called and are not done, prepared or not: whoever comes then is turned away. */
export const MAX_QUEUED_BYTES: number = 256 << 20
/** What an append takes beside its bytes, about: small ones have a limit too. */
export const APPEND_BYTES = 1024
/** So many small appends may go before a large one that has waited for longer. */
export const MAX_OVERTAKING = 16

/** Lets others have a turn between two parts of an append: small appends, and what else this thread has to do. */
export type Pause = () => Promise<void>

/**
 * Lets appends prepare their rows one after the other, and only while few enough bytes wait to be durable: what one append
 * learns of series and columns, the next one relies on. Turns go in the order of calls, but small appends overtake large
 * ones, also those that have begun and pause, so that a measurement does not wait for a bulk load.
 */
export class AppendQueue {
  readonly #maxBytes: number
  readonly #maxQueuedBytes: number
  readonly #small: (() => void)[] = []
  readonly #large: (() => void)[] = []
  readonly #idle: (() => void)[] = []
  #overtaking = 0
  #busy = false
  #bytes = 0
  #queuedBytes = 0
  #onRoom: (() => void) | undefined

  constructor(maxBytes: number, maxQueuedBytes: number = MAX_QUEUED_BYTES) {
    this.#maxBytes = maxBytes
    this.#maxQueuedBytes = maxQueuedBytes
  }

  /**
   * Runs `prepare` when its turn comes and resolves with its answer when that is done. The bytes count until then. Throws
   * `quota` where too many bytes wait already.
   */
  async run<T>(bytes: number, prepare: (pause: Pause) => Promise<Prepared<T>>): Promise<T> {
    const queued = bytes + APPEND_BYTES
    // One that is larger than the limit by itself comes in where nobody waits.
    if (this.#queuedBytes > 0 && this.#queuedBytes + queued > this.#maxQueuedBytes) {
      throw new TidemarkError('quota', `${this.#queuedBytes} bytes of appends wait already; append more slowly`)
    }
    this.#queuedBytes += queued
    try {
      return await this.#run(bytes, prepare)
    } finally {
      this.#queuedBytes -= queued
    }
  }

  async #run<T>(bytes: number, prepare: (pause: Pause) => Promise<Prepared<T>>): Promise<T> {
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

  async #prepare<T>(bytes: number, prepare: (pause: Pause) => Promise<Prepared<T>>): Promise<Prepared<T>> {
    // An append that is larger than the limit by itself goes alone.
    while (this.#bytes > this.#maxBytes && this.#bytes > bytes) await this.#room()
    const prepared = await prepare(() => this.#pause())
    // It may fail during the turn that others get now; who awaits it afterwards has the error.
    prepared.done.catch(() => undefined)
    if (bytes >= LARGE_BYTES) await nextTurn()
    return prepared
  }

  /** Whoever pauses is the next of the large ones. */
  async #pause(): Promise<void> {
    await nextTurn()
    if (this.#small.length === 0) return
    const back = new Promise<void>((resolve) => this.#large.unshift(resolve))
    this.#passOn()
    await back
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = resolve
    })
  }
}
