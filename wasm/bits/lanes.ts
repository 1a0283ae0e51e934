// Lane order, after FastLanes (Afroozeh and Boncz, VLDB 2023): a group is 128 values, and each lane of a vector holds
// consecutive ones, so that as many running sums go on at once as a vector has lanes. The lanes' own totals give their
// bases, which therefore need not be stored. A group of T has 128 / lanes(T) rows.

import { LANES } from '../memory/scratch'

export const GROUP_ROWS: i32 = 128

/** Index in lane order of a value's index in natural order, inside whole groups of T. */
// @ts-ignore: decorator
@inline
export function laneIndex<T>(index: i32): i32 {
  const rowBits = 3 + <i32>alignof<T>()
  return (index & ~127) | ((index & ((1 << rowBits) - 1)) << (7 - rowBits)) | ((index & 127) >> rowBits)
}

/** Four vectors of 32 bits, as the columns of four others; these are `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function storeTransposed(target: usize, stride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const lowAb = v128.shuffle<i32>(a, b, 0, 4, 1, 5)
  const lowCd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const highAb = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const highCd = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(target, v128.shuffle<i64>(lowAb, lowCd, 0, 2))
  v128.store(target + stride, v128.shuffle<i64>(lowAb, lowCd, 1, 3))
  v128.store(target + 2 * stride, v128.shuffle<i64>(highAb, highCd, 0, 2))
  v128.store(target + 3 * stride, v128.shuffle<i64>(highAb, highCd, 1, 3))
}

// @ts-ignore: decorator
@inline
function low16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
}

// @ts-ignore: decorator
@inline
function high16(a: v128, b: v128): v128 {
  return v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
}

/** Eight vectors of 16 bits `step` bytes apart, each plus `base`, to their columns `stride` bytes apart. */
// @ts-ignore: decorator
@inline
function transpose16(source: usize, step: usize, base: v128, target: usize, stride: usize): void {
  const a = i16x8.add(base, v128.load(source))
  const b = i16x8.add(base, v128.load(source + step))
  const c = i16x8.add(base, v128.load(source + 2 * step))
  const d = i16x8.add(base, v128.load(source + 3 * step))
  const e = i16x8.add(base, v128.load(source + 4 * step))
  const f = i16x8.add(base, v128.load(source + 5 * step))
  const g = i16x8.add(base, v128.load(source + 6 * step))
  const h = i16x8.add(base, v128.load(source + 7 * step))
  storeTransposed(target, stride, low16(a, b), low16(c, d), low16(e, f), low16(g, h))
  storeTransposed(target + 4 * stride, stride, high16(a, b), high16(c, d), high16(e, f), high16(g, h))
}

// @ts-ignore: decorator
@inline
function low8(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
}

// @ts-ignore: decorator
@inline
function high8(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
}

function toLanes32(source: usize, target: usize): void {
  for (let row: usize = 0; row < 32; row += 4) {
    const from = source + row * 4
    const a = v128.load(from)
    const b = v128.load(from, 128)
    const c = v128.load(from, 256)
    const d = v128.load(from, 384)
    storeTransposed(target + row * 16, 16, a, b, c, d)
  }
}

function toLanes16(source: usize, target: usize): void {
  const zero = i16x8.splat(0)
  transpose16(source, 32, zero, target, 16)
  transpose16(source + 16, 32, zero, target + 128, 16)
}

/** Four times the first half of 128 bytes is interleaved with the second, which turns the bits of their places. */
function toLanes8(source: usize, target: usize): void {
  let a = v128.load(source)
  let b = v128.load(source, 16)
  let c = v128.load(source, 32)
  let d = v128.load(source, 48)
  let e = v128.load(source, 64)
  let f = v128.load(source, 80)
  let g = v128.load(source, 96)
  let h = v128.load(source, 112)
  for (let turn = 0; turn < 4; turn++) {
    const lowA = low8(a, e)
    const highA = high8(a, e)
    const lowB = low8(b, f)
    const highB = high8(b, f)
    const lowC = low8(c, g)
    const highC = high8(c, g)
    const lowD = low8(d, h)
    const highD = high8(d, h)
    a = lowA
    b = highA
    c = lowB
    d = highB
    e = lowC
    f = highC
    g = lowD
    h = highD
  }
  v128.store(target, a)
  v128.store(target, b, 16)
  v128.store(target, c, 32)
  v128.store(target, d, 48)
  v128.store(target, e, 64)
  v128.store(target, f, 80)
  v128.store(target, g, 96)
  v128.store(target, h, 112)
}

