import {
  addUnits,
  type CalendarUnit,
  type CalendarWidth,
  DAY_SECONDS,
  dateOf,
  daysOf,
  type LocalTime,
  localTime,
  nextWindow,
  windowStart,
} from '../core/calendar.ts'
import { TidemarkError } from '../core/errors.ts'
import { nearestName } from '../core/nearest-name.ts'
import { MIN_TIME } from '../core/time.ts'
import { UTC, type Zone, zoneOf } from '../core/zone.ts'
import type { Call, Evaluate, ScalarFunction } from './scalar-function.ts'
import { byStep, constantText, type TimeStep } from './time-step.ts'

/** A part of what a clock and a calendar show. */
interface TimePart {
  /** The part does not change within one of these. */
  within: CalendarUnit
  of(local: LocalTime): number
}

const dayOf = ({ seconds }: LocalTime): number => Math.floor(seconds / DAY_SECONDS)
const secondOfDay = (local: LocalTime): number => local.seconds - dayOf(local) * DAY_SECONDS
/** Monday is 1, Sunday 7. */
export const isoWeekday = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1
export const dayOfYear = (day: number): number => day - daysOf({ year: dateOf(day).year, month: 1, day: 1 }) + 1

/** Year and week of ISO 8601: a week belongs to the year of its Thursday. */
export function isoWeek(day: number): { year: number; week: number } {
  const thursday = day - isoWeekday(day) + 4
  return { year: dateOf(thursday).year, week: Math.floor((dayOfYear(thursday) - 1) / 7) + 1 }
}

const PARTS: ReadonlyMap<string, TimePart> = new Map<string, TimePart>([
  ['year', { within: 'month', of: (local) => dateOf(dayOf(local)).year }],
  ['quarter', { within: 'month', of: (local) => Math.ceil(dateOf(dayOf(local)).month / 3) }],
  ['month', { within: 'month', of: (local) => dateOf(dayOf(local)).month }],
  ['week', { within: 'day', of: (local) => isoWeek(dayOf(local)).week }],
  ['isoyear', { within: 'day', of: (local) => isoWeek(dayOf(local)).year }],
  ['day', { within: 'day', of: (local) => dateOf(dayOf(local)).day }],
  ['dow', { within: 'day', of: (local) => isoWeekday(dayOf(local)) % 7 }],
  ['isodow', { within: 'day', of: (local) => isoWeekday(dayOf(local)) }],
  ['doy', { within: 'day', of: (local) => dayOfYear(dayOf(local)) }],
  ['hour', { within: 'minute', of: (local) => Math.floor(secondOfDay(local) / 3600) }],
  ['minute', { within: 'minute', of: (local) => Math.floor(secondOfDay(local) / 60) % 60 }],
  ['second', { within: 'second', of: (local) => secondOfDay(local) % 60 }],
  [
    'millisecond',
    { within: 'millisecond', of: (local) => (secondOfDay(local) % 60) * 1e3 + Math.floor(local.nanoseconds / 1e6) },
  ],
  [
    'microsecond',
    { within: 'microsecond', of: (local) => (secondOfDay(local) % 60) * 1e6 + Math.floor(local.nanoseconds / 1e3) },
  ],
  ['nanosecond', { within: 'nanosecond', of: (local) => (secondOfDay(local) % 60) * 1e9 + local.nanoseconds }],
])
const NAMES = [...PARTS.keys()]

function partOf(name: string | undefined): TimePart {
  const word = (name ?? '').toLowerCase()
  const part = PARTS.get(word) ?? PARTS.get(word.replace(/s$/, ''))
  if (part) return part
  const nearest = nearestName(word, NAMES)
  const expected =
    nearest === undefined
      ? `expected ${NAMES.slice(0, -1).join(', ')} or ${NAMES.at(-1)}`
      : `did you mean '${nearest}'?`
  throw new TidemarkError('query', `'${name}' is no part of a time; ${expected}`)
}

/** The steps of one unit. An hour and a minute are taken second by second where a zone's clock may change within. */
function stepsOf(unit: CalendarUnit, zone: Zone): (time: bigint) => Omit<TimeStep, 'value'> {
  const changing = zone !== UTC && (unit === 'hour' || unit === 'minute')
  const width = { unit: changing ? ('second' as const) : unit, count: 1 }
  return (time) => {
    // The first step begins with time itself.
    const start = windowStartOrLeast(time, width, zone)
    return { start, end: nextWindow(start, width, zone) }
  }
}

function windowStartOrLeast(time: bigint, width: CalendarWidth, zone: Zone): bigint {
  return time < EARLIEST ? time : windowStart(time, width, zone)
}

/** Two years after the least time: before, no step is looked for. */
const EARLIEST = addUnits(MIN_TIME, { unit: 'year', count: 2 })

/** The zone of a constant argument; UTC where there is none. */
export function zoneArgument(call: Pick<Call, 'constants'>, argument: number): Zone {
  const name = constantText(call, argument)
  return name === undefined ? UTC : zoneOf(name)
}

/** A part of the times of an argument, by the name of the part and the zone of another. */
function evaluatePart(name: string | undefined, times: number, zoneAt: number): Evaluate {
  return (call) => {
    const { within, of } = partOf(name ?? constantText(call, 0))
    const zone = zoneArgument(call, zoneAt)
    const stepOf = stepsOf(within, zone)
    return byStep(call, times, 'i64', (time) => ({ ...stepOf(time), value: BigInt(of(localTime(time, zone))) }))
  }
}

const datePart: ScalarFunction = {
  name: 'date_part',
  signature: 'date_part(part, time [, zone])',
  doc: 'a part of a time as its clock shows it, such as year, month, isodow or hour',
  overloads: [
    { takes: ['string', 'time'], gives: 'i64', evaluate: evaluatePart(undefined, 1, 2) },
    { takes: ['string', 'time', 'string'], gives: 'i64', evaluate: evaluatePart(undefined, 1, 2) },
  ],
  constants: [0, 2],
  verify: (constants) => {
    partOf(constantText({ constants }, 0))
    zoneArgument({ constants }, 2)
  },
}

/** Functions that are called like the part. */
const CALLED = [
  'year',
  'quarter',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'dow',
  'isodow',
  'doy',
]

export const TIME_PARTS: readonly ScalarFunction[] = [
  datePart,
  ...CALLED.map(
    (name): ScalarFunction => ({
      name,
      signature: `${name}(time [, zone])`,
      doc: `date_part('${name}', time)`,
      overloads: [
        { takes: ['time'], gives: 'i64', evaluate: evaluatePart(name, 0, 1) },
        { takes: ['time', 'string'], gives: 'i64', evaluate: evaluatePart(name, 0, 1) },
      ],
      constants: [1],
      verify: (constants) => {
        zoneArgument({ constants }, 1)
      },
    }),
  ),
]
