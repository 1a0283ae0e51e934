// Integer streams: a mode byte, then the encoding that costs least. Everything that is stored ends here: integers and
// times as they are, decimals after scaling, the bits of other floats, booleans and codes of strings.

import { bitLength, planRange, planWidth, plannedBase, plannedBits, plannedWidth } from '../bits/width'
import { DELTAS, INTEGERS, OFFSETS, RUN_VALUES } from '../memory/scratch'
import { cursorFailed, failCursor, takeByte } from './cursor'
import { decodedWide } from './decoded'
import {
  putDelta,
  putSecondDelta,
  putWideDelta,
  takeDelta,
  takeSecondDelta,
  takeWideDelta,
} from './delta'
import { putFrame, putWideFrame, takeFrame, takeWideFrame } from './frame'
import { putConstant, putLinear, putRaw, takeConstant, takeLinear, takeRaw } from './linear'
import { putRuns, takeRuns } from './runs'
import { takeDense } from '../dense/decode'

const MODE_CONSTANT: i32 = 1
const MODE_LINEAR: i32 = 2
const MODE_RUNS: i32 = 3
const MODE_FRAME: i32 = 4
const MODE_WIDE_FRAME: i32 = 5
const MODE_DELTA: i32 = 6
const MODE_WIDE_DELTA: i32 = 7
const MODE_SECOND_DELTA: i32 = 8
const MODE_RAW: i32 = 9
export const MODE_DENSE: i32 = 10

/** Runs pay where they are at least this long on average. */
const SHORTEST_MEAN_RUN: i32 = 4
const RUN_LENGTH_BITS: i32 = 10
/** Ranges up to this are handled in 32 bits, where differences then have a sign. */
const NARROW_BITS: i32 = 31

/** Whether a plane's width is taken from the range alone, without weighing patches. */
let quick: bool = false

/** How hard the writing of streams looks for what costs least; reading is not affected. */
export function setEffort(isQuick: bool): void {
  quick = isQuick
}

let low: i64 = 0
let high: i64 = 0
let lowStep: i64 = 0
let highStep: i64 = 0
let changes: i32 = 0

// @ts-ignore: decorator
@inline
function smaller(a: v128, b: v128): v128 {
  return v128.bitselect(b, a, i64x2.gt_s(a, b))
}

// @ts-ignore: decorator
@inline
function larger(a: v128, b: v128): v128 {
  return v128.bitselect(a, b, i64x2.gt_s(a, b))
}

/** Range of the values. */
function scanRange(values: usize, count: i32): void {
  let lowA = i64x2.splat(load<i64>(values))
  let lowB = lowA
  let highA = lowA
  let highB = lowA
  let at = values
  const end = values + (<usize>count << 3)
  for (; at + 32 <= end; at += 32) {
    const a = v128.load(at)
    const b = v128.load(at, 16)
    lowA = smaller(lowA, a)
    lowB = smaller(lowB, b)
    highA = larger(highA, a)
    highB = larger(highB, b)
  }
  lowA = smaller(lowA, lowB)
  highA = larger(highA, highB)
  low = min(i64x2.extract_lane(lowA, 0), i64x2.extract_lane(lowA, 1))
  high = max(i64x2.extract_lane(highA, 0), i64x2.extract_lane(highA, 1))
  for (; at < end; at += 8) {
    low = min(low, load<i64>(at))
    high = max(high, load<i64>(at))
  }
}

/**
 * Differences u64 of neighbours at `DELTAS`, the first of which repeats the second; their range; how many are not 0.
 */
function scanSteps(values: usize, count: i32): void {
  storeDifferences(values, count, DELTAS)
  const first = load<i64>(DELTAS)
  let lows = i64x2.splat(first)
  let highs = lows
  let zeros = i64x2.splat(0)
  let i = 1
  for (; i + 1 < count; i += 2) {
    const steps = v128.load(DELTAS + (<usize>i << 3))
    lows = smaller(lows, steps)
    highs = larger(highs, steps)
    zeros = i64x2.sub(zeros, i64x2.eq(steps, i64x2.splat(0)))
  }
  changes = i - 1 - <i32>(i64x2.extract_lane(zeros, 0) + i64x2.extract_lane(zeros, 1))
  lowStep = min(i64x2.extract_lane(lows, 0), i64x2.extract_lane(lows, 1))
  highStep = max(i64x2.extract_lane(highs, 0), i64x2.extract_lane(highs, 1))
  if (i >= count) return
  const step = load<i64>(DELTAS + (<usize>i << 3))
  lowStep = min(lowStep, step)
  highStep = max(highStep, step)
  changes += <i32>(step != 0)
}

