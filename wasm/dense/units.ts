// Units: integers without what they have in common.

import { scanRange, scannedHigh, scannedLow } from '../codec/scan'
import { blockIntegers, blockStart, blocks, floats, integers, places, residuals, scaled, values } from './collected'
import { PLACES_OF_BITS, findDetour } from './detour'
import { setUnits } from './model'

/** Values beyond are not divided, lest the division's steps wrap. */
const MOST_DIVIDED: i64 = 1 << 61

// @ts-ignore: decorator
@inline
function distance(a: i64, b: i64): u64 {
  return a > b ? <u64>a - <u64>b : <u64>b - <u64>a
}

/** Greatest common divisor of all distances, at least 1. */
function commonFactor(): u64 {
  const first = load<i64>(integers)
  let common: u64 = 0
  for (let i: usize = 0; i < <usize>values << 3; i += 8) {
    const value = load<i64>(integers + i)
    if (value > MOST_DIVIDED || value < -MOST_DIVIDED) return 1
    let rest = distance(value, first)
    while (rest != 0) {
      const next = common % rest
      common = rest
      rest = next
    }
    if (common == 1) return 1
  }
  return max<u64>(1, common)
}

/** Integers as multiples of `by` over `over`. */
function divide(target: usize, count: i32, by: u64, over: u64): void {
  if (by == 1) return
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    store<i64>(target + i, (load<i64>(target + i) - <i64>over) / <i64>by)
  }
}

/** Makes units of the integers: what went through float32 as it was before, and all without what they have in common. */
export function takeUnits(): void {
  let by = commonFactor()
  let digits = -1
  const detour = scaled ? places : PLACES_OF_BITS
  if (scaled || floats) digits = findDetour(integers, values, detour, by, residuals)
  if (digits >= 0) {
    memory.copy(integers, residuals, <usize>values << 3)
    by = commonFactor()
  }
  const first = load<i64>(integers)
  const over = <u64>(((first % <i64>by) + <i64>by) % <i64>by)
  divide(integers, values, by, over)
  setUnits(by, over, digits, detour)
}

export let blocksNarrow: bool = false
export let allNarrow: bool = false

/** Whether the values of each block, and those of all, have distances of 31 bits at most. */
export function measureRanges(): void {
  let low = i64.MAX_VALUE
  let high = i64.MIN_VALUE
  blocksNarrow = true
  for (let block = 0; block < blocks; block++) {
    scanRange(blockIntegers(block), blockStart(block + 1) - blockStart(block))
    if ((<u64>scannedHigh - <u64>scannedLow) >> 31 != 0) blocksNarrow = false
    low = min(low, scannedLow)
    high = max(high, scannedHigh)
  }
  allNarrow = (<u64>high - <u64>low) >> 31 == 0
}
