// Run-length encoding: the value and the length of every run, each packed.

import { putPlane, putWidePlane, takePlane, takeWidePlane } from '../bits/plane'
import { bitLength } from '../bits/width'
import { INTEGERS, OFFSETS, RUN_LENGTHS, RUN_VALUES } from '../memory/scratch'
import { cursorFailed, failCursor, putSigned, putVarint, takeSigned, takeVarint } from './cursor'
import { decodedNarrow, decodedWide } from './decoded'

/** Runs of u32 or i64 that are `least` or more, the largest `top` bits above it, and mean integers over `low`. */
export function putRuns<T>(values: usize, low: i64, least: i64, top: i32, count: i32, address: usize): usize {
  let runs = 0
  let start = 0
  let longest = 0
  let value = load<T>(values)
  for (let i = 1; i <= count; i++) {
    if (i < count && load<T>(values + (<usize>i << alignof<T>())) == value) continue
    store<i64>(RUN_VALUES + (<usize>runs << 3), <i64>value)
    store<u32>(RUN_LENGTHS + (<usize>runs << 2), i - start - 1)
    longest = max(longest, i - start - 1)
    start = i
    runs++
    if (i < count) value = load<T>(values + (<usize>i << alignof<T>()))
  }
  address = putSigned(putVarint(address, runs), low)
  address = putWidePlane(RUN_VALUES, runs, <u64>least, top, address)
  return putPlane<u32>(RUN_LENGTHS, runs, 0, bitLength<u32>(longest), false, address)
}

/** Whether the lengths of the runs add up to `count`. */
function lengthsFit(runs: i32, count: i32): bool {
  let rows: u64 = 0
  for (let i = 0; i < runs; i++) rows += <u64>load<u32>(RUN_LENGTHS + (<usize>i << 2)) + 1
  return rows == <u64>count
}

function expand<T>(runs: i32, low: T, target: usize): void {
  let at = target
  for (let i = 0; i < runs; i++) {
    const value = <T>load<u64>(RUN_VALUES + (<usize>i << 3)) + low
    const end = at + ((<usize>load<u32>(RUN_LENGTHS + (<usize>i << 2)) + 1) << alignof<T>())
    for (; at < end; at += sizeof<T>()) store<T>(at, value)
  }
}

export function takeRuns(count: i32): void {
  const announced = takeVarint()
  const low = takeSigned()
  if (announced > <u64>count) failCursor()
  if (cursorFailed()) return
  const runs = <i32>announced
  takeWidePlane(runs, RUN_VALUES)
  takePlane<u32>(runs, RUN_LENGTHS)
  if (cursorFailed()) return
  if (!lengthsFit(runs, count)) {
    failCursor()
    return
  }
  let all: u64 = 0
  for (let i = 0; i < runs; i++) all |= load<u64>(RUN_VALUES + (<usize>i << 3))
  if (all >> 32 == 0) {
    expand<u32>(runs, 0, OFFSETS)
    decodedNarrow<u32>(low)
  } else {
    expand<u64>(runs, <u64>low, INTEGERS)
    decodedWide()
  }
}
