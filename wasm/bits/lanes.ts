// Lane-transposed prefix sums, after FastLanes (Afroozeh and Boncz, VLDB 2023): a group is 128 values, and each of
// its four lanes holds 32 consecutive ones, so that four running sums go on at once. The lanes' own totals give their
// bases, which therefore need not be stored.

export const GROUP_ROWS: i32 = 128
const LANE_ROWS: usize = 32
const LANE_BYTES: usize = 128
export const GROUP_BYTES: usize = 512

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

/** Index in lane order of a value's index in natural order, inside whole groups. */
// @ts-ignore: decorator
@inline
export function laneIndex(index: i32): i32 {
  return (index & ~127) | ((index & 31) << 2) | ((index >> 5) & 3)
}

/** Brings whole groups of u32 from natural to lane order. */
export function groupsToLanes(source: usize, target: usize, groups: i32): void {
  for (let group = 0; group < groups; group++) {
    for (let row: usize = 0; row < LANE_ROWS; row += 4) {
      const from = source + row * 4
      const a = v128.load(from)
      const b = v128.load(from, LANE_BYTES)
      const c = v128.load(from, 2 * LANE_BYTES)
      const d = v128.load(from, 3 * LANE_BYTES)
      storeTransposed(target + row * 16, 16, a, b, c, d)
    }
    source += GROUP_BYTES
    target += GROUP_BYTES
  }
}

/**
 * Running sums, modulo 2^32, of whole groups of deltas in lane order: value = value before + step + delta. Writes
 * natural order and returns the last value. The source is overwritten.
 */
export function sumGroups(source: usize, target: usize, groups: i32, carry: u32, step: u32): u32 {
  const steps = i32x4.splat(<i32>step)
  for (let group = 0; group < groups; group++) {
    let sum = i32x4.splat(0)
    for (let row: usize = 0; row < LANE_ROWS * 16; row += 64) {
      const a = i32x4.add(sum, i32x4.add(steps, v128.load(source + row)))
      const b = i32x4.add(a, i32x4.add(steps, v128.load(source + row, 16)))
      const c = i32x4.add(b, i32x4.add(steps, v128.load(source + row, 32)))
      sum = i32x4.add(c, i32x4.add(steps, v128.load(source + row, 48)))
      v128.store(source + row, a)
      v128.store(source + row, b, 16)
      v128.store(source + row, c, 32)
      v128.store(source + row, sum, 48)
    }
    const zero = i32x4.splat(0)
    const ones = v128.shuffle<i32>(zero, sum, 0, 4, 5, 6)
    const twos = i32x4.add(ones, v128.shuffle<i32>(zero, ones, 0, 4, 5, 6))
    const before = i32x4.add(twos, v128.shuffle<i32>(zero, twos, 0, 1, 4, 5))
    const bases = i32x4.add(i32x4.splat(<i32>carry), before)
    for (let row: usize = 0; row < LANE_ROWS; row += 4) {
      const from = source + row * 16
      const a = i32x4.add(bases, v128.load(from))
      const b = i32x4.add(bases, v128.load(from, 16))
      const c = i32x4.add(bases, v128.load(from, 32))
      const d = i32x4.add(bases, v128.load(from, 48))
      storeTransposed(target + row * 4, LANE_BYTES, a, b, c, d)
    }
    source += GROUP_BYTES
    target += GROUP_BYTES
    carry = load<u32>(target - 4)
  }
  return carry
}
