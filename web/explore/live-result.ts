import { type Batch, type Column, valueAt } from '../../engine/core/batch.ts'
import { concatColumns, gatherColumn } from '../../engine/core/columns.ts'
import type { LiveUpdate, ResultColumn } from '../../engine/engine.ts'
import { ResultLines } from '../chart/result-lines.ts'
import type { CollectedResult } from './collected-result.ts'

interface LiveRow {
  batch: Batch
  row: number
}

/** A live answer as it is now, put together from what was sent. */
export class LiveResult {
  #columns: readonly ResultColumn[] = []
  #keys: readonly string[] = []
  readonly #rows = new Map<string, LiveRow>()
  #lines = new ResultLines([], [])

  put(update: LiveUpdate): void {
    if (update.kind === 'result') {
      this.#columns = update.columns
      this.#keys = update.keys
      this.#rows.clear()
      this.#lines = new ResultLines(update.columns, update.keys)
      this.#add(update.rows)
      return
    }
    for (let row = 0; row < update.removed.rows; row++) this.#rows.delete(this.#keyOf(update.removed, row))
    this.#lines.remove(update.removed)
    this.#add(update.changed)
  }

  /** The rows in the order in which they first came. */
  get collected(): CollectedResult {
    const places = new Map<Batch, number[]>()
    for (const { batch, row } of this.#rows.values()) {
      const known = places.get(batch)
      if (known) known.push(row)
      else places.set(batch, [row])
    }
    const batches = [...places].map(([{ columns }, rows]): Batch => {
      const chosen = Uint32Array.from(rows)
      return { rows: rows.length, columns: columns.map((column) => gatherColumn(column, chosen)) }
    })
    const rows = this.#rows.size
    return { columns: this.#columns, batches: [joined(batches, rows)], rows, complete: true, lines: this.#lines }
  }

  #add(batch: Batch): void {
    for (let row = 0; row < batch.rows; row++) {
      // Rows that no key tells apart only come with the whole answer.
      const key = this.#keys.length === 0 ? `#${row}` : this.#keyOf(batch, row)
      this.#rows.set(key, { batch, row })
    }
    this.#lines.put(batch)
  }

  #keyOf({ columns }: Batch, row: number): string {
    const values = this.#keys.map((key) => {
      const column = columns.find(({ name }) => name === key)
      const value = column === undefined ? null : valueAt(column, row)
      return value === null ? null : String(value)
    })
    return JSON.stringify(values)
  }
}

/** One batch, so that those of which few rows are left are let go. */
function joined(batches: readonly Batch[], rows: number): Batch {
  const [first] = batches
  const columns = (first?.columns ?? []).map((column, at): Column => {
    const parts = batches.map((batch) => ({ rows: batch.rows, column: batch.columns[at] }))
    return concatColumns(column.name, parts) ?? column
  })
  return { rows, columns }
}
