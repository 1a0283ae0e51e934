// Writing a block: statistics, the encoding that costs least, header and payload.

import { maxFloats, minFloats, sumFloats, floatSumHigh, floatSumLow } from '../aggregate/float-span'
import {
  divideSum,
  integerMax,
  integerMin,
  integerSumHigh,
  integerSumLow,
  rangeIntegers,
  setIntegerSum,
  setOffsetSum,
  sumIntegers,
} from '../aggregate/integer-span'
import { offsetSum, spanOfOffsets } from '../aggregate/offset-span'
import { ROWS, compact, countValid, listRows, rowIsValid } from '../aggregate/validity'
import { xxh32Bits } from '../hash/xxh64'
import {
  DELTAS,
  EXCEPTION_BITS,
  EXCEPTION_POSITIONS,
  HEADER,
  INTEGERS,
  OFFSETS,
  PAYLOAD,
  STAGING,
  VALIDITY,
  VALUES,
} from '../memory/scratch'
import { putVarint } from './cursor'
import {
  chooseDecimals,
  foldSigns,
  leastScaled,
  mostScaled,
  powerOfTen,
  scaleToIntegers,
  scaleToWords,
  sumScaled,
} from './decimal'
import {
  FAMILY_DECIMALS,
  FAMILY_DICTIONARY,
  FAMILY_FLOAT_BITS,
  FAMILY_INTEGERS,
  FAMILY_SPLIT,
  FAMILY_TIMES,
  FLAG_ASCENDING,
  FLAG_NAN,
  TYPE_F64,
  TYPE_STRING,
  TYPE_TIME,
  putEncoding,
  putHeader,
} from './header'
import { putIntegers, putNarrowIntegers } from './integers'
import { scannedHigh, scannedLow, scannedNarrow } from './scan'
import { MANTISSA_BITS, putSplit } from './split'
import { putTimes } from './times'

/** Decimals with more exceptions than a third of the rows are stored by their bits. */
const EXCEPTION_SHARE: i32 = 3
/** Floats whose bits take more than the mantissa and so much are tried with exponents apart. */
const LEAST_EXPONENT_BITS: i32 = 2
/** With more than so many exceptions, decimals of 32 bits may be ones of more. */
const WORD_EXCEPTION_SHARE: i32 = 8

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
  let rises = i64x2.splat(-1)
  let i: usize = 8
  for (const end = <usize>rows << 3; i + 16 <= end; i += 16) {
    rises = v128.and(rises, i64x2.gt_s(v128.load(VALUES + i), v128.load(VALUES + i - 8)))
  }
  if (!i64x2.all_true(rises)) return false
  return i >= <usize>rows << 3 || load<i64>(VALUES + i) > load<i64>(VALUES + i - 8)
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

function putEnds(values: usize, count: i32): void {
  store<u64>(HEADER, load<u64>(values), 48)
  store<u64>(HEADER, load<u64>(values + (<usize>(count - 1) << 3)), 56)
}

/** Statistics of `count` f64 that are there, into the header. */
function putFloatStatistics(values: usize, count: i32): void {
  if (hasNan(values, count)) store<u8>(HEADER, <u8>FLAG_NAN, 6)
  putEnds(values, count)
  sumFloats(values, count)
  store<f64>(HEADER, minFloats(values, count), 16)
  store<f64>(HEADER, maxFloats(values, count), 24)
  store<f64>(HEADER, floatSumHigh(), 32)
  store<f64>(HEADER, floatSumLow(), 40)
}

function putIntegerStatistics(values: usize, count: i32): void {
  putEnds(values, count)
  rangeIntegers(values, count)
  store<i64>(HEADER, integerMin(), 16)
  store<i64>(HEADER, integerMax(), 24)
  sumIntegers(values, count)
  store<f64>(HEADER, integerSumHigh(), 32)
  store<f64>(HEADER, integerSumLow(), 40)
}

function putTimeStatistics(values: usize, count: i32, ascending: bool): void {
  putEnds(values, count)
  if (ascending) {
    store<u8>(HEADER, <u8>FLAG_ASCENDING, 6)
    store<i64>(HEADER, load<i64>(values), 16)
    store<i64>(HEADER, load<i64>(values + (<usize>(count - 1) << 3)), 24)
    return
  }
  rangeIntegers(values, count)
  store<i64>(HEADER, integerMin(), 16)
  store<i64>(HEADER, integerMax(), 24)
}

/** Statistics of a whole block of i64 or booleans, of which a stream was just written. */
function putStreamStatistics(values: usize, rows: i32): void {
  if (!scannedNarrow) {
    putIntegerStatistics(values, rows)
    return
  }
  putEnds(values, rows)
  store<i64>(HEADER, scannedLow, 16)
  store<i64>(HEADER, scannedHigh, 24)
  spanOfOffsets<u32>(OFFSETS, rows)
  setOffsetSum(offsetSum(), rows, scannedLow)
  store<f64>(HEADER, integerSumHigh(), 32)
  store<f64>(HEADER, integerSumLow(), 40)
}

/**
 * Statistics of a whole block of decimals without exceptions, from their integers. Where all have one sign, the sum of the
 * integers over the power is within an ulp of the sum of the floats.
 */
function putDecimalStatistics(values: usize, rows: i32, decimals: i32): void {
  const power = powerOfTen(decimals)
  if (decimals > 0 && leastScaled() < 0 && mostScaled() > 0) {
    sumFloats(values, rows)
    store<f64>(HEADER, floatSumHigh(), 32)
    store<f64>(HEADER, floatSumLow(), 40)
  } else {
    setIntegerSum(sumScaled())
    if (power != 1) divideSum(power)
    store<f64>(HEADER, integerSumHigh(), 32)
    store<f64>(HEADER, integerSumLow(), 40)
  }
  putEnds(values, rows)
  store<f64>(HEADER, <f64>leastScaled() / power, 16)
  store<f64>(HEADER, <f64>mostScaled() / power, 24)
}

