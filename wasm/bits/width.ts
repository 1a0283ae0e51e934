// Which width packs a list of integers best when those that do not fit are patched: the values that exceed a width are
// counted, and the largest of the others says which width is worth trying next. Of long lists a quarter is counted.

import { GROUP_ROWS } from './lanes'

const SAMPLES: i32 = 31
const POSITION_BITS: i32 = 16
/**
 * Lists from this length on are sampled: of every `STRIDE` vectors one, not always the same, for data may be
 * periodic.
 */
const SAMPLED_ROWS: i32 = 512
const STRIDE: i32 = 4
/** A patch costs about so many bits, so that of as many values one may be patched for a bit less width. */
const PATCH_BITS: i32 = 24
const FEW_SAMPLES: i32 = 16
const LEAST_NARROWING: i32 = 3
const samples: usize = memory.data(SAMPLES * 8, 16)

/** The plan that `planWidth` made: values are `plannedBase` plus `plannedWidth` bits, for `plannedBits` in all. */
export let plannedBase: u64 = 0
export let plannedWidth: i32 = 0
export let plannedBits: i32 = 0

/** What `countAbove` found: values that need more bits than asked for, and the largest of the others. */
let above: i32 = 0
let largest: u64 = 0

// @ts-ignore: decorator
@inline
export function bitLength<T>(value: T): i32 {
  return <i32>(sizeof<T>() * 8) - <i32>clz<T>(value)
}

/** Packed bytes of `count` values in lanes of T: whole groups, then as many vectors as the rows of the last group need. */
export function packedBytes<T>(count: i32, width: i32): i32 {
  const lanes = <i32>(16 / sizeof<T>())
  const bits = <i32>(sizeof<T>() * 8)
  const rows = ((count & (GROUP_ROWS - 1)) + lanes - 1) / lanes
  return ((count / GROUP_ROWS) * width + (rows * width + bits - 1) / bits) * 16
}

/** Packed bits of a plane, whose low and high words are packed apart. */
function planeBits(count: i32, width: i32): i32 {
  return (packedBytes<u32>(count, min(width, 32)) + packedBytes<u32>(count, max(width - 32, 0))) << 3
}

/** The sample of a rank. */
// @ts-ignore: decorator
@inline
function sample<T>(rank: i32): T {
  return load<T>(samples + (<usize>rank << alignof<T>()))
}

/** Puts evenly spaced samples in order, as distances from `low`. */
function sortSamples<T>(values: usize, count: i32, low: T, taken: i32): void {
  for (let i = 0; i < taken; i++) {
    const row = <usize>((i * count) / taken)
    const value = load<T>(values + (row << alignof<T>())) - low
    let slot = i
    while (slot > 0 && sample<T>(slot - 1) > value) {
      store<T>(samples + (<usize>slot << alignof<T>()), sample<T>(slot - 1))
      slot--
    }
    store<T>(samples + (<usize>slot << alignof<T>()), value)
  }
}

/** Median of evenly spaced samples, as a distance from `low`. */
function sampledMedian<T>(values: usize, count: i32, low: T): T {
  const taken = min(count, SAMPLES)
  sortSamples<T>(values, count, low, taken)
  return sample<T>(taken >> 1)
}

/**
 * Whether most of a few samples lie so close together that it would pay to patch the others: of n samples, those outside
 * of the closest k to each other. What narrows the range by little is not looked for.
 */
function isClustered<T>(values: usize, count: i32, low: T, top: i32): bool {
  if (top <= LEAST_NARROWING) return false
  sortSamples<T>(values, count, low, FEW_SAMPLES)
  for (let outside = 0; outside <= FEW_SAMPLES / 2; outside += 2) {
    let closest = top
    for (let first = 0; first <= outside; first++) {
      closest = min(closest, bitLength<T>(sample<T>(first + FEW_SAMPLES - outside - 1) - sample<T>(first)))
    }
    const bits = closest + (outside * (POSITION_BITS + top - closest)) / FEW_SAMPLES
    if (top - closest >= LEAST_NARROWING && bits < top) return true
  }
  return false
}

