import { type BlockRun, placeRun } from './block-run.ts'
import type { CoreInstance } from './memory.ts'

/** Places of the rows of an answer in the core's memory, which one column after the other is put to. To be released. */
export class RowPlaces {
  readonly #core: CoreInstance
  readonly #count: number
  readonly #places: number
  readonly #rowsAt: number
  readonly #ranksAt: number
  readonly #valuesAt: number

  /**
   * `rows` are rows of blocks, as `put` asks for them, and `ranks` the place of each among `places` many, or `NO_ROW`; every place
   * has a row.
   */
  constructor(core: CoreInstance, rows: Uint32Array, ranks: Uint32Array, places: number) {
    this.#core = core
    this.#count = rows.length
    this.#places = places
    const { exports } = core
    this.#rowsAt = exports.allocate(rows.length * 4)
    this.#ranksAt = exports.allocate(rows.length * 4)
    this.#valuesAt = exports.allocate(places * 8)
    core.i32.set(rows, this.#rowsAt >> 2)
    core.i32.set(ranks, this.#ranksAt >> 2)
  }

  /**
   * Decodes verified blocks of f64, i64 or times without missing values, and puts those of rows `[from, to)` to their places. These
   * rows rise, and count from the first one of the blocks.
   */
  put(run: BlockRun, from: number, to: number): void {
    placeRun(this.#core, run, {
      rowsAt: this.#rowsAt + from * 4,
      ranksAt: this.#ranksAt + from * 4,
      count: to - from,
      valuesAt: this.#valuesAt,
    })
  }

  /** A copy of what is at the places, as doubles: what was put since, else what was there before. */
  doubles(): Float64Array {
    return this.#core.f64.slice(this.#valuesAt >> 3, (this.#valuesAt >> 3) + this.#places)
  }

  /** The same as integers. */
  integers(): BigInt64Array {
    return this.#core.i64.slice(this.#valuesAt >> 3, (this.#valuesAt >> 3) + this.#places)
  }

  release(): void {
    const { exports } = this.#core
    exports.release(this.#rowsAt, this.#count * 4)
    exports.release(this.#ranksAt, this.#count * 4)
    exports.release(this.#valuesAt, this.#places * 8)
  }
}
