import type { Matcher } from '../core/matcher.ts'
import { type TimeRange, type TimeWindow, windowAt } from '../core/time-window.ts'
import type { StalePart } from '../core/view.ts'

/** Rows of a view that are computed at a time, unless one window has more. */
export const MAX_STEP_CELLS: number = 1 << 20
/** Values of one tag that a step names; a delete takes no more. */
export const MAX_STEP_VALUES = 10_000

/** A part of a refresh: whole windows, of the groups that pass every matcher. */
export type RefreshStep = StalePart

export interface RefreshPlace {
  window: TimeWindow
  /** Between which times the source and the view have rows; absent where neither has any. */
  extent: TimeRange | undefined
  /** Groups that a window has at most. */
  groups: number
  /** The time of the first row of a part, of the source or the view. */
  firstRow(part: StalePart): Promise<bigint | undefined>
}

/** What a refresh does, in the order of doing. */
export async function* refreshSteps(
  parts: readonly StalePart[],
  place: RefreshPlace,
): AsyncGenerator<RefreshStep, void> {
  const { extent, window } = place
  if (extent === undefined) return
  for (const part of parts) {
    const range = within(part, extent, window)
    for (const matchers of splitValues(part.matchers)) yield* splitTime({ ...range, matchers }, place)
  }
}

/** The windows of a part that have a row. */
function within(part: TimeRange, extent: TimeRange, window: TimeWindow): TimeRange {
  const first = part.start >= extent.start ? part.start : windowAt(extent.start, window).start
  const last = part.end <= extent.end ? part.end : windowAt(extent.end - 1n, window).end
  return { start: first > part.start ? first : part.start, end: last < part.end ? last : part.end }
}

/** As many groups as tests of values let through; infinity where they do not say. */
export function groupsOf(matchers: readonly Matcher[]): number {
  if (matchers.length === 0) return Number.POSITIVE_INFINITY
  return matchers.reduce((product, matcher) => {
    if (matcher.op === 'in') return product * matcher.values.length
    return matcher.op === '=' ? product : Number.POSITIVE_INFINITY
  }, 1)
}

function windowsOfStep(groups: number): number {
  return Math.max(1, Math.floor(MAX_STEP_CELLS / Math.max(1, groups)))
}

/** The same tests with fewer values in each. */
function splitValues(matchers: readonly Matcher[]): (readonly Matcher[])[] {
  const at = matchers.findIndex((matcher) => matcher.op === 'in' && matcher.values.length > MAX_STEP_VALUES)
  const long = matchers[at]
  if (long?.op !== 'in') return [matchers]
  const count = Math.ceil(long.values.length / MAX_STEP_VALUES)
  return Array.from({ length: count }, (_, k) => {
    const values = long.values.slice(k * MAX_STEP_VALUES, (k + 1) * MAX_STEP_VALUES)
    return matchers.with(at, { ...long, values })
  }).flatMap(splitValues)
}

/** Runs of windows, as many as a step may have; each but the last begins at a row. */
async function* splitTime(
  part: StalePart,
  { window, groups, firstRow }: RefreshPlace,
): AsyncGenerator<RefreshStep, void> {
  const { end, matchers } = part
  const most = windowsOfStep(Math.min(groups, groupsOf(matchers)))
  for (let from = part.start; from < end; ) {
    if (stepEnd(from, window, most) < end) {
      const first = await firstRow({ start: from, end, matchers })
      if (first === undefined) return
      from = windowAt(first, window).start
    }
    const next = stepEnd(from, window, most)
    yield { start: from, end: next < end ? next : end, matchers }
    from = next
  }
}

function stepEnd(from: bigint, window: TimeWindow, most: number): bigint {
  if (window.kind === 'fixed') return windowAt(from, window).start + BigInt(most) * window.width
  let at = windowAt(from, window).end
  for (let k = 1; k < Math.min(most, MAX_CALENDAR_WINDOWS); k++) at = windowAt(at, window).end
  return at
}

/** Windows of the calendar of one step: they are counted one by one. */
const MAX_CALENDAR_WINDOWS = 4096