/** Offsets u32 over `low` at `OFFSETS`, up to three after the last of any value. */
function storeOffsets(values: usize, count: i32): void {
  const base = i64x2.splat(low)
  for (let i = 0; i < count; i += 4) {
    const at = values + (<usize>i << 3)
    const a = i64x2.sub(v128.load(at), base)
    const b = i64x2.sub(v128.load(at, 16), base)
    v128.store(OFFSETS + (<usize>i << 2), v128.shuffle<i32>(a, b, 0, 2, 4, 6))
  }
}

/** The same as `scanSteps` of offsets below 2^31, u32 at `DELTAS`. */
function scanNarrowSteps(count: i32): void {
  const first = load<i32>(OFFSETS, 4) - load<i32>(OFFSETS)
  store<i32>(DELTAS, first)
  let lows = i32x4.splat(first)
  let highs = lows
  let zeros = i32x4.splat(0)
  let i = 1
  for (; i + 3 < count; i += 4) {
    const at = <usize>i << 2
    const steps = i32x4.sub(v128.load(OFFSETS + at), v128.load(OFFSETS + at - 4))
    v128.store(DELTAS + at, steps)
    lows = i32x4.min_s(lows, steps)
    highs = i32x4.max_s(highs, steps)
    zeros = i32x4.sub(zeros, i32x4.eq(steps, i32x4.splat(0)))
  }
  changes = i - 1
  changes -= i32x4.extract_lane(zeros, 0) + i32x4.extract_lane(zeros, 1)
  changes -= i32x4.extract_lane(zeros, 2) + i32x4.extract_lane(zeros, 3)
  let least = min(i32x4.extract_lane(lows, 0), i32x4.extract_lane(lows, 1))
  least = min(least, min(i32x4.extract_lane(lows, 2), i32x4.extract_lane(lows, 3)))
  let most = max(i32x4.extract_lane(highs, 0), i32x4.extract_lane(highs, 1))
  most = max(most, max(i32x4.extract_lane(highs, 2), i32x4.extract_lane(highs, 3)))
  for (; i < count; i++) {
    const at = <usize>i << 2
    const step = load<i32>(OFFSETS + at) - load<i32>(OFFSETS + at - 4)
    store<i32>(DELTAS + at, step)
    least = min(least, step)
    most = max(most, step)
    changes += <i32>(step != 0)
  }
  lowStep = <i64>least
  highStep = <i64>most
}

/** Differences u64 of neighbours, the first of which repeats the second. */
function storeDifferences(values: usize, count: i32, target: usize): void {
  for (let i = <usize>8; i < <usize>count << 3; i += 8) {
    store<u64>(target + i, load<u64>(values + i) - load<u64>(values + i - 8))
  }
  store<u64>(target, load<u64>(target, 8))
}

let chosen: i32 = 0
let chosenBits: i32 = 0
let chosenBase: u64 = 0
let chosenWidth: i32 = 0

function consider(mode: i32): void {
  if (plannedBits >= chosenBits) return
  chosen = mode
  chosenBits = plannedBits
  chosenBase = plannedBase
  chosenWidth = plannedWidth
}

// @ts-ignore: decorator
@inline
function plan<T>(values: usize, count: i32, low: T, top: i32): void {
  if (quick) planRange<T>(count, low, top)
  else planWidth<T>(values, count, low, top)
}

function considerNarrow(count: i32, top: i32): void {
  plan<u32>(OFFSETS, count, 0, top)
  consider(MODE_FRAME)
  plan<u32>(DELTAS, count, <u32>lowStep, bitLength<u64>(<u64>highStep - <u64>lowStep))
  consider(MODE_DELTA)
}

function considerWide(values: usize, count: i32, top: i32): void {
  plan<u64>(values, count, <u64>low, top)
  consider(MODE_WIDE_FRAME)
  plan<u64>(DELTAS, count, <u64>lowStep, bitLength<u64>(<u64>highStep - <u64>lowStep))
  consider(MODE_WIDE_DELTA)
}

