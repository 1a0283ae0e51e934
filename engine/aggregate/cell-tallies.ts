import type { Column, FieldType } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import { type AccumulatorRows, EARLIER } from './accumulator.ts'
import { eachPresent } from './row-presence.ts'
import type { StateBudget } from './state-budget.ts'

/** What an entry takes: 20 bytes, and one to two of the table's slots for it, all with room to grow. */
const ENTRY_BYTES = 48
const FIRST_CAPACITY = 64
const NO_ENTRY = -1

/** The bits of NaN as it is kept, and what tells a NaN. */
const NAN_HIGH = 0x7ff80000
const EXPONENT = 0x7ff00000
const SIGN = 0x80000000

/**
 * Different values of each cell, each with a weight that adds up: how often it came, for one. A hash table with linear probing
 * of the 64 bits of values, strings by number, in typed arrays: neither a BigInt nor a box is made of a value.
 */
export class CellTallies {
  readonly #type: FieldType
  readonly #budget: StateBudget
  /** Numbers of entries, or `NO_ENTRY`; twice as many as there may be entries. */
  #slots = new Int32Array(2 * FIRST_CAPACITY).fill(NO_ENTRY)
  #low = new Uint32Array(FIRST_CAPACITY)
  #high = new Uint32Array(FIRST_CAPACITY)
  #cells = new Uint32Array(FIRST_CAPACITY)
  #weights = new Float64Array(FIRST_CAPACITY)
  #size = 0
  readonly #texts: string[] = []
  readonly #codes = new Map<string, number>()
  readonly #double = new Float64Array(1)
  readonly #halves = new Uint32Array(this.#double.buffer)

  constructor(type: FieldType, budget: StateBudget) {
    this.#type = type
    this.#budget = budget
  }

  /** A double of a table of doubles; -0 is 0, and NaN is one value. */
  add(cell: number, value: number, weight: number): void {
    this.#double[0] = value
    this.#addDouble(cell, this.#halves[0] ?? 0, this.#halves[1] ?? 0, weight)
  }

  /** Counts the values of the first column. */
  addRows(rows: AccumulatorRows): void {
    const [column] = rows.columns
    if (column === undefined) return
    if (column.validity !== undefined || rows.columns.length > 1) {
      const put = this.#putter(column)
      eachPresent(rows, (row, cell) => put(row, cell, 1))
      return
    }
    const { cells } = rows
    const put = this.#putter(column)
    for (let row = 0; row < cells.length; row++) {
      const cell = cells[row] ?? 0
      if (cell < EARLIER) put(row, cell, 1)
    }
  }

  merge({ offsets, columns: [values, weights] }: StateTable, places: Uint32Array): void {
    if (values === undefined || weights === undefined) throw new Error('tallies are values and weights')
    const put = this.#putter(values)
    for (let cell = 0; cell < places.length; cell++) {
      const to = offsets[cell + 1] ?? 0
      for (let row = offsets[cell] ?? 0; row < to; row++) put(row, places[cell] ?? 0, Number(weights.values[row] ?? 0))
    }
  }

