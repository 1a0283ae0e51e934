import type { RowGroup, TimeRange } from '../../scan/row-group.ts'
import type { Segment } from '../../storage/segment.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'

/** Groups that have times in a range. */
export function meeting(range: TimeRange, groups: readonly RowGroup[] = []): readonly RowGroup[] {
  return groups.filter(({ minTime, maxTime }) => minTime < range.end && maxTime >= range.start)
}

/** Between which times a segment has rows of a table. */
export function rangeOf({ tables }: SegmentInfo, table: string): TimeRange | undefined {
  const range = tables.get(table)
  return range && { start: range.minTime, end: range.maxTime }
}

/** Deletes of lower numbers are carried out in a segment. */
export function deletesIn({ info }: Segment): number {
  return info.deletes ?? 0
}

/** Runs of the columns of those series that may have rows in the range. */
export function runsOf(
  segment: Segment,
  refs: Uint32Array,
  fields: readonly string[],
  range: TimeRange,
): readonly [number, number][] {
  const runs: [number, number][] = []
  for (const ref of refs) {
    const bounds = segment.bounds(ref)
    if (bounds && bounds.start < range.end && bounds.end >= range.start) runs.push(...segment.columnRuns(ref, fields))
  }
  return runs
}
