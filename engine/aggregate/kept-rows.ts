import type { Column, FieldType } from '../core/batch.ts'
import { gatherColumn, sliceColumn } from '../core/columns.ts'
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
  /** The greatest of the cells. */
  #lastCell = 0

  constructor(types: readonly FieldType[], budget: StateBudget) {
    this.#budget = budget
    this.#columns = types.map((type) => {
      const texts: string[] = []
      return { column: blank(type, FIRST_ROWS, texts), recoded: undefined, codes: new Map(), texts }
    })
  }

  /** Takes rows of some columns, of the types that were named: `cells` has the cell of each row of the columns. */
  add(cells: Uint32Array, columns: readonly Column[], rows: Uint32Array): void {
    const at = this.#count
    this.#reserve(at + rows.length)
    for (let i = 0; i < rows.length; i++) {
      const cell = cells[rows[i] as number] as number
      this.#cells[at + i] = cell
      if (cell > this.#lastCell) this.#lastCell = cell
    }
    for (let i = 0; i < this.#columns.length; i++) {
      const own = this.#columns[i]
      const from = columns[i]
      if (own && from) this.#copy(own, at, from, rows)
    }
    this.#count += rows.length
  }

  /** Takes all rows of states. */
  merge({ offsets, columns }: StateTable, places: Uint32Array): void {
    const count = offsets[places.length] ?? 0
    const cells = new Uint32Array(count)
    for (let cell = 0; cell < places.length; cell++) {
      cells.fill(places[cell] as number, offsets[cell], offsets[cell + 1])
    }
    this.add(cells, columns, ascending(count))
  }

  states(cells: Uint32Array): StateTable {
    const known = this.#cells.subarray(0, this.#count)
    const placeOf = new Uint32Array(this.#lastCell + 1)
    cells.forEach((cell, i) => {
      if (cell < placeOf.length) placeOf[cell] = i + 1
    })
    const offsets = new Uint32Array(cells.length + 1)
    let inOrder = true
    let last = 1
    for (let row = 0; row < known.length; row++) {
      const place = placeOf[known[row] as number] as number
      inOrder &&= place >= last
      last = place
      if (place > 0) offsets[place] = (offsets[place] as number) + 1
    }
    for (let i = 1; i < offsets.length; i++) offsets[i] = (offsets[i] as number) + (offsets[i - 1] as number)
    if (inOrder) return { offsets, columns: this.#columns.map(({ column }) => sliceColumn(column, 0, known.length)) }
    const next = offsets.slice()
    const order = new Uint32Array(offsets[cells.length] ?? 0)
    for (let row = 0; row < known.length; row++) {
      const place = placeOf[known[row] as number] as number
      if (place === 0) continue
      const at = next[place - 1] as number
      order[at] = row
      next[place - 1] = at + 1
    }
    return { offsets, columns: this.#columns.map(({ column }) => gatherColumn(column, order)) }
  }

  #copy(own: GrowingColumn, at: number, from: Column, rows: Uint32Array): void {
    const { values } = own.column
    if (from.type === 'string') {
      if (own.column.type !== 'string') return
      const { dictionary } = from
      for (let i = 0; i < rows.length; i++) {
        values[at + i] = this.#code(own, dictionary, from.values[rows[i] as number] as number)
      }
    } else if (values instanceof Float64Array && from.values instanceof Float64Array) {
      copyDoubles(values, at, from.values, rows)
    } else if (values instanceof BigInt64Array && from.values instanceof BigInt64Array) {
      copyIntegers(values, at, from.values, rows)
    } else if (!(values instanceof BigInt64Array)) {
      for (let i = 0; i < rows.length; i++) values[at + i] = Number(from.values[rows[i] as number])
    }
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

  #reserve(needed: number): void {
    const before = this.#cells.length
    if (needed <= before) return
    const rows = Math.max(needed, before * 2)
    const rowBytes = this.#columns.reduce((sum, { column }) => sum + column.values.BYTES_PER_ELEMENT, 4)
    this.#budget.take((rows - before) * rowBytes)
    const cells = new Uint32Array(rows)
    cells.set(this.#cells)
    this.#cells = cells
    for (const own of this.#columns) own.column = grown(own.column, rows, own.texts)
  }
}

// One loop for each kind of array, so that each stays fast.

function copyDoubles(to: Float64Array, at: number, from: Float64Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[at + i] = from[rows[i] as number] as number
}

function copyIntegers(to: BigInt64Array, at: number, from: BigInt64Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[at + i] = from[rows[i] as number] as bigint
}

function ascending(count: number): Uint32Array {
  const rows = new Uint32Array(count)
  for (let row = 0; row < count; row++) rows[row] = row
  return rows
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