/** Brings whole groups of T from natural to lane order, to `LANES`. */
export function groupsToLanes<T>(source: usize, groups: i32): void {
  let target = LANES
  for (let group = 0; group < groups; group++) {
    if (sizeof<T>() == 4) toLanes32(source, target)
    else if (sizeof<T>() == 2) toLanes16(source, target)
    else toLanes8(source, target)
    source += <usize>GROUP_ROWS * sizeof<T>()
    target += <usize>GROUP_ROWS * sizeof<T>()
  }
}

/** Puts the running sums of each lane of 32 bits, every value being `step` more, in place of whole groups in lane order. */
export function sumLanes(at: usize, groups: i32, step: u32): void {
  const steps = i32x4.splat(<i32>step)
  for (let group = 0; group < groups; group++) {
    let sum = i32x4.splat(0)
    for (const end = at + GROUP_ROWS * 4; at < end; at += 16) {
      sum = i32x4.add(sum, i32x4.add(steps, v128.load(at)))
      v128.store(at, sum)
    }
  }
}

/**
 * What is before each lane: `carry` and the sums of the lanes before it, of which `last` has the sums. The places of zeros are
 * chosen so that each shuffle is a piece of two vectors in a row, which is one instruction of the machine.
 */
// @ts-ignore: decorator
@inline
export function lanesBefore<T>(last: v128, carry: T): v128 {
  const zero = i32x4.splat(0)
  if (sizeof<T>() == 4) {
    const ones = v128.shuffle<i32>(zero, last, 3, 4, 5, 6)
    const twos = i32x4.add(ones, v128.shuffle<i32>(zero, ones, 3, 4, 5, 6))
    const before = i32x4.add(twos, v128.shuffle<i32>(zero, twos, 2, 3, 4, 5))
    return i32x4.add(i32x4.splat(<i32>carry), before)
  }
  if (sizeof<T>() == 2) {
    const ones = v128.shuffle<i16>(zero, last, 7, 8, 9, 10, 11, 12, 13, 14)
    const twos = i16x8.add(ones, v128.shuffle<i16>(zero, ones, 7, 8, 9, 10, 11, 12, 13, 14))
    const fours = i16x8.add(twos, v128.shuffle<i16>(zero, twos, 6, 7, 8, 9, 10, 11, 12, 13))
    const before = i16x8.add(fours, v128.shuffle<i16>(zero, fours, 4, 5, 6, 7, 8, 9, 10, 11))
    return i16x8.add(i16x8.splat(<i16>carry), before)
  }
  const ones = v128.shuffle<i8>(zero, last, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)
  const twos = i8x16.add(ones, v128.shuffle<i8>(zero, ones, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30))
  const fours = i8x16.add(twos, v128.shuffle<i8>(zero, twos, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29))
  const eights = i8x16.add(
    fours,
    v128.shuffle<i8>(zero, fours, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27),
  )
  const before = i8x16.add(
    eights,
    v128.shuffle<i8>(zero, eights, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23),
  )
  return i8x16.add(i8x16.splat(<i8>carry), before)
}

function settle32(source: usize, target: usize, carry: u32): void {
  const bases = lanesBefore<u32>(v128.load(source, 496), carry)
  for (let row: usize = 0; row < 32; row += 4) {
    const from = source + row * 16
    const a = i32x4.add(bases, v128.load(from))
    const b = i32x4.add(bases, v128.load(from, 16))
    const c = i32x4.add(bases, v128.load(from, 32))
    const d = i32x4.add(bases, v128.load(from, 48))
    storeTransposed(target + row * 4, 128, a, b, c, d)
  }
}

