import { TidemarkError } from '../core/errors.ts'

/** Bytes that the accumulators of one scan or merge may keep, about. */
export const MAX_STATE_BYTES: number = 512 * 2 ** 20

/** Counts what accumulators keep, and refuses what is beyond. */
export class StateBudget {
  readonly #limit: number
  #used = 0

  constructor(limit: number = MAX_STATE_BYTES) {
    this.#limit = limit
  }

  /** Counts bytes before they are allocated. Throws `quota` where they are too many. */
  take(bytes: number): void {
    this.#used += bytes
    if (this.#used <= this.#limit) return
    throw new TidemarkError('quota', `the states of aggregates need more than ${this.#limit} bytes`, {
      hint: 'Use approx_quantile or approx_count_distinct, fewer groups, or a shorter range of time.',
    })
  }
}
