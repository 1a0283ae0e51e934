// Decimals: floats that are integers over a power of ten are stored as those integers, after ALP (Afroozeh, Kuffó and
// Boncz, SIGMOD 2024). Where ALP multiplies by an inexact inverse, this divides by the exact power, which gives back
// the nearest double, hence every decimal of up to 15 digits with one parameter. The others are exceptions, kept by
// their bits.

import { EXCEPTION_BITS, EXCEPTION_POSITIONS, INTEGERS, OFFSETS } from '../memory/scratch'
import { fourOffsets, narrowLow, offsetBytes } from './decoded'

export const MOST_DECIMALS: i32 = 18
const SAMPLES: i32 = 32
/** 1.5 * 2^52: added to a float below 2^51 it leaves the nearest integer in the low bits. */
export const MAGIC: f64 = 6755399441055744.0
/** In memory, too: V8 makes a constant vector anew at each use. */
export const MAGIC_AT: usize = memory.data<f64>([6755399441055744], 16)
const LIMIT: f64 = 2251799813685248.0
const REACH_I32: f64 = 2147483648.0
/** What a value costs that is no decimal, that is an exception, and that has a further digit, in tenths of a bit. */
const PLAIN_COST: i32 = 400
const EXCEPTION_COST: i32 = 800
const DIGIT_COST: i32 = 33

// An exact quotient by two multiplications, of an integer n of 32 bits with a sign by a power p up to 10^6. Let h be 1 / p
// rounded to 22 bits, and l the double nearest to 1 / p - h. Then n * h is exact, and n * h + n * l is, before it is rounded
// once, within 2^-74 of n / p, relatively. Where rounding changes lies a number of 54 bits, from which n / p, being none,
// is 1 / (2^54 p) > 2^-73.94 away at least. So the sum rounds as the quotient does.
const EXACT_DECIMALS: i32 = 6
const INVERSE_BITS: u64 = 22
/** Sums of an offset of 32 bits and a low of less are exact in a double, and so is 2^52 less such a low. */
const NEAR: i64 = (<i64>1) << 51
const TOP_OF_2_TO_52: usize = memory.data<u32>([0x43300000], 16)

const POWERS: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
]
const sampled: usize = memory.data(SAMPLES * 8, 16)

// @ts-ignore: decorator
@inline
export function powerOfTen(decimals: i32): f64 {
  return unchecked(POWERS[decimals])
}

/** The h of a power, as above. */
function inverseHigh(power: f64): f64 {
  const dropped: u64 = 53 - INVERSE_BITS
  const rounded = reinterpret<u64>(1 / power) + ((<u64>1) << (dropped - 1))
  return reinterpret<f64>(rounded & ~(((<u64>1) << dropped) - 1))
}

/** The integer that is nearest to a value scaled by a power of ten; any where that is 2^51 or more. */
export function decimalInteger(value: f64, decimals: i32): i64 {
  const integer = value * powerOfTen(decimals) + MAGIC - MAGIC
  return Math.abs(integer) < LIMIT ? <i64>integer : 0
}

/** The integers that are nearest to two floats; 0 where one is 2^51 or more. */
// @ts-ignore: decorator
@inline
export function nearestIntegers(values: v128): v128 {
  const shifted = f64x2.add(values, f64x2.splat(MAGIC))
  const fits = f64x2.lt(f64x2.abs(f64x2.sub(shifted, f64x2.splat(MAGIC))), f64x2.splat(LIMIT))
  return v128.and(i64x2.sub(shifted, i64x2.splat(reinterpret<i64>(MAGIC))), fits)
}

/** The l of a power: the product and the difference are exact. */
function inverseLow(power: f64): f64 {
  return (1 - inverseHigh(power) * power) / power
}

// @ts-ignore: decorator
@inline
function isDecimal(value: v128, integer: v128, power: v128): v128 {
  const same = i64x2.eq(f64x2.div(integer, power), value)
  return v128.and(same, f64x2.lt(f64x2.abs(integer), f64x2.splat(LIMIT)))
}

