// What is known of integers before an encoding is chosen: their range, and that of their steps. Integers less than 2^31 apart
// are narrow: offsets of 32 bits, whose differences have a sign.

import { DELTAS, OFFSETS } from '../memory/scratch'

/** Ranges up to this are handled in 32 bits, where differences then have a sign. */
const NARROW_BITS: i32 = 31
/** How far to either side of the first value all must be, to be offsets of 31 bits. */
const NARROW_REACH: i64 = 1 << 30

/** Whether the integers that were scanned last are narrow; then their offsets over `scannedLow` are at `OFFSETS`. */
export let scannedNarrow: bool = false
export let scannedLow: i64 = 0
export let scannedHigh: i64 = 0
/** Range of the differences of neighbours, which are at `DELTAS`, u32 of narrow integers, else u64. */
export let lowStep: i64 = 0
export let highStep: i64 = 0
/** How many differences are not 0. */
export let changes: i32 = 0

// @ts-ignore: decorator
@inline
function smaller(a: v128, b: v128): v128 {
  return v128.bitselect(b, a, i64x2.gt_s(a, b))
}

// @ts-ignore: decorator
@inline
function larger(a: v128, b: v128): v128 {
  return v128.bitselect(a, b, i64x2.gt_s(a, b))
}

// @ts-ignore: decorator
@inline
function leastU32(some: v128): u32 {
  const a = min(<u32>i32x4.extract_lane(some, 0), <u32>i32x4.extract_lane(some, 1))
  return min(a, min(<u32>i32x4.extract_lane(some, 2), <u32>i32x4.extract_lane(some, 3)))
}

// @ts-ignore: decorator
@inline
function mostU32(some: v128): u32 {
  const a = max(<u32>i32x4.extract_lane(some, 0), <u32>i32x4.extract_lane(some, 1))
  return max(a, max(<u32>i32x4.extract_lane(some, 2), <u32>i32x4.extract_lane(some, 3)))
}

// @ts-ignore: decorator
@inline
function leastI32(some: v128): i32 {
  const a = min(i32x4.extract_lane(some, 0), i32x4.extract_lane(some, 1))
  return min(a, min(i32x4.extract_lane(some, 2), i32x4.extract_lane(some, 3)))
}

// @ts-ignore: decorator
@inline
function mostI32(some: v128): i32 {
  const a = max(i32x4.extract_lane(some, 0), i32x4.extract_lane(some, 1))
  return max(a, max(i32x4.extract_lane(some, 2), i32x4.extract_lane(some, 3)))
}

/**
 * Distances from `NARROW_REACH` below the first value to `OFFSETS`, as u32, and the range of the values; false where one is
 * farther than that from the first.
 */
function storeDistances(values: usize, count: i32): bool {
  const anchor = load<i64>(values) - NARROW_REACH
  // At the ends of the range distances would wrap.
  if (anchor < i64.MIN_VALUE / 2 || anchor > i64.MAX_VALUE / 2) return false
  const anchors = i64x2.splat(anchor)
  let all = i64x2.splat(0)
  let lows = i32x4.splat(-1)
  let highs = i32x4.splat(0)
  let i = 0
  for (; i + 3 < count; i += 4) {
    const at = values + (<usize>i << 3)
    const a = i64x2.sub(v128.load(at), anchors)
    const b = i64x2.sub(v128.load(at, 16), anchors)
    all = v128.or(all, v128.or(a, b))
    const words = v128.shuffle<i32>(a, b, 0, 2, 4, 6)
    v128.store(OFFSETS + (<usize>i << 2), words)
    lows = i32x4.min_u(lows, words)
    highs = i32x4.max_u(highs, words)
  }
  let rest: i64 = i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1)
  let least = leastU32(lows)
  let most = mostU32(highs)
  for (; i < count; i++) {
    const distance = load<i64>(values + (<usize>i << 3)) - anchor
    rest |= distance
    store<u32>(OFFSETS + (<usize>i << 2), <u32>distance)
    least = min(least, <u32>distance)
    most = max(most, <u32>distance)
  }
  if (rest >> NARROW_BITS != 0) return false
  scannedLow = anchor + <i64>least
  scannedHigh = anchor + <i64>most
  return true
}

/** Range of 1 and more values, to `scannedLow` and `scannedHigh`. */
export function scanRange(values: usize, count: i32): void {
  // Four of each, since one comparison waits for the one before.
  let lowA = i64x2.splat(load<i64>(values))
  let lowB = lowA
  let lowC = lowA
  let lowD = lowA
  let highA = lowA
  let highB = lowA
  let highC = lowA
  let highD = lowA
  let at = values
  const end = values + (<usize>count << 3)
  for (; at + 64 <= end; at += 64) {
    const a = v128.load(at)
    const b = v128.load(at, 16)
    const c = v128.load(at, 32)
    const d = v128.load(at, 48)
    lowA = smaller(lowA, a)
    lowB = smaller(lowB, b)
    lowC = smaller(lowC, c)
    lowD = smaller(lowD, d)
    highA = larger(highA, a)
    highB = larger(highB, b)
    highC = larger(highC, c)
    highD = larger(highD, d)
  }
  lowA = smaller(smaller(lowA, lowB), smaller(lowC, lowD))
  highA = larger(larger(highA, highB), larger(highC, highD))
  scannedLow = min(i64x2.extract_lane(lowA, 0), i64x2.extract_lane(lowA, 1))
  scannedHigh = max(i64x2.extract_lane(highA, 0), i64x2.extract_lane(highA, 1))
  for (; at < end; at += 8) {
    scannedLow = min(scannedLow, load<i64>(at))
    scannedHigh = max(scannedHigh, load<i64>(at))
  }
}

