const MINUTE = 60_000
const DAY = 86_400_000
const YEAR = 365 * DAY

export type Zone = 'local' | 'utc'

/** How a tick is written on an axis of this span, in one line: a date where a day begins, else the time of day. */
export function timeTickPrinter(spanMs: number, zone: Zone): (time: Date) => string {
  const timeZone = zone === 'utc' ? { timeZone: 'UTC' } : {}
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat('en-GB', { ...options, ...timeZone })
  const second = spanMs < 4 * MINUTE ? { second: '2-digit' as const } : {}
  const clock = format({ hour: '2-digit', minute: '2-digit', ...second, hourCycle: 'h23' })
  const midnight = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const day = format({ day: 'numeric', month: 'short' })
  const month = format({ month: 'short', year: 'numeric' })
  const year = format({ year: 'numeric' })
  const dayOfYear = format({ day: 'numeric', month: 'numeric' })
  return (time) => {
    if (midnight.format(time) !== '00:00:00') return clock.format(time)
    if (spanMs > 4 * YEAR && dayOfYear.format(time) === '01/01') return year.format(time)
    return spanMs > YEAR ? month.format(time) : day.format(time)
  }
}
