import { type Batch, type Column, emptyValidity } from '../../core/batch.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { Frame } from '../../scan/frame.ts'
import type { Output } from '../check/checked.ts'

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

/** The answer's columns over some rows. */
export function project(outputs: readonly Output[], frame: Frame): Batch {
  return { rows: frame.rows, columns: outputs.map((output) => named(output, evaluateValue(output.expression, frame))) }
}

function named({ name, type, unit }: Output, column: Column): Column {
  const { unit: _, ...rest } = column
  const plain = { ...rest, name, ...(unit !== undefined && { unit }) }
  // A field that no row of the batch has comes as doubles, all missing.
  if (plain.type === type || plain.type !== 'f64') return plain
  const { length } = plain.values
  const validity = emptyValidity(length)
  const missing = { name, ...(unit !== undefined && { unit }), validity }
  if (type === 'bool') return { ...missing, type, values: new Uint8Array(length) }
  if (type === 'string') return { ...missing, type, values: new Uint32Array(length), dictionary: [''] }
  if (type === 'f64') return plain
  return { ...missing, type, values: new BigInt64Array(length) }
}
