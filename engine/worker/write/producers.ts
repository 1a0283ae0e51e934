import { TidemarkError } from '../../core/errors.ts'
import type { Producer } from '../../core/rows.ts'
import { MAX_PRODUCER_CHARACTERS, MAX_SEQUENCE, type ProducerState } from '../../storage/producer-state.ts'

/** Producers whose last sequence is remembered; beyond it the one that has been silent for longest is forgotten. */
export const MAX_PRODUCERS = 100_000
/** A producer that has been silent for so long may be forgotten. */
export const PRODUCER_AGE_NS: bigint = 7n * 86_400n * 1_000_000_000n

/**
 * The last committed sequence of every producer, so that a repeated request changes nothing. Requests of one producer are
 * taken one after the other: whether one is a repeat is known once the one before it is durable or has failed.
 */
export class Producers {
  readonly #maxProducers: number
  /** In the order of their last commits. */
  readonly #last: Map<string, ProducerState>
  /** By producer, resolves when the request that was called last has ended. */
  readonly #ends = new Map<string, Promise<void>>()

  constructor(last: ReadonlyMap<string, ProducerState>, maxProducers: number = MAX_PRODUCERS) {
    this.#last = new Map(last)
    this.#maxProducers = maxProducers
  }

  /** Resolves when no request of a producer is under way. */
  get idle(): Promise<unknown> {
    return Promise.all(this.#ends.values())
  }

  /** Runs a request unless it is a repeat; then resolves with `undefined`. Throws `invalid` where the producer is none. */
  async once<T>(producer: Producer, run: () => Promise<T>): Promise<T | undefined> {
    checkProducer(producer)
    const { id, sequence } = producer
    const before = this.#ends.get(id) ?? Promise.resolve()
    const result = before.then(() => {
      const last = this.#last.get(id)
      return last !== undefined && sequence <= last.sequence ? undefined : run()
    })
    const end = result.then(ignore, ignore)
    this.#ends.set(id, end)
    try {
      return await result
    } finally {
      if (this.#ends.get(id) === end) this.#ends.delete(id)
    }
  }

  /** A request of the producer has become durable. */
  committed({ id, sequence }: Producer, time: bigint): void {
    this.#last.delete(id)
    this.#last.set(id, { sequence, time })
    if (this.#last.size <= this.#maxProducers) return
    const [oldest] = this.#last.keys()
    if (oldest !== undefined) this.#last.delete(oldest)
  }

  /** What a manifest has to remember. */
  states(now: bigint): ReadonlyMap<string, ProducerState> {
    for (const [id, { time }] of this.#last) {
      if (now - time > PRODUCER_AGE_NS) this.#last.delete(id)
    }
    return new Map(this.#last)
  }
}

function ignore(): void {
  // Who called the request gets its error.
}

function checkProducer({ id, sequence }: Producer): void {
  if (id.length === 0 || id.length > MAX_PRODUCER_CHARACTERS) {
    const message = `the name of a producer has ${id.length} characters, expected 1 to ${MAX_PRODUCER_CHARACTERS}`
    throw new TidemarkError('invalid', message)
  }
  if (sequence < 0n || sequence > MAX_SEQUENCE) {
    throw new TidemarkError('invalid', `the sequence is ${sequence}, expected an integer from 0 to ${MAX_SEQUENCE}`)
  }
}
