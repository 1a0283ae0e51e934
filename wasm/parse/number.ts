import { digitCount, DOT, eightDigits, fewDigits, isDigit, MINUS, PLUS, powerOfTen } from './bytes'
import { decimalToDouble, longDecimalToDouble } from './decimal'
import { F64, I64 } from './page'
import { fail, FLOAT_RANGE, INTEGER_RANGE, INVALID_NUMBER } from './rejection'

const LOWER_I: u8 = 105
const LOWER_U: u8 = 117
const LOWER_E: u8 = 101
const CASE_BIT: u8 = 32
const LARGEST_INTEGER: u64 = 0x7fffffffffffffff
/** Decimal digits that a u64 always holds. */
const SAFE_DIGITS: u32 = 19
/** Beyond any exponent that a row's digits could make up for. */
const EXPONENT_LIMIT: i32 = 100000000

/** What was read last: `numberInteger` where the type is I64, else `numberFloat`. */
export let numberType: u32 = 0
export let numberInteger: i64 = 0
export let numberFloat: f64 = 0

let digitsValue: u64 = 0

/** Reads digits after `value`, modulo 2^64, into `digitsValue`; returns the end of them. */
// @ts-ignore: decorator
@inline
function readDigits(at: usize, value: u64): usize {
  while (true) {
    const word = load<u64>(at)
    const count = digitCount(word)
    if (count == 8) {
      value = value * 100000000 + eightDigits(word)
      at += 8
      continue
    }
    if (count > 0) value = value * powerOfTen(count) + fewDigits(word, count)
    digitsValue = value
    return at + count
  }
}

/** Reads a sequence of digits as a signed integer into `numberInteger`; returns false where it does not fit. */
export function digitsToInteger(at: usize, end: usize, negative: bool): bool {
  while (at < end && load<u8>(at) == 48) at++
  if (end - at > <usize>SAFE_DIGITS) return false
  readDigits(at, 0)
  const limit = LARGEST_INTEGER + (negative ? 1 : 0)
  if (at < end && digitsValue > limit) return false
  const magnitude = at < end ? <i64>digitsValue : 0
  numberInteger = negative ? -magnitude : magnitude
  return true
}

/** End of the digits at `at`. */
export function skipDigits(at: usize): usize {
  while (true) {
    const count = digitCount(load<u64>(at))
    at += count
    if (count < 8) return at
  }
}

/** Reads a number of any form; returns its end, or 0 where it is none. */
export function readNumber(start: usize): usize {
  const negative = load<u8>(start) == MINUS
  const whole = start + (negative ? 1 : 0)
  let at = readDigits(whole, 0)
  let digits = <u32>(at - whole)
  const suffix = load<u8>(at)
  if (suffix == LOWER_I || suffix == LOWER_U) return readInteger(start, whole, at)
  let scale = 0
  if (suffix == DOT) {
    const fraction = at + 1
    at = readDigits(fraction, digitsValue)
    scale = -<i32>(at - fraction)
    digits += <u32>(at - fraction)
  }
  if (digits == 0) return fail(INVALID_NUMBER, start)
  const mantissa = digitsValue
  const mantissaEnd = at
  let exponent = 0
  if ((load<u8>(at) | CASE_BIT) == LOWER_E) {
    at = readExponent(at + 1)
    if (at == 0) return fail(INVALID_NUMBER, start)
    exponent = exponentValue
  }
  const value = digits <= SAFE_DIGITS
    ? decimalToDouble(mantissa, scale + exponent)
    : longDecimalToDouble(whole, mantissaEnd, exponent)
  if (value == Infinity) return fail(FLOAT_RANGE, start)
  numberType = F64
  numberFloat = negative ? -value : value
  return at
}

function readInteger(start: usize, whole: usize, end: usize): usize {
  const negative = whole != start
  if (end == whole || (negative && load<u8>(end) == LOWER_U)) return fail(INVALID_NUMBER, start)
  if (!digitsToInteger(whole, end, negative)) return fail(INTEGER_RANGE, start)
  numberType = I64
  return end + 1
}

let exponentValue: i32 = 0

/** Reads `[+-]digits` into `exponentValue`; returns the end, or 0 where there is no digit. */
function readExponent(at: usize): usize {
  const sign = load<u8>(at)
  if (sign == MINUS || sign == PLUS) at++
  const first = at
  let value = 0
  for (; isDigit(load<u8>(at)); at++) if (value < EXPONENT_LIMIT) value = value * 10 + <i32>(load<u8>(at) - 48)
  exponentValue = sign == MINUS ? -value : value
  return at == first ? 0 : at
}
