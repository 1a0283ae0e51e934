import { TidemarkError } from './errors.ts'

/** The clock of a place: what is to be added to UTC. All times here are seconds, of UTC or of the local clock, since 1970. */
export interface Zone {
  name: string
  /** Seconds that the local clock is ahead at a time of UTC. */
  offsetAt(utc: number): number
}

export const UTC: Zone = { name: 'UTC', offsetAt: () => 0 }

/** Seconds whose changes of the clock are looked up together: a little more than a year. */
const CHUNK = 2 ** 25
/** No zone has changed its clock twice within so little time, to come back to where it was, since there is UTC. */
const SAMPLE = 7 * 86_400
/** Zones whose changes are remembered. */
const MAX_ZONES = 64

const zones = new Map<string, Zone>()
const FIXED = /^([+-])(\d\d):?(\d\d)$/

/**
 * The zone of an IANA name such as `Europe/Berlin`, as this engine's `Intl` knows it, of `UTC`, or of a fixed offset such as
 * `+05:30`. Throws `query` where there is no such zone.
 */
export function zoneOf(name: string): Zone {
  const fixed = FIXED.exec(name)
  if (fixed) return fixedZone(name, fixed)
  if (/^(utc|z)$/i.test(name)) return UTC
  const known = zones.get(name)
  if (known) return known
  const zone = new NamedZone(name, formatOf(name))
  const [oldest] = zones.keys()
  if (zones.size >= MAX_ZONES && oldest !== undefined) zones.delete(oldest)
  zones.set(name, zone)
  return zone
}

function fixedZone(name: string, [, sign, hours, minutes]: RegExpExecArray): Zone {
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60 : 60)
  if (Number(hours) > 23 || Number(minutes) > 59) throw unknownZone(name)
  return { name, offsetAt: () => offset }
}

function unknownZone(name: string, cause?: unknown): TidemarkError {
  return new TidemarkError('query', `there is no time zone '${name}'`, {
    hint: "Zones are called like 'Europe/Berlin', 'UTC' and '+05:30'.",
    ...(cause !== undefined && { cause }),
  })
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const digits = 'numeric'
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: digits,
      month: digits,
      day: digits,
      hour: digits,
      minute: digits,
      second: digits,
    })
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw unknownZone(timeZone, cause)
  }
}

/** From when on which offset holds, the first from the beginning of the chunk. */
interface Offsets {
  from: readonly number[]
  offset: readonly number[]
}

/** Asks `Intl`, which takes microseconds, for a chunk of time once; then an offset is a look into a short list. */
class NamedZone implements Zone {
  readonly name: string
  readonly #format: Intl.DateTimeFormat
  readonly #chunks = new Map<number, Offsets>()
  #lastNumber = Number.NaN
  #last: Offsets = { from: [], offset: [] }

  constructor(name: string, format: Intl.DateTimeFormat) {
    this.name = name
    this.#format = format
  }

  offsetAt(utc: number): number {
    const { from, offset } = this.#chunk(Math.floor(utc / CHUNK))
    let i = from.length - 1
    while (i > 0 && (from[i] as number) > utc) i--
    return offset[i] as number
  }

  #chunk(number: number): Offsets {
    if (number === this.#lastNumber) return this.#last
    let chunk = this.#chunks.get(number)
    if (chunk === undefined) {
      chunk = this.#read(number * CHUNK, (number + 1) * CHUNK)
      this.#chunks.set(number, chunk)
    }
    this.#lastNumber = number
    this.#last = chunk
    return chunk
  }

  #read(start: number, end: number): Offsets {
    const from = [start]
    const offset = [this.#ask(start)]
    let [at, known] = [start, offset[0] as number]
    while (at < end - 1) {
      const next = Math.min(at + SAMPLE, end - 1)
      const after = this.#ask(next)
      if (after !== known) {
        from.push(this.#change(at, next))
        offset.push(after)
        known = after
      }
      at = next
    }
    return { from, offset }
  }

  /** The first second after `low`, which has another offset, that has the offset of `high`. */
  #change(low: number, high: number): number {
    const before = this.#ask(low)
    let [from, to] = [low, high]
    while (to - from > 1) {
      const middle = Math.floor((from + to) / 2)
      if (this.#ask(middle) === before) from = middle
      else to = middle
    }
    return to
  }

  #ask(utc: number): number {
    const parts = this.#format.formatToParts(utc * 1000)
    const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((each) => each.type === type)?.value)
    const date = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return date / 1000 - utc
  }
}

/**
 * The time of UTC at which a local clock shows something: of two the earlier; of a time that the clock leaps over, as long
 * after the leap as it would be.
 */
export function utcOf(local: number, zone: Zone): number {
  const before = zone.offsetAt(local - 86_400)
  const after = zone.offsetAt(local + 86_400)
  if (before === after || zone.offsetAt(local - before) === before) return local - before
  return zone.offsetAt(local - after) === after ? local - after : local - before
}
