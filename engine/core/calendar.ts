import { TidemarkError } from './errors.ts'
import { MAX_TIME, MIN_TIME, printTimestamp } from './time.ts'
import { UTC, utcOf, type Zone } from './zone.ts'

/** Units of the calendar: days and longer are as long as the zone's clock makes them; weeks begin on Monday. */
export type CalendarUnit =
  | 'nanosecond'
  | 'microsecond'
  | 'millisecond'
  | 'second'
  | 'minute'
  | 'hour'
  | 'day'
  | 'week'
  | 'month'
  | 'quarter'
  | 'year'

/** Some units, as the width of windows or a distance. */
export interface CalendarWidth {
  unit: CalendarUnit
  count: number
}

/** A date of the Gregorian calendar, months and days counted from 1. */
export interface CivilDate {
  year: number
  month: number
  day: number
}

const SECOND = 1_000_000_000n
export const DAY_SECONDS = 86_400
/** Nanoseconds of the units that no clock changes. */
const FIXED: Readonly<Partial<Record<CalendarUnit, bigint>>> = {
  nanosecond: 1n,
  microsecond: 1_000n,
  millisecond: 1_000_000n,
  second: SECOND,
  minute: 60n * SECOND,
  hour: 3600n * SECOND,
}
const MONTHS: Readonly<Partial<Record<CalendarUnit, number>>> = { month: 1, quarter: 3, year: 12 }
const DAYS: Readonly<Partial<Record<CalendarUnit, number>>> = { day: 1, week: 7 }
/** 1970-01-05, a Monday, in days since 1970. */
const FIRST_MONDAY = 4

/** Days since 1970 of a date; Howard Hinnant's days_from_civil. */
export function daysOf({ year, month, day }: CivilDate): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** The date of a day since 1970; Howard Hinnant's civil_from_days. */
export function dateOf(days: number): CivilDate {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

export function daysInMonth(year: number, month: number): number {
  return month === 2 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))
    ? 28
    : ([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] as number)
}

/** What a clock shows: seconds of the local clock since 1970, and nanoseconds of the second. */
export interface LocalTime {
  seconds: number
  nanoseconds: number
}

