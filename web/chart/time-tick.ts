const SECOND = 1_000
const MINUTE = 60_000
const DAY = 86_400_000
const YEAR = 365 * DAY

export type Zone = 'local' | 'utc'

/** How a tick is written on an axis of this span, in one line: a date where a day begins, else the time of day. */
export function timeTickPrinter(spanMs: number, zone: Zone): (time: Date) => string {
  const timeZone = zone === 'utc' ? { timeZone: 'UTC' } : {}
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat('en-GB', { ...options, ...timeZone })
  const minute = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const second = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
  const fractions = ([1, 2, 3] as const).map((fractionalSecondDigits) =>
    format({ hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits, hourCycle: 'h23' }),
  )
  const day = format({ day: 'numeric', month: 'short' })
  const month = format({ month: 'short', year: 'numeric' })
  const year = format({ year: 'numeric' })
  const dayOfYear = format({ day: 'numeric', month: 'numeric' })
  return (time) => {
    const milliseconds = time.getTime() % SECOND
    if (milliseconds !== 0) {
      const digits = milliseconds % 100 === 0 ? 1 : milliseconds % 10 === 0 ? 2 : 3
      return (fractions[digits - 1] ?? second).format(time)
    }
    if (second.format(time) !== '00:00:00') return (time.getTime() % MINUTE === 0 ? minute : second).format(time)
    if (spanMs > 4 * YEAR && dayOfYear.format(time) === '01/01') return year.format(time)
    return spanMs > YEAR ? month.format(time) : day.format(time)
  }
}
