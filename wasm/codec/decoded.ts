// What an integer stream decodes to: narrow, `low` plus unsigned offsets of 1, 2 or 4 bytes at `OFFSETS`; or wide, i64 at
// `INTEGERS`. Narrow deltas are at `DELTAS` at first, in lanes, of 32 bits as their running sums, until offsets are asked for:
// what is of all offsets is told from the lanes in less time. An evenly spaced stream also says so, which lets times be split
// into windows without looking at them.

import { GROUP_ROWS, settleGroups } from '../bits/lanes'
import { DELTAS, INTEGERS, OFFSETS } from '../memory/scratch'

/** Bytes of an offset; 0 where the integers are wide. */
let offsetSize: i32 = 0
let low: i64 = 0
let linear: bool = false
let first: i64 = 0
let step: i64 = 0
/** Values whose lanes are at `DELTAS`; 0 where there are none. */
let lanesCount: i32 = 0
let lanesCarry: u32 = 0
let lanesStep: u32 = 0

// @ts-ignore: decorator
@inline
export function decodedNarrow<T>(base: i64): void {
  offsetSize = <i32>sizeof<T>()
  linear = false
  lanesCount = 0
  low = base
}

// @ts-ignore: decorator
@inline
export function decodedWide(): void {
  offsetSize = 0
  linear = false
  lanesCount = 0
}

/** Lanes of T at `DELTAS` of `count` offsets over `base`, of which the one before the first is `carry`. */
// @ts-ignore: decorator
@inline
export function decodedLanes<T>(base: i64, count: i32, carry: T, by: T): void {
  decodedNarrow<T>(base)
  lanesCount = count
  lanesCarry = <u32>carry
  lanesStep = <u32>by
}

/** Whether the offsets are in lanes, all in whole groups. */
// @ts-ignore: decorator
@inline
export function hasWholeLanes(): bool {
  return lanesCount != 0 && (lanesCount & (GROUP_ROWS - 1)) == 0
}

/** What each value is more than the one before it and its delta, of lanes. */
// @ts-ignore: decorator
@inline
export function stepOfLanes(): u32 {
  return lanesStep
}

/** The offset before the first one, of lanes. */
// @ts-ignore: decorator
@inline
export function carryOfLanes(): u32 {
  return lanesCarry
}

function settleLanes<T>(): void {
  const whole = lanesCount / GROUP_ROWS
  let value = settleGroups<T>(DELTAS, OFFSETS, whole, <T>lanesCarry, <T>lanesStep)
  for (let i = whole * GROUP_ROWS; i < lanesCount; i++) {
    value += <T>lanesStep + load<T>(DELTAS + (<usize>i << alignof<T>()))
    store<T>(OFFSETS + (<usize>i << alignof<T>()), value)
  }
  lanesCount = 0
}

/** Brings offsets that are in lanes to `OFFSETS`. */
function settle(): void {
  if (offsetSize == 1) settleLanes<u8>()
  else if (offsetSize == 2) settleLanes<u16>()
  else settleLanes<u32>()
}

/** After `decodedNarrow` or `decodedWide`. */
export function decodedLinear(from: i64, by: i64): void {
  linear = true
  first = from
  step = by
}

/** Whether the integers are narrow; then their offsets are at `OFFSETS`. */
// @ts-ignore: decorator
@inline
export function isNarrow(): bool {
  if (lanesCount != 0) settle()
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
export function fourOffsets<T>(source: usize, i: i32): v128 {
  const at = source + (<usize>i << alignof<T>())
  if (sizeof<T>() == 4) return v128.load(at)
  if (sizeof<T>() == 2) return v128.load16x4_u(at)
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(at)))
}

function storeNarrow<T>(count: i32, target: usize): void {
  const base = i64x2.splat(low)
  for (let i = 0; i < count; i += 4) {
    const offsets = fourOffsets<T>(OFFSETS, i)
    const to = target + (<usize>i << 3)
    v128.store(to, i64x2.add(base, i64x2.extend_low_i32x4_u(offsets)))
    v128.store(to, i64x2.add(base, i64x2.extend_high_i32x4_u(offsets)), 16)
  }
}

/** Writes the decoded integers as i64. Room for a multiple of four values is used. */
export function storeDecoded(count: i32, target: usize): void {
  if (lanesCount != 0) settle()
  if (offsetSize == 1) storeNarrow<u8>(count, target)
  else if (offsetSize == 2) storeNarrow<u16>(count, target)
  else if (offsetSize == 4) storeNarrow<u32>(count, target)
  else if (target != INTEGERS) memory.copy(target, INTEGERS, <usize>count << 3)
}
