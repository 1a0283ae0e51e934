// Sum and extremes of all offsets of a block from the running sums of their lanes, which takes neither bringing them to
// their order nor storing them.

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

function spanOf16(at: usize, groups: i32, carry: u16): void {
  const half = halfRange()
  const ones = ones16()
  let sums = i32x4.splat(0)
  let lows = i16x8.splat(0x7fff)
  let highs = i16x8.splat(-0x8000)
  for (let group = 0; group < groups; group++) {
    const bases = v128.xor(half, lanesBefore<u16>(v128.load(at, 240), carry))
    let some = bases
    for (const end = at + 256; at < end; at += 64) {
      const a = i16x8.add(bases, v128.load(at))
      const b = i16x8.add(bases, v128.load(at, 16))
      const c = i16x8.add(bases, v128.load(at, 32))
      some = i16x8.add(bases, v128.load(at, 48))
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

/** At most 1024 offsets: sums of 16 bits take 128 bytes of 255 each. */
function spanOf8(at: usize, groups: i32, carry: u8): void {
  let sums = i16x8.splat(0)
  let lows = i8x16.splat(-1)
  let highs = i8x16.splat(0)
  for (let group = 0; group < groups; group++) {
    const bases = lanesBefore<u8>(v128.load(at, 112), carry)
    let some = bases
    for (const end = at + 128; at < end; at += 32) {
      const a = i8x16.add(bases, v128.load(at))
      some = i8x16.add(bases, v128.load(at, 16))
      sums = i16x8.add(sums, i16x8.add(i16x8.extadd_pairwise_i8x16_u(a), i16x8.extadd_pairwise_i8x16_u(some)))
      lows = i8x16.min_u(lows, i8x16.min_u(a, some))
      highs = i8x16.max_u(highs, i8x16.max_u(a, some))
    }
    carry = <u8>i8x16.extract_lane_u(some, 15)
  }
  setSum(addHalves(i32x4.extadd_pairwise_i16x8_u(sums)))
  setRange8(lows, highs)
}

/** Leaves sum, least and largest of `count` offsets, whole groups, of which running sums of lanes of `bytes` bytes are at `at`. */
export function spanOfLanes(bytes: i32, at: usize, count: i32, carry: u32): void {
  const groups = count / GROUP_ROWS
  if (bytes == 1) spanOf8(at, groups, <u8>carry)
  else if (bytes == 2) spanOf16(at, groups, <u16>carry)
  else spanOf32(at, groups, carry)
}
