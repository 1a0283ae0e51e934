import { type Column, isValid } from '../../core/batch.ts'
import { printTimestamp } from '../../core/time.ts'
import type { QueryResult } from '../run/result.ts'

/** Rows of one piece of text. */
const CHUNK_ROWS = 4096

/**
 * A result as CSV by RFC 4180, in pieces: a line of names, then a line a row, each ended by CR LF. Times are RFC 3339 with
 * nanoseconds. A missing value is an empty cell, an empty string a quoted one.
 */
export async function* toCsv(result: QueryResult): AsyncGenerator<string> {
  yield `${result.columns.map(({ name }) => quoteCell(name)).join(',')}\r\n`
  for await (const batch of result.batches) {
    const cells = batch.columns.map(cellPrinter)
    for (let from = 0; from < batch.rows; from += CHUNK_ROWS) {
      const to = Math.min(batch.rows, from + CHUNK_ROWS)
      let text = ''
      for (let row = from; row < to; row++) text += `${cells.map((cell) => cell(row)).join(',')}\r\n`
      yield text
    }
  }
}

function cellPrinter(column: Column): (row: number) => string {
  const print = valuePrinter(column)
  const { validity } = column
  return validity === undefined ? print : (row) => (isValid(validity, row) ? print(row) : '')
}

function valuePrinter(column: Column): (row: number) => string {
  if (column.type === 'time') return (row) => printTimestamp(column.values[row] ?? 0n)
  if (column.type === 'bool') return (row) => (column.values[row] === 0 ? 'false' : 'true')
  if (column.type === 'string') {
    const cells = column.dictionary.map(quoteCell)
    return (row) => cells[column.values[row] ?? 0] ?? ''
  }
  return (row) => String(column.values[row])
}

function quoteCell(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
