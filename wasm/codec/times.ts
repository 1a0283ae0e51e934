// Times: nanoseconds as distances from the first one, in the largest common unit of all steps.

import { INTEGERS, OFFSETS, VALUES } from '../memory/scratch'
import { cursorFailed, failCursor, putSigned, takeByte, takeSigned } from './cursor'
import { isLinear, isNarrow, linearFirst, linearStep, narrowLow } from './decoded'
import { putIntegers, takeIntegers } from './integers'

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

function stepsEqual(count: i32): bool {
  if (count < 2) return true
  const step = load<i64>(VALUES, 8) - load<i64>(VALUES)
  let different: i64 = 0
  for (let i: usize = 8; i < <usize>count << 3; i += 8) {
    different |= (load<i64>(VALUES + i) - load<i64>(VALUES + i - 8)) ^ step
  }
  return different == 0
}

function subtract(first: i64, count: i32): void {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) store<i64>(VALUES + i, load<i64>(VALUES + i) - first)
}

/** Writes the times at `VALUES`, which are overwritten. */
export function putTimes(count: i32, address: usize): usize {
  const first = load<i64>(VALUES)
  let choice = 0
  if (stepsEqual(count)) choice = NANOSECONDS
  while (choice < NANOSECONDS && !divideDistances(count, unchecked(UNITS[choice]))) choice++
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
  if (!isNarrow()) {
    for (let i: usize = 0; i < <usize>count << 3; i += 8) store<i64>(target + i, base + load<i64>(INTEGERS + i) * unit)
    return
  }
  const bases = i64x2.splat(base + narrowLow() * unit)
  const units = i32x4.splat(<i32>unit)
  for (let i = 0; i < count; i += 4) {
    const offsets = v128.load(OFFSETS + (<usize>i << 2))
    const to = target + (<usize>i << 3)
    v128.store(to, i64x2.add(bases, i64x2.extmul_low_i32x4_u(offsets, units)))
    v128.store(to, i64x2.add(bases, i64x2.extmul_high_i32x4_u(offsets, units)), 16)
  }
}
