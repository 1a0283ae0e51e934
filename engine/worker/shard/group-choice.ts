import type { Outline, TimeRange } from '../../scan/row-group.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'

/** Between which times a segment has rows of a table. */
export function rangeOf({ tables }: SegmentInfo, table: string): TimeRange | undefined {
  const range = tables.get(table)
  return range && { start: range.minTime, end: range.maxTime }
}

/** From the first to the last time of some ranges; `undefined` where there is none. */
export function spanOf(ranges: readonly (TimeRange | undefined)[]): TimeRange | undefined {
  let span: TimeRange | undefined
  for (const range of ranges) {
    if (range === undefined) continue
    span ??= { start: range.start, end: range.end }
    if (range.start < span.start) span.start = range.start
    if (range.end > span.end) span.end = range.end
  }
  return span
}

/** Adds groups to an outline. */
export function adderTo({ minTimes, rows }: Outline): (minTime: bigint, rows: number) => void {
  return (minTime, count) => {
    minTimes.push(minTime)
    rows.push(count)
  }
}
