// Deltas: every value as its distance from the one before, less a common step, packed. Narrow ones go in lane order,
// where several running sums go on at once; wide ones, and deltas of deltas, in natural order.

import { putPlane, putWidePlane, takeLaneSums, takeWidePlane } from '../bits/plane'
import { DELTAS, INTEGERS } from '../memory/scratch'
import { putSigned, putVarint, takeSigned, takeVarint } from './cursor'
import { decodedLanes, decodedWide } from './decoded'

/**
 * Deltas u32 at `DELTAS` of offsets over `low` that begin with `start`, in lanes of T; the first delta is not one and is
 * overwritten.
 */
export function putDelta<T>(low: i64, start: u32, step: u32, width: i32, count: i32, address: usize): usize {
  store<u32>(DELTAS, step)
  address = putSigned(address, low)
  address = putVarint(address, start)
  address = putSigned(address, <i64>(<i32>step))
  return putPlane<T>(DELTAS, count, step, width, true, address)
}

export function takeDelta<T>(count: i32): void {
  const low = takeSigned()
  const start = <T>takeVarint()
  const step = <T>takeSigned()
  takeLaneSums<T>(count, step, DELTAS)
  decodedLanes<T>(low, count, start - step, step)
}

/** Deltas u64 at `DELTAS` of values that begin with `first`. */
export function putWideDelta(first: i64, step: u64, width: i32, count: i32, address: usize): usize {
  store<u64>(DELTAS, step)
  address = putSigned(putSigned(address, first), <i64>step)
  return putWidePlane(DELTAS, count, step, width, address)
}

export function takeWideDelta(count: i32): void {
  const first = takeSigned()
  const step = takeSigned()
  takeWidePlane(count, INTEGERS)
  let value = first - step
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    value += step + load<i64>(INTEGERS + i)
    store<i64>(INTEGERS + i, value)
  }
  decodedWide()
}

/** Deltas of deltas u64 at `source`; the first two are not ones and are overwritten. */
export function putSecondDelta(source: usize, values: usize, step: u64, width: i32, count: i32, address: usize): usize {
  store<u64>(source, step)
  store<u64>(source, step, 8)
  const first = load<i64>(values)
  const delta = load<i64>(values, 8) - first
  address = putSigned(putSigned(putSigned(address, first), delta), <i64>step)
  return putWidePlane(source, count, step, width, address)
}

export function takeSecondDelta(count: i32): void {
  const first = takeSigned()
  const step = takeSigned()
  const bend = takeSigned()
  takeWidePlane(count, INTEGERS)
  let delta = step - bend - bend
  let value = first - step + bend
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    delta += bend + load<i64>(INTEGERS + i)
    value += delta
    store<i64>(INTEGERS + i, value)
  }
  decodedWide()
}
