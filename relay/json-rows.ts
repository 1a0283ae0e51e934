import { type Batch, type Column, isValid } from '../engine/core/batch.ts'
import { printTimestamp } from '../engine/core/time.ts'

export type JsonValue = string | number | boolean | null

/** Rows of a batch as JSON has them: times as RFC 3339, whole numbers beyond 2^53, NaN and infinities as strings. */
export function jsonRows(batch: Batch): JsonValue[][] {
  const rows: JsonValue[][] = []
  for (let row = 0; row < batch.rows; row++) rows.push(batch.columns.map((column) => jsonValue(column, row)))
  return rows
}

function jsonValue(column: Column, row: number): JsonValue {
  if (!isValid(column.validity, row)) return null
  if (column.type === 'f64') {
    const value = column.values[row] as number
    return Number.isFinite(value) ? value : String(value)
  }
  if (column.type === 'bool') return column.values[row] !== 0
  if (column.type === 'string') return column.dictionary[column.values[row] as number] ?? null
  const value = column.values[row] as bigint
  if (column.type === 'time') return printTimestamp(value)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}