/**
 * Differences u64 of neighbours at `DELTAS`, the first of which repeats the second; their range; how many are not 0.
 */
function scanSteps(values: usize, count: i32): void {
  storeDifferences(values, count, DELTAS)
  const first = load<i64>(DELTAS)
  let lows = i64x2.splat(first)
  let highs = lows
  let zeros = i64x2.splat(0)
  let i = 1
  for (; i + 1 < count; i += 2) {
    const steps = v128.load(DELTAS + (<usize>i << 3))
    lows = smaller(lows, steps)
    highs = larger(highs, steps)
    zeros = i64x2.sub(zeros, i64x2.eq(steps, i64x2.splat(0)))
  }
  changes = i - 1 - <i32>(i64x2.extract_lane(zeros, 0) + i64x2.extract_lane(zeros, 1))
  lowStep = min(i64x2.extract_lane(lows, 0), i64x2.extract_lane(lows, 1))
  highStep = max(i64x2.extract_lane(highs, 0), i64x2.extract_lane(highs, 1))
  if (i >= count) return
  const step = load<i64>(DELTAS + (<usize>i << 3))
  lowStep = min(lowStep, step)
  highStep = max(highStep, step)
  changes += <i32>(step != 0)
}

/**
 * Makes the words at `OFFSETS` offsets by subtracting `base`, and puts the differences of neighbours, u32, to `DELTAS`; the
 * first repeats the second. Offsets are below 2^31. Leaves the range of the differences, and how many are not 0.
 */
function scanNarrowSteps(count: i32, base: u32): void {
  const bases = i32x4.splat(<i32>base)
  const start = load<u32>(OFFSETS) - base
  const first = <i32>(load<u32>(OFFSETS, 4) - base - start)
  let lows = i32x4.splat(first)
  let highs = lows
  let zeros = i32x4.splat(0)
  // As if the value before the first one were a step away.
  let before = i32x4.splat(<i32>start - first)
  let i = 0
  for (; i + 3 < count; i += 4) {
    const at = <usize>i << 2
    const offsets = i32x4.sub(v128.load(OFFSETS + at), bases)
    const steps = i32x4.sub(offsets, v128.shuffle<i32>(before, offsets, 3, 4, 5, 6))
    before = offsets
    v128.store(OFFSETS + at, offsets)
    v128.store(DELTAS + at, steps)
    lows = i32x4.min_s(lows, steps)
    highs = i32x4.max_s(highs, steps)
    zeros = i32x4.sub(zeros, i32x4.eq(steps, i32x4.splat(0)))
  }
  changes = i - i32x4.extract_lane(zeros, 0) - i32x4.extract_lane(zeros, 1)
  changes -= i32x4.extract_lane(zeros, 2) + i32x4.extract_lane(zeros, 3)
  let least = leastI32(lows)
  let most = mostI32(highs)
  let last = i32x4.extract_lane(before, 3)
  for (; i < count; i++) {
    const at = <usize>i << 2
    const offset = load<i32>(OFFSETS + at) - <i32>base
    const step = offset - last
    last = offset
    store<i32>(OFFSETS + at, offset)
    store<i32>(DELTAS + at, step)
    least = min(least, step)
    most = max(most, step)
    changes += <i32>(step != 0)
  }
  // The first difference is not one.
  changes -= <i32>(first != 0)
  lowStep = <i64>least
  highStep = <i64>most
}

/** Differences u64 of neighbours, the first of which repeats the second. */
export function storeDifferences(values: usize, count: i32, target: usize): void {
  for (let i = <usize>8; i < <usize>count << 3; i += 8) {
    store<u64>(target + i, load<u64>(values + i) - load<u64>(values + i - 8))
  }
  store<u64>(target, load<u64>(target, 8))
}

/** Scans integers that are `least` to `most`, less than 2^31 apart, whose low words are at `OFFSETS`. */
export function scanWords(count: i32, least: i64, most: i64): void {
  scannedNarrow = true
  scannedLow = least
  scannedHigh = most
  scanNarrowSteps(count, <u32>least)
}

/** Scans i64. Up to three values after the last one are read and may be anything. */
export function scanIntegers(values: usize, count: i32): void {
  scannedNarrow = storeDistances(values, count)
  if (scannedNarrow) {
    scanNarrowSteps(count, <u32>(scannedLow - load<i64>(values) + NARROW_REACH))
  } else {
    scanRange(values, count)
    scanSteps(values, count)
  }
}
