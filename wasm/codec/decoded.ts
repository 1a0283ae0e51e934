// What an integer stream decodes to: narrow, `low` plus unsigned offsets of 1, 2 or 4 bytes at `OFFSETS`; or wide, i64 at
// `INTEGERS`. An evenly spaced stream also says so, which lets times be split into windows without looking at them.

import { INTEGERS, OFFSETS } from '../memory/scratch'

/** Bytes of an offset; 0 where the integers are wide. */
let offsetSize: i32 = 0
let low: i64 = 0
let linear: bool = false
let first: i64 = 0
let step: i64 = 0

// @ts-ignore: decorator
@inline
export function decodedNarrow<T>(base: i64): void {
  offsetSize = <i32>sizeof<T>()
  linear = false
  low = base
}

// @ts-ignore: decorator
@inline
export function decodedWide(): void {
  offsetSize = 0
  linear = false
}

/** After `decodedNarrow` or `decodedWide`. */
export function decodedLinear(from: i64, by: i64): void {
  linear = true
  first = from
  step = by
}

// @ts-ignore: decorator
@inline
export function isNarrow(): bool {
  return offsetSize != 0
}

/** Bytes of each offset of a narrow stream. */
// @ts-ignore: decorator
@inline
export function offsetBytes(): i32 {
  return offsetSize
}

// @ts-ignore: decorator
@inline
export function narrowLow(): i64 {
  return low
}

// @ts-ignore: decorator
@inline
export function isLinear(): bool {
  return linear
}

// @ts-ignore: decorator
@inline
export function linearFirst(): i64 {
  return first
}

// @ts-ignore: decorator
@inline
export function linearStep(): i64 {
  return step
}

/** Four offsets of T from the one with index `i` on, as u32. */
// @ts-ignore: decorator
@inline
export function fourOffsets<T>(i: i32): v128 {
  const at = OFFSETS + (<usize>i << alignof<T>())
  if (sizeof<T>() == 4) return v128.load(at)
  if (sizeof<T>() == 2) return v128.load16x4_u(at)
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)))
}

function storeNarrow<T>(count: i32, target: usize): void {
  const base = i64x2.splat(low)
  for (let i = 0; i < count; i += 4) {
    const offsets = fourOffsets<T>(i)
    const to = target + (<usize>i << 3)
    v128.store(to, i64x2.add(base, i64x2.extend_low_i32x4_u(offsets)))
    v128.store(to, i64x2.add(base, i64x2.extend_high_i32x4_u(offsets)), 16)
  }
}

/** Writes the decoded integers as i64. Room for a multiple of four values is used. */
export function storeDecoded(count: i32, target: usize): void {
  if (offsetSize == 1) storeNarrow<u8>(count, target)
  else if (offsetSize == 2) storeNarrow<u16>(count, target)
  else if (offsetSize == 4) storeNarrow<u32>(count, target)
  else if (target != INTEGERS) memory.copy(target, INTEGERS, <usize>count << 3)
}
