import { type Batch, type Column, emptyValidity } from '../../core/batch.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { Frame } from '../../scan/frame.ts'
import type { Output } from '../check/checked.ts'
import type { Batches } from './operator.ts'

/** The rows of a batch by the names of its columns; what it lacks is missing in every row. */
export function frameOf(batch: Batch): Frame {
  const columns = new Map(batch.columns.map((column) => [column.name, column]))
  return {
    rows: batch.rows,
    column: (name) =>
      columns.get(name) ?? {
        name,
        type: 'f64',
        values: new Float64Array(batch.rows),
        validity: emptyValidity(batch.rows),
      },
  }
}

/** Rows with other columns. */
export async function* projectRows(input: Batches, outputs: readonly Output[]): AsyncGenerator<Batch> {
  for await (const batch of input) yield project(outputs, frameOf(batch))
}

/** The answer's columns over some rows. */
export function project(outputs: readonly Output[], frame: Frame): Batch {
  return { rows: frame.rows, columns: outputs.map((output) => named(output, evaluateValue(output.expression, frame))) }
}

function named({ name, type, unit }: Output, column: Column): Column {
  const { unit: _, ...rest } = toType(column, type)
  return { ...rest, name, ...(unit !== undefined && { unit }) }
}

/** A column as one of a type: what has no value in any row comes as doubles, all missing; a time is an integer. */
export function toType(column: Column, type: Column['type']): Column {
  if (column.type === type) return column
  if ((column.type === 'time' || column.type === 'i64') && (type === 'i64' || type === 'time'))
    return { ...column, type }
  const { name } = column
  const { length } = column.values
  const validity = emptyValidity(length)
  if (type === 'bool') return { name, validity, type, values: new Uint8Array(length) }
  if (type === 'string') return { name, validity, type, values: new Uint32Array(length), dictionary: [''] }
  if (type === 'f64') return { name, validity, type, values: new Float64Array(length) }
  return { name, validity, type, values: new BigInt64Array(length) }
}
