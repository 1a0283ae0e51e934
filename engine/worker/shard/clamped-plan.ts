import type { AggregatePlan } from '../../core/plan.ts'
import { MIN_TIME } from '../../core/time.ts'
import type { TimeRange } from '../../scan/row-group.ts'

/** So many windows need no look at where there are rows. */
const FEW_WINDOWS = 4096n

/** Whether the windows of a plan are few enough to be counted as they are, and the first one begins within all times. */
export function hasFewWindows({ window, start, end }: AggregatePlan): boolean {
  if (window === undefined) return true
  return end - start <= FEW_WINDOWS * window.width && start - MIN_TIME >= window.width
}

/**
 * A plan by windows with its range cut to where there are rows, from the first to the last time of `bounds`, so that its windows
 * can be counted; `undefined` where there are none.
 */
export function clampedPlan(plan: AggregatePlan, bounds: TimeRange | undefined): AggregatePlan | undefined {
  if (bounds === undefined) return undefined
  const start = bounds.start > plan.start ? bounds.start : plan.start
  const end = bounds.end + 1n < plan.end ? bounds.end + 1n : plan.end
  const asked = plan.asked ?? { start: plan.start, end: plan.end }
  return start < end ? { ...plan, start, end, asked } : undefined
}
