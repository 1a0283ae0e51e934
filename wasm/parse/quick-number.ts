import { digitCount, DOT, eightDigits, eightNumbers, fewDigits, isDigit, MINUS, nonDigits, powerOfTen } from './bytes'
import { eiselLemire, exactPower } from './decimal'

// Numbers in their usual forms, straight into a column. Each function returns where what follows the separator begins, or 0
// where number or separator are others than expected, which is not to say that they are wrong.

/** The bit that letters have and digits lack, and digits of zero, in each of 8 bytes. */
const LETTERS: u64 = 0x4040404040404040
const ZEROS: u64 = 0x3030303030303030
/** Decimal digits that an i64, and that a u64, always holds. */
const INTEGER_DIGITS: usize = 18
const MANTISSA_DIGITS: u32 = 19
const SHORT_DIGITS: u32 = 12

/** An integer with its suffix, as i64; `ending` is the suffix with the separator that is expected. */
// @ts-ignore: decorator
@inline
export function quickInteger(at: usize, place: usize, ending: u32): usize {
  const word = load<u64>(at)
  // The next field waits for nothing but where this one ends: the first letter, whatever is before it.
  const letter = ctz(word & LETTERS)
  // 1 to 7 bytes before it
  if (letter - 14 > 48) return otherInteger(at, place, ending)
  const stop = at + <usize>(letter >> 3)
  const digits = (word ^ ZEROS) << (70 - letter)
  if (!areDigits(digits)) return otherInteger(at, place, ending)
  if (<u32>load<u16>(stop) != ending) return 0
  store<u64>(place, eightNumbers(digits))
  return stop + 2
}

/** Whether each of 8 bytes, less '0' each, is from 0 to 9. */
// @ts-ignore: decorator
@inline
function areDigits(digits: u64): bool {
  return (((digits + 0x7676767676767676) | digits) & 0x8080808080808080) == 0
}

/** The same with a sign, and with more digits. */
function otherInteger(start: usize, place: usize, ending: u32): usize {
  const negative = load<u8>(start) == MINUS
  const first = start + <usize>negative
  let at = first
  let value: u64 = 0
  let word = load<u64>(at)
  while ((word & LETTERS) == 0) {
    const digits = word ^ ZEROS
    if (!areDigits(digits)) return 0
    value = value * 100000000 + eightNumbers(digits)
    at += 8
    word = load<u64>(at)
  }
  const letter = ctz(word & LETTERS)
  // 0 to 7 digits: to shift by 64 would be not to shift.
  const digits = (word ^ ZEROS) << 8 << (62 - letter)
  const stop = at + <usize>(letter >> 3)
  if (stop - first - 1 >= INTEGER_DIGITS || !areDigits(digits) || <u32>load<u16>(stop) != ending) return 0
  value = value * powerOfTen(<u32>(letter >> 3)) + eightNumbers(digits)
  store<i64>(place, negative ? -<i64>value : <i64>value)
  return stop + 2
}

/**
 * For 1 dot with 0 to 6 digits after it in the uppermost bytes of a word, by 8 times 1 to 7: the digits after the dot, and
 * those before it.
 */
const afterDot: usize = memory.data<u64>(
  [0, 0, 0xff00000000000000, 0xffff000000000000, 0xffffff0000000000, 0xffffffff00000000, 0xffffffffff000000,
    0xffffffffffff0000], 16)
const beforeDot: usize = memory.data<u64>(
  [0, 0x00ffffffffffffff, 0x0000ffffffffffff, 0x000000ffffffffff, 0x00000000ffffffff, 0x0000000000ffffff, 0x000000000000ffff,
    0x00000000000000ff], 16)

/** A decimal without exponent, as f64, correctly rounded. */
// @ts-ignore: decorator
@inline
export function quickDecimal(at: usize, place: usize, separator: u32): usize {
  const word = load<u64>(at)
  const stops = nonDigits(word)
  const rest = stops & (stops - 1)
  // A digit first, and two bytes that are none.
  if ((stops & 0x80) != 0 || rest == 0) return otherDecimal(at, place, separator)
  const first = ctz(stops)
  const whole = <usize>(first >> 3)
  if (load<u8>(at + whole) != DOT) {
    if (<u32>load<u8>(at + whole) != separator) return 0
    store<f64>(place, <f64><i64>eightDigits(word << (71 - first)))
    return at + whole + 1
  }
  const last = ctz(rest)
  const end = at + <usize>(last >> 3)
  if (<u32>load<u8>(end) != separator) return 0
  const spread = word << (71 - last)
  const scale8 = <usize>(last - first)
  // The digits before the dot go up by a byte, onto it.
  const digits = (spread & load<u64>(afterDot + scale8)) | ((spread & load<u64>(beforeDot + scale8)) << 8)
  store<f64>(place, <f64><i64>eightDigits(digits) / exactPower(<i32>(scale8 >> 3) - 1))
  return end + 1
}

/** 16 times 0x80, for no byte, then the numbers of 16 bytes. */
const byteNumbers: usize = memory.data<u8>(
  [128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    14, 15], 16)

/** How many of 16 bytes, less '0' each, are digits before the first that is none. */
// @ts-ignore: decorator
@inline
function countDigits(digits: v128): u32 {
  return <u32>ctz(i8x16.bitmask(i8x16.gt_u(digits, i8x16.splat(9))) | 0x10000)
}

/** The number that the first `count` digits spell, 0 to 16: pairs, then fours, then eights. */
// @ts-ignore: decorator
@inline
function manyDigits(digits: v128, count: u32): u64 {
  const all = i8x16.swizzle(digits, v128.load(byteNumbers + count))
  const tens = i16x8(10, 1, 10, 1, 10, 1, 10, 1)
  const hundreds = i16x8(100, 1, 100, 1, 100, 1, 100, 1)
  const myriads = i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1)
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(all), tens)
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(all), tens)
  const fours = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(low, high), hundreds)
  const eights = i64x2.extract_lane(i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(fours, fours), myriads), 0)
  return (<u64>eights & 0xffffffff) * 100000000 + (<u64>eights >> 32)
}

/** The same with a sign, and with 1 to 8 digits before and up to 19 after the dot. */
function otherDecimal(start: usize, place: usize, separator: u32): usize {
  const negative = load<u8>(start) == MINUS
  let at = start + <usize>negative
  const word = load<u64>(at)
  const whole = digitCount(word)
  if (whole == 0) return 0
  let mantissa = fewDigits(word, whole)
  let digits = whole - <u32>(mantissa == 0)
  let scale: u32 = 0
  at += whole
  if (load<u8>(at) == DOT) {
    at++
    const fraction = i8x16.sub(v128.load(at), i8x16.splat(48))
    scale = countDigits(fraction)
    mantissa = mantissa * powerOfTen(scale) + manyDigits(fraction, scale)
    at += scale
    // How many digits there are of full precision differs from one number to the next, but seldom are they so many.
    if (scale == 16 && isDigit(load<u8>(at))) {
      const more = load<u64>(at)
      const count = digitCount(more)
      mantissa = mantissa * powerOfTen(count) + fewDigits(more, count)
      at += count
      scale += count
    }
    digits += scale
    if (digits > MANTISSA_DIGITS) return 0
  }
  if (<u32>load<u8>(at) != separator) return 0
  // With more digits than these it is even odds whether they fit a double, which would be a branch that nobody can predict.
  const value = digits <= SHORT_DIGITS ? <f64><i64>mantissa / exactPower(scale) : eiselLemire(mantissa, -<i32>scale)
  store<f64>(place, negative ? -value : value)
  return at + 1
}
