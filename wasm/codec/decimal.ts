// Decimals: floats that are integers over a power of ten are stored as those integers, after ALP (Afroozeh, Kuffó and
// Boncz, SIGMOD 2024). Where ALP multiplies by an inexact inverse, this divides by the exact power, which gives back
// the nearest double, hence every decimal of up to 15 digits with one parameter. The others are exceptions, kept by
// their bits.

import { EXCEPTION_BITS, EXCEPTION_POSITIONS, INTEGERS, VALUES } from '../memory/scratch'

export const MOST_DECIMALS: i32 = 18
const SAMPLES: i32 = 32
/** 1.5 * 2^52: added to a float below 2^51 it leaves the nearest integer in the low bits. */
const MAGIC: f64 = 6755399441055744.0
const LIMIT: f64 = 2251799813685248.0
/** What an exception costs against a further digit, in tenths of a bit. */
const EXCEPTION_COST: i32 = 800
const DIGIT_COST: i32 = 33

const POWERS: StaticArray<f64> = [
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
]
const needed: usize = memory.data((MOST_DECIMALS + 2) * 4, 16)

// @ts-ignore: decorator
@inline
export function powerOfTen(decimals: i32): f64 {
  return unchecked(POWERS[decimals])
}

function isDecimal(value: f64, power: f64): bool {
  const integer = value * power + MAGIC - MAGIC
  return reinterpret<u64>(integer / power) == reinterpret<u64>(value) && Math.abs(integer) < LIMIT
}

function neededDecimals(value: f64): i32 {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    if (isDecimal(value, powerOfTen(decimals))) return decimals
  }
  return MOST_DECIMALS + 1
}

/** How many decimals to store `count` values at `VALUES` with, by a sample; -1 where decimals do not pay. */
export function chooseDecimals(count: i32): i32 {
  const taken = min(count, SAMPLES)
  memory.fill(needed, 0, (MOST_DECIMALS + 2) * 4)
  for (let i = 0; i < taken; i++) {
    const value = load<f64>(VALUES + (<usize>((i * count) / taken) << 3))
    const slot = needed + (<usize>neededDecimals(value) << 2)
    store<i32>(slot, load<i32>(slot) + 1)
    if (i == 7 && load<i32>(needed, (MOST_DECIMALS + 1) * 4) == 8) return -1
  }
  let best = -1
  let bestCost = taken * 400
  let fitting = 0
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals++) {
    const more = load<i32>(needed + (<usize>decimals << 2))
    if (more == 0) continue
    fitting += more
    const cost = fitting * decimals * DIGIT_COST + (taken - fitting) * EXCEPTION_COST
    if (cost >= bestCost) continue
    best = decimals
    bestCost = cost
  }
  return best
}

function noteException(exceptions: i32, row: i32): void {
  store<u16>(EXCEPTION_POSITIONS + (<usize>exceptions << 1), <u16>row)
  store<u64>(EXCEPTION_BITS + (<usize>exceptions << 3), load<u64>(VALUES + (<usize>row << 3)))
}

/** Exceptions take the integer before them, the leading ones the first that is none, so that they cost no width. */
function fillExceptions(exceptions: i32): void {
  let lead = 0
  while (lead < exceptions && <i32>load<u16>(EXCEPTION_POSITIONS + (<usize>lead << 1)) == lead) lead++
  let fill = load<i64>(INTEGERS + (<usize>lead << 3))
  for (let i = 0; i < exceptions; i++) {
    const row = <usize>load<u16>(EXCEPTION_POSITIONS + (<usize>i << 1))
    if (i >= lead) fill = load<i64>(INTEGERS + ((row - 1) << 3))
    store<i64>(INTEGERS + (row << 3), fill)
  }
}

function noteExceptions(exceptions: i32, row: i32, count: i32, fits: v128): i32 {
  if (i64x2.extract_lane(fits, 0) == 0 && row < count) noteException(exceptions++, row)
  if (i64x2.extract_lane(fits, 1) == 0 && row + 1 < count) noteException(exceptions++, row + 1)
  return exceptions
}

// @ts-ignore: decorator
@inline
function fitting(value: v128, integer: v128, power: v128, scaled: bool): v128 {
  const same = i64x2.eq(scaled ? f64x2.div(integer, power) : integer, value)
  return v128.and(same, f64x2.lt(f64x2.abs(integer), f64x2.splat(LIMIT)))
}

/** Scales `VALUES` to integers at `INTEGERS`; returns how many are exceptions, noted by position and bits. */
export function scaleToIntegers(count: i32, decimals: i32): i32 {
  const power = f64x2.splat(powerOfTen(decimals))
  const scaled = decimals > 0
  const magic = f64x2.splat(MAGIC)
  const magicBits = i64x2.splat(reinterpret<i64>(MAGIC))
  let exceptions = 0
  for (let row = 0; row < count; row += 4) {
    const at = <usize>row << 3
    const a = v128.load(VALUES + at)
    const b = v128.load(VALUES + at, 16)
    const shiftedA = f64x2.add(scaled ? f64x2.mul(a, power) : a, magic)
    const shiftedB = f64x2.add(scaled ? f64x2.mul(b, power) : b, magic)
    const fitsA = fitting(a, f64x2.sub(shiftedA, magic), power, scaled)
    const fitsB = fitting(b, f64x2.sub(shiftedB, magic), power, scaled)
    v128.store(INTEGERS + at, i64x2.sub(shiftedA, magicBits))
    v128.store(INTEGERS + at, i64x2.sub(shiftedB, magicBits), 16)
    if (i64x2.all_true(v128.and(fitsA, fitsB))) continue
    exceptions = noteExceptions(exceptions, row, count, fitsA)
    exceptions = noteExceptions(exceptions, row + 2, count, fitsB)
  }
  if (exceptions < count) fillExceptions(exceptions)
  return exceptions
}

/** Floats of u32 offsets over `low`. Room for a multiple of four values is used. */
export function offsetsToFloats(offsets: usize, count: i32, low: i64, power: f64, target: usize): void {
  const base = f64x2.splat(<f64>low)
  const divisor = f64x2.splat(power)
  const divide = power != 1
  for (let i = 0; i < count; i += 4) {
    const some = v128.load(offsets + (<usize>i << 2))
    let a = f64x2.add(base, f64x2.convert_low_i32x4_u(some))
    let b = f64x2.add(base, f64x2.convert_low_i32x4_u(v128.shuffle<i64>(some, some, 1, 1)))
    if (divide) {
      a = f64x2.div(a, divisor)
      b = f64x2.div(b, divisor)
    }
    const to = target + (<usize>i << 3)
    v128.store(to, a)
    v128.store(to, b, 16)
  }
}

/** Floats of the i64 at `INTEGERS`. */
export function integersToFloats(count: i32, power: f64, target: usize): void {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) store<f64>(target + i, <f64>load<i64>(INTEGERS + i) / power)
}

/** Order of the bits of floats as integers: negative ones have their other bits flipped. Its own inverse. */
export function foldSigns(source: usize, target: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    const bits = v128.load(source + i)
    v128.store(target + i, v128.xor(bits, i64x2.shr_u(i64x2.shr_s(bits, 63), 1)))
  }
}