function putFloatBits(values: usize, rows: i32, address: usize): usize {
  foldSigns(values, VALUES, rows)
  const end = putIntegers(VALUES, rows, false, address)
  putEncoding(FAMILY_FLOAT_BITS, load<u8>(address))
  if (<i32>(end - address) << 3 <= rows * (MANTISSA_BITS + LEAST_EXPONENT_BITS)) return end
  const splitEnd = putSplit(VALUES, rows, end)
  const bytes = splitEnd - end
  if (bytes >= end - address) return end
  memory.copy(address, end, bytes)
  putEncoding(FAMILY_SPLIT, load<u8>(address))
  return address + bytes
}

function putExceptions(exceptions: i32, address: usize): usize {
  memory.copy(address, EXCEPTION_POSITIONS, <usize>exceptions << 1)
  address += <usize>exceptions << 1
  memory.copy(address, EXCEPTION_BITS, <usize>exceptions << 3)
  return address + (<usize>exceptions << 3)
}

/** Writes decimals that are integers of 32 bits, of which range and words are known. */
function putWords(rows: i32, decimals: i32, exceptions: i32, address: usize): usize {
  store<u8>(address, <u8>decimals)
  const stream = putVarint(address + 1, exceptions)
  const end = putNarrowIntegers(rows, leastScaled(), mostScaled(), stream)
  putEncoding(FAMILY_DECIMALS, load<u8>(stream))
  return putExceptions(exceptions, end)
}

/** Writes floats; their statistics too, where `isWhole`. */
function putFloats(values: usize, rows: i32, isWhole: bool, address: usize): usize {
  const decimals = chooseDecimals(values, rows)
  let exceptions = decimals < 0 ? rows : scaleToWords(values, rows, decimals)
  if (exceptions >= 0 && exceptions * WORD_EXCEPTION_SHARE <= rows) {
    if (isWhole) {
      if (exceptions == 0) putDecimalStatistics(values, rows, decimals)
      else putFloatStatistics(values, rows)
    }
    return putWords(rows, decimals, exceptions, address)
  }
  if (isWhole) putFloatStatistics(values, rows)
  if (decimals < 0) return putFloatBits(values, rows, address)
  exceptions = scaleToIntegers(values, rows, decimals)
  if (exceptions * EXCEPTION_SHARE > rows) return putFloatBits(values, rows, address)
  store<u8>(address, <u8>decimals)
  const stream = putVarint(address + 1, exceptions)
  const end = putIntegers(INTEGERS, rows, false, stream)
  if (end + <usize>(exceptions * 10) > address + (<usize>rows << 3)) return putFloatBits(values, rows, address)
  putEncoding(FAMILY_DECIMALS, load<u8>(stream))
  return putExceptions(exceptions, end)
}

/** Writes the content of a block; its statistics too, where `isWhole`. */
function putContent(type: i32, values: usize, rows: i32, isWhole: bool, address: usize): usize {
  if (type == TYPE_F64) return putFloats(values, rows, isWhole, address)
  if (type == TYPE_TIME) {
    if (values != VALUES) memory.copy(VALUES, values, <usize>rows << 3)
    if (isWhole) putTimeStatistics(VALUES, rows, isAscending(rows))
    const end = putTimes(rows, address)
    putEncoding(FAMILY_TIMES, modeOfTimes(address))
    return end
  }
  const end = putIntegers(values, rows, false, address)
  putEncoding(type == TYPE_STRING ? FAMILY_DICTIONARY : FAMILY_INTEGERS, load<u8>(address))
  if (isWhole && type != TYPE_STRING) putStreamStatistics(values, rows)
  return end
}

/** The mode byte follows the unit and the first time. */
function modeOfTimes(address: usize): i32 {
  address++
  while (load<u8>(address) >= 128) address++
  return <i32>load<u8>(address, 1)
}

/** Begins the header of a block with missing rows: makes every slot of `VALUES` a value. */
function prepareSparse(type: i32, rows: i32, valid: i32): void {
  putHeader(type, rows, rows - valid)
  if (valid == 0) {
    memory.fill(VALUES, 0, <usize>rows << 3)
    return
  }
  listRows(rows)
  fillMissing(rows)
  if (type == TYPE_STRING) return
  memory.copy(DELTAS, VALUES, <usize>rows << 3)
  compact<u64>(DELTAS, valid)
  if (type == TYPE_F64) putFloatStatistics(DELTAS, valid)
  else if (type == TYPE_TIME) putTimeStatistics(DELTAS, valid, false)
  else putIntegerStatistics(DELTAS, valid)
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
  const valid = hasMissing ? countValid(rows) : rows
  if (valid == rows) return encodeWholeAt(type, VALUES, rows, payload)
  prepareSparse(type, rows, valid)
  return finishBlock(payload, putContent(type, VALUES, rows, false, putValidity(rows, payload)))
}

/** Encodes values of which none is missing. Up to three after the last one are read and may be anything. */
export function encodeWholeAt(type: i32, values: usize, rows: i32, payload: usize): i32 {
  putHeader(type, rows, 0)
  return finishBlock(payload, putContent(type, values, rows, true, payload))
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
  else widenWords(STAGING, count)
}

/** Brings `count` u32 to `VALUES` as u64. */
export function widenWords(source: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) store<u64>(VALUES + (i << 3), <u64>load<u32>(source + (i << 2)))
}

/** Brings `count` bytes to `VALUES` as u64. */
export function widenBytes(source: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) store<u64>(VALUES + (i << 3), <u64>load<u8>(source + i))
}
