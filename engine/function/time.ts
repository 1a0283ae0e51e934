import {
  addUnits,
  type CalendarUnit,
  type CalendarWidth,
  checkedTime,
  DAY_SECONDS,
  dateOf,
  localTime,
  nextWindow,
  parseWidth,
  unitOf,
  windowStart,
} from '../core/calendar.ts'
import { TidemarkError } from '../core/errors.ts'
import { parseTimestamp } from '../core/time.ts'
import { UTC, type Zone } from '../core/zone.ts'
import { byValue } from './by-value.ts'
import { checkedInteger } from './integer.ts'
import type { Call, Evaluate, ScalarFunction } from './scalar-function.ts'
import { zoneArgument } from './time-part.ts'
import { byStep, constantText } from './time-step.ts'

const UNITS = 'year, quarter, month, week, day, hour, minute, second, millisecond, microsecond or nanosecond'

function requireUnit(name: string | undefined): CalendarUnit {
  const unit = unitOf(name ?? '')
  if (unit === undefined) throw new TidemarkError('query', `'${name}' is no unit of time; expected ${UNITS}`)
  return unit
}

function requireWidth(text: string | undefined): CalendarWidth {
  const width = parseWidth(text ?? '')
  if (width === undefined) {
    throw new TidemarkError('query', `'${text}' is no width; expected a number and a unit, such as 15m, 1d or 3mo`)
  }
  return width
}

/** The start of the window of each time. */
function toWindows(call: Call, argument: number, width: CalendarWidth, zone: Zone): ReturnType<Evaluate> {
  const zoned = zone !== UTC && !DATES.has(width.unit)
  return byStep(call, argument, 'time', (time) => {
    const start = windowStart(time, width, zone)
    // An offset may change within a window of hours: then only this time is known to be in it.
    return { start: zoned ? time : start, end: zoned ? time + 1n : nextWindow(start, width, zone), value: start }
  })
}

const DATES: ReadonlySet<CalendarUnit> = new Set<CalendarUnit>(['day', 'week', 'month', 'quarter', 'year'])

const truncate: Evaluate = (call) =>
  toWindows(call, 1, { unit: requireUnit(constantText(call, 0)), count: 1 }, zoneArgument(call, 2))

const bucketOfCalendar: Evaluate = (call) =>
  toWindows(call, 1, requireWidth(constantText(call, 0)), zoneArgument(call, 2))

const WEEK = 604_800_000_000_000n
const FIRST_MONDAY = 345_600_000_000_000n

/** Windows of a fixed width from an origin; without one from 1970, those of whole weeks from its first Monday. */
function bucket(call: Call, width: bigint, origin: bigint): ReturnType<Evaluate> {
  if (width <= 0n) throw new TidemarkError('query', 'time_bucket() expected a width above 0')
  return byStep(call, 1, 'time', (time) => {
    const rest = (((time - origin) % width) + width) % width
    const start = checkedTime(time - rest)
    return { start, end: start + width, value: start }
  })
}

const bucketOfFixed: Evaluate = (call) => {
  const [width, , origin] = call.constants
  if (typeof width !== 'bigint') throw new Error('the width is a constant')
  const first = width % WEEK === 0n ? FIRST_MONDAY : 0n
  return bucket(call, width, typeof origin === 'bigint' ? origin : first)
}

/** Months of a unit; 0 where it is none of months. */
const MONTHS_IN: Readonly<Partial<Record<CalendarUnit, number>>> = { month: 1, quarter: 3, year: 12 }

/** How many boundaries of a unit lie between two times, as a calendar shows them; below 0 where the second is earlier. */
function boundariesBetween(unit: CalendarUnit, [from, to]: readonly [bigint, bigint], zone: Zone): bigint {
  const [a, b] = [from, to].map((time) => windowStart(time, { unit, count: 1 }, zone))
  if (a === undefined || b === undefined) throw new Error('there are two times')
  if (!DATES.has(unit)) return (b - a) / addUnits(0n, { unit, count: 1 })
  const [first, last] = [dayAt(a, zone), dayAt(b, zone)]
  const months = MONTHS_IN[unit]
  if (months === undefined) return BigInt(unit === 'week' ? (last - first) / 7 : last - first)
  return BigInt((monthNumber(last) - monthNumber(first)) / months)
}

function dayAt(time: bigint, zone: Zone): number {
  return Math.floor(localTime(time, zone).seconds / DAY_SECONDS)
}

function monthNumber(day: number): number {
  const { year, month } = dateOf(day)
  return year * 12 + month - 1
}

/** A unit, and a zone as the last of some arguments. */
const verifyUnitAndZone =
  (zoneAt: number): NonNullable<ScalarFunction['verify']> =>
  (constants) => {
    requireUnit(constantText({ constants }, 0))
    zoneArgument({ constants }, zoneAt)
  }

/** An evaluation by value that is made for the constants of a call. */
const prepared =
  (makeOverload: (call: Call) => { evaluate: Evaluate }): Evaluate =>
  (call) =>
    makeOverload(call).evaluate(call)

