import type { KeptBlocks } from './kept-blocks.ts'

/** Where the headers of a run are, where the addresses of its payloads, how many blocks, and the first and the end of its rows. */
export const RUN_WORDS = 5

/** Blocks of one series that follow each other, some of each column. */
interface KeptStretch {
  blocks: KeptBlocks
  first: number
  count: number
}

/** Runs of kept blocks of one type with a value in every row, each of a part of the rows of an answer. They stay kept until they are read. */
export class KeptRuns {
  /** The byte of the type. */
  readonly type: number
  readonly #words: Int32Array
  #length = 0

  /** Has room for `most` runs. */
  constructor(type: number, most: number) {
    this.type = type
    this.#words = new Int32Array(most * RUN_WORDS)
  }

  /** What the core reads. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#length)
  }

  /** Adds blocks of a column for rows `[from, to)`, which count from the first one of these blocks; false where they are not such. */
  add({ blocks, first, count }: KeptStretch, column: number, from: number, to: number): boolean {
    if (blocks.fullType(column) !== this.type) return false
    const at = this.#length
    const words = this.#words
    words[at] = blocks.headerAt(column, first)
    words[at + 1] = blocks.payloadWordAt(column, first)
    words[at + 2] = count
    words[at + 3] = from
    words[at + 4] = to
    this.#length = at + RUN_WORDS
    return true
  }
}
