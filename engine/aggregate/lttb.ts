import { offsetsFrom } from '../core/integers.ts'
import type { StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, PointsAggregate } from './accumulator.ts'
import { KeptRows } from './kept-rows.ts'
import { chosenPoints, rowsByTime } from './line-points.ts'
import { presentRows } from './row-presence.ts'

/** Most points that lttb gives a cell. */
const MAX_LINE_POINTS = 1_000_000

/**
 * At most n points of a cell that keep the shape of its line: largest triangle three buckets (Steinarsson, "Downsampling time
 * series for visual representation", 2013). First and last point are among them. The series of a cell are one line.
 */
export const lttb: PointsAggregate = {
  name: 'lttb',
  inputs: ['number'],
  parameters: [{ name: 'n', kind: 'count', from: 3, to: MAX_LINE_POINTS }],
  keepsUnit: true,
  ordered: false,
  dependsOnOrder: false,
  gives: 'points',
  outputType: () => 'f64',
  open: openPoints,
  finish: (states, { parameters: [n] }) => {
    const choose = (rows: Uint32Array): Uint32Array => largestTriangles(states, rows, Number(n))
    return chosenPoints(states, rowsByTime(states).map(choose))
  },
}

function openPoints({ budget }: AccumulatorCall): Accumulator {
  const kept = new KeptRows(['i64', 'f64'], budget)
  return {
    update: (rows) => {
      const [values] = rows.columns
      if (values) kept.add(rows.cells, [{ name: '', type: 'time', values: rows.times }, values], presentRows(rows))
    },
    endSeries: () => undefined,
    merge: (states, places) => kept.merge(states, places),
    states: (cells) => kept.states(cells),
  }
}

/** Rows of one cell in order of time, or those of them that are kept. */
function largestTriangles({ columns: [times, values] }: StateTable, rows: Uint32Array, points: number): Uint32Array {
  if (rows.length <= points || times === undefined || values === undefined) return rows
  if (!(times.values instanceof BigInt64Array)) throw new Error('points have times')
  const x = offsetsFrom(gathered(times.values, rows), times.values[rows[0] ?? 0] ?? 0n)
  const y = Float64Array.from(rows, (row) => Number(values.values[row]))
  const chosen = new Uint32Array(points)
  const every = (rows.length - 2) / (points - 2)
  let last = 0
  for (let bucket = 0; bucket < points - 2; bucket++) {
    const from = Math.floor(bucket * every) + 1
    const to = Math.floor((bucket + 1) * every) + 1
    const next = { from: to, to: Math.min(Math.floor((bucket + 2) * every) + 1, rows.length) }
    last = farthest({ x, y }, last, { from, to, meanX: mean(x, next), meanY: mean(y, next) })
    chosen[bucket + 1] = last
  }
  chosen[points - 1] = rows.length - 1
  return chosen.map((i) => rows[i] ?? 0)
}

function gathered(times: BigInt64Array, rows: Uint32Array): BigInt64Array {
  const own = new BigInt64Array(rows.length)
  for (let i = 0; i < rows.length; i++) own[i] = times[rows[i] as number] as bigint
  return own
}

interface Bucket {
  from: number
  to: number
  /** The mean of the bucket after it. */
  meanX: number
  meanY: number
}

/** The point of a bucket that makes the largest triangle with the one before it and the mean behind it. */
function farthest({ x, y }: { x: Float64Array; y: Float64Array }, last: number, bucket: Bucket): number {
  const [ax, ay] = [x[last] ?? 0, y[last] ?? 0]
  let [best, greatest] = [bucket.from, -1]
  for (let i = bucket.from; i < bucket.to; i++) {
    const area = Math.abs((ax - bucket.meanX) * ((y[i] ?? 0) - ay) - (ax - (x[i] ?? 0)) * (bucket.meanY - ay))
    if (area > greatest) [best, greatest] = [i, area]
  }
  return best
}

function mean(values: Float64Array, { from, to }: { from: number; to: number }): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += values[i] ?? 0
  return sum / (to - from)
}
