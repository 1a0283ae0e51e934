import type { Posting } from './posting-pool.ts'
import type { TagColumn } from './tag-column.ts'

/** The series of one table, and the columns of its tags. */
export interface TableIndex {
  name: string
  /** Symbol of the name. */
  symbol: number
  /** By the symbol of the tag's name. */
  columns: Map<number, TagColumn>
  series: Posting
}

/** Which tags a series has: a place in the tree of a table's lists of tags, each list its parent's and one tag more. */
export class SeriesShape {
  readonly id: number
  readonly table: TableIndex
  readonly columns: readonly TagColumn[]
  readonly #next = new Map<number, SeriesShape>()
  /** The one that `next` gave last. */
  last: SeriesShape | undefined

  constructor(id: number, table: TableIndex, columns: readonly TagColumn[]) {
    this.id = id
    this.table = table
    this.columns = columns
  }

  /** Symbol of the name of the last tag, of the table where there is none. */
  get symbol(): number {
    return this.columns.at(-1)?.symbol ?? this.table.symbol
  }

  /** The shape with one more tag, by the symbol of its name. */
  next(symbol: number): SeriesShape | undefined {
    if (this.last?.symbol === symbol) return this.last
    const shape = this.#next.get(symbol)
    if (shape) this.last = shape
    return shape
  }

  add(symbol: number, shape: SeriesShape): void {
    this.#next.set(symbol, shape)
  }
}