const addTime = prepared((call) => {
  const unit = requireUnit(constantText(call, 0))
  const zone = zoneArgument(call, 3)
  return byValue(['string', 'i64', 'time'], 'time', (_, count, time) =>
    // Of all other units a count that a double does not hold is more than any time.
    unit === 'nanosecond' ? checkedTime(time + count) : addUnits(time, { unit, count: Number(count) }, zone),
  )
})

const differTimes = prepared((call) => {
  const unit = requireUnit(constantText(call, 0))
  const zone = zoneArgument(call, 3)
  return byValue(['string', 'time', 'time'], 'i64', (_, from, to) => boundariesBetween(unit, [from, to], zone))
})

/** Nanoseconds of the units in which other systems count time since 1970. */
const EPOCHS: readonly (readonly [name: string, unit: string, nanoseconds: bigint])[] = [
  ['epoch_ns', 'nanoseconds', 1n],
  ['epoch_us', 'microseconds', 1_000n],
  ['epoch_ms', 'milliseconds', 1_000_000n],
  ['epoch_s', 'seconds', 1_000_000_000n],
]

function floorDivide(a: bigint, b: bigint): bigint {
  return a % b < 0n ? a / b - 1n : a / b
}

/** Seconds as a double, to the nanosecond that is nearest. */
function timeOfSeconds(seconds: number): bigint {
  if (!Number.isFinite(seconds)) throw new TidemarkError('query', `${seconds} seconds are no time`)
  const whole = Math.floor(seconds)
  return checkedTime(BigInt(whole) * 1_000_000_000n + BigInt(Math.round((seconds - whole) * 1e9)))
}

export const TIMES: readonly ScalarFunction[] = [
  {
    name: 'date_trunc',
    signature: 'date_trunc(unit, time [, zone])',
    doc: 'the start of the year, month, week, day, hour, ... of a time',
    overloads: [
      { takes: ['string', 'time'], gives: 'time', evaluate: truncate },
      { takes: ['string', 'time', 'string'], gives: 'time', evaluate: truncate },
    ],
    constants: [0, 2],
    verify: verifyUnitAndZone(2),
  },
  {
    name: 'time_bucket',
    signature: "time_bucket(width, time [, origin]) or time_bucket('1mo', time [, zone])",
    doc: 'the start of the window of a time; a width in quotes is of the calendar',
    overloads: [
      { takes: ['i64', 'time'], gives: 'time', evaluate: bucketOfFixed },
      { takes: ['i64', 'time', 'time'], gives: 'time', evaluate: bucketOfFixed },
      { takes: ['string', 'time'], gives: 'time', evaluate: bucketOfCalendar },
      { takes: ['string', 'time', 'string'], gives: 'time', evaluate: bucketOfCalendar },
    ],
    constants: [0, 2],
    verify: (constants) => {
      const [width] = constants
      if (typeof width === 'bigint' && width <= 0n)
        throw new TidemarkError('query', 'time_bucket() expected a width above 0')
      if (typeof width !== 'string') return
      requireWidth(width)
      zoneArgument({ constants }, 2)
    },
  },
  {
    name: 'date_add',
    signature: 'date_add(unit, count, time [, zone])',
    doc: 'a time moved by so many units; the day of a month that it lacks becomes its last',
    overloads: [
      { takes: ['string', 'i64', 'time'], gives: 'time', evaluate: addTime },
      { takes: ['string', 'i64', 'time', 'string'], gives: 'time', evaluate: addTime },
    ],
    constants: [0, 3],
    verify: verifyUnitAndZone(3),
  },
  {
    name: 'date_diff',
    signature: 'date_diff(unit, from, to [, zone])',
    doc: 'how many boundaries of the unit lie between two times',
    overloads: [
      { takes: ['string', 'time', 'time'], gives: 'i64', evaluate: differTimes },
      { takes: ['string', 'time', 'time', 'string'], gives: 'i64', evaluate: differTimes },
    ],
    constants: [0, 3],
    verify: verifyUnitAndZone(3),
  },
  {
    name: 'age',
    signature: 'age(a, b)',
    doc: 'the duration a - b, in nanoseconds',
    overloads: [byValue(['time', 'time'], 'i64', (a, b) => checkedInteger(a - b, 'age()'))],
  },
  {
    name: 'to_timestamp',
    signature: 'to_timestamp(x)',
    doc: 'the time of seconds since 1970, or of a text; NULL where a text is none',
    overloads: [
      byValue(['i64'], 'time', (seconds) => checkedTime(seconds * 1_000_000_000n)),
      byValue(['f64'], 'time', timeOfSeconds),
      byValue(['string'], 'time', (text) => parseTimestamp(text) ?? null),
    ],
  },
  ...EPOCHS.flatMap(([name, unit, size]): ScalarFunction[] => [
    {
      name,
      signature: `${name}(time)`,
      doc: `whole ${unit} since 1970`,
      overloads: [byValue(['time'], 'i64', (time) => floorDivide(time, size))],
    },
    {
      name: `from_${name}`,
      signature: `from_${name}(x)`,
      doc: `the time of ${unit} since 1970`,
      overloads: [byValue(['i64'], 'time', (count) => checkedTime(count * size))],
    },
  ]),
]
