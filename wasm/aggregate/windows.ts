// Windows of time, and the spans of rows that fall into one window each.

import { TYPE_TIME, headerNulls, headerRows, headerType } from '../codec/header'
import { storeTimes, timesFirst, timesLinear, timesStep } from '../codec/times'
import { BLOCK_ROWS, BULK_BLOCKS, SPANS, SPAN_BYTES, TIMES } from '../memory/scratch'

let origin: i64 = 0
let width: i64 = 0
let start: i64 = 0
let end: i64 = 0
let baseWindow: i64 = 0

let linear: bool = false
let firstTime: i64 = 0
let stepTime: i64 = 0
let times: usize = TIMES
/** Spans of the selected block, and of all blocks. */
let spanFrom: i32 = 0
let spanEnd: i32 = 0
let spanCount: i32 = 0

/** What is known of each block of times: where its spans begin u32, whether it is evenly spaced u32, first i64, step i64. */
const LINE_BYTES: usize = 24
const lines: usize = memory.data((BULK_BLOCKS + 1) * 24, 16)

// @ts-ignore: decorator
@inline
export function firstSpan(): i32 {
  return spanFrom
}

/** The span after the last one of the selected block. */
// @ts-ignore: decorator
@inline
export function lastSpan(): i32 {
  return spanEnd
}

/** Selects the spans and times of one of the blocks. */
export function selectBlock(block: i32): void {
  const line = lines + <usize>block * LINE_BYTES
  spanFrom = load<i32>(line)
  spanEnd = load<i32>(line + LINE_BYTES)
  linear = load<i32>(line, 4) != 0
  firstTime = load<i64>(line, 8)
  stepTime = load<i64>(line, 16)
  times = TIMES + <usize>(block * BLOCK_ROWS * 8)
}

/** Time of a row of the selected block. */
// @ts-ignore: decorator
@inline
export function timeOfRow(row: i32): i64 {
  return linear ? firstTime + <i64>row * stepTime : load<i64>(times + (<usize>row << 3))
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

/** Adds the spans of the rows of a block, whose times are known, and selects it. */
function split(block: i32, rows: i32): void {
  const even = linear && risesWithoutWrap(rows)
  let row = boundOf(start, 0, rows, even)
  const last = boundOf(end, row, rows, even)
  // Of evenly spaced rows as many are in every window where the width is a multiple of their distance.
  const rowsOfWindow = even && width > 0 && width % stepTime == 0 ? width / stepTime : 0
  let span = SPANS + <usize>(spanCount * SPAN_BYTES)
  let index: i64 = 0
  let after = end
  if (width > 0 && row < last) {
    const before = floorDivide(timeOfRow(row) - origin, width)
    index = before - baseWindow
    after = origin + (before + 1) * width
  }
  while (row < last) {
    let to = last
    if (width > 0) {
      const time = timeOfRow(row)
      if (time >= after) {
        const before = floorDivide(time - origin, width)
        index = before - baseWindow
        after = origin + (before + 1) * width
      }
      if (after > time) to = max(row + 1, boundOf(after, row, last, even))
    }
    store<i32>(span, row)
    store<i32>(span, to, 4)
    store<i32>(span, <i32>index, 8)
    span += SPAN_BYTES
    row = to
    // Whole windows follow one another without a division, up to the last.
    if (rowsOfWindow == 0) continue
    for (; <i64>row + rowsOfWindow <= <i64>last; row += <i32>rowsOfWindow) {
      index++
      after += width
      store<i32>(span, row)
      store<i32>(span, row + <i32>rowsOfWindow, 4)
      store<i32>(span, <i32>index, 8)
      span += SPAN_BYTES
    }
  }
  const line = lines + <usize>block * LINE_BYTES
  store<i32>(line, spanCount)
  store<i32>(line, <i32>linear, 4)
  store<i64>(line, firstTime, 8)
  store<i64>(line, stepTime, 16)
  spanCount = <i32>(span - SPANS) / SPAN_BYTES
  store<i32>(line + LINE_BYTES, spanCount)
  selectBlock(block)
}

/** Adds the spans of the block that was opened, the one after `block` others; whether it is of times. */
export function addSpans(block: i32): bool {
  if (block == 0) spanCount = 0
  if (headerType() != TYPE_TIME || headerNulls() != 0) return false
  linear = timesLinear()
  times = TIMES + <usize>(block * BLOCK_ROWS * 8)
  if (linear) {
    firstTime = timesFirst()
    stepTime = timesStep()
  } else {
    storeTimes(headerRows(), times)
  }
  split(block, headerRows())
  return true
}

/** Spans of `rows` ascending times at `TIMES`; returns how many there are. */
export function spansOfTimes(rows: i32): i32 {
  linear = false
  times = TIMES
  spanCount = 0
  split(0, rows)
  return spanCount
}

/** Spans of all blocks. */
export function spansNow(): i32 {
  return spanCount
}
