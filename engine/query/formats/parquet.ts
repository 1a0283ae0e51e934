import type { SchemaElement } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { type Batch, type Column, isValid } from '../../core/batch.ts'
import { columnAt, joinBatches, type QueryResult, type ResultColumn, sliceBatch } from '../run/result.ts'

/** Rows of a row group: what is held at a time, and what a reader reads at once. */
export const ROW_GROUP_ROWS: number = 1 << 16

/**
 * A result as a Parquet file, in pieces: a row group for each 65,536 rows, compressed by Snappy. Times are nanoseconds in UTC, a unit is in
 * the file's metadata under `unit.<column>`.
 */
export async function* toParquet(result: QueryResult): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter()
  const root = { name: 'answer', num_children: result.columns.length }
  const parquet = new ParquetWriter({
    writer: bytes,
    schema: [root, ...result.columns.map(schemaElement)],
    kvMetadata: result.columns.flatMap(({ name, unit }) =>
      unit === undefined ? [] : [{ key: `unit.${name}`, value: unit }],
    ),
    createdBy: 'tidemark',
  })
  for await (const group of rowGroups(result)) {
    const columnData = result.columns.map(({ name }, at) => ({ name, data: valuesOf(columnAt(group, at)) }))
    await parquet.write({ columnData, rowGroupSize: group.rows })
    yield taken(bytes)
  }
  parquet.finish()
  yield taken(bytes)
}

/** The bytes that were written since the last call. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice()
  writer.index = 0
  return bytes
}

/** Batches of as many rows as a row group has; of a result without rows none. */
async function* rowGroups({ columns, batches }: QueryResult): AsyncGenerator<Batch> {
  let held: Batch[] = []
  let rows = 0
  for await (const batch of batches) {
    if (batch.rows === 0) continue
    held.push(batch)
    rows += batch.rows
    if (rows < ROW_GROUP_ROWS) continue
    const joined = joinBatches(columns, held)
    let from = 0
    for (; rows - from >= ROW_GROUP_ROWS; from += ROW_GROUP_ROWS) yield sliceBatch(joined, from, from + ROW_GROUP_ROWS)
    held = [sliceBatch(joined, from, rows)]
    rows -= from
  }
  if (rows > 0) yield joinBatches(columns, held)
}

function schemaElement({ name, type }: ResultColumn): SchemaElement {
  switch (type) {
    case 'time':
      return { ...integers(name), logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } }
    case 'i64':
      return integers(name)
    case 'f64':
      return { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }
    case 'bool':
      return { name, type: 'BOOLEAN', repetition_type: 'OPTIONAL' }
    case 'string':
      return {
        name,
        type: 'BYTE_ARRAY',
        repetition_type: 'OPTIONAL',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      }
  }
}

function integers(name: string): SchemaElement {
  return { name, type: 'INT64', repetition_type: 'OPTIONAL' }
}

/** A missing value is `null`. */
function valuesOf(column: Column): unknown[] | Float64Array | BigInt64Array {
  const { validity, values } = column
  const isPlain = column.type !== 'string' && column.type !== 'bool'
  if (validity === undefined && isPlain) return column.values
  const out: unknown[] = new Array(values.length)
  for (let row = 0; row < values.length; row++) {
    if (!isValid(validity, row)) out[row] = null
    else if (column.type === 'string') out[row] = column.dictionary[column.values[row] as number] ?? ''
    else out[row] = column.type === 'bool' ? values[row] === 1 : values[row]
  }
  return out
}
