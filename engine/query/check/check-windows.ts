import { addUnits, type CalendarUnit, type CalendarWidth, parseWidth } from '../../core/calendar.ts'
import type { Expression } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { stepOf, type TimeRange, type TimeWindow, windowAt } from '../../core/time-window.ts'
import type { Zone } from '../../core/zone.ts'
import type { CoreSyntax, DurationSyntax, WindowsSyntax } from '../parse/syntax.ts'
import { joinLogical } from './boolean.ts'
import { fixedDuration } from './check-expression.ts'
import { firstTime, type TimedRows } from './first-time.ts'
import { queryError } from './query-error.ts'
import type { Relation } from './relation.ts'
import type { ColumnExpression, Environment } from './scope.ts'
import { checkZone, constantTime, type ZonedPlace } from './zoned-time.ts'

/** Most windows that a time may be in where windows overlap. */
export const MAX_OVERLAP = 1_000n

const DAY = 86_400_000_000_000n
/** A Monday, since weeks begin there; all else is aligned to 1970. */
const FIRST_MONDAY = 4n * DAY
/** Of these units all are as long where the clock never changes. */
const FIXED_IN_UTC: Readonly<Partial<Record<CalendarUnit, bigint>>> = { day: DAY, week: 7n * DAY }
const CALENDAR_UNITS: ReadonlySet<CalendarUnit> = new Set(['day', 'week', 'month', 'quarter', 'year'])

/** How a query groups by time. */
export interface CheckedWindows {
  window: TimeWindow
  /** What FROM and TO say, rounded to whole windows. */
  bounds?: TimeRange
}

/** The windows of GROUP BY over some rows; `undefined` where it has no duration. */
export function checkWindows(
  { groupBy, windows }: CoreSyntax,
  environment: Environment,
  rows: TimedRows,
): CheckedWindows | undefined {
  const durations = groupBy.filter((item): item is DurationSyntax => item.kind === 'duration')
  const [duration, second] = durations
  if (second) throw queryError(second.range, 'GROUP BY takes one duration', { expected: ['a tag'] })
  if (duration === undefined) return undefined
  const zone = checkZone(windows?.zone, environment)
  const place = { zone, environment, rows }
  const window = withStep(aligned(windowOf(duration, zone), windows?.align, place), windows?.step)
  if (windows?.bounds === undefined) return { window }
  return { window, bounds: checkBounds(windows.bounds, window, place) }
}

function windowOf({ text, range }: DurationSyntax, zone: Zone): TimeWindow {
  if (/^(?:0+[a-z]+)+$/.test(text)) {
    throw queryError(range, 'a window has no length; expected a duration above 0')
  }
  const calendar = parseWidth(text)
  if (calendar && CALENDAR_UNITS.has(calendar.unit)) {
    if (!fitsTime(calendar)) throw queryError(range, `'${text}' is longer than 292 years`)
    const fixed = FIXED_IN_UTC[calendar.unit]
    if (zone.name !== 'UTC' || fixed === undefined) return { kind: 'calendar', ...calendar, zone: zone.name }
  }
  const width = fixedDuration(text, range)
  return { kind: 'fixed', origin: calendar?.unit === 'week' ? FIRST_MONDAY : 0n, width }
}

function fitsTime(width: CalendarWidth): boolean {
  try {
    return addUnits(0n, width) <= MAX_TIME
  } catch {
    return false
  }
}

function aligned(
  window: TimeWindow,
  align: WindowsSyntax['align'],
  place: ZonedPlace & { rows: TimedRows },
): TimeWindow {
  if (align === undefined) return window
  if (align.to === 'first') {
    const origin = firstTime(align, place.rows, place.environment)
    return origin === undefined ? window : { ...window, origin }
  }
  if (align.to === 'calendar') {
    const usual = window.kind === 'calendar' || place.zone.name === 'UTC'
    if (usual) return window
    throw queryError(align.range, 'windows of hours and less are not of a calendar in a zone', {
      hint: "Write ALIGN TO '1970-01-01' for windows that begin with the day of the zone.",
    })
  }
  const origin = constantTime(align.to, 'ALIGN TO', place)
  return { ...window, origin }
}

function withStep(window: TimeWindow, step: DurationSyntax | undefined): TimeWindow {
  if (step === undefined) return window
  if (window.kind === 'calendar') {
    throw queryError(step.range, 'windows of the calendar take no STEP; expected windows of a fixed length')
  }
  const ns = fixedDuration(step.text, step.range)
  const overlap = ns === 0n ? 0n : window.width / ns
  if (overlap === 0n || ns * overlap !== window.width) {
    throw queryError(step.range, 'STEP expected a duration of which the window is a multiple')
  }
  if (overlap > MAX_OVERLAP) {
    throw queryError(step.range, `a time would be in ${overlap} windows; at most ${MAX_OVERLAP} are possible`)
  }
  return overlap === 1n ? window : { ...window, step: ns }
}

function checkBounds(
  { from, to }: NonNullable<WindowsSyntax['bounds']>,
  window: TimeWindow,
  place: ZonedPlace,
): TimeRange {
  const start = windowAt(constantTime(from, 'FROM', place), window).start
  const last = constantTime(to, 'TO', place)
  const at = windowAt(last, window)
  const next = at.start === last ? last : nextStart(at, window)
  if (start >= next) throw queryError(to.range, 'TO expected a time behind that of FROM')
  return { start, end: next }
}

function nextStart({ start, end }: TimeRange, window: TimeWindow): bigint {
  return window.kind === 'fixed' ? start + stepOf(window) : end
}

/** The rows of a relation that windows between bounds can have. */
export function withinBounds(input: Relation, time: ColumnExpression, { window, bounds }: CheckedWindows): Relation {
  if (bounds === undefined) return input
  const overlap = window.kind === 'fixed' && window.step !== undefined ? window.width - window.step : 0n
  return { kind: 'filter', input, condition: between(time, { ...bounds, end: bounds.end + overlap }) }
}

/** The test of a range of times. */
export function between(time: ColumnExpression, { start, end }: TimeRange): Expression {
  const bound = (op: '>=' | '<', value: bigint): Expression => ({
    kind: 'binary',
    op,
    type: 'bool',
    left: time,
    right: { kind: 'literal', type: 'time', value: value > MAX_TIME ? MAX_TIME : value < MIN_TIME ? MIN_TIME : value },
  })
  return joinLogical('and', [bound('>=', start), bound('<', end)])
}
