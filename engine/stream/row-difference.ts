import { type Batch, type Column, isValid, valueAt } from '../core/batch.ts'

/** What is different in a newer answer. */
export interface RowDifference {
  /** Rows that are new or changed, in whole. */
  changed: Batch
  /** The keys of rows that are gone. */
  removed: Batch
}

/** The place of each row by its key; `undefined` where two rows have one key, or there are no keys and not one row. */
export function keysOf(batch: Batch, keyNames: readonly string[]): Map<string, number> | undefined {
  const keyColumns = keyNames.flatMap((name) => batch.columns.find((column) => column.name === name) ?? [])
  if (keyColumns.length === 0 && batch.rows !== 1) return undefined
  const places = new Map<string, number>()
  for (let row = 0; row < batch.rows; row++) places.set(rowKey(keyColumns, row), row)
  return places.size === batch.rows ? places : undefined
}

function rowKey(columns: readonly Column[], row: number): string {
  const [only] = columns
  if (only && columns.length === 1) return String(valueAt(only, row))
  return JSON.stringify(columns.map((column) => keyPart(column, row)))
}

/** A missing value and the text `null` are two. */
function keyPart(column: Column, row: number): string | null {
  const value = valueAt(column, row)
  return value === null ? null : String(value)
}

/** Whether two answers have the same rows in the same order. */
export function sameAnswer(a: Batch, b: Batch): boolean {
  if (a.rows !== b.rows) return false
  for (let row = 0; row < a.rows; row++) if (!sameRow(a, row, b, row)) return false
  return true
}

/** Whether two rows of like columns have the same values. */
export function sameRow(a: Batch, rowA: number, b: Batch, rowB: number): boolean {
  return a.columns.every((column, at) => {
    const other = b.columns[at]
    return other !== undefined && sameValue(column, rowA, other, rowB)
  })
}

function sameValue(a: Column, rowA: number, b: Column, rowB: number): boolean {
  if (a.type === 'string' || b.type === 'string') return valueAt(a, rowA) === valueAt(b, rowB)
  const valid = isValid(a.validity, rowA)
  if (valid !== isValid(b.validity, rowB)) return false
  return !valid || Object.is(a.values[rowA], b.values[rowB])
}
