import { type Column, type ColumnType, emptyValidity, isValid, setValid, valueAt } from '../core/batch.ts'
import type { Literal } from '../core/expression.ts'
import type { Call, Overload } from './scalar-function.ts'

type Value = Exclude<Literal, null>
/** What one value of a type is in a program. */
export type ValueOf<T extends ColumnType> = T extends 'f64'
  ? number
  : T extends 'string'
    ? string
    : T extends 'bool'
      ? boolean
      : bigint
type ValuesOf<T extends readonly ColumnType[]> = { -readonly [K in keyof T]: ValueOf<T[K]> }

/** Answers that are remembered for one call, by the codes of its strings; beyond, rows are asked one by one. */
const MAX_REMEMBERED = 4096

/**
 * An overload that computes one row at a time, or `null` where the answer is missing. Over strings of dictionaries,
 * booleans and constants each combination of values is asked about once.
 */
export function byValue<const T extends readonly ColumnType[], R extends ColumnType>(
  takes: T,
  gives: R,
  compute: (...values: ValuesOf<T>) => ValueOf<R> | null,
): Overload {
  const apply = compute as (...values: readonly Value[]) => Value | null // of the types that `takes` says
  return { takes, gives, evaluate: (call) => evaluateRows(call, gives, apply) }
}

/** Like `byValue`, of any number of arguments of one type, the last. */
export function byValues<const T extends readonly ColumnType[], R extends ColumnType>(
  takes: T,
  gives: R,
  compute: (values: readonly ValueOf<T[number]>[]) => ValueOf<R> | null,
): Overload {
  const apply = (...values: readonly Value[]): Value | null => compute(values as readonly ValueOf<T[number]>[])
  return { takes, variadic: true, gives, evaluate: (call) => evaluateRows(call, gives, apply) }
}

type Compute = (...values: readonly Value[]) => Value | null

function evaluateRows(call: Call, gives: ColumnType, compute: Compute): Column {
  const { rows, validity } = call
  const out = new ValueColumn(gives, rows)
  const answers = remembered(call, compute)
  const ask = answers ?? ((row: number): Value | null => compute(...call.columns.map((column) => valueIn(column, row))))
  for (let row = 0; row < rows; row++) if (isValid(validity, row)) out.put(row, ask(row))
  return out.finish()
}

/** Answers by the combination of codes, each computed when it first occurs; `undefined` where there may be too many. */
function remembered({ columns, constants, rows }: Call, compute: Compute): ((row: number) => Value | null) | undefined {
  let combinations = 1
  const strides = columns.map((column, k) => {
    const stride = combinations
    combinations *= constants[k] === undefined ? valueCount(column) : 1
    return stride
  })
  if (combinations > Math.max(MAX_REMEMBERED, rows)) return undefined
  const varying = columns.flatMap((column, k) =>
    constants[k] === undefined && valueCount(column) > 1 ? [{ values: column.values, stride: strides[k] ?? 1 }] : [],
  )
  const answers: (Value | null | undefined)[] = new Array(combinations)
  return (row) => {
    let place = 0
    for (const { values, stride } of varying) place += Number(values[row]) * stride
    let answer = answers[place]
    if (answer === undefined) {
      answer = compute(...columns.map((column) => valueIn(column, row)))
      answers[place] = answer
    }
    return answer
  }
}

function valueCount(column: Column): number {
  if (column.type === 'string') return Math.max(1, column.dictionary.length)
  return column.type === 'bool' ? 2 : Number.POSITIVE_INFINITY
}

function valueIn(column: Column, row: number): Value {
  const value = valueAt(column, row)
  if (value === null) throw new Error('a function by value was asked about a missing one')
  return value
}

/** A column that is filled value by value. */
export class ValueColumn {
  readonly #column: Column
  readonly #validity: Uint8Array
  readonly #dictionary: string[] = []
  readonly #codes = new Map<string, number>()
  #count = 0

  constructor(type: ColumnType, rows: number) {
    this.#validity = emptyValidity(rows)
    const name = ''
    if (type === 'f64') this.#column = { name, type, values: new Float64Array(rows) }
    else if (type === 'bool') this.#column = { name, type, values: new Uint8Array(rows) }
    else if (type === 'string')
      this.#column = { name, type, values: new Uint32Array(rows), dictionary: this.#dictionary }
    else this.#column = { name, type, values: new BigInt64Array(rows) }
  }

  put(row: number, value: Value | null): void {
    if (value === null) return
    const { values } = this.#column
    if (values instanceof BigInt64Array) values[row] = BigInt(value)
    else values[row] = typeof value === 'string' ? this.#code(value) : Number(value)
    setValid(this.#validity, row)
    this.#count++
  }

  /** The column; what was not put is missing. */
  finish(): Column {
    if (this.#count === this.#column.values.length) return this.#column
    return { ...this.#column, validity: this.#validity }
  }

  #code(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    this.#codes.set(text, this.#dictionary.length)
    return this.#dictionary.push(text) - 1
  }
}
