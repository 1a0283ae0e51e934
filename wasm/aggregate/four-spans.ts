// States of spans of offsets, four at once: what is done once for a span, adding up the lanes of vectors, scaling and storing,
// takes longer than reading as many rows as a minute has seconds.

import { OFFSETS, SPANS, SPAN_BYTES, STATES, STATE_BYTES } from '../memory/scratch'
import { hardlyCancels, putFloatSum, scaleLow, scalePower } from './narrow-span'
import { PART_BYTES, halfRange, partsOfOffsets } from './offset-span'

/** Lows of less make all sums and extremes of up to 1024 offsets exact in a double. */
const EXACT_REACH: i64 = 1 << 42
/** The double 2^52: its bits above an integer of less make their sum. */
const TOP: f64 = 4503599627370496.0
const TOP_AT: usize = memory.data<f64>([4503599627370496], 16)
/** Dekker's: it splits a double into two of half the digits. */
const SPLITTER: f64 = 134217729

const FOUR_PARTS: usize = memory.data(4 * 48, 16)
const COUNTS: usize = memory.data<i32>([1, 1, 1, 1], 16)
/** Of two spans: sums, least and largest as doubles before they are scaled. */
const PAIR: usize = memory.data(48, 16)

/** Whether spans over the scale that was set can be done four at once. */
export function areExact(): bool {
  return scaleLow() < EXACT_REACH && scaleLow() > -EXACT_REACH
}

// @ts-ignore: decorator
@inline
function part(span: i32, at: usize): v128 {
  return v128.load(FOUR_PARTS + <usize>span * PART_BYTES + at)
}

// @ts-ignore: decorator
@inline
function least<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 1) return i8x16.min_u(a, b)
  return sizeof<T>() == 2 ? i16x8.min_s(a, b) : i32x4.min_u(a, b)
}

// @ts-ignore: decorator
@inline
function most<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 1) return i8x16.max_u(a, b)
  return sizeof<T>() == 2 ? i16x8.max_s(a, b) : i32x4.max_u(a, b)
}

/** The even and the odd words of two pairs of vectors, of which four words each are then four results. */
// @ts-ignore: decorator
@inline
function lowWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5)
}

// @ts-ignore: decorator
@inline
function highWords(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7)
}

/** Least of each of the four spans, u32. */
// @ts-ignore: decorator
@inline
function leastOfFour<T>(): v128 {
  const ab = least<T>(lowWords(part(0, 16), part(1, 16)), highWords(part(0, 16), part(1, 16)))
  const cd = least<T>(lowWords(part(2, 16), part(3, 16)), highWords(part(2, 16), part(3, 16)))
  let all = least<T>(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3))
  if (sizeof<T>() == 4) return all
  all = least<T>(all, i32x4.shr_u(all, 16))
  if (sizeof<T>() == 2) return i32x4.shr_u(i32x4.shl(v128.xor(all, halfRange()), 16), 16)
  all = least<T>(all, i32x4.shr_u(all, 8))
  return i32x4.shr_u(i32x4.shl(all, 24), 24)
}

/** Largest of each of the four spans, u32. */
// @ts-ignore: decorator
@inline
function mostOfFour<T>(): v128 {
  const ab = most<T>(lowWords(part(0, 32), part(1, 32)), highWords(part(0, 32), part(1, 32)))
  const cd = most<T>(lowWords(part(2, 32), part(3, 32)), highWords(part(2, 32), part(3, 32)))
  let all = most<T>(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3))
  if (sizeof<T>() == 4) return all
  all = most<T>(all, i32x4.shr_u(all, 16))
  if (sizeof<T>() == 2) return i32x4.shr_u(i32x4.shl(v128.xor(all, halfRange()), 16), 16)
  all = most<T>(all, i32x4.shr_u(all, 8))
  return i32x4.shr_u(i32x4.shl(all, 24), 24)
}

/** Sums of the four spans, u32. */
// @ts-ignore: decorator
@inline
function sumsOfFour(): v128 {
  const ab = i32x4.add(lowWords(part(0, 0), part(1, 0)), highWords(part(0, 0), part(1, 0)))
  const cd = i32x4.add(lowWords(part(2, 0), part(3, 0)), highWords(part(2, 0), part(3, 0)))
  return i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3))
}

/** Sums of two spans whose parts are of 64 bits, as doubles. */
// @ts-ignore: decorator
@inline
function sumsOfTwo(span: i32): v128 {
  const a = part(span, 0)
  const b = part(span + 1, 0)
  const both = i64x2.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3))
  return f64x2.sub(v128.or(both, v128.load64_splat(TOP_AT)), f64x2.splat(TOP))
}

/** What `quotients` times a power, split into two of half the digits, is more or less than `sums`; exact. */
// @ts-ignore: decorator
@inline
function remainders(sums: v128, quotients: v128, powers: v128): v128 {
  const splitter = f64x2.splat(SPLITTER)
  const q = f64x2.mul(splitter, quotients)
  const quotientHigh = f64x2.sub(q, f64x2.sub(q, quotients))
  const quotientLow = f64x2.sub(quotients, quotientHigh)
  const p = f64x2.mul(splitter, powers)
  const powerHigh = f64x2.sub(p, f64x2.sub(p, powers))
  const powerLow = f64x2.sub(powers, powerHigh)
  const product = f64x2.mul(quotients, powers)
  let error = f64x2.sub(f64x2.mul(quotientHigh, powerHigh), product)
  error = f64x2.add(error, f64x2.mul(quotientHigh, powerLow))
  error = f64x2.add(error, f64x2.mul(quotientLow, powerHigh))
  error = f64x2.add(error, f64x2.mul(quotientLow, powerLow))
  return f64x2.sub(f64x2.sub(sums, product), error)
}

