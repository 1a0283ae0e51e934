import { type Column, type ColumnType, isValid } from '../core/batch.ts'
import { type ColumnPart, concatColumns, gatherColumn, missingColumn } from '../core/columns.ts'
import { type Frame, SelectedFrame } from './frame.ts'

/** Rows that are dealt out to columns, some at a time, until none is left; then the columns are put together again. */
export class Choice {
  readonly #type: ColumnType
  readonly #frame: Frame
  readonly #parts: ColumnPart[] = []
  /** Where each row's value is in the parts, one after the other. */
  readonly #placeOf: Uint32Array
  #dealt = 0
  /** Rows that are left, `undefined` for all of them. */
  #open: Uint32Array | undefined

  constructor(type: ColumnType, frame: Frame) {
    this.#type = type
    this.#frame = frame
    this.#placeOf = new Uint32Array(frame.rows)
  }

  get done(): boolean {
    return this.#open === undefined ? this.#frame.rows === 0 : this.#open.length === 0
  }

  /** The rows that are left. */
  get frame(): Frame {
    return this.#open === undefined ? this.#frame : new SelectedFrame(this.#frame, this.#open)
  }

  /** Deals those of the rows that are left for which `takes` is not 0 to a column that is made for them. */
  deal(takes: Uint8Array, columnOf: (frame: Frame) => Column): void {
    const rows = this.#open ?? Uint32Array.from({ length: this.#frame.rows }, (_, row) => row)
    const taken = rows.filter((_, i) => takes[i] !== 0)
    if (taken.length === 0) return
    const all = taken.length === this.#frame.rows
    const frame = all ? this.#frame : new SelectedFrame(this.#frame, taken)
    this.#parts.push({ rows: taken.length, column: this.#fitting(columnOf(frame)) })
    for (const row of taken) this.#placeOf[row] = this.#dealt++
    this.#open = rows.filter((_, i) => takes[i] === 0)
  }

  /** Deals all rows that are left. */
  dealRest(columnOf: (frame: Frame) => Column): void {
    const left = this.#open?.length ?? this.#frame.rows
    if (left > 0) this.deal(new Uint8Array(left).fill(1), columnOf)
  }

  finish(): Column {
    const [first] = this.#parts
    if (this.#parts.length === 1 && first?.column && first.rows === this.#frame.rows) return first.column
    const joined = concatColumns('', this.#parts)
    return joined ? gatherColumn(joined, this.#placeOf) : missingColumn('', this.#type, this.#frame.rows)
  }

  /** A column of missing values may come as one of another type. */
  #fitting(column: Column): Column | undefined {
    return column.type === this.#type ? column : undefined
  }
}

/** 1 for each row of a column that has a value. */
export function presentRows(column: Column): Uint8Array {
  const present = new Uint8Array(column.values.length)
  for (let row = 0; row < present.length; row++) present[row] = isValid(column.validity, row) ? 1 : 0
  return present
}
