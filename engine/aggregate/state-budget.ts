import { TidemarkError } from '../core/errors.ts'
import { printBytes } from '../core/print-bytes.ts'

/** Bytes that the accumulators of one scan or merge may keep, about. */
export const MAX_STATE_BYTES: number = 512 * 2 ** 20

/** Counts what cells and accumulators keep, and refuses what is beyond. */
export class StateBudget {
  readonly #limit: number
  readonly #whole: StateBudget | undefined
  #used = 0

  /** What is taken counts for `whole` too. */
  constructor(limit: number = MAX_STATE_BYTES, whole?: StateBudget) {
    this.#limit = limit
    this.#whole = whole
  }

  /** Counts bytes before they are allocated. Throws `quota` where they are too many. */
  take(bytes: number): void {
    this.#used += bytes
    if (this.#whole) this.#whole.#used += bytes
    for (const budget of [this, this.#whole]) {
      if (budget && budget.#used > budget.#limit) throw tooMuch(budget.#used, budget.#limit)
    }
  }

  /** Gives back all that was taken. */
  release(): void {
    if (this.#whole) this.#whole.#used -= this.#used
    this.#used = 0
  }
}

function tooMuch(used: number, limit: number): TidemarkError {
  const message = `the states of aggregates need ${printBytes(used)}, and ${printBytes(limit)} are allowed`
  return new TidemarkError('quota', message, {
    hint:
      'Use approx_quantile or approx_count_distinct, wider windows, fewer groups, or a shorter range of time; or give the ' +
      'query more memory.',
  })
}
