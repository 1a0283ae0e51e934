import { type ChartLine, lowerBound } from './line.ts'

/** Points that draw the same pixels as all of them: at most four a column, in order. */
export interface ReducedLine {
  count: number
  times: Float64Array
  values: Float64Array
}

export interface PixelColumns {
  start: number
  end: number
  columns: number
}

/**
 * M4 (Jugel et al., VLDB 2014): first, lowest, highest and last value of each pixel column, with one value beyond each end so
 * that the line enters and leaves the frame. A hole in a column is kept as one NaN.
 */
export function reduceLine(line: ChartLine, { start, end, columns }: PixelColumns): ReducedLine {
  const { times, values } = line
  const from = Math.max(0, lowerBound(times, start) - 1)
  const to = Math.min(times.length, lowerBound(times, end) + 1)
  const capacity = Math.min(to - from, 5 * (columns + 2))
  const reduced: ReducedLine = { count: 0, times: new Float64Array(capacity), values: new Float64Array(capacity) }
  if (to - from <= 4 * columns) {
    for (let i = from; i < to; i++) push(reduced, line, i)
    return reduced
  }
  const perColumn = (end - start) / columns
  const columnOf = (index: number): number => Math.floor(((times[index] ?? 0) - start) / perColumn)
  let i = from
  while (i < to) {
    const column = columnOf(i)
    const picked = [i, -1, -1, -1, -1]
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (; i < to && columnOf(i) === column; i++) {
      const value = values[i] ?? Number.NaN
      if (Number.isNaN(value)) picked[3] = i
      if (value < low) [low, picked[1]] = [value, i]
      if (value > high) [high, picked[2]] = [value, i]
    }
    picked[4] = i - 1
    pushDistinct(reduced, line, picked)
  }
  return reduced
}

function pushDistinct(reduced: ReducedLine, line: ChartLine, indices: number[]): void {
  let last = -1
  for (const index of indices.sort((a, b) => a - b)) {
    if (index < 0 || index === last) continue
    push(reduced, line, index)
    last = index
  }
}

function push(reduced: ReducedLine, { times, values }: ChartLine, index: number): void {
  reduced.times[reduced.count] = times[index] ?? Number.NaN
  reduced.values[reduced.count] = values[index] ?? Number.NaN
  reduced.count++
}
