import { type Column, isValid } from '../../core/batch.ts'
import { printTimestamp } from '../../core/time.ts'
import type { QueryResult } from '../run/result.ts'

/** Rows of one piece of text. */
const CHUNK_ROWS = 4096

/**
 * A result as `{"columns":[{"name","type","unit"?}],"rows":[[...]],"stats":{...}}`, in pieces. Times are RFC 3339 with
 * nanoseconds; integers beyond 2^53, NaN and infinities are strings; missing values are null.
 */
export async function* toJson(
  result: QueryResult,
  stats: Readonly<Record<string, number>> = {},
): AsyncGenerator<string> {
  yield `{"columns":${JSON.stringify(result.columns)},"rows":[`
  let rows = 0
  for await (const batch of result.batches) {
    const cells = batch.columns.map(cellPrinter)
    for (let from = 0; from < batch.rows; from += CHUNK_ROWS) {
      const to = Math.min(batch.rows, from + CHUNK_ROWS)
      const lines: string[] = []
      for (let row = from; row < to; row++) lines.push(`[${cells.map((cell) => cell(row)).join(',')}]`)
      yield `${rows === 0 ? '' : ','}\n${lines.join(',\n')}`
      rows += to - from
    }
  }
  yield `\n],"stats":${JSON.stringify({ rows, ...stats })}}\n`
}

/** How a column's values are written as JSON, by row. */
export function cellPrinter(column: Column): (row: number) => string {
  const print = valuePrinter(column)
  const { validity } = column
  return validity === undefined ? print : (row) => (isValid(validity, row) ? print(row) : 'null')
}

function valuePrinter(column: Column): (row: number) => string {
  const { values } = column
  switch (column.type) {
    case 'time':
      return (row) => `"${printTimestamp(column.values[row] ?? 0n)}"`
    case 'i64':
      return (row) => printInteger(column.values[row] ?? 0n)
    case 'f64':
      return (row) => (Number.isFinite(values[row]) ? String(values[row]) : `"${values[row]}"`)
    case 'bool':
      return (row) => (values[row] === 0 ? 'false' : 'true')
    case 'string': {
      const texts: string[] = []
      return (row) => {
        const code = column.values[row] ?? 0
        texts[code] ??= JSON.stringify(column.dictionary[code] ?? '')
        return texts[code]
      }
    }
  }
}

function printInteger(value: bigint): string {
  return Number.isSafeInteger(Number(value)) ? String(value) : `"${value}"`
}
