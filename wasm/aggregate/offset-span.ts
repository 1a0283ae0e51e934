// Sum and extremes of some offsets in one piece and one pass, whatever their size: at first by the lanes of vectors, the parts
// of a span, which are then added up for one span, or for four at once (`span-fold.ts`). Vectors may read up to fifteen bytes
// past the last offset, which are masked.

let sum: i64 = 0
let least: u32 = 0
let most: u32 = 0

// @ts-ignore: decorator
@inline
export function offsetSum(): i64 {
  return sum
}

// @ts-ignore: decorator
@inline
export function offsetMin(): u32 {
  return least
}

// @ts-ignore: decorator
@inline
export function offsetMax(): u32 {
  return most
}

/** Bits of the first bytes of a vector: those of so many are 16 less so many bytes after the beginning. */
const FIRST_BYTES: usize = memory.data<u64>([0xffffffffffffffff, 0xffffffffffffffff, 0, 0], 16)

// V8 makes a constant vector anew at each use, so that shifts and zeros serve here for masks.

/** The sums of the two words of each half. */
// @ts-ignore: decorator
@inline
export function addHalves(some: v128): v128 {
  return i64x2.add(i64x2.shr_u(some, 32), v128.shuffle<i32>(some, i32x4.splat(0), 0, 5, 2, 7))
}

// @ts-ignore: decorator
@inline
export function setSum(sums: v128): void {
  sum = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1)
}

/** The extremes of four u32 each. Both are found at once, since the largest has the least complement. */
// @ts-ignore: decorator
@inline
export function setRange(lows: v128, highs: v128): void {
  const rest = v128.not(highs)
  let both = i32x4.min_u(v128.shuffle<i64>(lows, rest, 0, 2), v128.shuffle<i64>(lows, rest, 1, 3))
  both = i32x4.min_u(both, v128.shuffle<i32>(both, both, 1, 0, 3, 2))
  least = <u32>i32x4.extract_lane(both, 0)
  most = ~(<u32>i32x4.extract_lane(both, 2))
}

// @ts-ignore: decorator
@inline
export function setRange16(lows: v128, highs: v128): void {
  const rest = v128.not(highs)
  let both = i16x8.min_u(v128.shuffle<i64>(lows, rest, 0, 2), v128.shuffle<i64>(lows, rest, 1, 3))
  both = i16x8.min_u(both, v128.shuffle<i32>(both, both, 1, 0, 3, 2))
  both = i16x8.min_u(both, i32x4.shr_u(both, 16))
  least = <u32>i16x8.extract_lane_u(both, 0)
  most = <u32>i16x8.extract_lane_u(both, 4) ^ 0xffff
}

// @ts-ignore: decorator
@inline
export function setRange8(lows: v128, highs: v128): void {
  const low = i16x8.min_u(i16x8.shr_u(i16x8.shl(lows, 8), 8), i16x8.shr_u(lows, 8))
  const high = i16x8.max_u(i16x8.shr_u(i16x8.shl(highs, 8), 8), i16x8.shr_u(highs, 8))
  setRange16(low, high)
}

/** The last values of a span, less than a vector of them. */
// @ts-ignore: decorator
@inline
function maskOfRest(bytes: usize): v128 {
  return v128.load(FIRST_BYTES + 16 - bytes)
}

/** Parts of a span: a vector of sums, of 32 bits or where offsets have as many of 64, one of the least and one of the largest offsets. */
export const PART_BYTES: usize = 48
const parts: usize = memory.data(48, 16)

// @ts-ignore: decorator
@inline
function putParts(sums: v128, lows: v128, highs: v128, to: usize): void {
  v128.store(to, sums)
  v128.store(to, lows, 16)
  v128.store(to, highs, 32)
}

/** Sums of 256 vectors of offsets of no more bits stay below 2^32. */
const NARROW_BITS: i32 = 24

/** Sums of any offsets of 32 bits, each half a vector one of 64. */
function wideSums(at: usize, count: i32): v128 {
  const end = at + (<usize>count << 2)
  let sums = i64x2.splat(0)
  for (; at + 16 <= end; at += 16) sums = i64x2.add(sums, addHalves(v128.load(at)))
  return at < end ? i64x2.add(sums, addHalves(v128.and(v128.load(at), maskOfRest(end - at)))) : sums
}

// @ts-ignore: decorator
@inline
function partsOf32(at: usize, count: i32, to: usize): void {
  const start = at
  const end = at + (<usize>count << 2)
  let sums = i32x4.splat(0)
  let lows = i32x4.splat(-1)
  let highs = sums
  for (; at + 16 <= end; at += 16) {
    const some = v128.load(at)
    sums = i32x4.add(sums, some)
    lows = i32x4.min_u(lows, some)
    highs = i32x4.max_u(highs, some)
  }
  if (at < end) {
    const inside = maskOfRest(end - at)
    const some = v128.load(at)
    const kept = v128.and(some, inside)
    sums = i32x4.add(sums, kept)
    lows = i32x4.min_u(lows, v128.or(some, v128.not(inside)))
    highs = i32x4.max_u(highs, kept)
  }
  const isNarrow = !v128.any_true(i32x4.shr_u(highs, NARROW_BITS))
  putParts(isNarrow ? addHalves(sums) : wideSums(start, count), lows, highs, to)
}

