// Aggregate states of a block's spans, straight from what its integers decode to where that is possible.

import { decimalPower, exceptionCount, storeFloats } from '../codec/block'
import { carryOfLanes, hasWholeLanes, isNarrow, narrowLow, offsetBytes, stepOfLanes, storeDecoded } from '../codec/decoded'
import { FAMILY_DECIMALS, TYPE_F64, headerFamily, headerNulls, headerRows, headerType } from '../codec/header'
import { DELTAS, OFFSETS, SPANS, SPAN_BYTES, STATES, STATE_BYTES, VALUES } from '../memory/scratch'
import {
  floatMean,
  floatSquares,
  floatSumHigh,
  floatSumLow,
  maxFloats,
  minFloats,
  momentsOfFloats,
  sumFloats,
} from './float-span'
import { areExact, putSpans } from './four-spans'
import { integerMax, integerMin, integerSumHigh, integerSumLow, rangeIntegers, sumIntegers } from './integer-span'
import { spanOfLanes } from './lane-span'
import { offsetAt, putKnownSpan, putNarrowEnds, putNarrowSpan, setScale } from './narrow-span'
import { ROWS, compact, listRows } from './validity'
import { firstSpan, lastSpan, timeOfRow } from './windows'

const SUM: i32 = 1
const MIN: i32 = 2
const MAX: i32 = 4
const FIRST: i32 = 8
const LAST: i32 = 16
const MOMENTS: i32 = 32

/** How the values lie in memory, and what they mean. */
const KIND_FLOATS: i32 = 0
const KIND_INTEGERS: i32 = 1
const KIND_OFFSETS: i32 = 2
const KIND_DECIMALS: i32 = 3

/** Where values that moments are made of lie as floats. */
let floats: usize = VALUES

function storeOffsetFloats<T>(count: i32): void {
  for (let i = 0; i < count; i++) store<f64>(DELTAS + (<usize>i << 3), <f64>(narrowLow() + <i64>offsetAt<T>(i)))
}

/** Floats of integers, for moments. */
function storeMomentFloats(kind: i32, count: i32): void {
  floats = VALUES
  if (kind == KIND_FLOATS) return
  floats = DELTAS
  if (kind != KIND_OFFSETS) {
    for (let i: usize = 0; i < <usize>count << 3; i += 8) store<f64>(DELTAS + i, <f64>load<i64>(VALUES + i))
  } else if (offsetBytes() == 1) storeOffsetFloats<u8>(count)
  else if (offsetBytes() == 2) storeOffsetFloats<u16>(count)
  else storeOffsetFloats<u32>(count)
}

function putFloatState(state: usize, from: i32, count: i32, mask: i32): void {
  const values = VALUES + (<usize>from << 3)
  if (mask & SUM) {
    sumFloats(values, count)
    store<f64>(state, floatSumHigh(), 8)
    store<f64>(state, floatSumLow(), 16)
  }
  if (mask & MIN) store<f64>(state, minFloats(values, count), 24)
  if (mask & MAX) store<f64>(state, maxFloats(values, count), 32)
  store<u64>(state, load<u64>(values), 40)
  store<u64>(state, load<u64>(values + (<usize>(count - 1) << 3)), 48)
}

function putIntegerState(state: usize, from: i32, count: i32, mask: i32): void {
  const values = VALUES + (<usize>from << 3)
  if (mask & SUM) {
    sumIntegers(values, count)
    store<f64>(state, integerSumHigh(), 8)
    store<f64>(state, integerSumLow(), 16)
  }
  if (mask & (MIN | MAX)) {
    rangeIntegers(values, count)
    store<i64>(state, integerMin(), 24)
    store<i64>(state, integerMax(), 32)
  }
  store<u64>(state, load<u64>(values), 40)
  store<u64>(state, load<u64>(values + (<usize>(count - 1) << 3)), 48)
}