/** How many of the samples are integers over a power of ten. */
function countDecimals(taken: i32, decimals: i32): i32 {
  const power = f64x2.splat(powerOfTen(decimals))
  const magic = v128.load64_splat(MAGIC_AT)
  let counts = i64x2.splat(0)
  for (let i: usize = 0; i < <usize>taken << 3; i += 16) {
    const value = v128.load(sampled + i)
    const integer = f64x2.sub(f64x2.add(f64x2.mul(value, power), magic), magic)
    counts = i64x2.sub(counts, isDecimal(value, integer, power))
  }
  return <i32>(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1))
}

/** How many decimals to store floats with, by a sample; -1 where decimals do not pay. */
export function chooseDecimals(values: usize, count: i32): i32 {
  for (let i = 0; i < SAMPLES; i++) {
    store<f64>(sampled + (<usize>i << 3), load<f64>(values + (<usize>((i * count) / SAMPLES) << 3)))
  }
  let best = -1
  let bestCost = SAMPLES * PLAIN_COST
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    if (SAMPLES * decimals * DIGIT_COST >= bestCost) break
    const fitting = countDecimals(SAMPLES, decimals)
    const cost = fitting * decimals * DIGIT_COST + (SAMPLES - fitting) * EXCEPTION_COST
    if (cost < bestCost) {
      best = decimals
      bestCost = cost
    }
    if (fitting == SAMPLES) break
  }
  return best
}

function noteException(exceptions: i32, values: usize, row: i32): void {
  store<u16>(EXCEPTION_POSITIONS + (<usize>exceptions << 1), <u16>row)
  store<u64>(EXCEPTION_BITS + (<usize>exceptions << 3), load<u64>(values + (<usize>row << 3)))
}

/** Exceptions take the integer before them, the leading ones the first that is none, so that they cost no width. */
function fillExceptions<T>(exceptions: i32, integers: usize): void {
  let lead = 0
  while (lead < exceptions && <i32>load<u16>(EXCEPTION_POSITIONS + (<usize>lead << 1)) == lead) lead++
  let fill = load<T>(integers + (<usize>lead << alignof<T>()))
  for (let i = 0; i < exceptions; i++) {
    const row = <usize>load<u16>(EXCEPTION_POSITIONS + (<usize>i << 1))
    if (i >= lead) fill = load<T>(integers + ((row - 1) << alignof<T>()))
    store<T>(integers + (row << alignof<T>()), fill)
  }
}

function noteExceptions(exceptions: i32, values: usize, row: i32, count: i32, fits: v128): i32 {
  if (i64x2.extract_lane(fits, 0) == 0 && row < count) noteException(exceptions++, values, row)
  if (i64x2.extract_lane(fits, 1) == 0 && row + 1 < count) noteException(exceptions++, values, row + 1)
  return exceptions
}

let scaledLow: i64 = 0
let scaledHigh: i64 = 0
let scaledSum: i64 = 0
/** The same as floats while words are made. */
let leastWord: f64 = 0
let mostWord: f64 = 0
let sumOfWords: f64 = 0

/** Least of the integers that `scaleToWords` made. */
export function leastScaled(): i64 {
  return scaledLow
}

export function mostScaled(): i64 {
  return scaledHigh
}

/** Sum of the integers, where there are no exceptions. */
export function sumScaled(): i64 {
  return scaledSum
}

/**
 * Scales floats to integers of 32 bits with a sign, less than 2^31 apart, at `OFFSETS`, and leaves their range and sum.
 * Returns how many are exceptions, noted by position and bits; -1 where the integers are larger, or all are exceptions, or
 * a float that is not finite is among them. Up to three values after the last one are read and may be anything.
 */
export function scaleToWords(values: usize, count: i32, decimals: i32): i32 {
  if (decimals > EXACT_DECIMALS) return -1
  return decimals == 0 ? scaleWords(values, count, 0, false) : scaleWords(values, count, decimals, true)
}

// @ts-ignore: decorator
@inline
function scaledBy(integers: v128, high: v128, rest: v128, scaled: bool): v128 {
  return scaled ? f64x2.add(f64x2.mul(integers, high), f64x2.mul(integers, rest)) : integers
}

