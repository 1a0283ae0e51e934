// The state of one span of offsets, whole numbers or decimals.

import { storeNarrowFloats } from '../codec/block'
import { OFFSETS, VALUES } from '../memory/scratch'
import { floatSumHigh, floatSumLow, sumFloats } from './float-span'
import { divideSum, integerSumHigh, integerSumLow, setOffsetSum } from './integer-span'
import { offsetMax, offsetMin, offsetSum, spanOfOffsets } from './offset-span'

const SUM: i32 = 1
const FIRST: i32 = 8
const LAST: i32 = 16

let low: i64 = 0
let power: f64 = 1

/** What offsets are counted from, and what decimals are divided by; 1 for whole numbers. */
export function setScale(base: i64, divisor: f64): void {
  low = base
  power = divisor
}

// @ts-ignore: decorator
@inline
export function scaleLow(): i64 {
  return low
}

// @ts-ignore: decorator
@inline
export function scalePower(): f64 {
  return power
}

// @ts-ignore: decorator
@inline
export function offsetAt<T>(row: i32): u32 {
  return <u32>load<T>(OFFSETS + (<usize>row << alignof<T>()))
}

/**
 * Whether the sum of integers between `least` and `most`, over the power, is within two ulps of adding the floats: these hardly
 * cancel, since the sum is at least half of what it would be if all had one sign.
 */
// @ts-ignore: decorator
@inline
export function hardlyCancels(sum: f64, least: f64, most: f64, count: i32): bool {
  return least >= 0 || most <= 0 || abs(sum) * 2 >= max(-least, most) * <f64>count
}

/** The sum of decimals as floats, for a state. */
export function putFloatSum(state: usize, from: i32, count: i32): void {
  storeNarrowFloats(from, count, VALUES)
  sumFloats(VALUES, count)
  store<f64>(state, floatSumHigh(), 8)
  store<f64>(state, floatSumLow(), 16)
}

function putSum(state: usize, from: i32, count: i32, isDecimal: bool): void {
  if (isDecimal && power != 1 && low < 0) {
    const sum = <f64>low * <f64>count + <f64>offsetSum()
    if (!hardlyCancels(sum, <f64>(low + <i64>offsetMin()), <f64>(low + <i64>offsetMax()), count)) {
      putFloatSum(state, from, count)
      return
    }
  }
  setOffsetSum(offsetSum(), count, low)
  if (isDecimal && power != 1) divideSum(power)
  store<f64>(state, integerSumHigh(), 8)
  store<f64>(state, integerSumLow(), 16)
}

// @ts-ignore: decorator
@inline
function putNumber(slot: usize, integer: i64, isDecimal: bool): void {
  if (!isDecimal) store<i64>(slot, integer)
  else store<f64>(slot, power == 1 ? <f64>integer : <f64>integer / power)
}

/** The state of a span of which sum and extremes of offsets are known. */
export function putKnownSpan(state: usize, from: i32, count: i32, isDecimal: bool, mask: i32): void {
  if (mask & SUM) putSum(state, from, count, isDecimal)
  putNumber(state + 24, low + <i64>offsetMin(), isDecimal)
  putNumber(state + 32, low + <i64>offsetMax(), isDecimal)
}

/** First and last value of a span, where these are asked for. */
// @ts-ignore: decorator
@inline
export function putNarrowEnds<T>(state: usize, from: i32, count: i32, isDecimal: bool, mask: i32): void {
  if (mask & FIRST) putNumber(state + 40, low + <i64>offsetAt<T>(from), isDecimal)
  if (mask & LAST) putNumber(state + 48, low + <i64>offsetAt<T>(from + count - 1), isDecimal)
}

/** The state of a span of 1 to 1024 offsets of T. */
export function putNarrowSpan<T>(state: usize, from: i32, count: i32, isDecimal: bool, mask: i32): void {
  spanOfOffsets<T>(OFFSETS + (<usize>from << alignof<T>()), count)
  putKnownSpan(state, from, count, isDecimal, mask)
  putNarrowEnds<T>(state, from, count, isDecimal, mask)
}