function putState(kind: i32, state: usize, from: i32, count: i32, mask: i32): void {
  if (kind == KIND_FLOATS) putFloatState(state, from, count, mask)
  else if (kind == KIND_INTEGERS) putIntegerState(state, from, count, mask)
  else if (offsetBytes() == 1) putNarrowSpan<u8>(state, from, count, kind == KIND_DECIMALS, mask)
  else if (offsetBytes() == 2) putNarrowSpan<u16>(state, from, count, kind == KIND_DECIMALS, mask)
  else putNarrowSpan<u32>(state, from, count, kind == KIND_DECIMALS, mask)
  if ((mask & MOMENTS) == 0) return
  momentsOfFloats(floats + (<usize>from << 3), count)
  store<f64>(state, floatMean(), 72)
  store<f64>(state, floatSquares(), 80)
}

/** States of every span. `valid` is the number of values where the missing were left out by `compact`, else -1. */
function aggregate(kind: i32, valid: i32, mask: i32): void {
  let dense = 0
  const end = lastSpan()
  for (let i = firstSpan(); i < end; i++) {
    const span = SPANS + <usize>(i * SPAN_BYTES)
    const state = STATES + <usize>(i * STATE_BYTES)
    let from = load<i32>(span)
    const to = load<i32>(span, 4)
    let count = to - from
    let firstRow = from
    let lastRow = to - 1
    if (valid >= 0) {
      while (dense < valid && <i32>load<u16>(ROWS + (<usize>dense << 1)) < from) dense++
      from = dense
      while (dense < valid && <i32>load<u16>(ROWS + (<usize>dense << 1)) < to) dense++
      count = dense - from
      firstRow = <i32>load<u16>(ROWS + (<usize>from << 1))
      lastRow = count > 0 ? <i32>load<u16>(ROWS + (<usize>(dense - 1) << 1)) : firstRow
    }
    store<f64>(state, <f64>count)
    if (count == 0) {
      memory.fill(state, 0, STATE_BYTES)
      continue
    }
    putState(kind, state, from, count, mask)
    if (mask & FIRST) store<i64>(state, timeOfRow(firstRow), 56)
    if (mask & LAST) store<i64>(state, timeOfRow(lastRow), 64)
  }
}

/** First and last value of every span, with their times, where these are asked for. */
function putEnds<T>(isDecimal: bool, mask: i32): void {
  if ((mask & (FIRST | LAST)) == 0) return
  const end = lastSpan()
  for (let i = firstSpan(); i < end; i++) {
    const span = SPANS + <usize>(i * SPAN_BYTES)
    const state = STATES + <usize>(i * STATE_BYTES)
    const from = load<i32>(span)
    const to = load<i32>(span, 4)
    putNarrowEnds<T>(state, from, to - from, isDecimal, mask)
    if (mask & FIRST) store<i64>(state, timeOfRow(from), 56)
    if (mask & LAST) store<i64>(state, timeOfRow(to - 1), 64)
  }
}

// @ts-ignore: decorator
@inline
function putNarrowStates<T>(isDecimal: bool, mask: i32): void {
  putSpans<T>(firstSpan(), lastSpan(), isDecimal, (mask & SUM) != 0)
  putEnds<T>(isDecimal, mask)
}

/** States of every span of offsets, none of which is missing. */
function aggregateNarrow(isDecimal: bool, mask: i32): void {
  if (offsetBytes() == 1) putNarrowStates<u8>(isDecimal, mask)
  else if (offsetBytes() == 2) putNarrowStates<u16>(isDecimal, mask)
  else putNarrowStates<u32>(isDecimal, mask)
}

/** Brings the content of the opened block into the form that its spans are aggregated from. */
function materialise(type: i32, mask: i32): i32 {
  if (type == TYPE_F64) {
    if (isPlainDecimals() && (mask & MOMENTS) == 0 && isNarrow()) return KIND_DECIMALS
    storeFloats(VALUES)
    return KIND_FLOATS
  }
  if (isNarrow()) return KIND_OFFSETS
  storeDecoded(headerRows(), VALUES)
  return KIND_INTEGERS
}

function isPlainDecimals(): bool {
  return headerFamily() == FAMILY_DECIMALS && exceptionCount() == 0
}

