// Integer streams: a mode byte, then the encoding that costs least. Everything that is stored ends here: integers and
// times as they are, decimals after scaling, the bits of other floats, booleans and codes of strings.

import { bitLength, planRange, planWidth, plannedBase, plannedBits, plannedWidth } from '../bits/width'
import { DELTAS, INTEGERS, OFFSETS, RUN_VALUES } from '../memory/scratch'
import { takeDense } from '../dense/decode'
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
import {
  changes,
  highStep,
  lowStep,
  scanIntegers,
  scanWords,
  scannedHigh,
  scannedLow,
  scannedNarrow,
  storeDifferences,
} from './scan'

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
const MODE_BYTE_FRAME: i32 = 11
const MODE_BYTE_DELTA: i32 = 12
const MODE_SHORT_FRAME: i32 = 13
const MODE_SHORT_DELTA: i32 = 14

/** Runs pay where they are at least this long on average. */
const SHORTEST_MEAN_RUN: i32 = 4
const RUN_LENGTH_BITS: i32 = 10
const HOPELESS_BITS: i32 = 2
/** Whether a plane's width is taken from the range alone, without weighing patches. */
let quick: bool = false

/** How hard the writing of streams looks for what costs least; reading is not affected. */
export function setEffort(isQuick: bool): void {
  quick = isQuick
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
function plan<T>(values: usize, count: i32, least: T, top: i32): void {
  if (quick) planRange<T>(count, least, top)
  else planWidth<T>(values, count, least, top)
}

/**
 * Narrow integers go in the shortest lanes that hold their offsets. Patches hardly make up for a range of many more bits, so
 * what has that is not weighed.
 */
function considerNarrow(count: i32, top: i32): void {
  const stepTop = bitLength<u64>(<u64>highStep - <u64>lowStep)
  if (top <= stepTop + HOPELESS_BITS) {
    plan<u32>(OFFSETS, count, 0, top)
    consider(top <= 8 ? MODE_BYTE_FRAME : top <= 16 ? MODE_SHORT_FRAME : MODE_FRAME)
  }
  if (stepTop <= top + HOPELESS_BITS) {
    plan<u32>(DELTAS, count, <u32>lowStep, stepTop)
    consider(top <= 8 ? MODE_BYTE_DELTA : top <= 16 ? MODE_SHORT_DELTA : MODE_DELTA)
  }
}

function considerWide(values: usize, count: i32, top: i32): void {
  plan<u64>(values, count, <u64>scannedLow, top)
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

/** Chooses runs where they are long, else raw values, to begin with. */
function startChoice(count: i32, top: i32): void {
  chosen = MODE_RAW
  chosenBits = count << 6
  const runs = changes + 1
  if (runs * SHORTEST_MEAN_RUN > count) return
  chosen = MODE_RUNS
  chosenBits = runs * (top + RUN_LENGTH_BITS)
}

function putChosen(values: usize, count: i32, top: i32, address: usize): usize {
  const base = chosenBase
  const width = chosenWidth
  if (chosen == MODE_BYTE_FRAME) return putFrame<u8>(scannedLow, <u32>base, width, count, address)
  if (chosen == MODE_SHORT_FRAME) return putFrame<u16>(scannedLow, <u32>base, width, count, address)
  if (chosen == MODE_FRAME) return putFrame<u32>(scannedLow, <u32>base, width, count, address)
  if (chosen == MODE_WIDE_FRAME) return putWideFrame(values, <i64>base, width, count, address)
  if (chosen == MODE_RUNS && scannedNarrow) return putRuns<u32>(OFFSETS, scannedLow, 0, top, count, address)
  if (chosen == MODE_RUNS) return putRuns<i64>(values, scannedLow, scannedLow, top, count, address)
  if (chosen == MODE_SECOND_DELTA) return putSecondDelta(RUN_VALUES, values, base, width, count, address)
  const start = load<u32>(OFFSETS)
  if (chosen == MODE_BYTE_DELTA) return putDelta<u8>(scannedLow, start, <u32>base, width, count, address)
  if (chosen == MODE_SHORT_DELTA) return putDelta<u16>(scannedLow, start, <u32>base, width, count, address)
  if (chosen == MODE_DELTA) return putDelta<u32>(scannedLow, start, <u32>base, width, count, address)
  if (chosen == MODE_WIDE_DELTA) return putWideDelta(load<i64>(values), base, width, count, address)
  return putRaw(values, count, address)
}

/** Writes a stream of integers that are a step apart each. */
export function putLine(first: i64, step: i64, address: usize): usize {
  store<u8>(address, <u8>(step == 0 ? MODE_CONSTANT : MODE_LINEAR))
  return step == 0 ? putConstant(first, address + 1) : putLinear(first, step, address + 1)
}

/** Writes a stream of which range and steps are known. Narrow ones are at `OFFSETS`, others only at `values`. */
function putScanned(values: usize, count: i32, second: bool, address: usize): usize {
  if (scannedLow == scannedHigh) return putLine(scannedLow, 0, address)
  if (lowStep == highStep) {
    return putLine(scannedNarrow ? scannedLow + <i64>load<u32>(OFFSETS) : load<i64>(values), lowStep, address)
  }
  const top = bitLength<u64>(<u64>scannedHigh - <u64>scannedLow)
  startChoice(count, top)
  if (scannedNarrow) considerNarrow(count, top)
  else considerWide(values, count, top)
  if (second) considerSecond(values, count)
  store<u8>(address, <u8>chosen)
  const end = putChosen(values, count, top, address + 1)
  if (scannedNarrow || end <= address + 1 + (<usize>count << 3)) return end
  store<u8>(address, <u8>MODE_RAW)
  return putRaw(values, count, address + 1)
}

/**
 * Writes a stream of 1 to 1024 integers that are `least` to `most`, less than 2^31 apart, and returns the address after it.
 * Their low words are at `OFFSETS`, where their offsets over `least` are left.
 */
export function putNarrowIntegers(count: i32, least: i64, most: i64, address: usize): usize {
  scanWords(count, least, most)
  return putScanned(0, count, false, address)
}

/**
 * Writes a stream of 1 to 1024 i64 and returns the address after it. `second` also tries deltas of deltas, which then
 * use `INTEGERS`, where the values must not be. Up to three values after the last one are read and may be anything.
 */
export function putIntegers(values: usize, count: i32, second: bool, address: usize): usize {
  scanIntegers(values, count)
  return putScanned(values, count, second && !quick && count > 2, address)
}

/** Reads a stream of `count` integers and returns its mode. What it leaves is told by `decoded.ts`. */
export function takeIntegers(count: i32): i32 {
  const mode = takeByte()
  decodedWide()
  if (mode == MODE_BYTE_DELTA) takeDelta<u8>(count)
  else if (mode == MODE_SHORT_DELTA) takeDelta<u16>(count)
  else if (mode == MODE_DELTA) takeDelta<u32>(count)
  else if (mode == MODE_BYTE_FRAME) takeFrame<u8>(count)
  else if (mode == MODE_SHORT_FRAME) takeFrame<u16>(count)
  else if (mode == MODE_FRAME) takeFrame<u32>(count)
  else if (mode == MODE_CONSTANT) takeConstant(count)
  else if (mode == MODE_LINEAR) takeLinear(count)
  else if (mode == MODE_RUNS) takeRuns(count)
  else if (mode == MODE_WIDE_FRAME) takeWideFrame(count)
  else if (mode == MODE_WIDE_DELTA) takeWideDelta(count)
  else if (mode == MODE_SECOND_DELTA) takeSecondDelta(count)
  else if (mode == MODE_RAW) takeRaw(count)
  else if (mode == MODE_DENSE) takeDense(count)
  else failCursor()
  return cursorFailed() ? 0 : mode
}
