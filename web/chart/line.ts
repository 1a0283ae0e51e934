/** One line of a chart: values over time. Times are milliseconds since 1970, ascending; NaN is a hole. */
export interface ChartLine {
  name: string
  times: ArrayLike<number>
  values: ArrayLike<number>
}

/** Index of the first time that is at or after `time`. */
export function lowerBound(times: ArrayLike<number>, time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? Number.POSITIVE_INFINITY) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the time nearest to `time` and at most `reachMs` away, or -1. */
export function nearestIndex(times: ArrayLike<number>, time: number, reachMs: number): number {
  const after = lowerBound(times, time)
  let best = -1
  let bestDistance = reachMs
  for (const index of [after - 1, after]) {
    const at = times[index]
    if (at === undefined || Math.abs(at - time) > bestDistance) continue
    best = index
    bestDistance = Math.abs(at - time)
  }
  return best
}

/** Lowest and highest finite value of the lines between two times, or `undefined` where there is none. */
export function valueExtent(
  lines: readonly ChartLine[],
  start: number,
  end: number,
): { low: number; high: number } | undefined {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { times, values } of lines) {
    const last = lowerBound(times, end)
    for (let i = lowerBound(times, start); i < values.length && i <= last; i++) {
      const value = values[i] ?? Number.NaN
      if (!Number.isFinite(value)) continue
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  return low <= high ? { low, high } : undefined
}

/** First and last time of the lines, or `undefined` where they have none; a single time gets a second around it. */
export function lineSpan(lines: readonly ChartLine[]): { start: number; end: number } | undefined {
  let start = Number.POSITIVE_INFINITY
  let end = Number.NEGATIVE_INFINITY
  for (const { times } of lines) {
    if (times.length === 0) continue
    start = Math.min(start, times[0] ?? start)
    end = Math.max(end, times[times.length - 1] ?? end)
  }
  if (start > end) return undefined
  return start === end ? { start: start - 500, end: end + 500 } : { start, end }
}
