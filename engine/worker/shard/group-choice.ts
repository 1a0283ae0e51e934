import type { RowGroup, TimeRange } from '../../scan/row-group.ts'
import type { Segment } from '../../storage/segment.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'

/** Groups that may have rows in a range. */
export function meeting(range: TimeRange, groups: readonly RowGroup[] = []): readonly RowGroup[] {
  return groups.filter(({ minTime, maxTime }) => minTime < range.end && maxTime >= range.start)
}

/** Between which times a segment has rows of a table. */
export function rangeOf({ tables }: SegmentInfo, table: string): TimeRange | undefined {
  const range = tables.get(table)
  return range && { start: range.minTime, end: range.maxTime }
}

/** How many of the deletes are carried out in a segment. */
export function deletesIn({ info }: Segment): number {
  return info.deletes ?? 0
}