/** Whole numbers need no scaling, which `scaled` tells at compile time. */
// @ts-ignore: decorator
@inline
function scaleWords(values: usize, count: i32, decimals: i32, scaled: bool): i32 {
  const power = f64x2.splat(powerOfTen(decimals))
  const high = f64x2.splat(inverseHigh(powerOfTen(decimals)))
  const low = f64x2.splat(inverseLow(powerOfTen(decimals)))
  const magic = v128.load64_splat(MAGIC_AT)
  const zero = i64x2.splat(0)
  let lows = f64x2.splat(Infinity)
  let highs = f64x2.splat(-Infinity)
  let sumsA = f64x2.splat(0)
  let sumsB = sumsA
  let exceptions = 0
  let row = 0
  for (; row + 7 < count; row += 8) {
    const at = values + (<usize>row << 3)
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const c = v128.load(at, 32)
    const d = v128.load(at, 48)
    const shiftedA = f64x2.add(scaled ? f64x2.mul(a, power) : a, magic)
    const shiftedB = f64x2.add(scaled ? f64x2.mul(b, power) : b, magic)
    const shiftedC = f64x2.add(scaled ? f64x2.mul(c, power) : c, magic)
    const shiftedD = f64x2.add(scaled ? f64x2.mul(d, power) : d, magic)
    v128.store(OFFSETS + (<usize>row << 2), v128.shuffle<i32>(shiftedA, shiftedB, 0, 2, 4, 6))
    v128.store(OFFSETS + (<usize>row << 2), v128.shuffle<i32>(shiftedC, shiftedD, 0, 2, 4, 6), 16)
    const integerA = f64x2.sub(shiftedA, magic)
    const integerB = f64x2.sub(shiftedB, magic)
    const integerC = f64x2.sub(shiftedC, magic)
    const integerD = f64x2.sub(shiftedD, magic)
    const missA = v128.xor(a, scaledBy(integerA, high, low, scaled))
    const missB = v128.xor(b, scaledBy(integerB, high, low, scaled))
    const missC = v128.xor(c, scaledBy(integerC, high, low, scaled))
    const missD = v128.xor(d, scaledBy(integerD, high, low, scaled))
    sumsA = f64x2.add(sumsA, f64x2.add(integerA, integerB))
    sumsB = f64x2.add(sumsB, f64x2.add(integerC, integerD))
    if (!v128.any_true(v128.or(v128.or(missA, missB), v128.or(missC, missD)))) {
      const low4 = f64x2.pmin(f64x2.pmin(integerA, integerB), f64x2.pmin(integerC, integerD))
      const high4 = f64x2.pmax(f64x2.pmax(integerA, integerB), f64x2.pmax(integerC, integerD))
      lows = f64x2.pmin(lows, low4)
      highs = f64x2.pmax(highs, high4)
      continue
    }
    const fitsA = i64x2.eq(missA, zero)
    const fitsB = i64x2.eq(missB, zero)
    const fitsC = i64x2.eq(missC, zero)
    const fitsD = i64x2.eq(missD, zero)
    // An exception becomes NaN, which is passed over where it comes second.
    const keptA = v128.or(integerA, v128.not(fitsA))
    const keptB = v128.or(integerB, v128.not(fitsB))
    const keptC = v128.or(integerC, v128.not(fitsC))
    const keptD = v128.or(integerD, v128.not(fitsD))
    lows = f64x2.pmin(f64x2.pmin(f64x2.pmin(f64x2.pmin(lows, keptA), keptB), keptC), keptD)
    highs = f64x2.pmax(f64x2.pmax(f64x2.pmax(f64x2.pmax(highs, keptA), keptB), keptC), keptD)
    exceptions = noteExceptions(exceptions, values, row, count, fitsA)
    exceptions = noteExceptions(exceptions, values, row + 2, count, fitsB)
    exceptions = noteExceptions(exceptions, values, row + 4, count, fitsC)
    exceptions = noteExceptions(exceptions, values, row + 6, count, fitsD)
  }
  sumsA = f64x2.add(sumsA, sumsB)
  leastWord = min(f64x2.extract_lane(lows, 0), f64x2.extract_lane(lows, 1))
  mostWord = max(f64x2.extract_lane(highs, 0), f64x2.extract_lane(highs, 1))
  sumOfWords = f64x2.extract_lane(sumsA, 0) + f64x2.extract_lane(sumsA, 1)
  return acceptWords(scaleRest(values, row, count, decimals, exceptions))
}

