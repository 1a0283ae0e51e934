// Writing a block: statistics, the encoding that costs least, header and payload.

import { maxFloats, minFloats, sumFloats, floatSumHigh, floatSumLow } from '../aggregate/float-span'
import {
  integerMax,
  integerMin,
  integerSumHigh,
  integerSumLow,
  rangeIntegers,
  sumIntegers,
} from '../aggregate/integer-span'
import { ROWS, compact, countValid, listRows, rowIsValid } from '../aggregate/validity'
import { xxh32Bits } from '../hash/xxh64'
import {
  DELTAS,
  EXCEPTION_BITS,
  EXCEPTION_POSITIONS,
  HEADER,
  INTEGERS,
  PAYLOAD,
  STAGING,
  VALIDITY,
  VALUES,
} from '../memory/scratch'
import { putVarint } from './cursor'
import { chooseDecimals, foldSigns, scaleToIntegers } from './decimal'
import {
  FAMILY_DECIMALS,
  FAMILY_DICTIONARY,
  FAMILY_FLOAT_BITS,
  FAMILY_INTEGERS,
  FAMILY_TIMES,
  FLAG_ASCENDING,
  FLAG_NAN,
  TYPE_F64,
  TYPE_STRING,
  TYPE_TIME,
  putEncoding,
  putHeader,
} from './header'
import { putIntegers } from './integers'
import { putTimes } from './times'

/** Decimals with more exceptions than a third of the rows are stored by their bits. */
const EXCEPTION_SHARE: i32 = 3

/**
 * Missing slots take the value before them, the leading ones the first that is there, so that they cost next to
 * nothing.
 */
function fillMissing(rows: i32): void {
  const first = <usize>load<u16>(ROWS)
  let value = load<u64>(VALUES + (first << 3))
  for (let row = 0; row < rows; row++) {
    const slot = VALUES + (<usize>row << 3)
    if (rowIsValid(row)) value = load<u64>(slot)
    else store<u64>(slot, value)
  }
}

/** Clears bits after the last row, so that equal blocks have equal bytes. */
function putValidity(rows: i32, address: usize): usize {
  const bytes = (rows + 7) >> 3
  memory.copy(address, VALIDITY, bytes)
  const last = address + <usize>bytes - 1
  if ((rows & 7) != 0) store<u8>(last, <u8>(<i32>load<u8>(last) & ((1 << (rows & 7)) - 1)))
  return address + <usize>bytes
}

function isAscending(rows: i32): bool {
  for (let i: usize = 8; i < <usize>rows << 3; i += 8) {
    if (load<i64>(VALUES + i) <= load<i64>(VALUES + i - 8)) return false
  }
  return true
}

function hasNan(values: usize, count: i32): bool {
  let found = i64x2.splat(0)
  let at = values
  const end = values + (<usize>count << 3)
  for (; at + 16 <= end; at += 16) {
    const some = v128.load(at)
    found = v128.or(found, f64x2.ne(some, some))
  }
  return v128.any_true(found) || (at < end && isNaN(load<f64>(at)))
}

/** Statistics of `count` values that are there, into the header. */
function putStatistics(type: i32, values: usize, count: i32): void {
  store<u64>(HEADER, load<u64>(values), 48)
  store<u64>(HEADER, load<u64>(values + (<usize>(count - 1) << 3)), 56)
  if (type == TYPE_F64) {
    sumFloats(values, count)
    store<f64>(HEADER, minFloats(values, count), 16)
    store<f64>(HEADER, maxFloats(values, count), 24)
    store<f64>(HEADER, floatSumHigh(), 32)
    store<f64>(HEADER, floatSumLow(), 40)
    return
  }
  rangeIntegers(values, count)
  store<i64>(HEADER, integerMin(), 16)
  store<i64>(HEADER, integerMax(), 24)
  if (type == TYPE_TIME) return
  sumIntegers(values, count)
  store<f64>(HEADER, integerSumHigh(), 32)
  store<f64>(HEADER, integerSumLow(), 40)
}

function putFloatBits(rows: i32, address: usize): usize {
  foldSigns(VALUES, VALUES, rows)
  const end = putIntegers(VALUES, rows, false, address)
  putEncoding(FAMILY_FLOAT_BITS, load<u8>(address))
  return end
}

