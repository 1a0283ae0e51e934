import type { Column } from '../core/batch.ts'
import { gatherColumn } from '../core/columns.ts'

/** Some rows, as the evaluator sees them. */
export interface Frame {
  rows: number
  /** The column of a name; a missing field is a column without one valid row. Absent tags may be `''` or missing. */
  column(name: string, source: 'field' | 'tag' | 'time'): Column
}

/** Some rows of a frame; each of its columns is gathered once, when it is first asked for. */
export class SelectedFrame implements Frame {
  readonly rows: number
  readonly #frame: Frame
  readonly #places: Uint32Array
  readonly #columns = new Map<string, Column>()

  constructor(frame: Frame, places: Uint32Array) {
    this.rows = places.length
    this.#frame = frame
    this.#places = places
  }

  column(name: string, source: 'field' | 'tag' | 'time'): Column {
    const key = `${source} ${name}`
    const known = this.#columns.get(key)
    if (known) return known
    const column = gatherColumn(this.#frame.column(name, source), this.#places)
    this.#columns.set(key, column)
    return column
  }
}