/** Scales the rows from one on, one by one; returns how many exceptions there are with those before. */
function scaleRest(values: usize, row: i32, count: i32, decimals: i32, exceptions: i32): i32 {
  for (; row < count; row++) {
    const value = load<f64>(values + (<usize>row << 3))
    const shifted = value * powerOfTen(decimals) + MAGIC
    const integer = shifted - MAGIC
    store<u32>(OFFSETS + (<usize>row << 2), <u32>reinterpret<u64>(shifted))
    sumOfWords += integer
    if (reinterpret<u64>(integer / powerOfTen(decimals)) == reinterpret<u64>(value)) {
      leastWord = min(leastWord, integer)
      mostWord = max(mostWord, integer)
    } else {
      noteException(exceptions++, values, row)
    }
  }
  return exceptions
}

/** Leaves range and sum, and returns the exceptions; -1 where the integers do not fit. */
function acceptWords(exceptions: i32): i32 {
  // Beyond 32 bits the comparisons of extremes mean nothing. A sum that is no number was of one that is none.
  const fits = leastWord >= -REACH_I32 && mostWord < REACH_I32 && mostWord - leastWord < REACH_I32
  if (!fits || sumOfWords - sumOfWords != 0) return -1
  scaledLow = <i64>leastWord
  scaledHigh = <i64>mostWord
  scaledSum = exceptions == 0 ? <i64>sumOfWords : 0
  fillExceptions<u32>(exceptions, OFFSETS)
  return exceptions
}

/** Scales floats to integers at `INTEGERS`; returns how many are exceptions, noted by position and bits. */
export function scaleToIntegers(values: usize, count: i32, decimals: i32): i32 {
  const power = f64x2.splat(powerOfTen(decimals))
  const magic = v128.load64_splat(MAGIC_AT)
  let exceptions = 0
  for (let row = 0; row < count; row += 2) {
    const at = <usize>row << 3
    const value = v128.load(values + at)
    const shifted = f64x2.add(f64x2.mul(value, power), magic)
    const fits = isDecimal(value, f64x2.sub(shifted, magic), power)
    v128.store(INTEGERS + at, i64x2.sub(shifted, magic))
    if (!i64x2.all_true(fits)) exceptions = noteExceptions(exceptions, values, row, count, fits)
  }
  if (exceptions < count) fillExceptions<i64>(exceptions, INTEGERS)
  return exceptions
}

/** Whether all of `count` offsets of T over `low` are integers of 32 bits with a sign. */
function areWords<T>(source: usize, count: i32, low: i64): bool {
  if (low < <i64>i32.MIN_VALUE || low > <i64>i32.MAX_VALUE) return false
  if (sizeof<T>() < 4) return low <= <i64>i32.MAX_VALUE - (1 << (8 * sizeof<T>()))
  let tops = i32x4.splat(0)
  for (let i = 0; i < count; i += 4) tops = v128.or(tops, v128.load(source + (<usize>i << 2)))
  const all = i64x2.extract_lane(tops, 0) | i64x2.extract_lane(tops, 1)
  const most = <u32>all | <u32>(all >> 32)
  // All bits that occur, as one number, are no less than the largest.
  return low + <i64>most <= <i64>i32.MAX_VALUE
}

/**
 * Writes four integers over a power of ten, of which `offsets` are u32. With the upper word of 2^52 above it, an offset is a float of
 * 2^52 and it: one subtraction gives the integer.
 */
// @ts-ignore: decorator
@inline
function storeFour(offsets: v128, top: v128, bias: v128, high: v128, rest: v128, scaled: bool, to: usize): void {
  const a = f64x2.sub(v128.shuffle<i32>(offsets, top, 0, 4, 1, 5), bias)
  const b = f64x2.sub(v128.shuffle<i32>(offsets, top, 2, 6, 3, 7), bias)
  v128.store(to, scaledBy(a, high, rest, scaled))
  v128.store(to, scaledBy(b, high, rest, scaled), 16)
}

