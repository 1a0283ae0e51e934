import { type Column, isValid } from '../../engine/core/batch.ts'

const TWO_TO_32 = 2 ** 32
const NANOSECONDS_PER_MS = 1e6

/** 64-bit integers as doubles, through their halves: BigInt arithmetic per value would cost ten times as much. */
function doublesOf(values: BigInt64Array, divisor: number): Float64Array {
  const low = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const high = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  const doubles = new Float64Array(values.length)
  for (let i = 0; i < doubles.length; i++) {
    doubles[i] = ((high[2 * i + 1] ?? 0) * TWO_TO_32 + (low[2 * i] ?? 0)) / divisor
  }
  return doubles
}

/** A column as numbers to draw: times in milliseconds since 1970, NaN where a value is missing or is no number. */
export function columnNumbers(column: Column, rows: number): Float64Array {
  let numbers: Float64Array
  if (column.type === 'time') numbers = doublesOf(column.values, NANOSECONDS_PER_MS)
  else if (column.type === 'i64') numbers = doublesOf(column.values, 1)
  else if (column.type === 'f64') numbers = column.validity === undefined ? column.values : column.values.slice()
  else numbers = new Float64Array(rows).fill(Number.NaN)
  if (column.validity === undefined) return numbers
  for (let i = 0; i < rows; i++) if (!isValid(column.validity, i)) numbers[i] = Number.NaN
  return numbers
}
