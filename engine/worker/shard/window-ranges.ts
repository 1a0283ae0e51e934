import type { AggregatePlan } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { TimeRanges } from '../../core/time-ranges.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { ceilTo, floorTo } from '../rollup/rollup-pieces.ts'

/** Windows are read in so many runs at most; what lies between nearer ones is read, too. */
export const MAX_READ_RUNS = 4

interface FixedWindows {
  origin: bigint
  width: bigint
}

/** The windows that lie in a plan's range as a whole, and do not change as rows expire that they look back at. */
export function lastingWindows(
  { start, end, lookBack = 0n, rowsFrom = MIN_TIME }: AggregatePlan,
  { origin, width }: FixedWindows,
): TimeRange | undefined {
  const lasting = lookBack > 0n && rowsFrom > MIN_TIME && rowsFrom + lookBack > start ? rowsFrom + lookBack : start
  // No time is before the first or behind the last one, so their windows are whole.
  const first = (lasting === MIN_TIME ? floorTo(lasting - origin, width) : ceilTo(lasting - origin, width)) + origin
  const last = (end === MAX_TIME ? ceilTo(end - origin, width) : floorTo(end - origin, width)) + origin
  return first < last ? { start: first, end: last } : undefined
}

/** The windows whose states rows at some times have a part in. */
export function windowsTouched(
  { start, end }: TimeRange,
  { window: { origin, width }, lookBack }: { window: FixedWindows; lookBack: bigint },
): TimeRange {
  return {
    start: floorTo(start - origin, width) + origin,
    end: ceilTo(end + lookBack - origin, width) + origin,
  }
}

export function intersection(a: TimeRange, b: TimeRange): TimeRange | undefined {
  const start = a.start > b.start ? a.start : b.start
  const end = a.end < b.end ? a.end : b.end
  return start < end ? { start, end } : undefined
}

export function hullOf(ranges: readonly TimeRange[]): TimeRange {
  return ranges.reduce((hull, { start, end }) => ({
    start: start < hull.start ? start : hull.start,
    end: end > hull.end ? end : hull.end,
  }))
}

/** Windows from the first to the end of the last; those that are not stale are known. */
interface KnownWindows {
  covered: TimeRange
  stale: TimeRanges
}

/** What of a plan's range has to be read: a few ranges, in the order of time. */
export function readRanges({ start, end }: TimeRange, inner: TimeRange, kept: KnownWindows | undefined): TimeRange[] {
  const there = kept && intersection(kept.covered, inner)
  if (kept === undefined || there === undefined) return [{ start, end }]
  const stale = kept.stale.list.flatMap((range) => intersection(range, there) ?? [])
  const clipped = stale.flatMap((range) => intersection(range, { start, end }) ?? [])
  const gaps: TimeRange[] = []
  for (const range of [{ start, end: there.start }, ...clipped, { start: there.end, end }]) {
    const last = gaps.at(-1)
    if (range.start >= range.end) continue
    if (last?.end === range.start) last.end = range.end
    else gaps.push({ ...range })
  }
  while (gaps.length > MAX_READ_RUNS) {
    let narrowest = 1
    const before = (i: number): bigint => (gaps[i] as TimeRange).start - (gaps[i - 1] as TimeRange).end
    for (let i = 2; i < gaps.length; i++) if (before(i) < before(narrowest)) narrowest = i
    const [left, right] = [gaps[narrowest - 1] as TimeRange, gaps[narrowest] as TimeRange]
    gaps.splice(narrowest - 1, 2, { start: left.start, end: right.end })
  }
  return gaps
}
