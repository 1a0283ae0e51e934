// Reading a block: header and payload to what the integers of its stream mean. Everything is checked on the way, so
// that no bytes at all can make it trap or leave its scratch memory.

import { countValid } from '../aggregate/validity'
import { INTEGERS, PAYLOAD, STAGING, VALIDITY, VALUES } from '../memory/scratch'
import { cursorAddress, cursorAtEnd, cursorFailed, openCursor, take, takeByte, takeVarint } from './cursor'
import { isNarrow, storeDecoded } from './decoded'
import { MOST_DECIMALS, foldSigns, integersToFloats, narrowToFloats, powerOfTen } from './decimal'
import {
  FAMILY_DECIMALS,
  FAMILY_SPLIT,
  TYPE_BOOL,
  TYPE_F64,
  TYPE_STRING,
  TYPE_TIME,
  headerFamily,
  headerIsSound,
  headerMode,
  headerNulls,
  headerRows,
  headerType,
} from './header'
import { takeIntegers } from './integers'
import { takeSplit } from './split'
import { storeTimes, takeTimes } from './times'

export const BLOCK_OK: i32 = 0
export const BLOCK_BAD_HEADER: i32 = 1
const BLOCK_BAD_PAYLOAD: i32 = 2

let decimals: i32 = 0
let exceptions: i32 = 0
let exceptionPositions: usize = 0
let exceptionBits: usize = 0
let dictionaryCount: i32 = 0
let dictionaryBytes: usize = 0

// @ts-ignore: decorator
@inline
export function decimalPower(): f64 {
  return powerOfTen(decimals)
}

// @ts-ignore: decorator
@inline
export function decimalPlaces(): i32 {
  return decimals
}

// @ts-ignore: decorator
@inline
export function exceptionCount(): i32 {
  return exceptions
}

function takeValidity(rows: i32, nulls: i32): bool {
  if (nulls == 0) return true
  const bytes = (rows + 7) >> 3
  const source = take(bytes)
  if (cursorFailed()) return false
  memory.copy(VALIDITY, source, bytes)
  return countValid(rows) == rows - nulls
}

/** Reads decimals: digits, how many exceptions, the integers, the exceptions' positions and bits. */
function takeDecimals(rows: i32): i32 {
  decimals = takeByte()
  const announced = takeVarint()
  if (decimals > MOST_DECIMALS || announced > <u64>rows) return 0
  exceptions = <i32>announced
  const mode = takeIntegers(rows)
  exceptionPositions = take(exceptions * 2)
  exceptionBits = take(exceptions * 8)
  if (cursorFailed()) return 0
  for (let i = 0; i < exceptions; i++) {
    if (<i32>load<u16>(exceptionPositions + (<usize>i << 1)) >= rows) return 0
  }
  return mode
}

function takeContent(rows: i32): i32 {
  const family = headerFamily()
  if (family == FAMILY_DECIMALS) return takeDecimals(rows)
  if (family == FAMILY_SPLIT) return takeSplit(rows)
  if (headerType() == TYPE_TIME) return takeTimes(rows)
  return takeIntegers(rows)
}

/** Reads the block at `HEADER` and `PAYLOAD`, of which `bytes` bytes are there. */
export function openBlock(bytes: i32): i32 {
  return openBlockAt(PAYLOAD, bytes)
}

/**
 * Reads the block whose header is at `HEADER` and whose payload of `bytes` bytes is at `payload`, after which as many
 * bytes as after `PAYLOAD` may be read. Afterwards the integers are decoded and the validity of its rows, where some are
 * missing, is at `VALIDITY`.
 */
export function openBlockAt(payload: usize, bytes: i32): i32 {
  exceptions = 0
  decimals = 0
  if (!headerIsSound()) return BLOCK_BAD_HEADER
  openCursor(payload, bytes)
  const rows = headerRows()
  if (!takeValidity(rows, headerNulls())) return BLOCK_BAD_PAYLOAD
  const mode = takeContent(rows)
  if (cursorFailed() || mode == 0) return BLOCK_BAD_PAYLOAD
  if (mode != headerMode()) return BLOCK_BAD_HEADER
  if (headerType() != TYPE_STRING && !cursorAtEnd()) return BLOCK_BAD_PAYLOAD
  return BLOCK_OK
}

/** Writes the floats of an opened f64 block. Room for a multiple of four values is used. */
export function storeFloats(target: usize): void {
  const rows = headerRows()
  if (headerFamily() != FAMILY_DECIMALS) {
    const narrow = isNarrow()
    if (narrow) storeDecoded(rows, target)
    foldSigns(narrow ? target : INTEGERS, target, rows)
    return
  }
  if (isNarrow()) narrowToFloats(0, rows, decimals, target)
  else integersToFloats(rows, decimalPower(), target)
  for (let i = 0; i < exceptions; i++) {
    const row = <usize>load<u16>(exceptionPositions + (<usize>i << 1))
    store<u64>(target + (row << 3), load<u64>(exceptionBits + (<usize>i << 3)))
  }
}

/** Writes `count` floats, from one on, of an opened block of decimals that are narrow and have no exceptions. */
export function storeNarrowFloats(first: i32, count: i32, target: usize): void {
  if (isNarrow()) narrowToFloats(first, count, decimals, target)
}

/** Writes booleans as bytes to `STAGING`; anything but 0 is 1. */
function storeBooleans(rows: i32): void {
  storeDecoded(rows, VALUES)
  for (let row = 0; row < rows; row++) {
    store<u8>(STAGING + <usize>row, <u8>(load<u64>(VALUES + (<usize>row << 3)) != 0))
  }
}

/** Reads the lengths of the dictionary to `STAGING` as u32, the codes being at `VALUES`. Whether both can be. */
function takeDictionary(rows: i32): bool {
  const announced = takeVarint()
  if (cursorFailed() || announced < 1 || announced > <u64>rows) return false
  dictionaryCount = <i32>announced
  for (let row = 0; row < rows; row++) {
    if (load<u64>(VALUES + (<usize>row << 3)) >= <u64>dictionaryCount) return false
  }
  if (takeIntegers(dictionaryCount) == 0) return false
  storeDecoded(dictionaryCount, INTEGERS)
  for (let i = 0; i < dictionaryCount; i++) {
    const length = load<u64>(INTEGERS + (<usize>i << 3))
    if (length > 0x7fffffff) return false
    store<u32>(STAGING + (<usize>i << 2), <u32>length)
  }
  dictionaryBytes = cursorAddress() - PAYLOAD
  return true
}

/** Entries of the dictionary of the string block that was decoded last. */
export function dictionarySize(): i32 {
  return dictionaryCount
}

/** Where in the payload the bytes of the dictionary begin. */
export function dictionaryOffset(): i32 {
  return <i32>dictionaryBytes
}

/**
 * Decodes the block at `HEADER` and `PAYLOAD`: f64, i64 and times to `VALUES`, booleans as bytes to `STAGING`, codes of
 * strings to `VALUES` as u64 with the lengths of the dictionary at `STAGING` as u32.
 */
export function decodeBlock(bytes: i32): i32 {
  const status = openBlock(bytes)
  if (status != BLOCK_OK) return status
  const rows = headerRows()
  const type = headerType()
  if (type == TYPE_F64) storeFloats(VALUES)
  else if (type == TYPE_TIME) storeTimes(rows, VALUES)
  else if (type == TYPE_BOOL) storeBooleans(rows)
  else storeDecoded(rows, VALUES)
  if (type == TYPE_STRING && !takeDictionary(rows)) return BLOCK_BAD_PAYLOAD
  return BLOCK_OK
}
