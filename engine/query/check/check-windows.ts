import { addUnits, type CalendarUnit, type CalendarWidth, parseWidth } from '../../core/calendar.ts'
import type { Expression } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME, parseTimestamp } from '../../core/time.ts'
import { stepOf, type TimeRange, type TimeWindow, windowAt } from '../../core/time-window.ts'
import { utcOf, type Zone, zoneOf } from '../../core/zone.ts'
import type { CoreSyntax, DurationSyntax, ExpressionSyntax, WindowsSyntax } from '../parse/syntax.ts'
import { joinLogical } from './boolean.ts'
import { checkExpression, fixedDuration } from './check-expression.ts'
import { coerce } from './coerce.ts'
import { queryError } from './query-error.ts'
import type { Relation } from './relation.ts'
import { constantScope } from './row-scope.ts'
import type { ColumnExpression, Environment } from './scope.ts'

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

/** The windows of GROUP BY; `undefined` where it has no duration. */
export function checkWindows({ groupBy, windows }: CoreSyntax, environment: Environment): CheckedWindows | undefined {
  const durations = groupBy.filter((item): item is DurationSyntax => item.kind === 'duration')
  const [duration, second] = durations
  if (second) throw queryError(second.range, 'GROUP BY takes one duration', { expected: ['a tag'] })
  if (duration === undefined) return undefined
  const zone = checkZone(windows?.zone, environment)
  const place = { zone, environment }
  const window = withStep(aligned(windowOf(duration, zone), windows?.align, place), windows?.step)
  if (windows?.bounds === undefined) return { window }
  return { window, bounds: checkBounds(windows.bounds, window, place) }
}

interface WindowPlace {
  zone: Zone
  environment: Environment
}

function checkZone(syntax: ExpressionSyntax | undefined, environment: Environment): Zone {
  if (syntax === undefined) return zoneOf('UTC')
  const name = checkExpression(syntax, constantScope(environment, 'TIME ZONE', 'the name of a zone'))
  if (name.kind !== 'literal' || typeof name.value !== 'string') {
    throw queryError(syntax.range, "TIME ZONE expected the name of a zone such as 'Europe/Berlin'", {
      expected: ["'Europe/Berlin'", "'UTC'"],
    })
  }
  try {
    return zoneOf(name.value)
  } catch {
    throw queryError(syntax.range, `there is no time zone '${name.value}'`, {
      hint: "Zones are called like 'Europe/Berlin', 'UTC' and '+05:30'.",
    })
  }
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

function aligned(window: TimeWindow, align: WindowsSyntax['align'], place: WindowPlace): TimeWindow {
  if (align === undefined) return window
  if (align.to === 'calendar') {
    const usual = window.kind === 'calendar' || place.zone.name === 'UTC'
    if (usual) return window
    throw queryError(align.range, 'windows of hours and less are not of a calendar in a zone', {
      hint: "Write ALIGN TO '1970-01-01' for windows that begin with the day of the zone.",
    })
  }
  const origin = timeOf(align.to, 'ALIGN TO', place)
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
  place: WindowPlace,
): TimeRange {
  const start = windowAt(timeOf(from, 'FROM', place), window).start
  const last = timeOf(to, 'TO', place)
  const at = windowAt(last, window)
  const next = at.start === last ? last : nextStart(at, window)
  if (start >= next) throw queryError(to.range, 'TO expected a time behind that of FROM')
  return { start, end: next }
}

function nextStart({ start, end }: TimeRange, window: TimeWindow): bigint {
  return window.kind === 'fixed' ? start + stepOf(window) : end
}

const LOCAL_TIME = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?$/

/** A constant time; a text that names no zone is of the zone of the windows. */
function timeOf(syntax: ExpressionSyntax, clause: string, { zone, environment }: WindowPlace): bigint {
  const checked = checkExpression(syntax, constantScope(environment, clause, 'a time'))
  const value = checked.kind === 'literal' ? checked.value : null
  if (typeof value === 'string' && LOCAL_TIME.test(value)) {
    const local = parseTimestamp(value)
    if (local !== undefined) return atZone(local, zone)
  }
  const time = coerce(checked, 'time', syntax.range)
  if (time.kind === 'literal' && typeof time.value === 'bigint' && time.type === 'time') return time.value
  throw queryError(syntax.range, `${clause} expected a time`, { expected: ['a time'] })
}

const SECOND = 1_000_000_000n

function atZone(local: bigint, zone: Zone): bigint {
  const fraction = ((local % SECOND) + SECOND) % SECOND
  return BigInt(utcOf(Number((local - fraction) / SECOND), zone)) * SECOND + fraction
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
