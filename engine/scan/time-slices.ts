import type { Outline, TimeRange } from './row-group.ts'

/** Cuts a range of time so that about `sliceRows` rows begin in each slice. */
export function planSlices(outline: Outline, range: TimeRange, sliceRows: number): TimeRange[] {
  const rowsFrom = rowsByTime(outline)
  const times = [...rowsFrom.keys()].sort((a, b) => (a < b ? -1 : 1))
  const slices: TimeRange[] = []
  let start = range.start
  let rows = 0
  for (const time of times) {
    if (rows >= sliceRows && time > start && time < range.end) {
      slices.push({ start, end: time })
      start = time
      rows = 0
    }
    rows += rowsFrom.get(time)?.rows ?? 0
  }
  if (times.length > 0 && start < range.end) slices.push({ start, end: range.end })
  return slices
}

interface RowsFrom {
  time: bigint
  rows: number
}

/** How many rows are in groups that begin at each time. Series that are measured together have the same times in the same order. */
function rowsByTime({ minTimes, rows }: Outline): Map<bigint, RowsFrom> {
  const known = new Map<bigint, RowsFrom>()
  const inOrder: RowsFrom[] = []
  let next = 0
  minTimes.forEach((time, i) => {
    // To compare with what came after the last time before takes a tenth of looking it up.
    if (inOrder[next]?.time !== time) next = 0
    let found = inOrder[next]
    if (found?.time !== time) {
      found = known.get(time) ?? { time, rows: 0 }
      if (found.rows === 0) {
        known.set(time, found)
        next = inOrder.push(found) - 1
      }
    }
    found.rows += rows[i] as number
    next++
  })
  return known
}

/** First row whose time is not before `time`. */
export function lowerBound(times: BigInt64Array, time: bigint): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as bigint) < time) low = middle + 1
    else high = middle
  }
  return low
}
