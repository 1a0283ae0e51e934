import type { QueryResult } from '../run/result.ts'
import { cellPrinter } from './json.ts'

/** Rows of one piece of text. */
const CHUNK_ROWS = 4096

/** A result as JSON by line: an object a row, of the values that are there; they are written as in `toJson`. */
export async function* toJsonLines(result: QueryResult): AsyncGenerator<string> {
  const names = result.columns.map(({ name }) => JSON.stringify(name))
  for await (const batch of result.batches) {
    const cells = batch.columns.map(cellPrinter)
    for (let from = 0; from < batch.rows; from += CHUNK_ROWS) {
      const to = Math.min(batch.rows, from + CHUNK_ROWS)
      let text = ''
      for (let row = from; row < to; row++)
        text += `{${cells.map((cell, at) => `${names[at]}:${cell(row)}`).join(',')}}\n`
      yield text
    }
  }
}
