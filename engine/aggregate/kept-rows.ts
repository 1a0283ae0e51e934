import type { Column, FieldType } from '../core/batch.ts'
import { gatherColumn } from '../core/columns.ts'
import type { StateTable } from '../core/plan.ts'
import type { StateBudget } from './state-budget.ts'

/** Values of one column that grows; texts stand in a dictionary of its own. */
interface GrowingColumn {
  column: Column
  /** The codes of the texts of the last dictionary that values came from. */
  recoded: { from: readonly string[]; codes: number[] } | undefined
  codes: Map<string, number>
  texts: string[]
}

const FIRST_ROWS = 64
/** What a text in a dictionary takes beside its characters, about. */
const TEXT_BYTES = 64

/** Rows of a small table that cells keep, in the order in which they came: a log, sorted by cell when it is asked for. */
export class KeptRows {
  readonly #budget: StateBudget
  readonly #columns: readonly GrowingColumn[]
  #cells = new Uint32Array(FIRST_ROWS)
  #count = 0

  constructor(types: readonly FieldType[], budget: StateBudget) {
    this.#budget = budget
    this.#columns = types.map((type) => {
      const texts: string[] = []
      return { column: blank(type, FIRST_ROWS, texts), recoded: undefined, codes: new Map(), texts }
    })
  }

  /** Takes row `row` of some columns, of the types that were named, into a cell. */
  add(cell: number, columns: readonly Column[], row: number): void {
    if (this.#count === this.#cells.length) this.#grow()
    const at = this.#count++
    this.#cells[at] = cell
    for (let i = 0; i < this.#columns.length; i++) {
      const own = this.#columns[i]
      const from = columns[i]
      if (own && from) this.#put(own, at, from, row)
    }
  }

  /** Takes all rows of states. */
  merge({ offsets, columns }: StateTable, places: Uint32Array): void {
    for (let cell = 0; cell < places.length; cell++) {
      const to = offsets[cell + 1] ?? 0
      for (let row = offsets[cell] ?? 0; row < to; row++) this.add(places[cell] ?? 0, columns, row)
    }
  }

  states(cells: Uint32Array): StateTable {
    const placeOf = new Uint32Array(this.#cells.subarray(0, this.#count).reduce((a, b) => Math.max(a, b), 0) + 1)
    cells.forEach((cell, i) => {
      if (cell < placeOf.length) placeOf[cell] = i + 1
    })
    const offsets = new Uint32Array(cells.length + 1)
    for (let row = 0; row < this.#count; row++) {
      const place = placeOf[this.#cells[row] ?? 0] ?? 0
      if (place > 0) offsets[place] = (offsets[place] ?? 0) + 1
    }
    for (let i = 1; i < offsets.length; i++) offsets[i] = (offsets[i] ?? 0) + (offsets[i - 1] ?? 0)
    const next = offsets.slice()
    const order = new Uint32Array(offsets[cells.length] ?? 0)
    for (let row = 0; row < this.#count; row++) {
      const place = placeOf[this.#cells[row] ?? 0] ?? 0
      if (place === 0) continue
      const at = next[place - 1] ?? 0
      order[at] = row
      next[place - 1] = at + 1
    }
    return { offsets, columns: this.#columns.map(({ column }) => gatherColumn(column, order)) }
  }

  #put(own: GrowingColumn, at: number, from: Column, row: number): void {
    const { column } = own
    if (column.type === 'string') {
      if (from.type === 'string') column.values[at] = this.#code(own, from.dictionary, from.values[row] ?? 0)
    } else if (column.values instanceof BigInt64Array) {
      const value = from.values[row] ?? 0n
      column.values[at] = typeof value === 'bigint' ? value : BigInt(value)
    } else column.values[at] = Number(from.values[row] ?? 0)
  }

  #code(own: GrowingColumn, dictionary: readonly string[], code: number): number {
    if (own.recoded?.from !== dictionary) own.recoded = { from: dictionary, codes: [] }
    const known = own.recoded.codes[code]
    if (known !== undefined) return known
    const text = dictionary[code] ?? ''
    let mine = own.codes.get(text)
    if (mine === undefined) {
      this.#budget.take(TEXT_BYTES + 2 * text.length)
      mine = own.texts.push(text) - 1
      own.codes.set(text, mine)
    }
    own.recoded.codes[code] = mine
    return mine
  }

  #grow(): void {
    const rows = this.#cells.length * 2
    const rowBytes = this.#columns.reduce((sum, { column }) => sum + column.values.BYTES_PER_ELEMENT, 4)
    this.#budget.take((rows / 2) * rowBytes)
    const cells = new Uint32Array(rows)
    cells.set(this.#cells)
    this.#cells = cells
    for (const own of this.#columns) own.column = grown(own.column, rows, own.texts)
  }
}

function blank(type: FieldType, rows: number, dictionary: string[]): Column {
  const name = ''
  if (type === 'f64') return { name, type, values: new Float64Array(rows) }
  if (type === 'i64') return { name, type, values: new BigInt64Array(rows) }
  if (type === 'bool') return { name, type, values: new Uint8Array(rows) }
  return { name, type, values: new Uint32Array(rows), dictionary }
}

function grown(column: Column, rows: number, texts: string[]): Column {
  const to = blank(column.type === 'time' ? 'i64' : column.type, rows, texts)
  if (to.values instanceof BigInt64Array) {
    if (column.values instanceof BigInt64Array) to.values.set(column.values)
  } else if (!(column.values instanceof BigInt64Array)) to.values.set(column.values)
  return to
}
