import type { Batch, Column, ColumnType } from '../../core/batch.ts'
import { concatColumns, sliceColumn } from '../../core/columns.ts'
import { TidemarkError } from '../../core/errors.ts'

export interface ResultColumn {
  name: string
  type: ColumnType
  unit?: string
}

export interface QueryResult {
  columns: readonly ResultColumn[]
  /** The columns that tell rows apart: `time` and tags. Empty where the answer is one row. */
  keys: readonly string[]
  /** The rows, in order. To be read once. */
  batches: AsyncIterable<Batch>
  /** Nothing is read any more for the rows: they are all there. */
  isWhole?: boolean
  /** Nobody but its reader has the memory of a batch, who may give it up once it is read. */
  ownsBatches?: boolean
}

/** Column `at` of a batch; every batch of a result has all columns of the result, in order. */
export function columnAt(batch: Batch, at: number): Column {
  const column = batch.columns[at]
  if (column === undefined) throw new Error(`a batch of ${batch.columns.length} columns has no column ${at}`)
  return column
}

/** A column without rows. */
export function emptyColumn({ name, type, unit }: ResultColumn): Column {
  const named = unit === undefined ? { name } : { name, unit }
  if (type === 'f64') return { ...named, type, values: new Float64Array() }
  if (type === 'bool') return { ...named, type, values: new Uint8Array() }
  if (type === 'string') return { ...named, type, values: new Uint32Array(), dictionary: [] }
  return { ...named, type, values: new BigInt64Array() }
}

/** Batches of like columns as one batch. */
export function joinBatches(columns: readonly ResultColumn[], batches: readonly Batch[]): Batch {
  const [only] = batches
  if (only && batches.length === 1) return only
  const rows = batches.reduce((total, batch) => total + batch.rows, 0)
  const joined = columns.map((column, at) => {
    const parts = batches.map((batch) => ({ rows: batch.rows, column: columnAt(batch, at) }))
    return concatColumns(column.name, parts) ?? emptyColumn(column)
  })
  return { rows, columns: joined }
}

/** Rows `[from, to)` of a batch. */
export function sliceBatch(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.rows) return batch
  return { rows: to - from, columns: batch.columns.map((column) => sliceColumn(column, from, to)) }
}

/** Reads a whole result into one batch. Throws `quota` where it has more than `maxRows` rows. */
export async function collectRows(result: QueryResult, maxRows: number = Number.POSITIVE_INFINITY): Promise<Batch> {
  const batches: Batch[] = []
  let rows = 0
  for await (const batch of result.batches) {
    rows += batch.rows
    if (rows > maxRows) {
      throw new TidemarkError('quota', `the answer has more than ${maxRows} rows`, {
        hint: 'Ask for less: add LIMIT, a time range, or GROUP BY with a longer window.',
      })
    }
    batches.push(batch)
  }
  return joinBatches(result.columns, batches)
}
