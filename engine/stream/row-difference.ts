import { type Batch, type Column, isValid, valueAt } from '../core/batch.ts'
import { gatherColumn } from '../core/columns.ts'

/** What is different in a newer answer. */
export interface RowDifference {
  /** Rows that are new or changed, in whole. */
  changed: Batch
  /** The keys of rows that are gone. */
  removed: Batch
}

/** An answer with the place of each row by its key, or without places where two rows have one key. */
export interface KeyedAnswer {
  batch: Batch
  /** Positions of the key columns. */
  keys: readonly number[]
  places: ReadonlyMap<string, number> | undefined
}

export function keyAnswer(batch: Batch, keyNames: readonly string[]): KeyedAnswer {
  const keys = keyNames.map((name) => batch.columns.findIndex((column) => column.name === name))
  const keyColumns = keys.flatMap((at) => batch.columns[at] ?? [])
  const places = new Map<string, number>()
  for (let row = 0; row < batch.rows; row++) places.set(rowKey(keyColumns, row), row)
  return { batch, keys, places: places.size === batch.rows ? places : undefined }
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

/** The difference of two answers of like columns, or `undefined` where keys do not tell their rows apart. */
export function rowDifference(older: KeyedAnswer, newer: KeyedAnswer): RowDifference | undefined {
  const { places: before } = older
  const { places: now } = newer
  if (before === undefined || now === undefined) return undefined
  const changed: number[] = []
  for (const [key, row] of now) {
    const was = before.get(key)
    if (was === undefined || !sameRow(older.batch, was, newer.batch, row)) changed.push(row)
  }
  const removed = [...before].filter(([key]) => !now.has(key)).map(([, row]) => row)
  const keyColumns = older.keys.flatMap((at) => older.batch.columns[at] ?? [])
  return { changed: pickRows(newer.batch.columns, changed), removed: pickRows(keyColumns, removed) }
}

/** Whether two answers have the same rows in the same order. */
export function sameAnswer(a: Batch, b: Batch): boolean {
  if (a.rows !== b.rows) return false
  for (let row = 0; row < a.rows; row++) if (!sameRow(a, row, b, row)) return false
  return true
}

function sameRow(a: Batch, rowA: number, b: Batch, rowB: number): boolean {
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

function pickRows(columns: readonly Column[], rows: readonly number[]): Batch {
  const places = Uint32Array.from(rows)
  return { rows: places.length, columns: columns.map((column) => gatherColumn(column, places)) }
}