  /** The values and weights of cells, as two columns; those of a cell in the order in which they came. */
  states(cells: Uint32Array): StateTable {
    const placeOf = new Map(Array.from(cells, (cell, place) => [cell, place] as const))
    const places = Int32Array.from(this.#cells.subarray(0, this.#size), (cell) => placeOf.get(cell) ?? NO_ENTRY)
    const offsets = new Uint32Array(cells.length + 1)
    for (const place of places) if (place !== NO_ENTRY) offsets[place + 1] = (offsets[place + 1] ?? 0) + 1
    for (let i = 1; i < offsets.length; i++) offsets[i] = (offsets[i] ?? 0) + (offsets[i - 1] ?? 0)
    const next = offsets.slice()
    const entries = new Uint32Array(offsets[cells.length] ?? 0)
    places.forEach((place, entry) => {
      if (place === NO_ENTRY) return
      const at = next[place] ?? 0
      entries[at] = entry
      next[place] = at + 1
    })
    const weights = Float64Array.from(entries, (entry) => this.#weights[entry] ?? 0)
    return { offsets, columns: [this.#values(entries), { name: '', type: 'f64', values: weights }] }
  }

  #values(entries: Uint32Array): Column {
    const name = ''
    const low = Uint32Array.from(entries, (entry) => this.#low[entry] ?? 0)
    if (this.#type === 'string') return { name, type: 'string', values: low, dictionary: [...this.#texts] }
    if (this.#type === 'bool') return { name, type: 'bool', values: Uint8Array.from(low) }
    const halves = new Uint32Array(2 * entries.length)
    entries.forEach((entry, i) => {
      halves[2 * i] = low[i] ?? 0
      halves[2 * i + 1] = this.#high[entry] ?? 0
    })
    if (this.#type === 'f64') return { name, type: 'f64', values: new Float64Array(halves.buffer) }
    return { name, type: 'i64', values: new BigInt64Array(halves.buffer) }
  }

  /** How rows of a column are added. */
  #putter(column: Column): (row: number, cell: number, weight: number) => void {
    const { type, values } = column
    if (type === 'string') {
      const { dictionary } = column
      const codes = new Int32Array(dictionary.length).fill(NO_ENTRY)
      return (row, cell, weight) => {
        const own = values[row] ?? 0
        let code = codes[own] ?? NO_ENTRY
        if (code === NO_ENTRY) {
          code = this.#codeOf(dictionary[own] ?? '')
          codes[own] = code
        }
        this.#put(cell, code, 0, weight)
      }
    }
    if (type === 'bool') return (row, cell, weight) => this.#put(cell, values[row] ?? 0, 0, weight)
    const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
    if (type === 'f64') {
      return (row, cell, weight) => this.#addDouble(cell, halves[2 * row] ?? 0, halves[2 * row + 1] ?? 0, weight)
    }
    return (row, cell, weight) => this.#put(cell, halves[2 * row] ?? 0, halves[2 * row + 1] ?? 0, weight)
  }

  #codeOf(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    this.#budget.take(2 * text.length)
    const code = this.#texts.push(text) - 1
    this.#codes.set(text, code)
    return code
  }

  #addDouble(cell: number, low: number, high: number, weight: number): void {
    if (low === 0 && high === SIGN) this.#put(cell, 0, 0, weight)
    else if ((high & EXPONENT) === EXPONENT && ((high & 0xfffff) !== 0 || low !== 0))
      this.#put(cell, 0, NAN_HIGH, weight)
    else this.#put(cell, low, high, weight)
  }

  #put(cell: number, low: number, high: number, weight: number): void {
    const mask = this.#slots.length - 1
    for (let slot = hashOf(cell, low, high) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] ?? NO_ENTRY
      if (entry === NO_ENTRY) {
        this.#slots[slot] = this.#append(cell, low, high, weight)
        if (2 * this.#size > mask) this.#grow()
        return
      }
      if (this.#low[entry] === low && this.#high[entry] === high && this.#cells[entry] === cell) {
        this.#weights[entry] = (this.#weights[entry] ?? 0) + weight
        return
      }
    }
  }

  #append(cell: number, low: number, high: number, weight: number): number {
    this.#budget.take(ENTRY_BYTES)
    const entry = this.#size++
    this.#low[entry] = low
    this.#high[entry] = high
    this.#cells[entry] = cell
    this.#weights[entry] = weight
    return entry
  }

  #grow(): void {
    const capacity = 2 * this.#low.length
    this.#low = grown(this.#low, capacity)
    this.#high = grown(this.#high, capacity)
    this.#cells = grown(this.#cells, capacity)
    const weights = new Float64Array(capacity)
    weights.set(this.#weights)
    this.#weights = weights
    const slots = new Int32Array(2 * capacity).fill(NO_ENTRY)
    const mask = slots.length - 1
    for (let entry = 0; entry < this.#size; entry++) {
      let slot = hashOf(this.#cells[entry] ?? 0, this.#low[entry] ?? 0, this.#high[entry] ?? 0) & mask
      while (slots[slot] !== NO_ENTRY) slot = (slot + 1) & mask
      slots[slot] = entry
    }
    this.#slots = slots
  }
}

/** Murmur3's last steps over three words: all bits of them reach the lowest ones. */
function hashOf(cell: number, low: number, high: number): number {
  let hash = Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca77) ^ Math.imul(cell, 0xc2b2ae3d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function grown(from: Uint32Array, capacity: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(capacity)
  to.set(from)
  return to
}
