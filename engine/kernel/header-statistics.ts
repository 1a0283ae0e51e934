import { HEADER_BYTES } from './header.ts'
import type { CoreInstance } from './memory.ts'

/** Integers that the statistics of a header become. */
export const STATISTICS = 5
/** Most places of decimals. */
export const MOST_PLACES = 18

/** Statistics of headers as small integers, header after header in the same order when packing and unpacking. */
export class HeaderStatistics {
  readonly #core: CoreInstance

  constructor(core: CoreInstance) {
    this.#core = core
    core.exports.beginStatistics()
  }

  /**
   * Packs the statistics of one header of numbers into `target` from `at` on. `places` is the number of decimals where the
   * block is of them, else 0. Says whether they have such a form: all of them, all but the sum, or none.
   */
  pack(
    headers: Uint8Array,
    headerAt: number,
    places: number,
    target: BigInt64Array,
    at: number,
  ): 'all' | 'no sum' | 'none' {
    const { exports, u8 } = this.#core
    u8.set(headers.subarray(headerAt, headerAt + HEADER_BYTES), exports.HEADER.value)
    const found = exports.packStatistics(places)
    const from = exports.VALUES.value >> 3
    if (found > 0) target.set(this.#core.i64.subarray(from, from + STATISTICS), at)
    return found === 2 ? 'all' : found === 1 ? 'no sum' : 'none'
  }

  /** Completes a header that has type and rows from what `pack` made, `places` being at most `MOST_PLACES`. */
  unpack(headers: Uint8Array, headerAt: number, places: number, hasSum: boolean, packed: BigInt64Array): void {
    const { exports, u8 } = this.#core
    const header = headers.subarray(headerAt, headerAt + HEADER_BYTES)
    u8.set(header, exports.HEADER.value)
    this.#core.i64.set(packed, exports.VALUES.value >> 3)
    exports.unpackStatistics(places, hasSum ? 1 : 0)
    header.set(u8.subarray(exports.HEADER.value, exports.HEADER.value + HEADER_BYTES))
  }
}
