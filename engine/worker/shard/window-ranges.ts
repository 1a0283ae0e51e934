import type { AggregatePlan } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { ceilTo, floorTo } from '../rollup/rollup-pieces.ts'

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