/** Writes what four vectors say of a span: count and sum, rest of the sum and least, largest. */
// @ts-ignore: decorator
@inline
function putState(state: usize, countAndSum: v128, restAndLeast: v128, largest: i64): void {
  v128.store(state, countAndSum)
  v128.store(state, restAndLeast, 16)
  store<i64>(state, largest, 32)
}

/** Sums decimals that may cancel as floats, where they do. */
function mendSum(pair: usize, span: usize, state: usize): void {
  const from = load<i32>(span)
  const count = load<i32>(span, 4) - from
  if (!hardlyCancels(load<f64>(pair), load<f64>(pair, 16), load<f64>(pair, 32), count)) putFloatSum(state, from, count)
}

/** States of two spans, or of one, of which counts, least and largest offsets are the lower two words of vectors. */
// @ts-ignore: decorator
@inline
function putPair(
  first: i32, both: bool, counts: v128, sums: v128, lows: v128, highs: v128, isDecimal: bool, mayCancel: bool,
): void {
  const power = scalePower()
  const base = f64x2.splat(<f64>scaleLow())
  const rows = f64x2.convert_low_i32x4_u(counts)
  let total = f64x2.add(f64x2.mul(base, rows), sums)
  let rest = f64x2.splat(0)
  let lowest: v128
  let highest: v128
  if (isDecimal) {
    lowest = f64x2.add(base, f64x2.convert_low_i32x4_u(lows))
    highest = f64x2.add(base, f64x2.convert_low_i32x4_u(highs))
  } else {
    const integer = i64x2.splat(scaleLow())
    lowest = i64x2.add(integer, i64x2.extend_low_i32x4_u(lows))
    highest = i64x2.add(integer, i64x2.extend_low_i32x4_u(highs))
  }
  if (mayCancel) {
    v128.store(PAIR, total)
    v128.store(PAIR, lowest, 16)
    v128.store(PAIR, highest, 32)
  }
  if (isDecimal && power != 1) {
    const powers = f64x2.splat(power)
    const quotients = f64x2.div(total, powers)
    const corrections = f64x2.div(f64x2.add(remainders(total, quotients, powers), rest), powers)
    total = f64x2.add(quotients, corrections)
    rest = f64x2.sub(corrections, f64x2.sub(total, quotients))
    lowest = f64x2.div(lowest, powers)
    highest = f64x2.div(highest, powers)
  }
  const state = STATES + <usize>(first * STATE_BYTES)
  const span = SPANS + <usize>(first * SPAN_BYTES)
  putState(
    state, v128.shuffle<i64>(rows, total, 0, 2), v128.shuffle<i64>(rest, lowest, 0, 2), i64x2.extract_lane(highest, 0),
  )
  if (mayCancel) mendSum(PAIR, span, state)
  if (!both) return
  putState(
    state + STATE_BYTES,
    v128.shuffle<i64>(rows, total, 1, 3), v128.shuffle<i64>(rest, lowest, 1, 3), i64x2.extract_lane(highest, 1),
  )
  if (mayCancel) mendSum(PAIR + 8, span + SPAN_BYTES, state + STATE_BYTES)
}

/**
 * States of spans `first` to `end`, of 1 to 1024 offsets of T each: count, sum, least and largest. Sums may be off where they are not
 * wanted.
 */
export function putSpans<T>(first: i32, end: i32, isDecimal: bool, wantsSum: bool): void {
  const mayCancel = wantsSum && isDecimal && scalePower() != 1 && scaleLow() < 0
  for (; first < end; first += 4) {
    const taken = min(end - first, 4)
    for (let i = 0; i < taken; i++) {
      const span = SPANS + <usize>((first + i) * SPAN_BYTES)
      const from = load<i32>(span)
      const count = load<i32>(span, 4) - from
      store<i32>(COUNTS + (<usize>i << 2), count)
      partsOfOffsets<T>(OFFSETS + (<usize>from << alignof<T>()), count, FOUR_PARTS + <usize>i * PART_BYTES)
    }
    const counts = v128.load(COUNTS)
    const lows = leastOfFour<T>()
    const highs = mostOfFour<T>()
    let sums: v128
    let nextSums: v128
    if (sizeof<T>() == 4) {
      sums = sumsOfTwo(0)
      nextSums = sumsOfTwo(2)
    } else {
      const all = sumsOfFour()
      sums = f64x2.convert_low_i32x4_u(all)
      nextSums = f64x2.convert_low_i32x4_u(v128.shuffle<i64>(all, all, 1, 1))
    }
    putPair(first, taken > 1, counts, sums, lows, highs, isDecimal, mayCancel)
    if (taken <= 2) return
    const nextCounts = v128.shuffle<i64>(counts, counts, 1, 1)
    const nextLows = v128.shuffle<i64>(lows, lows, 1, 1)
    const nextHighs = v128.shuffle<i64>(highs, highs, 1, 1)
    putPair(first + 2, taken > 3, nextCounts, nextSums, nextLows, nextHighs, isDecimal, mayCancel)
  }
}