/** Floats of offsets over a low of less than 2^51, over a power of ten where `scaled`: then by multiplication, of 32 bits only. */
// @ts-ignore: decorator
@inline
function nearToFloats<T>(source: usize, count: i32, low: i64, power: f64, scaled: bool, target: usize): void {
  const top = v128.load32_splat(TOP_OF_2_TO_52)
  const bias = f64x2.splat(4503599627370496.0 - <f64>low)
  const high = f64x2.splat(inverseHigh(power))
  const rest = f64x2.splat(inverseLow(power))
  let i = 0
  if (sizeof<T>() == 1) {
    for (; i + 15 < count; i += 16) {
      const bytes = v128.load(source + <usize>i)
      const a = i16x8.extend_low_i8x16_u(bytes)
      const b = i16x8.extend_high_i8x16_u(bytes)
      const to = target + (<usize>i << 3)
      storeFour(i32x4.extend_low_i16x8_u(a), top, bias, high, rest, scaled, to)
      storeFour(i32x4.extend_high_i16x8_u(a), top, bias, high, rest, scaled, to + 32)
      storeFour(i32x4.extend_low_i16x8_u(b), top, bias, high, rest, scaled, to + 64)
      storeFour(i32x4.extend_high_i16x8_u(b), top, bias, high, rest, scaled, to + 96)
    }
  }
  for (; i < count; i += 4) storeFour(fourOffsets<T>(source, i), top, bias, high, rest, scaled, target + (<usize>i << 3))
}

/** Floats of any offsets: the sum is rounded once, and the quotient once. */
function anyToFloats<T>(source: usize, count: i32, low: i64, power: f64, target: usize): void {
  const base = f64x2.splat(<f64>low)
  const divisor = f64x2.splat(power)
  for (let i = 0; i < count; i += 4) {
    const some = fourOffsets<T>(source, i)
    const a = f64x2.add(base, f64x2.convert_low_i32x4_u(some))
    const b = f64x2.add(base, f64x2.convert_low_i32x4_u(v128.shuffle<i64>(some, some, 1, 1)))
    const to = target + (<usize>i << 3)
    v128.store(to, f64x2.div(a, divisor))
    v128.store(to, f64x2.div(b, divisor), 16)
  }
}

function offsetsToFloats<T>(first: i32, count: i32, decimals: i32, target: usize): void {
  const low = narrowLow()
  const source = OFFSETS + (<usize>first << alignof<T>())
  const power = powerOfTen(decimals)
  if (decimals == 0 && low < NEAR && low > -NEAR) nearToFloats<T>(source, count, low, 1, false, target)
  else if (decimals > EXACT_DECIMALS || !areWords<T>(source, count, low)) anyToFloats<T>(source, count, low, power, target)
  else nearToFloats<T>(source, count, low, power, true, target)
}

/** Floats of `count` narrow integers that were decoded, from one on. Room for a multiple of four values is used. */
export function narrowToFloats(first: i32, count: i32, decimals: i32, target: usize): void {
  if (offsetBytes() == 1) offsetsToFloats<u8>(first, count, decimals, target)
  else if (offsetBytes() == 2) offsetsToFloats<u16>(first, count, decimals, target)
  else offsetsToFloats<u32>(first, count, decimals, target)
}

/** Floats of the i64 at `INTEGERS`. */
export function integersToFloats(count: i32, power: f64, target: usize): void {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) store<f64>(target + i, <f64>load<i64>(INTEGERS + i) / power)
}

/** Order of the bits of floats as integers: negative ones have their other bits flipped. Its own inverse. */
export function foldSigns(source: usize, target: usize, count: i32): void {
  const zero = i64x2.splat(0)
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    const bits = v128.load(source + i)
    v128.store(target + i, v128.xor(bits, i64x2.shr_u(i64x2.lt_s(bits, zero), 1)))
  }
}
