import type { Batch, Column } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { printBytes } from '../../core/print-bytes.ts'

/** Most bytes of rows and groups that one query holds at a time, for sorts, groups, joins and the like. */
export const MAX_HELD_BYTES: number = 1024 * 1024 * 1024
/** An estimate for one string of a dictionary, with its header and its place in an array. */
const BYTES_A_STRING = 40

/** Counts the bytes that the operators of a query hold. */
export class QueryMemory {
  readonly most: number
  #held = 0
  #peak = 0
  /** Batches often share the dictionaries of their strings. */
  #counted = new WeakSet<readonly string[]>()

  constructor(most: number = MAX_HELD_BYTES) {
    this.most = most
  }

  get held(): number {
    return this.#held
  }

  /** The most that was held at a time. */
  get peak(): number {
    return this.#peak
  }

  /** Counts bytes that an operator is about to hold. Throws `quota` where that is too much. */
  hold(bytes: number): void {
    this.#held += bytes
    if (this.#held > this.#peak) this.#peak = this.#held
    if (this.#held <= this.most) return
    const message = `the query would hold ${printBytes(this.#held)} of rows, and ${printBytes(this.most)} are allowed`
    throw new TidemarkError('quota', message, {
      hint:
        'Narrow the time range, select fewer columns, add LIMIT, or order by time, which needs no sort; or give the query ' +
        'more memory.',
    })
  }

  release(bytes: number): void {
    this.#held -= bytes
  }

  /** Counts a batch that an operator keeps; returns its bytes, to be released. */
  holdBatch(batch: Batch): number {
    const bytes = batch.columns.reduce((sum, column) => sum + this.#bytesOf(column), 0)
    this.hold(bytes)
    return bytes
  }

  #bytesOf(column: Column): number {
    const bytes = column.values.byteLength + (column.validity?.byteLength ?? 0)
    if (column.type !== 'string' || this.#counted.has(column.dictionary)) return bytes
    this.#counted.add(column.dictionary)
    return bytes + column.dictionary.length * BYTES_A_STRING
  }
}
