/** The least and the greatest time that a row can have, in nanoseconds since 1970 UTC. */
export const MIN_TIME: bigint = -(2n ** 63n)
export const MAX_TIME: bigint = 2n ** 63n - 1n

/** Nanoseconds of the units of fixed length. Days and weeks are so in UTC. */
export const UNIT_NANOSECONDS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['w', 604_800_000_000_000n],
])

const DURATION = /^(?:\d{1,19}(?:ns|us|ms|s|m|h|d|w))+$/
const DURATION_PART = /(\d+)([a-z]+)/g

/** Nanoseconds of a duration such as `5m` or `1h30m`, or `undefined` where the text is none or exceeds an i64. */
export function parseDuration(text: string): bigint | undefined {
  if (!DURATION.test(text)) return undefined
  let total = 0n
  for (const [, count = '', unit = ''] of text.matchAll(DURATION_PART)) {
    total += BigInt(count) * (UNIT_NANOSECONDS.get(unit) ?? 0n)
    if (total > MAX_TIME) return undefined
  }
  return total
}

/** The shortest text of a duration that reads back as it: `90m` rather than `5400s`. */
export function printDuration(nanoseconds: bigint): string {
  let best = `${nanoseconds}ns`
  for (const [unit, size] of UNIT_NANOSECONDS) {
    if (nanoseconds % size === 0n && nanoseconds !== 0n) best = `${nanoseconds / size}${unit}`
  }
  return best
}

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:([Zz])|([+-])(\d\d):?(\d\d))?)?$/
const NANOSECONDS_PER_MS = 1_000_000n

/**
 * Nanoseconds since 1970 UTC of an RFC 3339 time, or of a date alone; without a zone it is UTC. `undefined` where the
 * text is neither, names a day that does not exist, or lies outside of what an i64 holds (1677 to 2262).
 */
export function parseTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text)
  if (match === null) return undefined
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day, hour, minute, second] = [part(1), part(2), part(3), part(4), part(5), part(6)]
  if (hour > 23 || minute > 59 || second > 59 || part(10) > 23 || part(11) > 59) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  date.setUTCHours(hour, minute, second)
  const offsetMinutes = (part(10) * 60 + part(11)) * (match[9] === '-' ? -1 : 1)
  const milliseconds = date.getTime() - offsetMinutes * 60_000
  const fraction = BigInt((match[7] ?? '').padEnd(9, '0'))
  const time = BigInt(milliseconds) * NANOSECONDS_PER_MS + fraction
  return time < MIN_TIME || time > MAX_TIME ? undefined : time
}

/** RFC 3339 in UTC with nine digits of the second: `2026-11-22T09:30:00.000000001Z`. */
export function printTimestamp(nanoseconds: bigint): string {
  const fraction = BigInt.asUintN(64, ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)
  const milliseconds = Number((nanoseconds - fraction) / NANOSECONDS_PER_MS)
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction.toString().padStart(9, '0')}Z`
}