/** What the clock of a zone shows at a time, in nanoseconds since 1970 UTC. */
export function localTime(time: bigint, zone: Zone = UTC): LocalTime {
  const utc = floorDivide(time, SECOND)
  return { seconds: Number(utc) + zone.offsetAt(Number(utc)), nanoseconds: Number(time - utc * SECOND) }
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** A time of the year 1677 to 2262, which an i64 of nanoseconds holds, or an error. */
export function checkedTime(time: bigint): bigint {
  if (time >= MIN_TIME && time <= MAX_TIME) return time
  throw new TidemarkError('query', `a time before ${printTimestamp(MIN_TIME)} or after ${printTimestamp(MAX_TIME)}`)
}

function timeAt(local: number, nanoseconds: number, zone: Zone): bigint {
  return BigInt(utcOf(local, zone)) * SECOND + BigInt(nanoseconds)
}

/** Days since 1970 of the first day of a month, counted in months since the year 0. */
function firstDayOf(months: number): number {
  const year = Math.floor(months / 12)
  return daysOf({ year, month: months - year * 12 + 1, day: 1 })
}

/** The first months of 1970: windows of several months are counted from here. */
const FIRST_MONTH = 1970 * 12

/**
 * The start of the window that a time is in. Windows of several units are counted from 1970, of weeks from its first Monday.
 * Hours and shorter units keep the offset of the time itself, so that an hour that a clock shows twice is two windows.
 * Throws `query` where the start is before the least time.
 */
export function windowStart(time: bigint, width: CalendarWidth, zone: Zone = UTC): bigint {
  return checkedTime(startOf(time, width, zone))
}

function startOf(time: bigint, { unit, count }: CalendarWidth, zone: Zone): bigint {
  const fixed = FIXED[unit]
  if (fixed !== undefined) {
    const width = fixed * BigInt(count)
    const offset = BigInt(zone.offsetAt(Number(floorDivide(time, SECOND)))) * SECOND
    return floorDivide(time + offset, width) * width - offset
  }
  const day = Math.floor(localTime(time, zone).seconds / DAY_SECONDS)
  return timeAt(firstDay(day, { unit, count }) * DAY_SECONDS, 0, zone)
}

/** The first day of the window that a day is in, both since 1970. */
function firstDay(day: number, { unit, count }: CalendarWidth): number {
  const months = MONTHS[unit]
  if (months === undefined) {
    const width = (DAYS[unit] as number) * count
    const origin = unit === 'week' ? FIRST_MONDAY : 0
    return Math.floor((day - origin) / width) * width + origin
  }
  const { year, month } = dateOf(day)
  const width = months * count
  return firstDayOf(FIRST_MONTH + Math.floor((year * 12 + month - 1 - FIRST_MONTH) / width) * width)
}

/**
 * A time moved by some units, also backwards. Days and longer units move the date that the zone's clock shows and leave the
 * time of the day; a day that a month does not have becomes its last. Throws `query` beyond what a time can be.
 */
export function addUnits(time: bigint, width: CalendarWidth, zone: Zone = UTC): bigint {
  return checkedTime(moved(time, width, zone))
}

/** More days from 1970 than any time has. */
const MAX_DAYS = 110_000

function moved(time: bigint, { unit, count }: CalendarWidth, zone: Zone): bigint {
  const fixed = FIXED[unit]
  if (fixed !== undefined) return time + fixed * BigInt(count)
  const { seconds, nanoseconds } = localTime(time, zone)
  const day = Math.floor(seconds / DAY_SECONDS)
  const to = addToDay(day, { unit, count })
  if (Math.abs(to) > MAX_DAYS) return to < 0 ? MIN_TIME - 1n : MAX_TIME + 1n
  return timeAt(to * DAY_SECONDS + (seconds - day * DAY_SECONDS), nanoseconds, zone)
}

function addToDay(day: number, { unit, count }: CalendarWidth): number {
  const months = MONTHS[unit]
  if (months === undefined) return day + (DAYS[unit] as number) * count
  const date = dateOf(day)
  const month = date.year * 12 + date.month - 1 + months * count
  const year = Math.floor(month / 12)
  return firstDayOf(month) + Math.min(date.day, daysInMonth(year, month - year * 12 + 1)) - 1
}

/** The start of the window after the one that starts at `start`: of the last one it is more than a time can be. */
export function nextWindow(start: bigint, width: CalendarWidth, zone: Zone = UTC): bigint {
  const next = moved(start, width, zone)
  // A day may begin after midnight, where the clock leaps: only the date counts.
  return next > MAX_TIME ? next : startOf(next, width, zone)
}

/**
 * The starts of the windows that have a part in `[start, end)`, in order. Throws `quota` where there are more than `most`.
 */
export function windowStarts(
  range: { start: bigint; end: bigint },
  width: CalendarWidth,
  zone: Zone,
  most: number,
): bigint[] {
  const starts: bigint[] = []
  if (range.start >= range.end) return starts
  for (let at = windowStart(range.start, width, zone); at < range.end; at = nextWindow(at, width, zone)) {
    if (starts.length === most)
      throw new TidemarkError('quota', `more than ${most} windows`, { hint: 'Use wider windows.' })
    starts.push(at)
  }
  return starts
}

const LETTERS: ReadonlyMap<string, CalendarUnit> = new Map([
  ['ns', 'nanosecond'],
  ['us', 'microsecond'],
  ['ms', 'millisecond'],
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['w', 'week'],
  ['mo', 'month'],
  ['q', 'quarter'],
  ['y', 'year'],
])

/** Most units of a width, so that all arithmetic on them stays exact. */
const MAX_COUNT = 1_000_000_000

/** The width of a text of one part, such as `15m`, `1d` or `3mo`; `undefined` where it is none. */
export function parseWidth(text: string): CalendarWidth | undefined {
  const [, digits = '', letters = ''] = /^(\d{1,10})([a-z]{1,2})$/.exec(text) ?? []
  const unit = LETTERS.get(letters)
  const count = Number(digits)
  return unit === undefined || count === 0 || count > MAX_COUNT ? undefined : { unit, count }
}

/** Units by their names in functions, in the singular, the plural or as letters of durations. */
export function unitOf(name: string): CalendarUnit | undefined {
  const word = name.toLowerCase()
  const singular = word.replace(/s$/, '')
  const units: Iterable<CalendarUnit> = LETTERS.values()
  for (const unit of units) if (unit === singular || unit === word) return unit
  return LETTERS.get(word)
}