// @ts-ignore: decorator
@inline
function noteAbove(distance: u64, width: i32): void {
  if (width < 64 && distance >> <u64>width != 0) above++
  else if (distance > largest) largest = distance
}

// @ts-ignore: decorator
@inline
function sampledVector(turn: i32): i32 {
  return turn * STRIDE + ((turn ^ (turn >> 2) ^ (turn >> 4)) & (STRIDE - 1))
}

/** Distances of u32 from `base`, or their zigzag, against `width` bits. */
function countAbove32(values: usize, count: i32, base: u32, centred: bool, width: i32): void {
  const bases = i32x4.splat(<i32>base)
  const limit = i32x4.splat(width < 32 ? (1 << width) - 1 : -1)
  let tops = i32x4.splat(0)
  let counts = i32x4.splat(0)
  const sampled = count >= SAMPLED_ROWS
  const vectors = sampled ? (count >> 2) / STRIDE : count >> 2
  for (let turn = 0; turn < vectors; turn++) {
    const vector = sampled ? sampledVector(turn) : turn
    let distance = i32x4.sub(v128.load(values + (<usize>vector << 4)), bases)
    if (centred) distance = v128.xor(i32x4.shl(distance, 1), i32x4.shr_s(distance, 31))
    const exceeds = i32x4.gt_u(distance, limit)
    counts = i32x4.sub(counts, exceeds)
    tops = i32x4.max_u(tops, v128.andnot(distance, exceeds))
  }
  above = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
  above += i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3)
  const a = max(<u32>i32x4.extract_lane(tops, 0), <u32>i32x4.extract_lane(tops, 1))
  largest = <u64>max(a, max(<u32>i32x4.extract_lane(tops, 2), <u32>i32x4.extract_lane(tops, 3)))
  if (sampled) {
    above *= STRIDE
    return
  }
  for (let i = count & ~3; i < count; i++) {
    let distance = load<u32>(values + (<usize>i << 2)) - base
    if (centred) distance = (distance << 1) ^ (0 - (distance >> 31))
    noteAbove(distance, width)
  }
}

/** The same for u64. */
function countAbove64(values: usize, count: i32, base: u64, centred: bool, width: i32): void {
  const bases = i64x2.splat(<i64>base)
  const flip = i64x2.splat(i64.MIN_VALUE)
  const zero = i64x2.splat(0)
  const limit = v128.xor(flip, i64x2.splat(width < 64 ? (<i64>1 << <i64>width) - 1 : -1))
  let tops = flip
  let counts = i64x2.splat(0)
  const sampled = count >= SAMPLED_ROWS
  const vectors = sampled ? (count >> 1) / STRIDE : count >> 1
  for (let turn = 0; turn < vectors; turn++) {
    const vector = sampled ? sampledVector(turn) : turn
    let distance = i64x2.sub(v128.load(values + (<usize>vector << 4)), bases)
    if (centred) distance = v128.xor(i64x2.shl(distance, 1), i64x2.lt_s(distance, zero))
    const ordered = v128.xor(distance, flip)
    const exceeds = i64x2.gt_s(ordered, limit)
    counts = i64x2.sub(counts, exceeds)
    tops = v128.bitselect(ordered, tops, v128.andnot(i64x2.gt_s(ordered, tops), exceeds))
  }
  above = <i32>(i64x2.extract_lane(counts, 0) + i64x2.extract_lane(counts, 1))
  largest = max(
    <u64>i64x2.extract_lane(tops, 0) ^ <u64>i64.MIN_VALUE,
    <u64>i64x2.extract_lane(tops, 1) ^ <u64>i64.MIN_VALUE,
  )
  if (sampled) {
    above *= STRIDE
    return
  }
  for (let i = count & ~1; i < count; i++) {
    let distance = load<u64>(values + (<usize>i << 3)) - base
    if (centred) distance = (distance << 1) ^ (0 - (distance >> 63))
    noteAbove(distance, width)
  }
}

