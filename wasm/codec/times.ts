// Times: nanoseconds as distances from the first one, in the largest common unit of all steps.

import { INTEGERS, OFFSETS, VALUES } from '../memory/scratch'
import { cursorFailed, failCursor, putSigned, takeByte, takeSigned } from './cursor'
import { MAGIC, MAGIC_AT } from './decimal'
import { fourOffsets, isLinear, isNarrow, linearFirst, linearStep, narrowLow, offsetBytes } from './decoded'
import { fillLine } from './linear'
import { putIntegers, putLine, takeIntegers } from './integers'

const UNIT_EXPONENTS: StaticArray<i32> = [9, 6, 3, 0]
const UNITS: StaticArray<i64> = [1_000_000_000, 1_000_000, 1_000, 1]
const NANOSECONDS: i32 = 3

let base: i64 = 0
let unit: i64 = 1

/**
 * Distances from the first time in units of `size`, to `INTEGERS`; whether all are whole. The float quotient is only
 * a guess that multiplication proves, so distances that wrap at 64 bits, or exceed 53, are right or refused.
 */
function divideDistances(count: i32, size: i64): bool {
  const first = load<i64>(VALUES)
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    const distance = load<i64>(VALUES + i) - first
    const quotient = <i64>(<f64>distance / <f64>size)
    if (quotient * size != distance) return false
    store<i64>(INTEGERS + i, quotient)
  }
  return true
}

/** Whether all times are less than 2^50 ns, which is 13 days, after the first. */
function areNear(count: i32): bool {
  const first = i64x2.splat(load<i64>(VALUES))
  let all = i64x2.splat(0)
  let i: usize = 0
  for (const end = <usize>count << 3; i + 16 <= end; i += 16) all = v128.or(all, i64x2.sub(v128.load(VALUES + i), first))
  const last = load<i64>(VALUES + (<usize>(count - 1) << 3)) - load<i64>(VALUES)
  return <u64>(i64x2.extract_lane(all, 0) | i64x2.extract_lane(all, 1) | last) >> 50 == 0
}

/** The same as `divideDistances` of times that are near: then integers pass through floats exactly in their low bits. */
function divideNear(count: i32, size: i64): bool {
  const toFloat = i64x2.splat(reinterpret<i64>(MAGIC) - load<i64>(VALUES))
  const magic = v128.load64_splat(MAGIC_AT)
  const unitSize = f64x2.splat(<f64>size)
  const inverse = f64x2.splat(1 / <f64>size)
  let whole = i64x2.splat(-1)
  // What is after the last of an odd number is like the first.
  if ((count & 1) != 0) store<i64>(VALUES + (<usize>count << 3), load<i64>(VALUES))
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    const distance = f64x2.sub(i64x2.add(v128.load(VALUES + i), toFloat), magic)
    const shifted = f64x2.add(f64x2.mul(distance, inverse), magic)
    whole = v128.and(whole, f64x2.eq(f64x2.mul(f64x2.sub(shifted, magic), unitSize), distance))
    v128.store(INTEGERS + i, i64x2.sub(shifted, magic))
    if ((i & 255) == 0 && !i64x2.all_true(whole)) return false
  }
  return i64x2.all_true(whole)
}

function stepsEqual(count: i32): bool {
  if (count < 2) return true
  const step = load<i64>(VALUES, 8) - load<i64>(VALUES)
  const steps = i64x2.splat(step)
  let different = i64x2.splat(0)
  let i: usize = 8
  for (const end = <usize>count << 3; i + 16 <= end; i += 16) {
    const some = i64x2.sub(v128.load(VALUES + i), v128.load(VALUES + i - 8))
    different = v128.or(different, v128.xor(some, steps))
  }
  if (v128.any_true(different)) return false
  return i >= <usize>count << 3 || load<i64>(VALUES + i) - load<i64>(VALUES + i - 8) == step
}

function subtract(first: i64, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) store<i64>(VALUES + i, load<i64>(VALUES + i) - first)
}

/** Writes the times at `VALUES`, which are overwritten. */
export function putTimes(count: i32, address: usize): usize {
  const first = load<i64>(VALUES)
  let choice = 0
  if (stepsEqual(count)) {
    store<u8>(address, <u8>unchecked(UNIT_EXPONENTS[NANOSECONDS]))
    return putLine(0, count > 1 ? load<i64>(VALUES, 8) - first : 0, putSigned(address + 1, first))
  }
  const near = areNear(count)
  while (choice < NANOSECONDS) {
    const size = unchecked(UNITS[choice])
    if (near ? divideNear(count, size) : divideDistances(count, size)) break
    choice++
  }
  if (choice < NANOSECONDS) memory.copy(VALUES, INTEGERS, <usize>count << 3)
  else subtract(first, count)
  store<u8>(address, <u8>unchecked(UNIT_EXPONENTS[choice]))
  return putIntegers(VALUES, count, true, putSigned(address + 1, first))
}

/** Reads times; returns the mode of their stream. */
export function takeTimes(count: i32): i32 {
  const exponent = takeByte()
  base = takeSigned()
  unit = 0
  for (let i = 0; i < 4; i++) if (unchecked(UNIT_EXPONENTS[i]) == exponent) unit = unchecked(UNITS[i])
  if (unit == 0) failCursor()
  return cursorFailed() ? 0 : takeIntegers(count)
}

export function timesLinear(): bool {
  return isLinear()
}

export function timesFirst(): i64 {
  return base + linearFirst() * unit
}

export function timesStep(): i64 {
  return linearStep() * unit
}

/** Writes the times that were read as i64 nanoseconds. Room for a multiple of four is used. */
export function storeTimes(count: i32, target: usize): void {
  if (isLinear()) {
    fillLine(timesFirst(), timesStep(), count, target)
    return
  }
  if (!isNarrow()) {
    for (let i: usize = 0; i < <usize>count << 3; i += 8) store<i64>(target + i, base + load<i64>(INTEGERS + i) * unit)
    return
  }
  if (offsetBytes() == 1) storeNarrowTimes<u8>(count, target)
  else if (offsetBytes() == 2) storeNarrowTimes<u16>(count, target)
  else storeNarrowTimes<u32>(count, target)
}

function storeNarrowTimes<T>(count: i32, target: usize): void {
  const bases = i64x2.splat(base + narrowLow() * unit)
  const units = i32x4.splat(<i32>unit)
  for (let i = 0; i < count; i += 4) {
    const offsets = fourOffsets<T>(OFFSETS, i)
    const to = target + (<usize>i << 3)
    v128.store(to, i64x2.add(bases, i64x2.extmul_low_i32x4_u(offsets, units)))
    v128.store(to, i64x2.add(bases, i64x2.extmul_high_i32x4_u(offsets, units)), 16)
  }
}
