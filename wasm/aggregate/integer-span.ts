// Sum and extremes of some i64 in one piece. Sums are exact: they are kept as two halves of
// 64 bits and leave as a pair of doubles, which hold 106 bits.

const HALF: f64 = 4294967296.0

let sumHigh: f64 = 0
let sumLow: f64 = 0
let least: i64 = 0
let most: i64 = 0

// @ts-ignore: decorator
@inline
export function integerSumHigh(): f64 {
  return sumHigh
}

// @ts-ignore: decorator
@inline
export function integerSumLow(): f64 {
  return sumLow
}

// @ts-ignore: decorator
@inline
export function integerMin(): i64 {
  return least
}

// @ts-ignore: decorator
@inline
export function integerMax(): i64 {
  return most
}

/** The sum `high * 2^32 + low` as a normalised pair; both below 2^53. */
function setSum(high: i64, low: i64): void {
  const a = <f64>high * HALF
  const b = <f64>low
  sumHigh = a + b
  const part = sumHigh - a
  sumLow = a - (sumHigh - part) + (b - part)
}

/** Leaves a sum that is known. */
export function setIntegerSum(sum: i64): void {
  setSum(sum >> 32, sum & 0xffffffff)
}

/** Divides the pair by a power of ten but 1; the quotient is within an ulp of the exact one. */
export function divideSum(power: f64): void {
  const quotient = sumHigh / power
  const rest = remainder(sumHigh, quotient, power) + sumLow
  const correction = rest / power
  sumHigh = quotient + correction
  sumLow = correction - (sumHigh - quotient)
}

/** `value - quotient * power` without rounding of the product (Dekker's). */
function remainder(value: f64, quotient: f64, power: f64): f64 {
  const splitter: f64 = 134217729
  const q = splitter * quotient
  const quotientHigh = q - (q - quotient)
  const quotientLow = quotient - quotientHigh
  const p = splitter * power
  const powerHigh = p - (p - power)
  const powerLow = power - powerHigh
  const product = quotient * power
  const error =
    quotientHigh * powerHigh - product + quotientHigh * powerLow + quotientLow * powerHigh + quotientLow * powerLow
  return value - product - error
}

/** Sums of up to 1024 integers of so much at most are exact in a double. */
const EXACT_REACH: i64 = 1 << 42

/** Leaves the sum of `count` (at most 1024) offsets of 32 bits over `low`, of which that of the offsets is known. */
// @ts-ignore: decorator
@inline
export function setOffsetSum(sum: i64, count: i32, low: i64): void {
  if (low < EXACT_REACH && low > -EXACT_REACH) {
    sumHigh = <f64>(low * <i64>count + sum)
    sumLow = 0
    return
  }
  setSum((low >> 32) * <i64>count, (low & 0xffffffff) * <i64>count + sum)
}

/** Leaves the sum of `count` (at most 1024) i64. */
export function sumIntegers(address: usize, count: i32): void {
  let high: i64 = 0
  let low: i64 = 0
  for (const end = address + (<usize>count << 3); address < end; address += 8) {
    const value = load<i64>(address)
    high += value >> 32
    low += value & 0xffffffff
  }
  setSum(high, low)
}

/** Leaves the least and the largest of some i64. */
export function rangeIntegers(address: usize, count: i32): void {
  least = i64.MAX_VALUE
  most = i64.MIN_VALUE
  for (const end = address + (<usize>count << 3); address < end; address += 8) {
    const value = load<i64>(address)
    least = min(least, value)
    most = max(most, value)
  }
}