function settle16(source: usize, target: usize, carry: u16, step: u16): void {
  const steps = i16x8.splat(<i16>step)
  let sum = i16x8.splat(0)
  for (let at = source; at < source + 256; at += 16) {
    sum = i16x8.add(sum, i16x8.add(steps, v128.load(at)))
    v128.store(at, sum)
  }
  const bases = lanesBefore<u16>(sum, carry)
  transpose16(source, 16, bases, target, 32)
  transpose16(source + 128, 16, bases, target + 16, 32)
}

function settle8(source: usize, target: usize, carry: u8, steps: v128): void {
  const a = i8x16.add(steps, v128.load(source))
  const b = i8x16.add(a, i8x16.add(steps, v128.load(source, 16)))
  const c = i8x16.add(b, i8x16.add(steps, v128.load(source, 32)))
  const d = i8x16.add(c, i8x16.add(steps, v128.load(source, 48)))
  const e = i8x16.add(d, i8x16.add(steps, v128.load(source, 64)))
  const f = i8x16.add(e, i8x16.add(steps, v128.load(source, 80)))
  const g = i8x16.add(f, i8x16.add(steps, v128.load(source, 96)))
  const h = i8x16.add(g, i8x16.add(steps, v128.load(source, 112)))
  const bases = lanesBefore<u8>(h, carry)
  const ab = low8(i8x16.add(a, bases), i8x16.add(b, bases))
  const cd = low8(i8x16.add(c, bases), i8x16.add(d, bases))
  const ef = low8(i8x16.add(e, bases), i8x16.add(f, bases))
  const gh = low8(i8x16.add(g, bases), i8x16.add(h, bases))
  storePairs8(target, ab, cd, ef, gh)
  const highAb = high8(i8x16.add(a, bases), i8x16.add(b, bases))
  const highCd = high8(i8x16.add(c, bases), i8x16.add(d, bases))
  const highEf = high8(i8x16.add(e, bases), i8x16.add(f, bases))
  const highGh = high8(i8x16.add(g, bases), i8x16.add(h, bases))
  storePairs8(target + 64, highAb, highCd, highEf, highGh)
}

/** Pairs of bytes of eight lanes from four vectors: the eight bytes of each lane one after the other. */
// @ts-ignore: decorator
@inline
function storePairs8(target: usize, ab: v128, cd: v128, ef: v128, gh: v128): void {
  const low = low16(ab, cd)
  const lowEnd = low16(ef, gh)
  const high = high16(ab, cd)
  const highEnd = high16(ef, gh)
  v128.store(target, v128.shuffle<i32>(low, lowEnd, 0, 4, 1, 5))
  v128.store(target, v128.shuffle<i32>(low, lowEnd, 2, 6, 3, 7), 16)
  v128.store(target, v128.shuffle<i32>(high, highEnd, 0, 4, 1, 5), 32)
  v128.store(target, v128.shuffle<i32>(high, highEnd, 2, 6, 3, 7), 48)
}

/**
 * Values of whole groups, modulo the range of T, in natural order, from lanes, beginning after `carry`; returns the last one.
 * Lanes of 32 bits are of running sums. Shorter ones are of deltas, of which each value is `step` more than the one before it;
 * they may be overwritten.
 */
export function settleGroups<T>(source: usize, target: usize, groups: i32, carry: T, step: T): T {
  const steps = i8x16.splat(<i8>step)
  for (let group = 0; group < groups; group++) {
    if (sizeof<T>() == 4) settle32(source, target, <u32>carry)
    else if (sizeof<T>() == 2) settle16(source, target, <u16>carry, <u16>step)
    else settle8(source, target, <u8>carry, steps)
    source += <usize>GROUP_ROWS * sizeof<T>()
    target += <usize>GROUP_ROWS * sizeof<T>()
    carry = load<T>(target - sizeof<T>())
  }
  return carry
}
