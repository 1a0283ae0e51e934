import { type Column, isValid } from '../core/batch.ts'
import type { InputStates } from '../core/plan.ts'
import { cellValues } from './cell-values.ts'

/** Rows to be taken into states: for each its cell and time. */
export interface CellRows {
  /** The cell of each row. */
  cells: Uint32Array
  /** Only needed where first or last is kept. Of values of equal times the greatest is, as where states are merged. */
  times: BigInt64Array
}

/** Takes one column of values into states, row by row; missing values are skipped. The column has the states' type. */
export function updateStates(states: InputStates, column: Column, rows: CellRows): void {
  const { cells } = rows
  const present = presentRows(column, cells.length)
  // Before the counts move on: a count of 0 tells that a cell has no value yet.
  if (states.min) updateExtreme(states.min, column, { states, cells, present, sign: 'less' })
  if (states.max) updateExtreme(states.max, column, { states, cells, present, sign: 'greater' })
  updateEnds(states, column, rows, present)
  if (states.sumHigh && states.sumLow) addValues(states.sumHigh, states.sumLow, column, { cells, present })
  if (states.mean && states.m2) addMoments(states, column, { cells, present })
  for (const row of present) {
    const cell = cells[row] ?? 0
    states.count[cell] = (states.count[cell] ?? 0) + 1
  }
}

/** Row numbers of the values that are there. */
function presentRows(column: Column, rows: number): Uint32Array {
  const present = new Uint32Array(rows)
  let found = 0
  for (let row = 0; row < rows; row++) if (isValid(column.validity, row)) present[found++] = row
  return present.subarray(0, found)
}

interface Placed {
  cells: Uint32Array
  present: Uint32Array
}

function updateExtreme(
  target: Column,
  column: Column,
  { states, cells, present, sign }: Placed & { states: InputStates; sign: 'less' | 'greater' },
): void {
  const values = cellValues(target, column)
  const seen = Uint8Array.from(states.count, (count) => (count > 0 ? 1 : 0))
  for (const row of present) {
    const cell = cells[row] ?? 0
    if (seen[cell] === 0 || values[sign](row, cell)) values.copy(cell, row)
    seen[cell] = 1
  }
}

function updateEnds(states: InputStates, column: Column, { cells, times }: CellRows, present: Uint32Array): void {
  const { first, firstTime, last, lastTime, count } = states
  if (first && firstTime) {
    const values = cellValues(first, column)
    const seen = Uint8Array.from(count, (total) => (total > 0 ? 1 : 0))
    for (const row of present) {
      const cell = cells[row] ?? 0
      const time = times[row] ?? 0n
      const known = firstTime[cell] ?? 0n
      if (seen[cell] === 1 && (time > known || (time === known && !values.exceeds(row, cell)))) continue
      values.copy(cell, row)
      firstTime[cell] = time
      seen[cell] = 1
    }
  }
  if (last && lastTime) {
    const values = cellValues(last, column)
    const seen = Uint8Array.from(count, (total) => (total > 0 ? 1 : 0))
    for (const row of present) {
      const cell = cells[row] ?? 0
      const time = times[row] ?? 0n
      const known = lastTime[cell] ?? 0n
      if (seen[cell] === 1 && (time < known || (time === known && !values.exceeds(row, cell)))) continue
      values.copy(cell, row)
      lastTime[cell] = time
      seen[cell] = 1
    }
  }
}

const TWO_32 = 4_294_967_296

/** An i64 is two doubles: the multiple of 2^32 below it, and the rest. Both additions are exact. */
function addValues(high: Float64Array, low: Float64Array, column: Column, { cells, present }: Placed): void {
  if (column.type === 'f64') {
    for (const row of present) addTwoSum(high, low, cells[row] ?? 0, column.values[row] ?? 0)
  } else if (column.type === 'i64') {
    const lows = new Uint32Array(column.values.buffer, column.values.byteOffset, column.values.length * 2)
    const highs = new Int32Array(column.values.buffer, column.values.byteOffset, column.values.length * 2)
    for (const row of present) {
      addTwoSum(high, low, cells[row] ?? 0, (highs[2 * row + 1] ?? 0) * TWO_32)
      addTwoSum(high, low, cells[row] ?? 0, lows[2 * row] ?? 0)
    }
  }
}

/** Knuth's two-sum: the rounding error of the high part goes to the low part. */
function addTwoSum(high: Float64Array, low: Float64Array, cell: number, value: number): void {
  const before = high[cell] ?? 0
  const sum = before + value
  const part = sum - before
  high[cell] = sum
  low[cell] = (low[cell] ?? 0) + (before - (sum - part) + (value - part))
}

/** Welford's update. */
function addMoments(states: InputStates, column: Column, { cells, present }: Placed): void {
  const { mean, m2 } = states
  if (mean === undefined || m2 === undefined) return
  const counts = states.count.slice()
  for (const row of present) {
    const cell = cells[row] ?? 0
    const value = Number(column.values[row])
    const count = (counts[cell] ?? 0) + 1
    const delta = value - (mean[cell] ?? 0)
    const next = (mean[cell] ?? 0) + delta / count
    mean[cell] = next
    m2[cell] = (m2[cell] ?? 0) + delta * (value - next)
    counts[cell] = count
  }
}
