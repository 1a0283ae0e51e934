import {
  type Batch,
  type Column,
  emptyValidity,
  type F64Column,
  type I64Column,
  setValid,
} from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { parseTimestamp } from '../../engine/core/time.ts'
import type { ResultColumn } from '../../engine/engine.ts'

const invalid = (column: ResultColumn, value: unknown): TidemarkError =>
  new TidemarkError(
    'invalid',
    `the relay sent ${JSON.stringify(value)} in column '${column.name}' of type ${column.type}`,
  )

function integerOf(column: ResultColumn, value: unknown): bigint {
  const integer = readInteger(column, value)
  if (integer === undefined || integer !== BigInt.asIntN(64, integer)) throw invalid(column, value)
  return integer
}

function readInteger(column: ResultColumn, value: unknown): bigint | undefined {
  if (column.type === 'time' && typeof value === 'string') return parseTimestamp(value)
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined
}

function doubleOf(column: ResultColumn, value: unknown): number {
  if (typeof value === 'number') return value
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value)
  throw invalid(column, value)
}

function fillColumn(column: ResultColumn, cells: readonly unknown[], validity: Uint8Array): Column {
  const named = { name: column.name, ...(column.unit !== undefined && { unit: column.unit }), validity }
  const each = (put: (value: unknown, row: number) => void): void => {
    cells.forEach((value, row) => {
      if (value === null || value === undefined) return
      setValid(validity, row)
      put(value, row)
    })
  }
  if (column.type === 'time' || column.type === 'i64') {
    const filled: I64Column = { ...named, type: column.type, values: new BigInt64Array(cells.length) }
    each((value, row) => {
      filled.values[row] = integerOf(column, value)
    })
    return filled
  }
  if (column.type === 'f64') {
    const filled: F64Column = { ...named, type: 'f64', values: new Float64Array(cells.length) }
    each((value, row) => {
      filled.values[row] = doubleOf(column, value)
    })
    return filled
  }
  if (column.type === 'bool') {
    const values = new Uint8Array(cells.length)
    each((value, row) => {
      values[row] = value === true ? 1 : 0
    })
    return { ...named, type: 'bool', values }
  }
  const codes = new Map<string, number>()
  const values = new Uint32Array(cells.length)
  each((value, row) => {
    const text = String(value)
    const code = codes.get(text) ?? codes.size
    codes.set(text, code)
    values[row] = code
  })
  return { ...named, type: 'string', values, dictionary: [...codes.keys()] }
}

/** Rows of a JSON answer as columns. Throws `invalid` where a value is not of its column's type. */
export function batchOfRows(columns: readonly ResultColumn[], rows: readonly (readonly unknown[])[]): Batch {
  return {
    rows: rows.length,
    columns: columns.map((column, i) => {
      const cells = rows.map((row) => row[i])
      return fillColumn(column, cells, emptyValidity(rows.length))
    }),
  }
}