function putFloats(rows: i32, address: usize): usize {
  const decimals = chooseDecimals(rows)
  if (decimals < 0) return putFloatBits(rows, address)
  const exceptions = scaleToIntegers(rows, decimals)
  if (exceptions * EXCEPTION_SHARE > rows) return putFloatBits(rows, address)
  store<u8>(address, <u8>decimals)
  const stream = putVarint(address + 1, exceptions)
  let end = putIntegers(INTEGERS, rows, false, stream)
  const positions = <usize>exceptions << 1
  const bits = <usize>exceptions << 3
  if (end + positions + bits > address + (<usize>rows << 3)) return putFloatBits(rows, address)
  memory.copy(end, EXCEPTION_POSITIONS, positions)
  memory.copy(end + positions, EXCEPTION_BITS, bits)
  putEncoding(FAMILY_DECIMALS, load<u8>(stream))
  return end + positions + bits
}

function putContent(type: i32, rows: i32, address: usize): usize {
  if (type == TYPE_F64) return putFloats(rows, address)
  if (type == TYPE_TIME) {
    const end = putTimes(rows, address)
    const mode = modeOfTimes(address)
    putEncoding(FAMILY_TIMES, mode)
    return end
  }
  const end = putIntegers(VALUES, rows, false, address)
  putEncoding(type == TYPE_STRING ? FAMILY_DICTIONARY : FAMILY_INTEGERS, load<u8>(address))
  return end
}

/** The mode byte follows the unit and the first time. */
function modeOfTimes(address: usize): i32 {
  address++
  while (load<u8>(address) >= 128) address++
  return <i32>load<u8>(address, 1)
}

/** Statistics and missing rows: makes every slot of `VALUES` a value. Returns how many are missing. */
function prepare(type: i32, rows: i32, hasMissing: bool): i32 {
  const valid = hasMissing ? countValid(rows) : rows
  if (valid == 0) {
    memory.fill(VALUES, 0, <usize>rows << 3)
    putHeader(type, rows, rows, 0)
    return rows
  }
  let dense = VALUES
  if (valid < rows) {
    listRows(rows)
    fillMissing(rows)
    dense = DELTAS
    memory.copy(DELTAS, VALUES, <usize>rows << 3)
    compact<u64>(DELTAS, valid)
  }
  let flags = 0
  if (type == TYPE_TIME && valid == rows && isAscending(rows)) flags = FLAG_ASCENDING
  if (type == TYPE_F64 && hasNan(dense, valid)) flags = FLAG_NAN
  putHeader(type, rows, rows - valid, flags)
  if (type != TYPE_STRING) putStatistics(type, dense, valid)
  return rows - valid
}

/** Completes the header with the size and the checksum of a payload that lies in one piece. */
export function finishBlock(payload: usize, end: usize): i32 {
  const bytes = <i32>(end - payload)
  store<u32>(HEADER, bytes, 8)
  store<u32>(HEADER, xxh32Bits(payload, bytes), 12)
  return bytes
}

/**
 * Encodes `rows` values of `type` at `VALUES` (codes of strings as u64), of which `VALIDITY` tells the missing where
 * `hasMissing`. Leaves the header at `HEADER` and the payload at `PAYLOAD`, and returns the payload's bytes.
 */
export function encodeBlock(type: i32, rows: i32, hasMissing: bool): i32 {
  return encodeBlockAt(type, rows, hasMissing, PAYLOAD)
}

/** The same with the payload at `payload`, where there is as much room as at `PAYLOAD`. */
export function encodeBlockAt(type: i32, rows: i32, hasMissing: bool, payload: usize): i32 {
  const nulls = prepare(type, rows, hasMissing)
  let address = payload
  if (nulls > 0) address = putValidity(rows, address)
  return finishBlock(payload, putContent(type, rows, address))
}

/**
 * Appends the number and the lengths (u32 at `STAGING`) of a dictionary's strings to the payload; returns its bytes
 * now.
 */
export function appendLengths(count: i32, bytes: i32): i32 {
  for (let i = 0; i < count; i++) {
    store<u64>(VALUES + (<usize>i << 3), <u64>load<u32>(STAGING + (<usize>i << 2)))
  }
  const address = putVarint(PAYLOAD + <usize>bytes, count)
  return <i32>(putIntegers(VALUES, count, false, address) - PAYLOAD)
}

/** Brings `count` bytes (1) or u32 (4) at `STAGING` to `VALUES` as u64. */
export function widenStaging(count: i32, size: i32): void {
  if (size == 1) widenBytes(STAGING, count)
  else for (let i: usize = 0; i < <usize>count; i++) store<u64>(VALUES + (i << 3), <u64>load<u32>(STAGING + (i << 2)))
}

/** Brings `count` bytes to `VALUES` as u64. */
export function widenBytes(source: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) store<u64>(VALUES + (i << 3), <u64>load<u8>(source + i))
}
