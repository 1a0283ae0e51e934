/** Type of a stored field. */
export type FieldType = 'f64' | 'i64' | 'bool' | 'string'

/** Type of a column of an answer: a field's, or nanoseconds since 1970 UTC. */
export type ColumnType = FieldType | 'time'

interface Named {
  name: string
  unit?: string
  /** Bit `i & 7` of byte `i >> 3` is 1 where row i has a value; absent where every row has one. */
  validity?: Uint8Array
}

export interface I64Column extends Named {
  type: 'i64' | 'time'
  values: BigInt64Array
}
export interface F64Column extends Named {
  type: 'f64'
  values: Float64Array
}
export interface BoolColumn extends Named {
  type: 'bool'
  /** One byte a row, 0 or 1. */
  values: Uint8Array
}
export interface StringColumn extends Named {
  type: 'string'
  /** Codes into `dictionary`; the code of a missing value is 0 and means nothing. */
  values: Uint32Array
  dictionary: readonly string[]
}

/** One column, as Arrow lays it out: values by row, and a bitmap of those that are there. */
export type Column = I64Column | F64Column | BoolColumn | StringColumn

/** Some rows of an answer, by column. Every column has `rows` values. */
export interface Batch {
  rows: number
  columns: readonly Column[]
}

export function isValid(validity: Uint8Array | undefined, row: number): boolean {
  return validity === undefined || ((validity[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
}

/** A bitmap for `rows` rows with every bit 0. */
export function emptyValidity(rows: number): Uint8Array {
  return new Uint8Array((rows + 7) >> 3)
}

export function setValid(validity: Uint8Array, row: number): void {
  const byte = row >> 3
  validity[byte] = (validity[byte] ?? 0) | (1 << (row & 7))
}

/** The value of one row as a plain JavaScript value, `null` where it is missing. For edges, not for loops over data. */
export function valueAt(column: Column, row: number): bigint | number | boolean | string | null {
  if (!isValid(column.validity, row)) return null
  const value = column.values[row]
  if (value === undefined) throw new RangeError(`row ${row} of column '${column.name}' does not exist`)
  if (column.type === 'bool') return value !== 0
  if (column.type === 'string') return column.dictionary[Number(value)] ?? null
  return value
}
