import { type Column, type ColumnType, isValid } from '../core/batch.ts'
import { NO_ROW } from '../core/columns.ts'
import { type BlockRun, isFullRun } from '../kernel/block-run.ts'
import { typeByte } from '../kernel/header.ts'
import { KeptRuns } from '../kernel/kept-runs.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { RowPlaces } from '../kernel/row-places.ts'
import { decodeColumn } from './merge-groups.ts'
import type { PassedRows } from './passed-rows.ts'
import { isBlock } from './row-group.ts'

/** Types of values that the core puts to places. */
const PLACED_TYPES: readonly ColumnType[] = ['f64', 'i64', 'time']
const NO_VALUES = new Float64Array(0)

/** One column of an answer. */
export class RowColumn {
  readonly #name: string
  readonly #type: ColumnType
  readonly #kernel: Kernel
  readonly #rows: number
  #values: Column['values']
  /** Made when the first missing value comes; then 1 for every row but the missing. */
  #validity: Uint8Array | undefined
  readonly #dictionary: string[] = []
  readonly #codes = new Map<string, number>()
  #decoded = 0
  #keptRuns: KeptRuns | undefined
  readonly #others: { part: PassedRows; from: number; to: number }[] = []
  /** The fields of the series that came last, which most share, and the column's place among its blocks. */
  #fields: readonly string[] | undefined
  #column = 0

  /** `parts` is how many there will be. */
  constructor({ name, type }: { name: string; type: ColumnType }, rows: number, parts: number, kernel: Kernel) {
    this.#name = name
    this.#type = type
    this.#rows = rows
    this.#kernel = kernel
    this.#values = NO_VALUES
    if (PLACED_TYPES.includes(type)) this.#keptRuns = new KeptRuns(typeByte(type), parts)
  }

  /** Adds a part, whose rows are `[from, to)` of all. */
  add(part: PassedRows, from: number, to: number): void {
    const { kept } = part
    if (kept && this.#keptRuns) {
      if (kept.fields !== this.#fields) {
        this.#fields = kept.fields
        this.#column = 1 + kept.fields.indexOf(this.#name)
      }
      if (this.#column > 0 && this.#keptRuns.add(kept, this.#column, from, to)) {
        this.#decoded += kept.count
        return
      }
    }
    this.#others.push({ part, from, to })
  }

