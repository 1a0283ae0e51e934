import { type Batch, type Column, type ColumnType, emptyValidity, setValid, valueAt } from '../../engine/core/batch.ts'

export type Value = bigint | number | boolean | string | null

/** A column of plain values; `null` is missing. */
export function columnOf(name: string, type: ColumnType, values: readonly Value[]): Column {
  const filled = fill(name, type, values)
  if (!values.includes(null)) return filled
  const validity = emptyValidity(values.length)
  values.forEach((value, row) => {
    if (value !== null) setValid(validity, row)
  })
  return { ...filled, validity }
}

function fill(name: string, type: ColumnType, values: readonly Value[]): Column {
  switch (type) {
    case 'f64':
      return { name, type, values: Float64Array.from(values, Number) }
    case 'bool':
      return { name, type, values: Uint8Array.from(values, Number) }
    case 'string': {
      const dictionary = [...new Set(values.map(String))]
      return { name, type, values: Uint32Array.from(values, (value) => dictionary.indexOf(String(value))), dictionary }
    }
    default:
      return { name, type, values: BigInt64Array.from(values, (value) => BigInt(value ?? 0)) }
  }
}

/** The rows of a batch as plain values. */
export function rowsOf(batch: Batch): Value[][] {
  return Array.from({ length: batch.rows }, (_, row) => batch.columns.map((column) => valueAt(column, row)))
}
