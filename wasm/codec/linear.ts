// Encodings that store no value by itself: all values equal, or evenly spaced; and the one that stores all as they are.

import { INTEGERS, OFFSETS } from '../memory/scratch'
import { cursorFailed, putSigned, take, takeSigned } from './cursor'
import { decodedLinear, decodedNarrow, decodedWide } from './decoded'

/** Steps up to this keep 1024 values within 32-bit offsets. */
const NARROW_STEP: i64 = 1 << 22

export function putConstant(value: i64, address: usize): usize {
  return putSigned(address, value)
}

export function takeConstant(count: i32): void {
  const value = takeSigned()
  memory.fill(OFFSETS, 0, <usize>((count + 3) & ~3) << 2)
  decodedNarrow<u32>(value)
  decodedLinear(value, 0)
}

export function putLinear(first: i64, step: i64, address: usize): usize {
  return putSigned(putSigned(address, first), step)
}

/** Writes `count` i64 a step apart. Room for one more is used. */
export function fillLine(first: i64, step: i64, count: i32, target: usize): void {
  const two = i64x2.splat(step << 1)
  let values = i64x2.replace_lane(i64x2.splat(first), 1, first + step)
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    v128.store(target + i, values)
    values = i64x2.add(values, two)
  }
}

export function takeLinear(count: i32): void {
  const first = takeSigned()
  const step = takeSigned()
  const last = first + step * <i64>(count - 1)
  // A line over the end of the range wraps, and is then not an offset from its least value.
  const wraps = step < 0 ? last > first : last < first
  if (step > -NARROW_STEP && step < NARROW_STEP && !wraps) {
    const low = step < 0 ? last : first
    const by = <i32>step
    const start = <i32>(first - low)
    let values = i32x4.add(i32x4.splat(start), i32x4.mul(i32x4.splat(by), i32x4(0, 1, 2, 3)))
    const four = i32x4.splat(by << 2)
    for (let i = 0; i < count; i += 4) {
      v128.store(OFFSETS + (<usize>i << 2), values)
      values = i32x4.add(values, four)
    }
    decodedNarrow<u32>(low)
  } else {
    fillLine(first, step, count, INTEGERS)
    decodedWide()
  }
  decodedLinear(first, step)
}

export function putRaw(values: usize, count: i32, address: usize): usize {
  memory.copy(address, values, <usize>count << 3)
  return address + (<usize>count << 3)
}

export function takeRaw(count: i32): void {
  const source = take(count << 3)
  decodedWide()
  if (!cursorFailed()) memory.copy(INTEGERS, source, <usize>count << 3)
}