/**
 * Half of the range of 16 bits, and ones. Less that half, offsets have a sign, and one instruction multiplies pairs of them by one
 * and adds them; those without a sign take five.
 */
const HALF_RANGE_AT: usize = memory.data<u16>([0x8000], 16)
const ONES_AT: usize = memory.data<u16>([1], 16)

// @ts-ignore: decorator
@inline
export function halfRange(): v128 {
  return v128.load16_splat(HALF_RANGE_AT)
}

// @ts-ignore: decorator
@inline
export function ones16(): v128 {
  return v128.load16_splat(ONES_AT)
}

/** The extremes of offsets less half of the range, and their sum, `vectors` times eight of them, without it. */
// @ts-ignore: decorator
@inline
export function setHalved(sums: v128, lows: v128, highs: v128, vectors: i32): void {
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1))
  sum = <i64>(i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1)) + (<i64>vectors << 18)
  setRange16(v128.xor(lows, halfRange()), v128.xor(highs, halfRange()))
}

// @ts-ignore: decorator
@inline
function partsOf16(at: usize, count: i32, to: usize): void {
  const end = at + (<usize>count << 1)
  const half = halfRange()
  const ones = ones16()
  let sums = i32x4.splat(0)
  let lows = i16x8.splat(0x7fff)
  let highs = i16x8.splat(-0x8000)
  for (; at + 32 <= end; at += 32) {
    const a = v128.xor(half, v128.load(at))
    const b = v128.xor(half, v128.load(at, 16))
    sums = i32x4.add(sums, i32x4.add(i32x4.dot_i16x8_s(a, ones), i32x4.dot_i16x8_s(b, ones)))
    lows = i16x8.min_s(lows, i16x8.min_s(a, b))
    highs = i16x8.max_s(highs, i16x8.max_s(a, b))
  }
  if (at + 16 <= end) {
    const some = v128.xor(half, v128.load(at))
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(some, ones))
    lows = i16x8.min_s(lows, some)
    highs = i16x8.max_s(highs, some)
    at += 16
  }
  if (at < end) {
    const inside = maskOfRest(end - at)
    const some = v128.load(at)
    const kept = v128.xor(half, v128.and(some, inside))
    sums = i32x4.add(sums, i32x4.dot_i16x8_s(kept, ones))
    lows = i16x8.min_s(lows, v128.xor(half, v128.or(some, v128.not(inside))))
    highs = i16x8.max_s(highs, kept)
  }
  putParts(i32x4.add(sums, i32x4.splat(((count + 7) >> 3) << 16)), lows, highs, to)
}

/** At most 1024: sums of 16 bits take 128 bytes of 255 each. */
// @ts-ignore: decorator
@inline
function partsOf8(at: usize, count: i32, to: usize): void {
  const end = at + <usize>count
  let sums = i16x8.splat(0)
  let lows = i8x16.splat(-1)
  let highs = i8x16.splat(0)
  for (; at + 16 <= end; at += 16) {
    const some = v128.load(at)
    sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(some))
    lows = i8x16.min_u(lows, some)
    highs = i8x16.max_u(highs, some)
  }
  if (at < end) {
    const inside = maskOfRest(end - at)
    const some = v128.load(at)
    const kept = v128.and(some, inside)
    sums = i16x8.add(sums, i16x8.extadd_pairwise_i8x16_u(kept))
    lows = i8x16.min_u(lows, v128.or(some, v128.not(inside)))
    highs = i8x16.max_u(highs, kept)
  }
  putParts(i32x4.extadd_pairwise_i16x8_u(sums), lows, highs, to)
}

/** Parts of 1 to 1024 offsets of T; the extremes of such of 16 bits are less half of their range, with a sign. */
// @ts-ignore: decorator
@inline
export function partsOfOffsets<T>(address: usize, count: i32, to: usize): void {
  if (sizeof<T>() == 1) partsOf8(address, count, to)
  else if (sizeof<T>() == 2) partsOf16(address, count, to)
  else partsOf32(address, count, to)
}

/** Leaves sum, least and largest of 1 to 1024 offsets of T. */
// @ts-ignore: decorator
@inline
export function spanOfOffsets<T>(address: usize, count: i32): void {
  partsOfOffsets<T>(address, count, parts)
  const sums = v128.load(parts)
  const lows = v128.load(parts, 16)
  const highs = v128.load(parts, 32)
  setSum(sizeof<T>() == 4 ? sums : addHalves(sums))
  if (sizeof<T>() == 1) setRange8(lows, highs)
  else if (sizeof<T>() == 2) setRange16(v128.xor(lows, halfRange()), v128.xor(highs, halfRange()))
  else setRange(lows, highs)
}
