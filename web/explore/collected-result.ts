import { type Batch, type Column, valueAt } from '../../engine/core/batch.ts'
import { printTimestamp } from '../../engine/core/time.ts'
import type { QueryResult, ResultColumn } from '../../engine/engine.ts'
import { ResultLines } from '../chart/result-lines.ts'

/** Rows that the table shows. */
export const MAX_TABLE_ROWS = 10_000
/** Rows that are read at most, for the chart; what comes after them is left unread. */
export const MAX_READ_ROWS = 200_000

/** The first rows of an answer, held in this page. */
export interface CollectedResult {
  columns: readonly ResultColumn[]
  batches: readonly Batch[]
  rows: number
  /** False where there were more than `MAX_READ_ROWS` rows. */
  complete: boolean
  lines: ResultLines
}

/** Reads an answer up to `MAX_READ_ROWS` rows, then stops its source. */
export async function collectResult(result: QueryResult): Promise<CollectedResult> {
  const lines = new ResultLines(result.columns, result.keys)
  const batches: Batch[] = []
  let rows = 0
  for await (const batch of result.batches) {
    if (rows + batch.rows > MAX_READ_ROWS) return { columns: result.columns, batches, rows, complete: false, lines }
    batches.push(batch)
    lines.put(batch)
    rows += batch.rows
  }
  return { columns: result.columns, batches, rows, complete: true, lines }
}

/** The cells of rows `[from, to)`, as text. */
export function readCells(batches: readonly Batch[], from: number, to: number): string[][] {
  const cells: string[][] = []
  let first = 0
  for (const batch of batches) {
    for (let row = Math.max(from, first); row < Math.min(to, first + batch.rows); row++) {
      cells.push(batch.columns.map((column) => printCell(column, row - first)))
    }
    first += batch.rows
  }
  return cells
}

/** Zeros at the end of a second's fraction say nothing. */
const printTime = (time: bigint): string =>
  printTimestamp(time)
    .replace('T', ' ')
    .replace(/\.?0*Z$/, '')

/** A cell as the table shows it; a missing value is empty. Times are UTC. */
export function printCell(column: Column, row: number): string {
  const value = valueAt(column, row)
  if (value === null) return ''
  if (column.type === 'time' && typeof value === 'bigint') return printTime(value)
  return String(value)
}