// @ts-ignore: decorator
@inline
function countAbove<T>(values: usize, count: i32, base: T, centred: bool, width: i32): void {
  if (sizeof<T>() == 4) countAbove32(values, count, <u32>base, centred, width)
  else countAbove64(values, count, <u64>base, centred, width)
}

/** Tries ever smaller widths, from `width` on, until patches alone cost more than the plan so far. */
function weigh<T>(values: usize, count: i32, base: T, centred: bool, width: i32): void {
  const top = centred ? <i32>(sizeof<T>() * 8) : width
  let patches = 0
  while (true) {
    let bits = planeBits(count, width)
    if (patches > 0) bits += POSITION_BITS + patches * (POSITION_BITS + (((top - width + 7) >> 3) << 3))
    if (bits < plannedBits) {
      plannedBits = bits
      plannedWidth = width
      plannedBase = <u64>(centred && width > 0 ? base - (<T>1 << <T>(width - 1)) : base)
    }
    if (width == 0) return
    countAbove<T>(values, count, base, centred, width - 1)
    patches = above
    // What a narrower width saves, its patches pay again in their high bits: this is the least that can follow.
    if (patches * (POSITION_BITS + top) >= plannedBits) return
    width = bitLength<u64>(largest)
  }
}

/** Plans the whole range without patches: `count` u32 or u64 at or above `low`, the largest `top` bits above it. */
export function planRange<T>(count: i32, low: T, top: i32): void {
  plannedBase = <u64>low
  plannedWidth = top
  plannedBits = planeBits(count, top)
}

/**
 * Whether so many of the values lie in the lower, the middle or the upper half of the range that it pays to patch the
 * others: what is dense within less than a quarter of the range lies in one of these.
 */
function isDense<T>(values: usize, count: i32, low: T, top: i32): bool {
  const vectors = (count << alignof<T>()) >> 4
  if (vectors < STRIDE * 4) return true
  const half = top - 1
  const lower = sizeof<T>() == 4 ? i32x4.splat(<i32>low) : i64x2.splat(<i64>low)
  const quarter = <T>1 << <T>(top - 2)
  const middle = sizeof<T>() == 4 ? i32x4.splat(<i32>quarter) : i64x2.splat(<i64>quarter)
  const zero = i32x4.splat(0)
  let inLower = zero
  let inMiddle = zero
  const turns = vectors / STRIDE
  for (let turn = 0; turn < turns; turn++) {
    const some = v128.load(values + (<usize>sampledVector(turn) << 4))
    if (sizeof<T>() == 4) {
      const distance = i32x4.sub(some, lower)
      inLower = i32x4.sub(inLower, i32x4.eq(i32x4.shr_u(distance, half), zero))
      inMiddle = i32x4.sub(inMiddle, i32x4.eq(i32x4.shr_u(i32x4.sub(distance, middle), half), zero))
    } else {
      const distance = i64x2.sub(some, lower)
      inLower = i64x2.sub(inLower, i64x2.eq(i64x2.shr_u(distance, half), zero))
      inMiddle = i64x2.sub(inMiddle, i64x2.eq(i64x2.shr_u(i64x2.sub(distance, middle), half), zero))
    }
  }
  const counted = turns * <i32>(16 / sizeof<T>())
  const inLow = sumLanes(inLower)
  const outside = min(min(inLow, counted - inLow), counted - sumLanes(inMiddle))
  return outside * PATCH_BITS < counted
}

/** Sum of small counts in lanes of 32 or 64 bits. */
function sumLanes(counts: v128): i32 {
  const low = i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1)
  return low + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3)
}

/** Plans `count` u32 or u64, all at or above `low` (in wrapping arithmetic), the largest `top` bits above it. */
export function planWidth<T>(values: usize, count: i32, low: T, top: i32): void {
  planRange<T>(count, low, top)
  if (top <= 1 || !(isDense<T>(values, count, low, top) || isClustered<T>(values, count, low, top))) return
  weigh<T>(values, count, low, false, top)
  const middle = sampledMedian<T>(values, count, low) + low
  countAbove<T>(values, count, middle, true, <i32>(sizeof<T>() * 8))
  weigh<T>(values, count, middle, true, bitLength<u64>(largest))
}
