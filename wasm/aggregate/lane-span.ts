// Sum and extremes of all offsets of a block from the lanes of their deltas, which takes neither bringing them to their order
// nor storing them.

import { GROUP_ROWS, lanesBefore } from '../bits/lanes'
import { addHalves, halfRange, ones16, setHalved, setRange, setRange8, setSum } from './offset-span'

/** Sums of 32 rows of lanes of 32 bits stay below 2^32 while offsets have no more bits. */
const NARROW_BITS: i32 = 27

function spanOf32(at: usize, groups: i32, carry: u32): void {
  let sums = i64x2.splat(0)
  let lows = i32x4.splat(-1)
  let highs = i32x4.splat(0)
  for (let group = 0; group < groups; group++) {
    const bases = lanesBefore<u32>(v128.load(at, 496), carry)
    let narrow = i32x4.splat(0)
    let some = bases
    const start = at
    for (const end = at + 512; at < end; at += 32) {
      const a = i32x4.add(bases, v128.load(at))
      some = i32x4.add(bases, v128.load(at, 16))
      narrow = i32x4.add(narrow, i32x4.add(a, some))
      lows = i32x4.min_u(lows, i32x4.min_u(a, some))
      highs = i32x4.max_u(highs, i32x4.max_u(a, some))
    }
    carry = <u32>i32x4.extract_lane(some, 3)
    if (!v128.any_true(i32x4.shr_u(highs, NARROW_BITS))) {
      sums = i64x2.add(sums, addHalves(narrow))
      continue
    }
    for (let row = start; row < at; row += 16) sums = i64x2.add(sums, addHalves(i32x4.add(bases, v128.load(row))))
  }
  setSum(sums)
  setRange(lows, highs)
}

function spanOf16(at: usize, groups: i32, carry: u16, step: u16): void {
  const half = halfRange()
  const ones = ones16()
  const steps = i16x8.splat(<i16>step)
  let sums = i32x4.splat(0)
  let lows = i16x8.splat(0x7fff)
  let highs = i16x8.splat(-0x8000)
  for (let group = 0; group < groups; group++) {
    let total = i16x8.shl(steps, 4)
    for (let row: usize = 0; row < 256; row += 64) {
      const ab = i16x8.add(v128.load(at + row), v128.load(at + row, 16))
      total = i16x8.add(total, i16x8.add(ab, i16x8.add(v128.load(at + row, 32), v128.load(at + row, 48))))
    }
    let some = v128.xor(half, lanesBefore<u16>(total, carry))
    for (const end = at + 256; at < end; at += 64) {
      const a = i16x8.add(some, i16x8.add(steps, v128.load(at)))
      const b = i16x8.add(a, i16x8.add(steps, v128.load(at, 16)))
      const c = i16x8.add(b, i16x8.add(steps, v128.load(at, 32)))
      some = i16x8.add(c, i16x8.add(steps, v128.load(at, 48)))
      const ab = i32x4.add(i32x4.dot_i16x8_s(a, ones), i32x4.dot_i16x8_s(b, ones))
      const cd = i32x4.add(i32x4.dot_i16x8_s(c, ones), i32x4.dot_i16x8_s(some, ones))
      sums = i32x4.add(sums, i32x4.add(ab, cd))
      lows = i16x8.min_s(lows, i16x8.min_s(i16x8.min_s(a, b), i16x8.min_s(c, some)))
      highs = i16x8.max_s(highs, i16x8.max_s(i16x8.max_s(a, b), i16x8.max_s(c, some)))
    }
    carry = <u16>(i16x8.extract_lane_u(some, 7) ^ 0x8000)
  }
  setHalved(sums, lows, highs, groups << 4)
}

// @ts-ignore: decorator
@inline
function pairs(a: v128, b: v128): v128 {
  return i16x8.add(i16x8.extadd_pairwise_i8x16_u(a), i16x8.extadd_pairwise_i8x16_u(b))
}

/** At most 1024 offsets: sums of 16 bits take 128 bytes of 255 each. */
function spanOf8(at: usize, groups: i32, carry: u8, step: u8): void {
  const steps = i8x16.splat(<i8>step)
  let sums = i16x8.splat(0)
  let lows = i8x16.splat(-1)
  let highs = i8x16.splat(0)
  for (const end = at + <usize>(groups * GROUP_ROWS); at < end; at += GROUP_ROWS) {
    const a = i8x16.add(steps, v128.load(at))
    const b = i8x16.add(a, i8x16.add(steps, v128.load(at, 16)))
    const c = i8x16.add(b, i8x16.add(steps, v128.load(at, 32)))
    const d = i8x16.add(c, i8x16.add(steps, v128.load(at, 48)))
    const e = i8x16.add(d, i8x16.add(steps, v128.load(at, 64)))
    const f = i8x16.add(e, i8x16.add(steps, v128.load(at, 80)))
    const g = i8x16.add(f, i8x16.add(steps, v128.load(at, 96)))
    const h = i8x16.add(g, i8x16.add(steps, v128.load(at, 112)))
    const bases = lanesBefore<u8>(h, carry)
    const ends = i8x16.add(bases, h)
    carry = <u8>i8x16.extract_lane_u(ends, 15)
    const first = i8x16.add(bases, a)
    const second = i8x16.add(bases, b)
    const third = i8x16.add(bases, c)
    const fourth = i8x16.add(bases, d)
    sums = i16x8.add(sums, i16x8.add(pairs(first, second), pairs(third, fourth)))
    lows = i8x16.min_u(lows, i8x16.min_u(i8x16.min_u(first, second), i8x16.min_u(third, fourth)))
    highs = i8x16.max_u(highs, i8x16.max_u(i8x16.max_u(first, second), i8x16.max_u(third, fourth)))
    const fifth = i8x16.add(bases, e)
    const sixth = i8x16.add(bases, f)
    const seventh = i8x16.add(bases, g)
    sums = i16x8.add(sums, i16x8.add(pairs(fifth, sixth), pairs(seventh, ends)))
    lows = i8x16.min_u(lows, i8x16.min_u(i8x16.min_u(fifth, sixth), i8x16.min_u(seventh, ends)))
    highs = i8x16.max_u(highs, i8x16.max_u(i8x16.max_u(fifth, sixth), i8x16.max_u(seventh, ends)))
  }
  setSum(addHalves(i32x4.extadd_pairwise_i16x8_u(sums)))
  setRange8(lows, highs)
}

/**
 * Leaves sum, least and largest of `count` offsets, whole groups, of which lanes of `bytes` bytes are at `at`, such as
 * `settleGroups` takes.
 */
export function spanOfLanes(bytes: i32, at: usize, count: i32, carry: u32, step: u32): void {
  const groups = count / GROUP_ROWS
  if (bytes == 1) spanOf8(at, groups, <u8>carry, <u8>step)
  else if (bytes == 2) spanOf16(at, groups, <u16>carry, <u16>step)
  else spanOf32(at, groups, carry)
}