function considerSecond(values: usize, count: i32): void {
  storeDifferences(values, count, INTEGERS)
  storeDifferences(INTEGERS, count, RUN_VALUES)
  store<u64>(RUN_VALUES, load<u64>(RUN_VALUES, 16))
  store<u64>(RUN_VALUES, load<u64>(RUN_VALUES, 16), 8)
  let least = i64.MAX_VALUE
  let most = i64.MIN_VALUE
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    least = min(least, load<i64>(RUN_VALUES + i))
    most = max(most, load<i64>(RUN_VALUES + i))
  }
  planWidth<u64>(RUN_VALUES, count, <u64>least, bitLength<u64>(<u64>most - <u64>least))
  consider(MODE_SECOND_DELTA)
}

function putChosen(values: usize, count: i32, top: i32, address: usize): usize {
  const base = chosenBase
  const width = chosenWidth
  if (chosen == MODE_FRAME) return putFrame(low, <u32>base, width, count, address)
  if (chosen == MODE_WIDE_FRAME) return putWideFrame(values, <i64>base, width, count, address)
  if (chosen == MODE_RUNS) return putRuns(values, low, top, count, address)
  if (chosen == MODE_SECOND_DELTA) return putSecondDelta(RUN_VALUES, values, base, width, count, address)
  if (chosen == MODE_DELTA) return putDelta(low, load<u32>(OFFSETS), <u32>base, width, count, address)
  if (chosen == MODE_WIDE_DELTA) return putWideDelta(load<i64>(values), base, width, count, address)
  return putRaw(values, count, address)
}

/**
 * Writes a stream of 1 to 1024 i64 and returns the address after it. `second` also tries deltas of deltas, which then
 * use `INTEGERS`, where the values must not be. Up to three values after the last one are read and may be anything.
 */
export function putIntegers(values: usize, count: i32, second: bool, address: usize): usize {
  scanRange(values, count)
  if (low == high) {
    store<u8>(address, <u8>MODE_CONSTANT)
    return putConstant(low, address + 1)
  }
  const top = bitLength<u64>(<u64>high - <u64>low)
  if (top <= NARROW_BITS) {
    storeOffsets(values, count)
    scanNarrowSteps(count)
  } else {
    scanSteps(values, count)
  }
  if (lowStep == highStep) {
    store<u8>(address, <u8>MODE_LINEAR)
    return putLinear(load<i64>(values), lowStep, address + 1)
  }
  const runs = changes + 1
  chosen = MODE_RAW
  chosenBits = count << 6
  if (runs * SHORTEST_MEAN_RUN <= count) {
    chosen = MODE_RUNS
    chosenBits = runs * (top + RUN_LENGTH_BITS)
  }
  if (top <= NARROW_BITS) considerNarrow(count, top)
  else considerWide(values, count, top)
  if (second && !quick && count > 2) considerSecond(values, count)
  store<u8>(address, <u8>chosen)
  const end = putChosen(values, count, top, address + 1)
  if (end <= address + 1 + (<usize>count << 3)) return end
  store<u8>(address, <u8>MODE_RAW)
  return putRaw(values, count, address + 1)
}

/** Reads a stream of `count` integers and returns its mode. What it leaves is told by `decoded.ts`. */
export function takeIntegers(count: i32): i32 {
  const mode = takeByte()
  decodedWide()
  if (mode == MODE_CONSTANT) takeConstant(count)
  else if (mode == MODE_LINEAR) takeLinear(count)
  else if (mode == MODE_RUNS) takeRuns(count)
  else if (mode == MODE_FRAME) takeFrame(count)
  else if (mode == MODE_WIDE_FRAME) takeWideFrame(count)
  else if (mode == MODE_DELTA) takeDelta(count)
  else if (mode == MODE_WIDE_DELTA) takeWideDelta(count)
  else if (mode == MODE_SECOND_DELTA) takeSecondDelta(count)
  else if (mode == MODE_RAW) takeRaw(count)
  else if (mode == MODE_DENSE) takeDense(count)
  else failCursor()
  return cursorFailed() ? 0 : mode
}
