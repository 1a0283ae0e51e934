// What an integer stream decodes to: narrow, `low` plus u32 offsets at `OFFSETS`; or wide, i64 at `INTEGERS`. An evenly
// spaced stream also says so, which lets times be split into windows without looking at them.

import { INTEGERS, OFFSETS } from '../memory/scratch'

let narrow: bool = false
let low: i64 = 0
let linear: bool = false
let first: i64 = 0
let step: i64 = 0

// @ts-ignore: decorator
@inline
export function decodedNarrow(base: i64): void {
  narrow = true
  linear = false
  low = base
}

// @ts-ignore: decorator
@inline
export function decodedWide(): void {
  narrow = false
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
  return narrow
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

/** Writes the decoded integers as i64. Room for a multiple of four values is used. */
export function storeDecoded(count: i32, target: usize): void {
  if (!narrow) {
    if (target != INTEGERS) memory.copy(target, INTEGERS, <usize>count << 3)
    return
  }
  const base = i64x2.splat(low)
  for (let i = 0; i < count; i += 4) {
    const offsets = v128.load(OFFSETS + (<usize>i << 2))
    const to = target + (<usize>i << 3)
    v128.store(to, i64x2.add(base, i64x2.extend_low_i32x4_u(offsets)))
    v128.store(to, i64x2.add(base, i64x2.extend_high_i32x4_u(offsets)), 16)
  }
}
