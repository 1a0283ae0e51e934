import { digitCount, fewDigits, MINUS, NEWLINE, powerOfTen, tailMask } from './bytes'
import { digitsToInteger, numberInteger, skipDigits } from './number'
import { fail, INVALID_TIME, MISSING_LINE_END, TIME_RANGE } from './rejection'
import { isLineEnd, skipBlanks } from './separators'

/** Digits that a u64 always holds. */
const SAFE_DIGITS: usize = 19
/** Of the newest timestamp in its plain form: text and newline, and a mask of as many bytes. */
const lastText: usize = memory.data(32, 16)
const lastMask: usize = memory.data(32, 16)
/** Its bytes, 0 where there is none, and its value. */
let lastBytes: usize = 0
let lastTime: i64 = 0

/** Ranges of time are open at their end, so that no row can have the last nanosecond. */
const LAST_TIME: i64 = i64.MAX_VALUE - 1

/** Nanoseconds in the unit of the timestamps, and the bounds that it sets them. */
let unit: i64 = 1
let most: i64 = LAST_TIME
let least: i64 = i64.MIN_VALUE

/** What was read last, in nanoseconds since 1970. */
export let timeValue: i64 = 0

export function useUnit(nanoseconds: i64): void {
  if (unit == nanoseconds) return
  unit = nanoseconds
  most = LAST_TIME / unit
  least = i64.MIN_VALUE / unit
  lastBytes = 0
}

/** Reads a timestamp and the line's end into `timeValue`; returns the end, or 0. */
// @ts-ignore: decorator
@inline
export function readTime(at: usize): usize {
  if (lastBytes != 0 && isLastTime(at)) {
    timeValue = lastTime
    return at + lastBytes
  }
  return readNewTime(at)
}

// @ts-ignore: decorator
@inline
function isLastTime(at: usize): bool {
  const low = v128.and(v128.xor(v128.load(at), v128.load(lastText)), v128.load(lastMask))
  const high = v128.and(v128.xor(v128.load(at, 16), v128.load(lastText, 16)), v128.load(lastMask, 16))
  return !v128.any_true(v128.or(low, high))
}

function readNewTime(start: usize): usize {
  const end = readPlainTime(start)
  if (end == 0) return readAnyTime(start)
  lastTime = timeValue
  lastBytes = end - start
  v128.store(lastText, v128.load(start))
  v128.store(lastText, v128.load(start, 16), 16)
  v128.store(lastMask, tailMask(min<usize>(lastBytes, 16)))
  v128.store(lastMask, tailMask(max<usize>(lastBytes, 16) - 16), 16)
  return end
}

/** Digits and a newline; 0 where there is anything else, or the time is out of range. */
function readPlainTime(start: usize): usize {
  let at = start
  let value: u64 = 0
  while (true) {
    const word = load<u64>(at)
    const count = digitCount(word)
    if (count == 0) break
    value = value * powerOfTen(count) + fewDigits(word, count)
    at += count
    if (count < 8) break
  }
  const digits = at - start
  if (digits - 1 >= SAFE_DIGITS || load<u8>(at) != NEWLINE || value > <u64>most) return 0
  timeValue = <i64>value * unit
  return at + 1
}

function readAnyTime(start: usize): usize {
  const negative = load<u8>(start) == MINUS
  const first = start + (negative ? 1 : 0)
  const end = skipDigits(first)
  if (end == first) return fail(INVALID_TIME, start)
  if (!digitsToInteger(first, end, negative)) return fail(TIME_RANGE, start)
  if (numberInteger > most || numberInteger < least) return fail(TIME_RANGE, start)
  timeValue = numberInteger * unit
  const rest = skipBlanks(end)
  if (!isLineEnd(rest)) return fail(MISSING_LINE_END, rest)
  return rest + (load<u8>(rest) == NEWLINE ? 1 : 2)
}
