import { type Column, type ColumnType, isValid } from '../core/batch.ts'
import { NO_ROW } from '../core/columns.ts'
import { isFullRun } from '../kernel/block-run.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { decodeColumn } from './merge-groups.ts'
import type { PassedRows } from './passed-rows.ts'
import { isBlock } from './row-group.ts'

/** One column of an answer, filled group by group. */
export class RowColumn {
  readonly #name: string
  readonly #type: ColumnType
  readonly #kernel: Kernel
  readonly #values: Column['values']
  readonly #rows: number
  /** Made when the first missing value comes; then 1 for every row but the missing. */
  #validity: Uint8Array | undefined
  readonly #dictionary: string[] = []
  readonly #codes = new Map<string, number>()

  constructor(name: string, type: ColumnType, rows: number, kernel: Kernel) {
    this.#name = name
    this.#type = type
    this.#rows = rows
    this.#kernel = kernel
    this.#values = valuesOf(type, rows)
  }

  /**
   * Puts the values of rows where they belong: that of row `places[i]` into row `ranks[i]`, or nowhere where that is `NO_ROW`. Rows
   * of groups without the column put missing ones. Returns how many blocks were decoded.
   */
  put(rows: PassedRows, ranks: Uint32Array): number {
    const run = this.#isPlainNumber() ? rows.fieldBlocks(this.#name) : undefined
    if (run && isFullRun(run, this.#type)) {
      rows.eachDecoded(this.#kernel, run, (base, from, to) =>
        this.#scatterDecoded(base, rows.places, ranks, [from, to]),
      )
      return run.count
    }
    let decoded = 0
    for (const { group, firstRow, from, to } of rows.byGroup()) {
      const column = group.field(this.#name)
      const own = ranks.subarray(from, to)
      if (column === undefined) {
        this.#markMissing(own)
        continue
      }
      if (isBlock(column)) decoded++
      const places = rows.places.subarray(from, to).map((place) => place - firstRow)
      this.#putColumn(decodeColumn(column, this.#name, this.#kernel), places, own)
    }
    return decoded
  }

  finish(): Column {
    const column = { name: this.#name, ...(this.#validity && { validity: this.#validity }) }
    const values = this.#values
    if (values instanceof Float64Array) return { ...column, type: 'f64', values }
    if (values instanceof Uint8Array) return { ...column, type: 'bool', values }
    if (values instanceof Uint32Array) return { ...column, type: 'string', values, dictionary: this.#dictionary }
    return { ...column, type: this.#type === 'time' ? 'time' : 'i64', values }
  }

  #isPlainNumber(): boolean {
    return this.#type === 'f64' || this.#type === 'i64' || this.#type === 'time'
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

  /** Values are those of the kernel from `base` on. */
  #scatterDecoded(base: number, places: Uint32Array, ranks: Uint32Array, [from, to]: [number, number]): void {
    const values = this.#values
    const { f64, i64 } = this.#kernel.instance
    if (values instanceof Float64Array) {
      for (let i = from; i < to; i++) {
        const rank = ranks[i] as number
        if (rank !== NO_ROW) values[rank] = f64[base + (places[i] as number)] as number
      }
    } else if (values instanceof BigInt64Array) {
      for (let i = from; i < to; i++) {
        const rank = ranks[i] as number
        if (rank !== NO_ROW) values[rank] = i64[base + (places[i] as number)] as bigint
      }
    } else throw this.#wrongType()
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