  /**
   * Puts the values of all parts where they belong; `places` has those of their rows. Rows of groups without the column put missing
   * ones. Returns how many blocks were decoded.
   */
  fill(places: RowPlaces): number {
    const rest: [part: PassedRows, ranks: Uint32Array][] = []
    if (this.#keptRuns) places.putKept(this.#keptRuns)
    let isPlaced = this.#keptRuns !== undefined && this.#keptRuns.words.length > 0
    for (const { part, from, to } of this.#others) {
      const run = this.#plainRun(part)
      if (run) {
        places.put(run, from, to)
        this.#decoded += run.count
        isPlaced = true
      } else rest.push([part, places.ranks.subarray(from, to)])
    }
    this.#values = isPlaced ? this.#placed(places) : valuesOf(this.#type, this.#rows)
    // In the core there is what the column before left.
    for (const [, ranks] of rest) this.#clear(ranks)
    for (const [part, ranks] of rest) this.#putPart(part, ranks)
    return this.#decoded
  }

  /** The blocks of the column where the core can put their values to places. */
  #plainRun(part: PassedRows): BlockRun | undefined {
    if (!PLACED_TYPES.includes(this.#type)) return undefined
    const run = part.fieldBlocks(this.#name)
    return run && isFullRun(run, this.#type) ? run : undefined
  }

  #placed(places: RowPlaces): Column['values'] {
    return this.#type === 'f64' ? places.doubles() : places.integers()
  }

  #clear(ranks: Uint32Array): void {
    const values = this.#values
    for (const rank of ranks) {
      if (rank === NO_ROW) continue
      if (values instanceof BigInt64Array) values[rank] = 0n
      else values[rank] = 0
    }
  }

  #putPart(rows: PassedRows, ranks: Uint32Array): void {
    for (const { group, firstRow, from, to } of rows.byGroup()) {
      const column = group.field(this.#name)
      const own = ranks.subarray(from, to)
      if (column === undefined) {
        this.#markMissing(own)
        continue
      }
      if (isBlock(column)) this.#decoded++
      const places = rows.places.subarray(from, to).map((place) => place - firstRow)
      this.#putColumn(decodeColumn(column, this.#name, this.#kernel), places, own)
    }
  }

  finish(): Column {
    const column = { name: this.#name, ...(this.#validity && { validity: this.#validity }) }
    const values = this.#values
    if (values instanceof Float64Array) return { ...column, type: 'f64', values }
    if (values instanceof Uint8Array) return { ...column, type: 'bool', values }
    if (values instanceof Uint32Array) return { ...column, type: 'string', values, dictionary: this.#dictionary }
    return { ...column, type: this.#type === 'time' ? 'time' : 'i64', values }
  }

  #putColumn(column: Column, places: Uint32Array, ranks: Uint32Array): void {
    if (column.type !== this.#type) throw this.#wrongType()
    if (column.type === 'string') this.#scatter(this.#recoded(column.values, column.dictionary), places, ranks)
    else this.#scatter(column.values, places, ranks)
    if (column.validity === undefined) return
    for (let i = 0; i < places.length; i++) {
      if (!isValid(column.validity, places[i] as number)) this.#markMissing(ranks.subarray(i, i + 1))
    }
  }

  #scatter(from: Column['values'], places: Uint32Array, ranks: Uint32Array): void {
    const to = this.#values
    if (to instanceof Float64Array && from instanceof Float64Array) scatterDoubles(to, from, places, ranks)
    else if (to instanceof BigInt64Array && from instanceof BigInt64Array) scatterIntegers(to, from, places, ranks)
    else if (to instanceof Uint32Array && from instanceof Uint32Array) scatterSmall(to, from, places, ranks)
    else if (to instanceof Uint8Array && from instanceof Uint8Array) scatterSmall(to, from, places, ranks)
    else throw this.#wrongType()
  }

  #markMissing(ranks: Uint32Array): void {
    this.#validity ??= new Uint8Array((this.#rows + 7) >> 3).fill(0xff)
    for (const rank of ranks) {
      if (rank === NO_ROW) continue
      const byte = rank >> 3
      this.#validity[byte] = (this.#validity[byte] as number) & ~(1 << (rank & 7))
    }
  }

  #recoded(codes: Uint32Array, dictionary: readonly string[]): Uint32Array {
    const own = dictionary.map((text) => this.#code(text))
    return codes.map((code) => own[code] ?? 0)
  }

  #code(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    this.#codes.set(text, this.#dictionary.length)
    return this.#dictionary.push(text) - 1
  }

  #wrongType(): Error {
    return new Error(`column '${this.#name}' has values that are not ${this.#type}`)
  }
}

function valuesOf(type: ColumnType, rows: number): Column['values'] {
  if (type === 'f64') return new Float64Array(rows)
  if (type === 'bool') return new Uint8Array(rows)
  return type === 'string' ? new Uint32Array(rows) : new BigInt64Array(rows)
}

// One loop for each kind of array, so that each stays fast.

function scatterDoubles(to: Float64Array, from: Float64Array, places: Uint32Array, ranks: Uint32Array): void {
  for (let i = 0; i < places.length; i++) {
    const rank = ranks[i] as number
    if (rank !== NO_ROW) to[rank] = from[places[i] as number] as number
  }
}

function scatterIntegers(to: BigInt64Array, from: BigInt64Array, places: Uint32Array, ranks: Uint32Array): void {
  for (let i = 0; i < places.length; i++) {
    const rank = ranks[i] as number
    if (rank !== NO_ROW) to[rank] = from[places[i] as number] as bigint
  }
}

function scatterSmall<T extends Uint8Array | Uint32Array>(
  to: T,
  from: T,
  places: Uint32Array,
  ranks: Uint32Array,
): void {
  for (let i = 0; i < places.length; i++) {
    const rank = ranks[i] as number
    if (rank !== NO_ROW) to[rank] = from[places[i] as number] as number
  }
}
