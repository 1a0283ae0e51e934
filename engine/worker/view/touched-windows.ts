import type { TableGroups, TableRows } from '../../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { timeExtremes } from '../../core/time-extremes.ts'
import { type TimeRange, type TimeWindow, usualWidth, windowAt } from '../../core/time-window.ts'
import { spanOfGroups } from '../../storage/table-groups.ts'
import { StaleGroups } from './stale-groups.ts'
import type { GroupedRange } from './stale-windows.ts'

/** Windows of one append that are told apart; of more, all are taken to have rows of all its series. */
export const MAX_TOUCHED_WINDOWS = 64

/** The windows that rows lie in, each with the series that have some; without `grouped` all groups of these. */
export function touchedWindows(
  { series, time }: Pick<TableRows, 'series' | 'time'>,
  window: TimeWindow,
  grouped: boolean,
): GroupedRange[] {
  if (time.length === 0) return []
  const [first, last] = timeExtremes(time)
  const whole = alignedRange({ start: first, end: last + 1n }, window)
  if (!grouped) return [{ ...whole, groups: StaleGroups.all() }]
  if (last < windowRange(first, window).end) return [{ ...whole, groups: StaleGroups.ofSeries(series) }]
  return byWindow({ series, time }, window) ?? [{ ...whole, groups: StaleGroups.ofSeries(series) }]
}

/** The same of groups: all windows that these may have rows in. */
export function touchedByGroups(groups: TableGroups, window: TimeWindow, grouped: boolean): GroupedRange {
  const whole = alignedRange(spanOfGroups(groups), window)
  return { ...whole, groups: grouped ? StaleGroups.ofSeries(groups.series) : StaleGroups.all() }
}

/** `undefined` where there are too many windows. */
function byWindow(
  { series, time }: Pick<TableRows, 'series' | 'time'>,
  window: TimeWindow,
): GroupedRange[] | undefined {
  const found = new Map<bigint, { range: TimeRange; numbers: number[] }>()
  let current: { range: TimeRange; numbers: number[] } | undefined
  for (let row = 0; row < time.length; row++) {
    const at = time[row] as bigint
    if (current === undefined || at < current.range.start || at >= current.range.end) {
      const range = windowRange(at, window)
      current = found.get(range.start) ?? { range, numbers: [] }
      found.set(range.start, current)
      if (found.size > MAX_TOUCHED_WINDOWS) return undefined
    }
    current.numbers.push(series[row] as number)
  }
  return [...found.values()].map(({ range, numbers }) => {
    return { ...range, groups: StaleGroups.ofSeries(Uint32Array.from(numbers)) }
  })
}

/** The windows that a range touches. */
export function alignedRange({ start, end }: TimeRange, window: TimeWindow): TimeRange {
  if (start >= end) return { start, end: start }
  return { start: windowRange(start, window).start, end: windowRange(end - 1n, window).end }
}

/** The window of a time. At the ends of time, where the calendar has none, it is all that there is. */
function windowRange(time: bigint, window: TimeWindow): TimeRange {
  if (window.kind === 'fixed') return windowAt(time, window)
  const margin = 2n * usualWidth(window)
  if (time < MIN_TIME + margin || time > MAX_TIME - margin) return { start: MIN_TIME, end: MAX_TIME }
  return windowAt(time, window)
}
