import { allocate } from '../memory/heap'
import { compareNumbers, multiplyAdd, multiplySmall, NUMBER_LIMBS, setSmall, shiftLeft } from './big-number'
import { DOT, isDigit } from './bytes'
import { LARGEST_POWER, powerOfFive, SMALLEST_POWER } from './powers-of-five'

/** Powers of ten that are doubles. */
const EXACT_POWERS: i32 = 22
const exactPowers: usize = memory.data<f64>(
  [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22], 16)

const MANTISSA_BITS: u32 = 52
const EXPONENT_BIAS: i32 = 1023
const INFINITE_EXPONENT: i32 = 0x7ff
/** A double's midpoint has at most 767 significant digits; a digit after these only says "and a little more". */
const SIGNIFICANT_DIGITS: u32 = 800
const MANTISSA_DIGITS: u32 = 19

// @ts-ignore: decorator
@inline
export function exactPower(exponent: i32): f64 {
  return load<f64>(exactPowers + (<usize>exponent << 3))
}

/** `mantissa * 10^exponent`, correctly rounded. */
// @ts-ignore: decorator
@inline
export function decimalToDouble(mantissa: u64, exponent: i32): f64 {
  // Signed conversion is one instruction where unsigned is several.
  if (mantissa <= <u64>1 << 53) {
    if (exponent <= 0 && exponent >= -EXACT_POWERS) return <f64><i64>mantissa / exactPower(-exponent)
    if (exponent > 0 && exponent <= EXACT_POWERS) return <f64><i64>mantissa * exactPower(exponent)
  }
  return eiselLemire(mantissa, exponent)
}

/** The high 64 bits of a product. */
// @ts-ignore: decorator
@inline
function multiplyHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffffffff
  const aHigh = a >> 32
  const bLow = b & 0xffffffff
  const bHigh = b >> 32
  const middle = aHigh * bLow + ((aLow * bLow) >> 32)
  const other = aLow * bHigh + (middle & 0xffffffff)
  return aHigh * bHigh + (middle >> 32) + (other >> 32)
}

/**
 * D. Lemire, "Number Parsing at a Gigabyte per Second" (2021), without its fallback, which N. Mushtak and D. Lemire,
 * "Fast Number Parsing Without Fallback" (2023), prove is never taken.
 */
export function eiselLemire(mantissa: u64, exponent: i32): f64 {
  if (mantissa == 0 || exponent < SMALLEST_POWER) return 0
  if (exponent > LARGEST_POWER) return Infinity
  const zeros = <u32>clz<u64>(mantissa)
  const normal = mantissa << zeros
  const power = powerOfFive(exponent)
  const factor = load<u64>(power)
  let high = multiplyHigh(normal, factor)
  let low = normal * factor
  const uncertain: u64 = 0x1ff
  if ((high & uncertain) == uncertain) {
    const carry = multiplyHigh(normal, load<u64>(power, 8))
    low += carry
    if (carry > low) high++
  }
  const upper = <u32>(high >> 63)
  const shift = upper + 64 - MANTISSA_BITS - 3
  let bits = high >> shift
  let binary = (((152170 + 65536) * exponent) >> 16) + 63 + <i32>upper - <i32>zeros + EXPONENT_BIAS
  if (binary <= 0) {
    if (1 - binary >= 64) return 0
    bits >>= <u64>(1 - binary)
    bits = (bits + (bits & 1)) >> 1
    return reinterpret<f64>(bits)
  }
  const halfway = low <= 1 && exponent >= -4 && exponent <= 23 && (bits & 3) == 1 && bits << shift == high
  if (halfway) bits &= ~1
  bits = (bits + (bits & 1)) >> 1
  if (bits >= <u64>2 << MANTISSA_BITS) {
    bits = <u64>1 << MANTISSA_BITS
    binary++
  }
  if (binary >= INFINITE_EXPONENT) return Infinity
  return reinterpret<f64>((bits & ~(<u64>1 << MANTISSA_BITS)) | (<u64>binary << MANTISSA_BITS))
}

/**
 * The number in `[text, end)`, digits with at most one dot, times `10^exponent`, correctly rounded whatever its length.
 * Infinite where it is too large.
 */
export function longDecimalToDouble(text: usize, end: usize, exponent: i32): f64 {
  let mantissa: u64 = 0
  let digits: u32 = 0
  let more = false
  let scale = exponent
  let fraction = false
  for (let at = text; at < end; at++) {
    const byte = load<u8>(at)
    if (byte == DOT) {
      fraction = true
      continue
    }
    if (digits < MANTISSA_DIGITS) {
      mantissa = mantissa * 10 + (byte - 48)
      if (mantissa != 0) digits++
      if (fraction) scale--
    } else {
      if (byte != 48) more = true
      if (!fraction) scale++
    }
  }
  const lower = decimalToDouble(mantissa, scale)
  if (!more || lower == decimalToDouble(mantissa + 1, scale)) return lower
  return roundExactly(text, end, exponent, lower)
}

let decimalNumber: usize = 0
let middleNumber: usize = 0

/** Decides between a double and the next by comparing with the number between them. */
function roundExactly(text: usize, end: usize, exponent: i32, lower: f64): f64 {
  if (decimalNumber == 0) {
    decimalNumber = allocate(NUMBER_LIMBS << 2)
    middleNumber = allocate(NUMBER_LIMBS << 2)
  }
  const scale = readSignificant(text, end, exponent)
  const bits = reinterpret<u64>(lower)
  const stored = <i32>(bits >> MANTISSA_BITS)
  const fraction = bits & ((<u64>1 << MANTISSA_BITS) - 1)
  const whole = stored == 0 ? fraction : fraction | (<u64>1 << MANTISSA_BITS)
  setSmall(middleNumber, 2 * whole + 1)
  const binary = max(stored, 1) - EXPONENT_BIAS - <i32>MANTISSA_BITS - 1
  multiplyPowerOfFive(scale >= 0 ? decimalNumber : middleNumber, abs(scale))
  const twos = scale - binary
  if (twos >= 0) shiftLeft(decimalNumber, <u32>twos)
  else shiftLeft(middleNumber, <u32>-twos)
  const order = compareNumbers(decimalNumber, middleNumber)
  const up = order > 0 || (order == 0 && (bits & 1) == 1)
  return up ? reinterpret<f64>(bits + 1) : lower
}

/** Reads the digits into `decimalNumber`; returns the power of ten that is still to be multiplied. */
function readSignificant(text: usize, end: usize, exponent: i32): i32 {
  setSmall(decimalNumber, 0)
  let digits: u32 = 0
  let more = false
  let fraction = false
  for (let at = text; at < end; at++) {
    const byte = load<u8>(at)
    if (!isDigit(byte)) {
      fraction = true
      continue
    }
    if (digits < SIGNIFICANT_DIGITS) {
      if (fraction) exponent--
      if (digits == 0 && byte == 48) continue
      multiplyAdd(decimalNumber, 10, byte - 48)
      digits++
    } else {
      if (byte != 48) more = true
      if (!fraction) exponent++
    }
  }
  if (!more) return exponent
  multiplyAdd(decimalNumber, 10, 1)
  return exponent - 1
}

function multiplyPowerOfFive(number: usize, exponent: i32): void {
  const thirteen: u32 = 1220703125
  while (exponent >= 13) {
    multiplySmall(number, thirteen)
    exponent -= 13
  }
  while (exponent > 0) {
    multiplySmall(number, 5)
    exponent--
  }
}
