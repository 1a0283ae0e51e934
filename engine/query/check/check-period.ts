import { addUnits, parseWidth } from '../../core/calendar.ts'
import type { Expression } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { CoreSyntax, DurationSyntax, PeriodSyntax } from '../parse/syntax.ts'
import { timeColumn } from './check-aggregates.ts'
import { fixedDuration } from './check-expression.ts'
import { between } from './check-windows.ts'
import { queryError } from './query-error.ts'
import type { Environment } from './scope.ts'
import type { Sources } from './sources.ts'
import { checkZone, constantTime, type ZonedPlace } from './zoned-time.ts'

/** What SINCE, UNTIL and OVER LAST ask of a row: a time in a half-open range. */
export function checkPeriod({ period, windows }: CoreSyntax, sources: Sources, environment: Environment): Expression[] {
  if (period === undefined) return []
  const time = timeColumn(sources)
  if (time === undefined) throw queryError(period.range, 'a period needs a column time of times, and there is none')
  const place = { zone: checkZone(windows?.zone, environment), environment }
  return [between(time, rangeOf(period, place))]
}

function rangeOf(period: PeriodSyntax, place: ZonedPlace): { start: bigint; end: bigint } {
  const { environment } = place
  if (period.kind === 'last') {
    environment.uses.now = true
    return { start: earlier(period.length, place), end: environment.now }
  }
  const start = constantTime(period.since, 'SINCE', place)
  return { start, end: period.until ? constantTime(period.until, 'UNTIL', place) : MAX_TIME }
}

/** So much before now: units of the calendar by the clock of the zone. */
function earlier({ text, range }: DurationSyntax, { zone, environment: { now } }: ZonedPlace): bigint {
  const calendar = parseWidth(text)
  if (calendar === undefined) {
    const start = now - fixedDuration(text, range)
    return start < MIN_TIME ? MIN_TIME : start
  }
  try {
    return addUnits(now, { ...calendar, count: -calendar.count }, zone)
  } catch {
    return MIN_TIME
  }
}
