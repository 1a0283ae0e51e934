/** Plain aggregates over the rows of a column: sums are exact, in rational arithmetic over powers of two. */
import { type Column, isValid } from '../../engine/core/batch.ts'

export interface Expected {
  count: number
  /** The exact sum rounded to a double, NaN or infinite by IEEE where a value is; of strings NaN. */
  sum: number
  min: number | bigint
  max: number | bigint
  first: number | bigint
  last: number | bigint
  firstRow: number
  lastRow: number
  mean: number
  m2: number
  /** Mean of the values without their signs, which is what the rounding of a mean depends on. */
  meanOfMagnitudes: number
}

const SMALLEST_EXPONENT = 1074n

/** A finite double as an integer count of 2^-1074. */
function exactUnits(value: number): bigint {
  const bits = new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n
  const exponent = (bits >> 52n) & 0x7ffn
  const fraction = bits & 0xfffffffffffffn
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return bits >> 63n === 0n ? magnitude : -magnitude
}

/** The double nearest to `units` of 2^-1074, ties to even; infinite beyond the largest. */
function nearestDouble(units: bigint): number {
  const magnitude = units < 0n ? -units : units
  const shift = BigInt(Math.max(0, magnitude.toString(2).length - 53))
  let kept = magnitude >> shift
  const rest = magnitude - (kept << shift)
  const half = shift > 0n ? 1n << (shift - 1n) : 1n
  if (rest > half || (rest === half && shift > 0n && (kept & 1n) === 1n)) kept++
  const exponent = Number(shift - SMALLEST_EXPONENT)
  const scaled = Number(kept) * 2 ** Math.max(exponent, -1000) * 2 ** Math.min(0, exponent + 1000)
  return units < 0n ? -scaled : scaled
}

/** Sum of doubles without any rounding but the last; IEEE's answer where one is not finite. */
export function exactSum(values: readonly number[]): number {
  if (!values.every(Number.isFinite)) return values.reduce((sum, value) => sum + value, 0)
  return nearestDouble(values.reduce((sum, value) => sum + exactUnits(value), 0n))
}

function numbersOf(column: Column, rows: readonly number[]): number[] {
  return rows.map((row) => Number(column.values[row] ?? 0))
}

function extremeFloat(values: readonly number[], sign: 1 | -1): number {
  const ordered = values.filter((value) => !Number.isNaN(value))
  if (ordered.length === 0) return Number.NaN
  return ordered.reduce((a, b) => (sign > 0 ? Math.max(a, b) : Math.min(a, b)))
}

function integerOf(column: Column, row: number): bigint {
  return BigInt(column.values[row] ?? 0)
}

function momentsOf(values: readonly number[]): Pick<Expected, 'mean' | 'm2' | 'meanOfMagnitudes'> {
  const mean = exactSum(values) / values.length
  const m2 = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, m2, meanOfMagnitudes: values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length }
}

/** Aggregates rows `[from, to)` that have a value and are selected; `undefined` where there is none. */
export function expectedAggregate(
  column: Column,
  from: number,
  to: number,
  selected: (row: number) => boolean,
): Expected | undefined {
  const rows: number[] = []
  for (let row = from; row < to; row++) if (isValid(column.validity, row) && selected(row)) rows.push(row)
  const [firstRow] = rows
  const lastRow = rows.at(-1)
  if (firstRow === undefined || lastRow === undefined) return undefined
  const numbers = numbersOf(column, rows)
  const common = { count: rows.length, firstRow, lastRow, ...momentsOf(numbers) }
  if (column.type === 'f64') {
    return {
      ...common,
      sum: exactSum(numbers),
      min: extremeFloat(numbers, -1),
      max: extremeFloat(numbers, 1),
      first: numbers[0] ?? 0,
      last: numbers.at(-1) ?? 0,
    }
  }
  const integers = rows.map((row) => integerOf(column, row))
  const ordered = integers.toSorted((a, b) => Number(a - b))
  return {
    ...common,
    sum: Number(integers.reduce((sum, value) => sum + value, 0n)),
    min: ordered[0] ?? 0n,
    max: ordered.at(-1) ?? 0n,
    first: integers[0] ?? 0n,
    last: integers.at(-1) ?? 0n,
  }
}

/** Distance in representable doubles; 0 for two NaNs. */
export function ulpsBetween(a: number, b: number): number {
  if (Object.is(a, b) || a === b) return 0
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY
  const order = (value: number): bigint => {
    const bits = new BigInt64Array(Float64Array.of(value).buffer)[0] ?? 0n
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits
  }
  const distance = order(a) - order(b)
  return Number(distance < 0n ? -distance : distance)
}
