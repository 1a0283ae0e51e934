import { DAY_SECONDS, dateOf, type LocalTime, localTime } from '../core/calendar.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Zone } from '../core/zone.ts'
import { byValue } from './by-value.ts'
import type { Evaluate, ScalarFunction } from './scalar-function.ts'
import { dayOfYear, isoWeek, isoWeekday, zoneArgument } from './time-part.ts'
import { constantText } from './time-step.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
/** By isodow, from Monday. */
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')

/** What a field of a format is made of. */
interface Shown extends LocalTime {
  /** Days since 1970. */
  day: number
  year: number
  month: number
  dayOfMonth: number
  /** Seconds that the zone's clock is ahead. */
  offset: number
}

const padded = (value: number, digits: number): string => String(value).padStart(digits, '0')
const hourOf = ({ seconds, day }: Shown): number => Math.floor((seconds - day * DAY_SECONDS) / 3600)
const minuteOf = ({ seconds }: Shown): number => Math.floor((((seconds % 3600) + 3600) % 3600) / 60)
const secondOf = ({ seconds }: Shown): number => ((seconds % 60) + 60) % 60
const monthName = ({ month }: Shown): string => MONTHS[month - 1] ?? ''
const weekdayName = ({ day }: Shown): string => WEEKDAYS[isoWeekday(day) - 1] ?? ''

function offsetText({ offset }: Shown): string {
  const minutes = Math.round(Math.abs(offset) / 60)
  return `${offset < 0 ? '-' : '+'}${padded(Math.floor(minutes / 60), 2)}:${padded(minutes % 60, 2)}`
}

/** Fields of C's strftime; `%L`, `%f` and `%N` are milli-, micro- and nanoseconds. Names are English. */
const FIELDS: ReadonlyMap<string, (time: Shown) => string> = new Map<string, (time: Shown) => string>([
  ['Y', ({ year }) => padded(year, 4)],
  ['y', ({ year }) => padded(year % 100, 2)],
  ['m', ({ month }) => padded(month, 2)],
  ['d', ({ dayOfMonth }) => padded(dayOfMonth, 2)],
  ['e', ({ dayOfMonth }) => String(dayOfMonth).padStart(2, ' ')],
  ['j', ({ day }) => padded(dayOfYear(day), 3)],
  ['H', (time) => padded(hourOf(time), 2)],
  ['I', (time) => padded(((hourOf(time) + 11) % 12) + 1, 2)],
  ['p', (time) => (hourOf(time) < 12 ? 'AM' : 'PM')],
  ['M', (time) => padded(minuteOf(time), 2)],
  ['S', (time) => padded(secondOf(time), 2)],
  ['L', ({ nanoseconds }) => padded(Math.floor(nanoseconds / 1e6), 3)],
  ['f', ({ nanoseconds }) => padded(Math.floor(nanoseconds / 1e3), 6)],
  ['N', ({ nanoseconds }) => padded(nanoseconds, 9)],
  ['B', monthName],
  ['b', (time) => monthName(time).slice(0, 3)],
  ['A', weekdayName],
  ['a', (time) => weekdayName(time).slice(0, 3)],
  ['u', ({ day }) => String(isoWeekday(day))],
  ['w', ({ day }) => String(isoWeekday(day) % 7)],
  ['V', ({ day }) => padded(isoWeek(day).week, 2)],
  ['G', ({ day }) => padded(isoWeek(day).year, 4)],
  ['F', (time) => `${padded(time.year, 4)}-${padded(time.month, 2)}-${padded(time.dayOfMonth, 2)}`],
  ['T', (time) => [hourOf(time), minuteOf(time), secondOf(time)].map((part) => padded(part, 2)).join(':')],
  ['z', offsetText],
  ['%', () => '%'],
])

type Piece = string | ((time: Shown) => string)

function readFormat(format: string): Piece[] {
  return Array.from(format.matchAll(/%([\s\S]?)|[^%]+/g), ([text, field]): Piece => {
    if (field === undefined) return text
    const piece = FIELDS.get(field)
    if (piece) return piece
    throw new TidemarkError('query', `'%${field}' is no field of a format; expected %${[...FIELDS.keys()].join(', %')}`)
  })
}

function formatTime(time: bigint, pieces: readonly Piece[], zone: Zone): string {
  const local = localTime(time, zone)
  const day = Math.floor(local.seconds / DAY_SECONDS)
  const { year, month, day: dayOfMonth } = dateOf(day)
  const offset = local.seconds - localTime(time).seconds
  const shown: Shown = { ...local, day, year, month, dayOfMonth, offset }
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece(shown))).join('')
}

const evaluate: Evaluate = (call) => {
  const pieces = readFormat(constantText(call, 1) ?? '')
  const zone = zoneArgument(call, 2)
  return byValue(['time'], 'string', (time) => formatTime(time, pieces, zone)).evaluate(call)
}

const formatting = (name: string): ScalarFunction => ({
  name,
  signature: `${name}(time, format [, zone])`,
  doc: "a time as text: '%Y-%m-%d %H:%M:%S'",
  overloads: [
    { takes: ['time', 'string'], gives: 'string', evaluate },
    { takes: ['time', 'string', 'string'], gives: 'string', evaluate },
  ],
  constants: [1, 2],
  verify: (constants) => {
    readFormat(constantText({ constants }, 1) ?? '')
    zoneArgument({ constants }, 2)
  },
})

export const TIME_FORMATS: readonly ScalarFunction[] = [formatting('time_format'), formatting('strftime')]
