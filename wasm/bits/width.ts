// Which width packs a list of integers best when those that do not fit are patched: exact costs from histograms of bit
// lengths, once over the smallest value and once around the median.

import { HISTOGRAMS } from '../memory/scratch'
import { GROUP_ROWS } from './lanes'

const SAMPLES: i32 = 31
const POSITION_BITS: i32 = 16
const samples: usize = memory.data(SAMPLES * 8, 16)
const centred: usize = HISTOGRAMS + 65 * 4

/** The plan that `planWidth` made: values are `plannedBase` plus `plannedWidth` bits, for `plannedBits` in all. */
export let plannedBase: u64 = 0
export let plannedWidth: i32 = 0
export let plannedBits: i32 = 0

// @ts-ignore: decorator
@inline
export function bitLength<T>(value: T): i32 {
  return <i32>(sizeof<T>() * 8) - <i32>clz<T>(value)
}

/** Packed bytes of `count` values: whole groups, then as many vectors as the rows of the last group need. */
export function packedBytes(count: i32, width: i32): i32 {
  const rows = ((count & (GROUP_ROWS - 1)) + 3) >> 2
  return (count / GROUP_ROWS) * width * 16 + ((rows * width + 31) >> 5) * 16
}

/** Packed bits of a plane, whose low and high words are packed apart. */
function planeBits(count: i32, width: i32): i32 {
  return (packedBytes(count, min(width, 32)) + packedBytes(count, max(width - 32, 0))) << 3
}

// @ts-ignore: decorator
@inline
function increment(histogram: usize, bits: i32): void {
  const slot = histogram + (<usize>bits << 2)
  store<u32>(slot, load<u32>(slot) + 1)
}

/** Median of evenly spaced samples, as a distance from `low`. */
function sampledMedian<T>(values: usize, count: i32, low: T): T {
  const taken = min(count, SAMPLES)
  for (let i = 0; i < taken; i++) {
    const row = <usize>((i * count) / taken)
    const value = load<T>(values + (row << alignof<T>())) - low
    let slot = i
    while (slot > 0 && load<T>(samples + (<usize>(slot - 1) << alignof<T>())) > value) {
      store<T>(samples + (<usize>slot << alignof<T>()), load<T>(samples + (<usize>(slot - 1) << alignof<T>())))
      slot--
    }
    store<T>(samples + (<usize>slot << alignof<T>()), value)
  }
  return load<T>(samples + (<usize>(taken >> 1) << alignof<T>()))
}

/** Smallest cost over all widths for one histogram; keeps it where it beats the plan so far. */
function weigh<T>(histogram: usize, count: i32, patchTop: i32, base: T, halve: bool): void {
  let patches = 0
  for (let width = <i32>(sizeof<T>() * 8); width >= 0; width--) {
    let bits = planeBits(count, width)
    if (patches > 0) bits += POSITION_BITS + patches * (POSITION_BITS + (((patchTop - width + 7) >> 3) << 3))
    if (bits < plannedBits) {
      plannedBits = bits
      plannedWidth = width
      plannedBase = <u64>(halve && width > 0 ? base - (<T>1 << <T>(width - 1)) : base)
    }
    patches += <i32>load<u32>(histogram + (<usize>width << 2))
  }
}

/** Plans `count` values of type u32 or u64, all at or above `low` (in wrapping arithmetic), the largest `top` bits above it. */
export function planWidth<T>(values: usize, count: i32, low: T, top: i32): void {
  plannedBase = <u64>low
  plannedWidth = top
  plannedBits = planeBits(count, top)
  if (top <= 1) return
  memory.fill(HISTOGRAMS, 0, 2 * 65 * 4)
  const middle = sampledMedian<T>(values, count, low) + low
  for (let i = 0; i < count; i++) {
    const value = load<T>(values + (<usize>i << alignof<T>()))
    increment(HISTOGRAMS, bitLength<T>(value - low))
    const distance = value - middle
    const sign = <T>0 - (distance >> <T>(sizeof<T>() * 8 - 1))
    increment(centred, bitLength<T>((distance << 1) ^ sign))
  }
  weigh<T>(HISTOGRAMS, count, top, low, false)
  weigh<T>(centred, count, <i32>(sizeof<T>() * 8), middle, true)
}
