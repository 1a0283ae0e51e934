// Windows of time, and the spans of rows that fall into one window each.

import { BLOCK_OK, openBlock } from '../codec/block'
import { TYPE_TIME, headerNulls, headerRows, headerType } from '../codec/header'
import { storeTimes, timesFirst, timesLinear, timesStep } from '../codec/times'
import { SPANS, TIMES } from '../memory/scratch'

let origin: i64 = 0
let width: i64 = 0
let start: i64 = 0
let end: i64 = 0
let baseWindow: i64 = 0

let linear: bool = false
let firstTime: i64 = 0
let stepTime: i64 = 0
let spanCount: i32 = 0

// @ts-ignore: decorator
@inline
export function spansNow(): i32 {
  return spanCount
}

/** Time of a row of the block that the spans were made of. */
// @ts-ignore: decorator
@inline
export function timeOfRow(row: i32): i64 {
  return linear ? firstTime + <i64>row * stepTime : load<i64>(TIMES + (<usize>row << 3))
}

function floorDivide(value: i64, by: i64): i64 {
  const quotient = value / by
  return quotient - <i64>(value % by < 0)
}

/** Windows `[origin + k * width, origin + (k + 1) * width)` clipped to `[start, end)`; width 0 is one window. */
export function setWindows(windowOrigin: i64, windowWidth: i64, rangeStart: i64, rangeEnd: i64): void {
  origin = windowOrigin
  width = windowWidth
  start = rangeStart
  end = rangeEnd
  baseWindow = width > 0 ? floorDivide(start - origin, width) : 0
}

/** First row at or after `time` in `[from, to)`, for ascending times: galloping, then halving. */
function lowerBound(time: i64, from: i32, to: i32): i32 {
  let step = 1
  let below = from
  while (below < to && timeOfRow(below) < time) {
    from = below + 1
    below += step
    step <<= 1
  }
  to = min(to, below)
  while (from < to) {
    const middle = (from + to) >> 1
    if (timeOfRow(middle) < time) from = middle + 1
    else to = middle
  }
  return from
}

/** The same for evenly spaced times, by division. */
function lowerBoundLinear(time: i64, from: i32, to: i32): i32 {
  if (firstTime + <i64>from * stepTime >= time) return from
  const row = (<u64>time - <u64>firstTime - 1) / <u64>stepTime + 1
  return row < <u64>to ? <i32>row : to
}

/** Whether every time from the first to the last row is exact under the step, and rises. */
function risesWithoutWrap(rows: i32): bool {
  if (stepTime <= 0) return false
  const span = <u64>stepTime * <u64>(rows - 1)
  return stepTime < <i64>1 << 53 && span <= <u64>(i64.MAX_VALUE) - <u64>firstTime
}

// @ts-ignore: decorator
@inline
function boundOf(time: i64, from: i32, to: i32, even: bool): i32 {
  return even ? lowerBoundLinear(time, from, to) : lowerBound(time, from, to)
}

function split(rows: i32): i32 {
  const even = linear && risesWithoutWrap(rows)
  let row = boundOf(start, 0, rows, even)
  const last = boundOf(end, row, rows, even)
  spanCount = 0
  while (row < last) {
    const time = timeOfRow(row)
    let to = last
    let index: i64 = 0
    if (width > 0) {
      index = floorDivide(time - origin, width)
      const after = origin + (index + 1) * width
      if (after > time) to = max(row + 1, boundOf(after, row, last, even))
      index -= baseWindow
    }
    const span = SPANS + <usize>(spanCount * 12)
    store<i32>(span, row)
    store<i32>(span, to, 4)
    store<i32>(span, <i32>index, 8)
    spanCount++
    row = to
  }
  return spanCount
}

/** Spans of a time block at `HEADER` and `PAYLOAD`; -1 where it is none. */
export function spansOfBlock(bytes: i32): i32 {
  spanCount = 0
  if (openBlock(bytes) != BLOCK_OK || headerType() != TYPE_TIME || headerNulls() != 0) return -1
  linear = timesLinear()
  if (linear) {
    firstTime = timesFirst()
    stepTime = timesStep()
  } else {
    storeTimes(headerRows(), TIMES)
  }
  return split(headerRows())
}

/** Spans of `rows` ascending times at `TIMES`. */
export function spansOfTimes(rows: i32): i32 {
  linear = false
  return split(rows)
}
