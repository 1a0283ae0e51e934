// Sum and extremes of some integers in one piece: u32 offsets, or i64. Sums are exact: they are kept as two halves of
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

/** Divides the pair by a power of ten; the quotient is within an ulp of the exact one. */
export function divideSum(power: f64): void {
  if (power == 1) return
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

/** Leaves the sum of `count` (at most 1024) offsets u32 and `count * low`. */
export function sumOffsets(address: usize, count: i32, low: i64): void {
  let at = address
  const end = address + (<usize>count << 2)
  let sums = i64x2.splat(0)
  for (; at + 16 <= end; at += 16) {
    const some = v128.load(at)
    sums = i64x2.add(sums, i64x2.add(i64x2.shr_u(some, 32), v128.and(some, i64x2.splat(0xffffffff))))
  }
  let total = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1)
  for (; at < end; at += 4) total += <i64>load<u32>(at)
  setSum((low >> 32) * <i64>count, (low & 0xffffffff) * <i64>count + total)
}

/** Leaves the least and the largest of offsets u32 over `low`. */
export function rangeOffsets(address: usize, count: i32, low: i64): void {
  let at = address
  const end = address + (<usize>count << 2)
  let lows = i32x4.splat(-1)
  let highs = i32x4.splat(0)
  for (; at + 16 <= end; at += 16) {
    const some = v128.load(at)
    lows = i32x4.min_u(lows, some)
    highs = i32x4.max_u(highs, some)
  }
  lows = i32x4.min_u(lows, v128.shuffle<i64>(lows, lows, 1, 0))
  highs = i32x4.max_u(highs, v128.shuffle<i64>(highs, highs, 1, 0))
  let a = min(<u32>i32x4.extract_lane(lows, 0), <u32>i32x4.extract_lane(lows, 1))
  let b = max(<u32>i32x4.extract_lane(highs, 0), <u32>i32x4.extract_lane(highs, 1))
  for (; at < end; at += 4) {
    a = min(a, load<u32>(at))
    b = max(b, load<u32>(at))
  }
  least = low + <i64>a
  most = low + <i64>b
}

/** Leaves sum, least and largest of a few offsets u32 over `low`, in one scalar pass. */
export function fewOffsets(address: usize, count: i32, low: i64): void {
  let a = load<u32>(address)
  let b = a
  let total = <i64>a
  for (const end = address + (<usize>count << 2); (address += 4) < end; ) {
    const offset = load<u32>(address)
    a = min(a, offset)
    b = max(b, offset)
    total += <i64>offset
  }
  setSum((low >> 32) * <i64>count, (low & 0xffffffff) * <i64>count + total)
  least = low + <i64>a
  most = low + <i64>b
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