/** Whether the one span of the selected block is all of `rows` rows. */
function spansAll(rows: i32): bool {
  if (lastSpan() - firstSpan() != 1) return false
  const span = SPANS + <usize>(firstSpan() * SPAN_BYTES)
  return load<i32>(span) == 0 && load<i32>(span, 4) == rows
}

/** The state of a whole block from the lanes of its deltas; false where it has no such, or more is asked for than they tell. */
function aggregateLanes(type: i32, rows: i32, mask: i32): bool {
  if (!hasWholeLanes() || (mask & (FIRST | LAST | MOMENTS)) != 0 || headerNulls() > 0 || !spansAll(rows)) return false
  if (type == TYPE_F64 && !isPlainDecimals()) return false
  spanOfLanes(offsetBytes(), DELTAS, rows, carryOfLanes(), stepOfLanes())
  const state = STATES + <usize>(firstSpan() * STATE_BYTES)
  store<f64>(state, <f64>rows)
  putKnownSpan(state, 0, rows, type == TYPE_F64, mask)
  return true
}

/** Where the spans end, which must be within the block. */
function lastSpanEnd(): i32 {
  return lastSpan() > firstSpan() ? load<i32>(SPANS + <usize>((lastSpan() - 1) * SPAN_BYTES), 4) : 0
}

/** States of the spans of a block that has no values. */
export function clearStates(): void {
  memory.fill(STATES + <usize>(firstSpan() * STATE_BYTES), 0, <usize>((lastSpan() - firstSpan()) * STATE_BYTES))
}

/** States of the field block that was opened, over the spans of the selected block; false where these end after it. */
export function aggregateOpened(mask: i32): bool {
  const type = headerType()
  const rows = headerRows()
  if (rows < lastSpanEnd()) return false
  setScale(narrowLow(), type == TYPE_F64 ? decimalPower() : 1)
  if (aggregateLanes(type, rows, mask)) return true
  const kind = materialise(type, mask)
  if (headerNulls() == 0 && (mask & MOMENTS) == 0 && kind >= KIND_OFFSETS && areExact()) {
    aggregateNarrow(kind == KIND_DECIMALS, mask)
    return true
  }
  let valid = -1
  if (headerNulls() > 0) {
    valid = listRows(rows)
    if (kind == KIND_FLOATS || kind == KIND_INTEGERS) compact<u64>(VALUES, valid)
    else if (offsetBytes() == 1) compact<u8>(OFFSETS, valid)
    else if (offsetBytes() == 2) compact<u16>(OFFSETS, valid)
    else compact<u32>(OFFSETS, valid)
  }
  if (mask & MOMENTS) storeMomentFloats(kind, valid < 0 ? rows : valid)
  aggregate(kind, valid, mask)
  return true
}

/**
 * States of `rows` values at `VALUES`, f64 where `isFloat`, else i64; `VALIDITY` tells which count where
 * `hasMissing`.
 */
export function aggregateRows(rows: i32, isFloat: bool, hasMissing: bool, mask: i32): void {
  const kind = isFloat ? KIND_FLOATS : KIND_INTEGERS
  let valid = -1
  if (hasMissing) {
    valid = listRows(rows)
    compact<u64>(VALUES, valid)
  }
  if (mask & MOMENTS) storeMomentFloats(kind, valid < 0 ? rows : valid)
  aggregate(kind, valid, mask)
}

/** Counts of the rows of every span, all or those of `VALIDITY`. */
export function countRows(hasMissing: bool): void {
  const end = lastSpan()
  const valid = hasMissing ? listRows(lastSpanEnd()) : -1
  let dense = 0
  for (let i = firstSpan(); i < end; i++) {
    const span = SPANS + <usize>(i * SPAN_BYTES)
    const to = load<i32>(span, 4)
    let count = to - load<i32>(span)
    if (valid >= 0) {
      while (dense < valid && <i32>load<u16>(ROWS + (<usize>dense << 1)) < load<i32>(span)) dense++
      const from = dense
      while (dense < valid && <i32>load<u16>(ROWS + (<usize>dense << 1)) < to) dense++
      count = dense - from
    }
    store<f64>(STATES + <usize>(i * STATE_BYTES), <f64>count)
  }
}
