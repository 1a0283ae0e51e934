import { HEADER_BYTES } from './header.ts'
import type { CoreInstance } from './memory.ts'

/** Integers that the statistics of a header become. */
export const STATISTICS = 5
/** Most places of decimals. */
export const MOST_PLACES = 18

/** What became of the statistics of some headers. */
export interface PackedStatistics {
  /** By header: -1 where they have no form as integers; else twice its places, and 1 more where the sum is one of them. */
  form: Int32Array
  /** First, second and so on of the integers of each header that has such a form. */
  columns: readonly BigInt64Array[]
}

/**
 * Statistics of some of many headers, all of them of numbers, as small integers. `places` has for each of the many the number of decimals
 * where the block is of them, else 0.
 */
export function packStatistics(
  core: CoreInstance,
  headers: Uint8Array,
  places: Uint8Array,
  blocks: Uint32Array,
): PackedStatistics {
  const { exports } = core
  const count = blocks.length
  const bytes = headers.length + STATISTICS * 8 * count + 4 * count + places.length
  const at = exports.allocate(bytes) >>> 0
  const packedAt = at + headers.length
  const blocksAt = packedAt + STATISTICS * 8 * count
  const placesAt = blocksAt + 4 * count
  const { u8 } = core
  u8.set(headers, at)
  u8.set(places, placesAt)
  new Uint32Array(u8.buffer, blocksAt, count).set(blocks)
  const chosen = exports.packStatistics(at, placesAt, blocksAt, count, packedAt)
  const form = new Int32Array(u8.buffer, blocksAt, count).slice()
  const columns = Array.from({ length: STATISTICS }, (_, i) =>
    new BigInt64Array(u8.buffer, packedAt + 8 * i * count, chosen).slice(),
  )
  exports.release(at, bytes)
  return { form, columns }
}

/** Brings statistics of headers back from small integers, header after header in the order in which they were packed. */
export class HeaderStatistics {
  readonly #core: CoreInstance

  constructor(core: CoreInstance) {
    this.#core = core
    core.exports.beginStatistics()
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
