import type { Outline, TimeRange } from './row-group.ts'

/** Cuts a range of time so that about `sliceRows` rows begin in each slice. */
export function planSlices(outline: Outline, range: TimeRange, sliceRows: number): TimeRange[] {
  const rowsFrom = new Map<bigint, number>()
  outline.minTimes.forEach((time, i) => {
    rowsFrom.set(time, (rowsFrom.get(time) ?? 0) + (outline.rows[i] as number))
  })
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
    rows += rowsFrom.get(time) as number
  }
  if (times.length > 0 && start < range.end) slices.push({ start, end: range.end })
  return slices
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
