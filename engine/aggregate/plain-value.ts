import type { Column, FieldType } from '../core/batch.ts'
import { compareUtf8 } from '../core/series.ts'

/** A value of a column as one JavaScript value; a bool is 0 or 1. */
export type PlainValue = number | bigint | string

/** The value of a row that has one. */
export function plainValue(column: Column, row: number): PlainValue {
  if (column.type === 'string') return column.dictionary[column.values[row] ?? 0] ?? ''
  return column.values[row] ?? 0
}

/** By the order of the values' type: NaN is the greatest number, texts go by code points. */
export function comparePlain(a: PlainValue, b: PlainValue): number {
  if (typeof a === 'string' || typeof b === 'string') return compareUtf8(String(a), String(b))
  if (a < b) return -1
  if (a > b) return 1
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

/** A column of some values of one type. */
export function plainColumn(type: FieldType, values: readonly PlainValue[]): Column {
  const name = ''
  if (type === 'f64') return { name, type, values: Float64Array.from(values, Number) }
  if (type === 'bool') return { name, type, values: Uint8Array.from(values, Number) }
  if (type === 'i64') return { name, type, values: BigInt64Array.from(values, BigInt) }
  const codes = new Map<string, number>()
  const numbers = Uint32Array.from(values, (value) => {
    const text = String(value)
    const code = codes.get(text) ?? codes.size
    codes.set(text, code)
    return code
  })
  return { name, type, values: numbers, dictionary: [...codes.keys()] }
}
