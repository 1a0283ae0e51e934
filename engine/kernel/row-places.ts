import { TidemarkError } from '../core/errors.ts'
import { type BlockRun, placeRun } from './block-run.ts'
import { type KeptRuns, RUN_WORDS } from './kept-runs.ts'
import type { CoreInstance } from './memory.ts'

/** Rows `[from, to)` of those that are ranked, and where their times are. */
export interface RowStretch {
  from: number
  to: number
  /** The first of some positions. */
  position: number
  /** The row whose position is the first, the others' by their numbers; without it one after the other's. */
  firstRow: number | undefined
}

/** Rows of an answer in the core's memory with the places that they come to, one column after the other. To be released. */
export class RowPlaces {
  /** How many rows there are. */
  readonly rows: number
  readonly #core: CoreInstance
  readonly #allocated: [address: number, bytes: number][] = []
  readonly #rowsAt: number
  readonly #ranksAt: number
  readonly #runsAt: number
  #places = 0
  #valuesAt = 0
  #ranks: Uint32Array | undefined

  /** Lists of rows of blocks, as `put` asks for them, one after the other. */
  constructor(core: CoreInstance, lists: readonly Uint32Array[]) {
    this.#core = core
    this.rows = lists.reduce((total, { length }) => total + length, 0)
    this.#rowsAt = this.#allocate(this.rows * 4)
    this.#ranksAt = this.#allocate(this.rows * 4)
    this.#runsAt = this.#allocate(lists.length * RUN_WORDS * 4)
    let at = this.#rowsAt >> 2
    for (const rows of lists) {
      core.i32.set(rows, at)
      at += rows.length
    }
  }

  /** Notes of the rows of stretches which position they have, and returns how many rows have each, of `distinct` many. */
  countRows(stretches: readonly RowStretch[], positions: Uint32Array, distinct: number): Uint32Array {
    const { exports } = this.#core
    const positionsAt = this.#allocate(positions.length * 4)
    const countsAt = this.#allocate(distinct * 4)
    this.#core.i32.set(positions, positionsAt >> 2)
    this.#core.i32.fill(0, countsAt >> 2, (countsAt >> 2) + distinct)
    for (const { from, to, position, firstRow } of stretches) {
      const rowsAt = firstRow === undefined ? 0 : this.#rowsAt + from * 4
      const ranksAt = this.#ranksAt + from * 4
      exports.countPlaces(rowsAt, to - from, firstRow ?? 0, positionsAt + position * 4, ranksAt, countsAt)
    }
    return new Uint32Array(exports.memory.buffer, countsAt, distinct).slice()
  }

  /**
   * Gives each row a place: of each position the first of its rows that of `starts`, the next one the next. Those behind `places` many
   * have none; every other place has a row.
   */
  rank(starts: Uint32Array, places: number): void {
    const startsAt = this.#allocate(starts.length * 4)
    this.#core.i32.set(starts, startsAt >> 2)
    this.#core.exports.rankPlaces(this.#ranksAt, this.rows, startsAt, places)
    this.#places = places
    this.#valuesAt = this.#allocate(places * 8)
  }

  /** The place of each row, or `NO_ROW`. */
  get ranks(): Uint32Array {
    this.#ranks ??= new Uint32Array(this.#core.exports.memory.buffer, this.#ranksAt, this.rows).slice()
    return this.#ranks
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

  /** Puts values of runs of kept blocks, as many as there are lists of rows at most, to their places: one call, since these are many. */
  putKept({ type, words }: KeptRuns): void {
    const { exports, i32 } = this.#core
    i32.set(words, this.#runsAt >> 2)
    const runs = words.length / RUN_WORDS
    const status = exports.placeKept(type, this.#runsAt, runs, this.#rowsAt, this.#ranksAt, this.#valuesAt)
    if (status === 0) return
    throw new TidemarkError(
      'corrupt',
      `a block of run ${exports.bulkFailedAt()} of ${runs} that are kept cannot be read`,
    )
  }

  /** Puts a number of 32 bits to the places of rows `[from, to)`. */
  putNumber(number: number, from: number, to: number): void {
    this.#core.exports.placeNumber(number, this.#ranksAt + from * 4, to - from, this.#valuesAt)
  }

  /** A copy of what is at the places, as doubles: what was put since, else what was there before. */
  doubles(): Float64Array {
    return this.#core.f64.slice(this.#valuesAt >> 3, (this.#valuesAt >> 3) + this.#places)
  }

  /** The same as integers. */
  integers(): BigInt64Array {
    return this.#core.i64.slice(this.#valuesAt >> 3, (this.#valuesAt >> 3) + this.#places)
  }

  /** The same of numbers of 32 bits. */
  numbers(): Uint32Array {
    return new Uint32Array(this.#core.exports.memory.buffer, this.#valuesAt, this.#places).slice()
  }

  release(): void {
    for (const [address, bytes] of this.#allocated) this.#core.exports.release(address, bytes)
  }

  #allocate(bytes: number): number {
    const address = this.#core.exports.allocate(bytes)
    this.#allocated.push([address, bytes])
    return address
  }
}
