import type { Column, F64Column, I64Column, StringColumn } from '../core/batch.ts'
import type { BinaryOperator } from '../core/expression.ts'
import { compareIntegers, toDoubles } from '../core/integers.ts'
import { compareUtf8 } from '../core/series.ts'
import { bothValid } from './arithmetic.ts'

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>='

/** What each operator answers where the left side is less, equal and greater. */
const ANSWERS: Readonly<Record<ComparisonOperator, readonly [less: number, equal: number, greater: number]>> = {
  '=': [0, 1, 0],
  '!=': [1, 0, 1],
  '<': [1, 0, 0],
  '<=': [1, 1, 0],
  '>': [0, 0, 1],
  '>=': [0, 1, 1],
}

export function isComparison(op: BinaryOperator): op is ComparisonOperator {
  return Object.hasOwn(ANSWERS, op)
}

/** Compares two columns of like types row by row; missing where one is. NaN equals NaN and is greater than all else. */
export function compare(op: ComparisonOperator, left: Column, right: Column): Column {
  const order = orderOf(left, right)
  const [less, equal, greater] = ANSWERS[op]
  const values = new Uint8Array(order.length)
  for (let i = 0; i < values.length; i++) {
    const sign = order[i] ?? 0
    values[i] = sign < 0 ? less : sign > 0 ? greater : equal
  }
  const validity = bothValid(left.validity, right.validity)
  return { name: '', type: 'bool', values, ...(validity && { validity }) }
}

/** The common case of `compare`, without a column of the number. */
export function compareWithNumber(op: ComparisonOperator, column: F64Column, number: number): Column {
  const values = Number.isNaN(number) ? compareWithNaN(op, column.values) : numberLoop(op, column.values, number)
  return { name: '', type: 'bool', values, ...(column.validity && { validity: column.validity }) }
}

/** The common case of `compare` for integers, without a column of the integer. */
export function compareWithInteger(op: ComparisonOperator, column: I64Column, integer: bigint): Column {
  const { values, validity } = column
  const out = new Uint8Array(values.length)
  const rows = out.length
  if (op === '>') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0n) > integer ? 1 : 0
  else if (op === '>=') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0n) >= integer ? 1 : 0
  else if (op === '<') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0n) < integer ? 1 : 0
  else if (op === '<=') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0n) <= integer ? 1 : 0
  else if (op === '=') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0n) === integer ? 1 : 0
  else for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0n) === integer ? 0 : 1
  return { name: '', type: 'bool', values: out, ...(validity && { validity }) }
}

function numberLoop(op: ComparisonOperator, values: Float64Array, number: number): Uint8Array {
  const out = new Uint8Array(values.length)
  const rows = out.length
  // Greater is "not less or equal", so that NaN is among the greater.
  if (op === '>') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0) <= number ? 0 : 1
  else if (op === '>=') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0) < number ? 0 : 1
  else if (op === '<') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0) < number ? 1 : 0
  else if (op === '<=') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0) <= number ? 1 : 0
  else if (op === '=') for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0) === number ? 1 : 0
  else for (let i = 0; i < rows; i++) out[i] = (values[i] ?? 0) === number ? 0 : 1
  return out
}

function compareWithNaN(op: ComparisonOperator, values: Float64Array): Uint8Array {
  const [less, equal] = ANSWERS[op]
  const out = new Uint8Array(values.length)
  for (let i = 0; i < out.length; i++) out[i] = Number.isNaN(values[i]) ? equal : less
  return out
}

/** The order of two doubles in which NaN equals itself and is the greatest; -0 equals 0. */
export function compareDoubles(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

function orderOf(left: Column, right: Column): Int8Array {
  if (left.type === 'string' && right.type === 'string') return orderOfStrings(left, right)
  if (left.type === 'bool' && right.type === 'bool') {
    const b = right.values
    return Int8Array.from(left.values, (value, i) => value - (b[i] ?? 0))
  }
  if (isInteger(left) && isInteger(right)) return compareIntegers(left.values, right.values)
  const [a, b] = [doublesOf(left), doublesOf(right)]
  const order = new Int8Array(a.length)
  for (let i = 0; i < order.length; i++) order[i] = compareDoubles(a[i] ?? 0, b[i] ?? 0)
  return order
}

function isInteger(column: Column): column is Extract<Column, { values: BigInt64Array }> {
  return column.type === 'i64' || column.type === 'time'
}

function doublesOf(column: Column): Float64Array {
  if (column.type === 'f64') return column.values
  if (isInteger(column)) return toDoubles(column.values)
  // Only the null literal meets another type here, and its rows are all missing.
  return new Float64Array(column.values.length)
}

function orderOfStrings(left: StringColumn, right: StringColumn): Int8Array {
  const order = new Int8Array(left.values.length)
  for (let i = 0; i < order.length; i++) {
    const a = left.dictionary[left.values[i] ?? 0] ?? ''
    const b = right.dictionary[right.values[i] ?? 0] ?? ''
    order[i] = Math.sign(compareUtf8(a, b))
  }
  return order
}
