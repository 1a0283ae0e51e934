import type { Column } from '../core/batch.ts'
import type { StateTable } from '../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../core/time.ts'
import type { Accumulator, AccumulatorCall, AccumulatorRows, PointsAggregate, WindowBounds } from './accumulator.ts'
import { KeptRows } from './kept-rows.ts'
import { chosenPoints, rowsByTime } from './line-points.ts'
import { eachPresent } from './row-presence.ts'

/** Most columns of pixels. */
const MAX_COLUMNS = 100_000

/**
 * First, last, least and greatest value with their times, of each of n equal parts of a cell's window: what draws the same
 * pixels as all points do on n columns (Jugel, Jerzak, Hackenbroich and Markl, "M4: a visualization-oriented time series
 * data aggregation", VLDB 2014). Without ends in the query the parts are those between the first and the last point.
 */
export const m4: PointsAggregate = {
  name: 'm4',
  inputs: ['number'],
  parameters: [{ name: 'n', kind: 'count', from: 1, to: MAX_COLUMNS, default: 1 }],
  keepsUnit: true,
  ordered: false,
  dependsOnOrder: false,
  gives: 'points',
  outputType: () => 'f64',
  open: openExtremes,
  finish: (states, call) =>
    chosenPoints(
      states,
      rowsByTime(states).map((rows) => ofColumns(states, rows, call)),
    ),
}

/** Keeps of every batch of rows only what may be kept in the end, where the parts are known from the start. */
function openExtremes(call: AccumulatorCall): Accumulator {
  const kept = new KeptRows(['i64', 'f64'], call.budget)
  const parts = Number(call.parameters[0])
  return {
    update: (rows) => {
      const [values] = rows.columns
      if (values === undefined) return
      const extremes = extremeRows(rows, values, { parts, call })
      kept.add(rows.cells, [{ name: '', type: 'time', values: rows.times }, values], extremes)
    },
    endSeries: () => undefined,
    merge: (states, places) => kept.merge(states, places),
    states: (cells) => kept.states(cells),
  }
}

/** Rows of one batch that may be kept in the end, in no order; all of a window without ends. */
function extremeRows(
  rows: AccumulatorRows,
  values: Column,
  { parts, call }: { parts: number; call: AccumulatorCall },
): Uint32Array {
  const kept: number[] = []
  let [cell, column] = [-1, 0]
  let window: WindowBounds = { start: MIN_TIME, end: MAX_TIME }
  let part: Extremes | undefined
  eachPresent(rows, (row, ofRow) => {
    const time = rows.times[row] as bigint
    // A cell lies in one window.
    if (ofRow !== cell) window = call.windowOf(time)
    const ofTime = parts === 1 ? 0 : columnOf(time, window, parts)
    const value = Number(values.values[row])
    if (part && ofRow === cell && ofTime === column) extend(part, row, value)
    else {
      if (part) kept.push(...chosen(part))
      part = ofTime === undefined ? undefined : startOf(row, value)
      if (ofTime === undefined) kept.push(row)
    }
    cell = ofRow
    column = ofTime ?? 0
  })
  if (part) kept.push(...chosen(part))
  return Uint32Array.from(kept)
}

function columnOf(time: bigint, { start, end }: WindowBounds, parts: number): number | undefined {
  if (start === MIN_TIME || end === MAX_TIME) return undefined
  return Math.min(parts - 1, Math.floor((Number(time - start) / Number(end - start)) * parts))
}

interface Extremes {
  first: number
  last: number
  least: number
  leastValue: number
  greatest: number
  greatestValue: number
}

function startOf(row: number, value: number): Extremes {
  return { first: row, last: row, least: row, leastValue: value, greatest: row, greatestValue: value }
}

/** NaN is no extreme unless it came first. */
function extend(part: Extremes, row: number, value: number): void {
  part.last = row
  if (value < part.leastValue || Number.isNaN(part.leastValue)) [part.least, part.leastValue] = [row, value]
  if (value > part.greatestValue || Number.isNaN(part.greatestValue)) [part.greatest, part.greatestValue] = [row, value]
}

/** At most four rows, in their order. */
function chosen({ first, last, least, greatest }: Extremes): number[] {
  return [...new Set([first, Math.min(least, greatest), Math.max(least, greatest), last])]
}

/** Rows of one cell in order of time: those of each column that are kept. */
function ofColumns({ columns: [times, values] }: StateTable, rows: Uint32Array, call: AccumulatorCall): Uint32Array {
  const [from, to] = [rows[0], rows[rows.length - 1]]
  if (times === undefined || values === undefined || from === undefined || to === undefined) return rows
  const parts = Number(call.parameters[0])
  const timeAt = (row: number): bigint => BigInt(times.values[row] ?? 0)
  const asked = call.windowOf(timeAt(from))
  const bounded = asked.start !== MIN_TIME && asked.end !== MAX_TIME
  const window = bounded ? asked : { start: timeAt(from), end: timeAt(to) + 1n }
  const kept: number[] = []
  let [column, part] = [-1, startOf(0, Number.NaN)]
  rows.forEach((row, i) => {
    const value = Number(values.values[row])
    const own = columnOf(timeAt(row), window, parts) ?? 0
    if (own === column) extend(part, i, value)
    else {
      if (column >= 0) kept.push(...chosen(part))
      part = startOf(i, value)
      column = own
    }
  })
  kept.push(...chosen(part))
  return Uint32Array.from(kept, (i) => rows[i] ?? 0)
}
