// Decimals through float32: somebody kept n / 10^digits as the nearest float32, and what is to be coded is that float32 as a
// double, or written with some decimals. The digits that the detour made up need not be coded: n says them all.

import { decimalInteger, nearestIntegers, powerOfTen } from '../codec/decimal'
import { bitLength } from '../bits/width'

/** Places of a detour whose integers are not decimals but the bits of doubles, in order. */
export const PLACES_OF_BITS: i32 = 255
/** Float32 tells apart no more. */
export const MOST_DETOUR_DIGITS: i32 = 9
const SAMPLES: i32 = 32
/** Bits that the range of integers has to lose, lest any float32 be taken for a decimal of many digits. */
const LEAST_GAIN: i32 = 3

// @ts-ignore: decorator
@inline
function foldBits(bits: i64): i64 {
  return bits ^ <i64>(<u64>(bits >> 63) >> 1)
}

// @ts-ignore: decorator
@inline
function afterDetour(n: i64, power: f64, places: i32): i64 {
  const value = <f64>(<f32>(<f64>n / power))
  return places == PLACES_OF_BITS ? foldBits(reinterpret<i64>(value)) : decimalInteger(value, places)
}

// @ts-ignore: decorator
@inline
function beforeDetour(integer: i64, digits: i32, places: i32): i64 {
  const value = places == PLACES_OF_BITS ? reinterpret<f64>(foldBits(integer)) : <f64>integer / powerOfTen(places)
  return decimalInteger(value, digits)
}

/** Puts what the detour made of them in place of integers, two at a time. */
export function takeDetour(values: usize, count: i32, digits: i32, places: i32): void {
  const powers = f64x2.splat(powerOfTen(digits))
  const keptPowers = f64x2.splat(places == PLACES_OF_BITS ? 1 : powerOfTen(places))
  for (let at = values; at < values + (<usize>count << 3); at += 16) {
    const n = f64x2.replace_lane(f64x2.splat(<f64>load<i64>(at)), 1, <f64>load<i64>(at, 8))
    const kept = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(f64x2.div(n, powers)))
    if (places == PLACES_OF_BITS) v128.store(at, v128.xor(kept, i64x2.shr_u(i64x2.lt_s(kept, i64x2.splat(0)), 1)))
    else v128.store(at, nearestIntegers(f64x2.mul(kept, keptPowers)))
  }
}

/** Whether every `stride`th integer is what a detour of so many digits makes of another, which goes to `target`. */
function fits(values: usize, count: i32, stride: i32, digits: i32, places: i32, target: usize): bool {
  const power = powerOfTen(digits)
  for (let i = 0; i < count; i += stride) {
    const integer = load<i64>(values + (<usize>i << 3))
    const n = beforeDetour(integer, digits, places)
    if (afterDetour(n, power, places) != integer) return false
    store<i64>(target + (<usize>i << 3), n)
  }
  return true
}

function range(values: usize, count: i32): u64 {
  let least = i64.MAX_VALUE
  let most = i64.MIN_VALUE
  for (let at = values; at < values + (<usize>count << 3); at += 8) {
    least = min(least, load<i64>(at))
    most = max(most, load<i64>(at))
  }
  return <u64>most - <u64>least
}

/**
 * Digits of the decimals from which a detour made all of these integers, multiples of `factor` apart; -1 where it did not, or
 * where that saves nothing. The decimals are left at `target`.
 */
export function findDetour(values: usize, count: i32, places: i32, factor: u64, target: usize): i32 {
  const stride = max(1, count / SAMPLES)
  for (let digits = 0; digits < places && digits <= MOST_DETOUR_DIGITS; digits++) {
    if (!fits(values, count, stride, digits, places, target)) continue
    if (!fits(values, count, 1, digits, places, target)) return -1
    const saved = bitLength<u64>(range(values, count) / factor) - bitLength<u64>(range(target, count))
    return saved < LEAST_GAIN ? -1 : digits
  }
  return -1
}
