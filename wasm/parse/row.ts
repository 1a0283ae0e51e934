import { allocate, release } from '../memory/heap'
import {
  BACKSLASH, COMMA, digitCount, DOT, eightDigits, equalBytes, EQUALS, fewDigits, findNewline, findQuote, HASH, invalidUtf8, MINUS,
  NEWLINE, powerOfTen, QUOTE, RETURN, SPACE, TAB, tailMask,
} from './bytes'
import { activate, beginRow, hasCreated, Key, keepRow, nameOf, noteMoved, undoRow } from './catalog'
import { exactPower } from './decimal'
import { internText } from './dictionary'
import { digitsToInteger, numberFloat, numberInteger, numberType, readNumber, skipDigits } from './number'
import {
  addColumn, BOOL, F64, FIELD, growPage, hasRoom, I64, isNone, Name, NO_TYPE, none, PAGE_ROWS, PAGE_TEXT_BYTES, setPresent,
  skipRows, STRING, Table, TAG,
} from './page'
import {
  fail, failConflict, failName, FIELD_IS_TAG, INVALID_TIME, INVALID_UTF8, INVALID_VALUE, LONG_KEY,
  MISSING_FIELD_EQUALS, MISSING_FIELD_KEY, MISSING_FIELDS, MISSING_LINE_END, MISSING_SEPARATOR, PAGE_FULL, RESERVED_NAME,
  TIME_RANGE, UNCLOSED_STRING,
} from './rejection'
import { isReserved, KEY_BYTES, keyOf } from './series-key'

/** Times outside of these bounds look like another precision: 1971 and 2200. */
const USUAL_START: i64 = 31536000000000000
const USUAL_NANOSECONDS: u64 = 7258118400000000000 - 31536000000000000

const LETTER_I: u8 = 105
/** Digits of a timestamp in nanoseconds from 2001 to 2262. */
const TIME_DIGITS: usize = 19

/** The end of the text that is there, where a newline is, and whether none of it is beyond ASCII. */
let textEnd: usize = 0
let textIsAscii = true
/** For rows without a timestamp, and nanoseconds in the unit of those that have one. */
let now: i64 = 0
let unit: i64 = 1

let lastKey: Key = none<Key>()
/** Where the newest timestamp of 19 digits and a newline is, and its value. */
let lastTimeText: usize = 0
let lastTime: i64 = 0

/** The table that the current row writes to. */
export let rowTable: Table = none<Table>()
/** How many rows were taken. */
export let rowCount: u32 = 0

export function useText(end: usize, ascii: bool): void {
  textEnd = end
  textIsAscii = ascii
  lastTimeText = 0
}

export function useTimes(rowsNow: i64, rowsUnit: i64): void {
  now = rowsNow
  unit = rowsUnit
  rowCount = 0
}

export function forgetLastKey(): void {
  lastKey = none<Key>()
}

/** Skips what is no row; returns where the row begins, or `textEnd`. */
export function skipEmptyLines(at: usize): usize {
  while (at < textEnd) {
    const byte = load<u8>(at)
    if (byte == SPACE || byte == TAB || byte == NEWLINE || (byte == RETURN && load<u8>(at, 1) == NEWLINE)) at++
    else if (byte == HASH) at = findNewline(at) + 1
    else return at
  }
  return textEnd
}

/** Takes the row at `start`; returns its end, or 0 where `failure` says why not, and then nothing of it is left. */
export function takeRow(start: usize): usize {
  beginRow()
  rowTable = none<Table>()
  const end = readRow(start)
  if (end == 0) undoRow(rowTable)
  return end
}

function readRow(start: usize): usize {
  const key = predictKey(start)
  if (isNone(key)) return 0
  const table = key.table
  rowTable = table
  const row = table.rows
  if (row == table.capacity) {
    if (row == PAGE_ROWS) return fail(PAGE_FULL, start)
    growPage(table)
  }
  let at = skipBlanks(start + key.bytes)
  if (isLineEnd(at)) return fail(MISSING_FIELDS, at)
  let fields: u32 = 0
  let previous = none<Name>()
  let predicted = table.firstField
  while (true) {
    let name = predicted
    if (!isNone(name) && beginsWith(at, name)) at += name.bytes + 1
    else {
      name = fieldOf(at, table)
      if (isNone(name)) return 0
      at += name.bytes + 1
      if (name.kept) {
        if (isNone(previous)) table.firstField = name
        else previous.next = name
      }
    }
    at = readField(at, name, row)
    if (at == 0) return 0
    fields++
    if (load<u8>(at) != COMMA) break
    at++
    previous = name
    predicted = name.next
  }
  return finishRow(start, at, key, fields)
}

// @ts-ignore: decorator
@inline
function predictKey(start: usize): Key {
  if (!isNone(lastKey)) {
    const next = lastKey.next
    if (!isNone(next) && load<u8>(start + next.bytes) == SPACE && equalBytes(start, next.text, next.bytes)) return next
  }
  return keyOf(start)
}

// @ts-ignore: decorator
@inline
function skipBlanks(at: usize): usize {
  let byte = load<u8>(at)
  while (byte == SPACE || byte == TAB) byte = load<u8>(++at)
  return at
}

// @ts-ignore: decorator
@inline
function isLineEnd(at: usize): bool {
  const byte = load<u8>(at)
  return byte == NEWLINE || (byte == RETURN && load<u8>(at, 1) == NEWLINE)
}

/** Whether a name and an equals sign are at `at`. */
// @ts-ignore: decorator
@inline
function beginsWith(at: usize, name: Name): bool {
  const bytes = <usize>name.bytes + 1
  if (bytes > 16) return equalBytes(at, name.text, bytes)
  const difference = v128.xor(v128.load(at), v128.load(name.text))
  return !v128.any_true(v128.and(difference, tailMask(bytes)))
}

/** The field whose key is at `at`. */
function fieldOf(start: usize, table: Table): Name {
  let at = start
  let escaped = false
  for (; ; at++) {
    const byte = load<u8>(at)
    if (byte == NEWLINE) break
    if (!escaped && (byte == EQUALS || byte == COMMA || byte == SPACE)) break
    escaped = byte == BACKSLASH
  }
  const bytes = <u32>(at - start)
  if (bytes == 0) return noField(fail(MISSING_FIELD_KEY, start))
  if (load<u8>(at) != EQUALS) return noField(failName(MISSING_FIELD_EQUALS, at, start, bytes))
  if (bytes > KEY_BYTES) return noField(fail(LONG_KEY, start))
  if (isReserved(start, bytes)) return noField(failName(RESERVED_NAME, start, start, bytes))
  const name = nameOf(table, start, bytes, FIELD)
  if (!isNone(name) && name.role == TAG) return noField(failName(FIELD_IS_TAG, start, start, bytes))
  return name
}

// @ts-ignore: decorator
@inline
function noField(nothing: usize): Name {
  return changetype<Name>(nothing)
}

/** Reads a value into the row's place in its column; returns the value's end, where a separator is. */
// @ts-ignore: decorator
@inline
function readField(at: usize, name: Name, row: u32): usize {
  if (name.filled == row && name.values != 0) {
    if (name.type == I64) {
      const end = quickInteger(at, name.values + (<usize>row << 3))
      if (end != 0) return present(name, row, end)
    } else if (name.type == F64) {
      const end = quickDecimal(at, name.values + (<usize>row << 3))
      if (end != 0) return present(name, row, end)
    }
  }
  return readValue(at, name, row)
}

// @ts-ignore: decorator
@inline
function present(name: Name, row: u32, end: usize): usize {
  if (name.validity != 0) setPresent(name.validity, row)
  name.filled = row + 1
  return end
}

/** An integer of at most 7 digits with its suffix and a plain separator, else 0. */
// @ts-ignore: decorator
@inline
function quickInteger(at: usize, place: usize): usize {
  const negative = load<u8>(at) == MINUS
  at += <usize>negative
  const word = load<u64>(at)
  const count = digitCount(word)
  if (count - 1 >= 7 || load<u8>(at + count) != LETTER_I || !isPlainSeparator(load<u8>(at + count, 1))) return 0
  const value = <i64>fewDigits(word, count)
  store<i64>(place, negative ? -value : value)
  return at + count + 1
}

/** A decimal of at most 7 digits before and 7 after the dot, or without dot, and a plain separator, else 0. */
// @ts-ignore: decorator
@inline
function quickDecimal(at: usize, place: usize): usize {
  const negative = load<u8>(at) == MINUS
  at += <usize>negative
  let word = load<u64>(at)
  const count = digitCount(word)
  if (count - 1 >= 7) return 0
  let digits = fewDigits(word, count)
  at += count
  let scale: u32 = 0
  if (load<u8>(at) == DOT) {
    word = load<u64>(at, 1)
    scale = digitCount(word)
    if (scale - 1 >= 7) return 0
    digits = digits * powerOfTen(scale) + fewDigits(word, scale)
    at += scale + 1
  }
  if (!isPlainSeparator(load<u8>(at))) return 0
  const value = <f64><i64>digits / exactPower(scale)
  store<f64>(place, negative ? -value : value)
  return at
}

// @ts-ignore: decorator
@inline
function isPlainSeparator(byte: u8): bool {
  return byte == COMMA || byte == SPACE
}

// @ts-ignore: decorator
@inline
function isSeparator(at: usize): bool {
  return isPlainSeparator(load<u8>(at)) || isLineEnd(at)
}

let valueType: u32 = 0
let stringStart: usize = 0
let stringBytes: u32 = 0
let stringEscaped = false
let truth = false

/** A value of any form, into a column of any length. */
function readValue(at: usize, name: Name, row: u32): usize {
  const byte = load<u8>(at)
  let end: usize
  if (byte == QUOTE) end = readString(at)
  else if (<u32>byte - 48 < 10 || byte == MINUS || byte == DOT) {
    end = readNumber(at)
    valueType = numberType
  } else end = readBoolean(at)
  if (end == 0) return 0
  if (!isSeparator(end)) return fail(MISSING_SEPARATOR, end)
  const type = name.type
  if (type == NO_TYPE) name.type = valueType
  else if (type != valueType && !(type == F64 && valueType == I64)) {
    return failConflict(at, at - 1 - name.bytes, name.bytes, type, valueType)
  }
  if (!prepareColumn(at, name, row)) return 0
  return storeValue(name, row) ? end : fail(PAGE_FULL, at)
}

/** Brings the column to the row's place: begins it, or leaves the rows between missing. */
function prepareColumn(at: usize, name: Name, row: u32): bool {
  if (name.values == 0) {
    if (!hasRoom(rowTable, 1, rowTable.columns + 1)) return fail(PAGE_FULL, at) != 0
    noteMoved(name)
    addColumn(rowTable, name)
  } else if (name.filled < row) noteMoved(name)
  if (name.filled < row) skipRows(rowTable, name, row)
  if (name.validity != 0) setPresent(name.validity, row)
  name.filled = row + 1
  return true
}

function storeValue(name: Name, row: u32): bool {
  switch (name.type) {
    case F64:
      store<f64>(name.values + (<usize>row << 3), valueType == I64 ? <f64>numberInteger : numberFloat)
      return true
    case I64:
      store<i64>(name.values + (<usize>row << 3), numberInteger)
      return true
    case BOOL:
      store<u8>(name.values + row, <u8>truth)
      return true
    default:
      return storeString(name, row)
  }
}

function storeString(name: Name, row: u32): bool {
  const dictionary = name.dictionary
  if (row > 0 && dictionary.textBytes + stringBytes > PAGE_TEXT_BYTES) return false
  const place = name.values + (<usize>row << 2)
  if (!stringEscaped) {
    store<u32>(place, internText(dictionary, stringStart, stringBytes))
    return true
  }
  const capacity = <usize>stringBytes + 16
  const plain = allocate(capacity)
  store<u32>(place, internText(dictionary, plain, unescapeString(plain)))
  release(plain, capacity)
  return true
}

/** Copies the string without its escapes; returns its bytes. */
function unescapeString(result: usize): u32 {
  const end = stringStart + stringBytes
  let at = result
  for (let from = stringStart; from < end; from++) {
    const next = load<u8>(from, 1)
    if (load<u8>(from) == BACKSLASH && (next == QUOTE || next == BACKSLASH)) from++
    store<u8>(at++, load<u8>(from))
  }
  return <u32>(at - result)
}

/** Reads a quoted string; a newline is text in it. */
function readString(start: usize): usize {
  stringEscaped = false
  let at = start + 1
  while (true) {
    at = findQuote(at, textEnd)
    if (at >= textEnd) return fail(UNCLOSED_STRING, start)
    if (load<u8>(at) == QUOTE) break
    const next = load<u8>(at, 1)
    const escape = next == QUOTE || next == BACKSLASH
    stringEscaped = stringEscaped || escape
    at += escape ? 2 : 1
  }
  stringStart = start + 1
  stringBytes = <u32>(at - stringStart)
  valueType = STRING
  return at + 1
}

function readBoolean(start: usize): usize {
  const word = load<u32>(start)
  const after = load<u8>(start, 4)
  const letter = word & 0xff
  truth = letter == 0x74 || letter == 0x54
  valueType = BOOL
  let bytes: usize = truth || letter == 0x66 || letter == 0x46 ? 1 : 0
  // true, True, TRUE; fals, Fals; FALS
  if (word == 0x65757274 || word == 0x65757254 || word == 0x45555254) bytes = 4
  else if ((word == 0x736c6166 || word == 0x736c6146) && after == 0x65) bytes = 5
  else if (word == 0x534c4146 && after == 0x45) bytes = 5
  return bytes != 0 && isSeparator(start + bytes) ? start + bytes : fail(INVALID_VALUE, start)
}

/** Reads the timestamp and keeps the row. */
// @ts-ignore: decorator
@inline
function finishRow(start: usize, separator: usize, key: Key, fields: u32): usize {
  let at = separator
  let time = now
  let end: usize
  if (load<u8>(at) == SPACE) at = skipBlanks(at)
  if (lastTimeText != 0 && isLastTime(at)) {
    time = lastTime
    end = at + TIME_DIGITS + 1
  } else if (load<u8>(at) == NEWLINE) end = at + 1
  else if (isLineEnd(at)) end = at + 2
  else {
    end = readTime(at)
    if (end == 0) return 0
    time = timeValue
  }
  if (!textIsAscii) {
    const valid = invalidUtf8(start, end)
    if (valid != end) return fail(INVALID_UTF8, valid)
  }
  const table = key.table
  const row = table.rows
  if (row > 0 && !hasRoom(table, 0, fields)) return fail(PAGE_FULL, start)
  store<i64>(table.time + (<usize>row << 3), time)
  store<u32>(table.keys + (<usize>row << 2), key.number)
  if (hasCreated()) keepRow()
  if (row == 0) activate(table)
  if (!isNone(lastKey)) lastKey.next = key
  lastKey = key
  table.rows = row + 1
  table.values += fields
  rowCount++
  if (<u64>(time - USUAL_START) >= USUAL_NANOSECONDS) table.warned = true
  return end
}

// @ts-ignore: decorator
@inline
function isLastTime(at: usize): bool {
  const difference = v128.xor(v128.load(at), v128.load(lastTimeText))
  return !v128.any_true(difference) && load<u32>(at, 16) == load<u32>(lastTimeText, 16)
}

let timeValue: i64 = 0

/** Reads a timestamp and the line's end. */
function readTime(start: usize): usize {
  const word = load<u64>(start)
  const second = load<u64>(start, 8)
  const third = load<u64>(start, 16)
  if (unit == 1 && digitCount(word) == 8 && digitCount(second) == 8 && digitCount(third) == 3) {
    const value = (eightDigits(word) * 100000000 + eightDigits(second)) * 1000 + fewDigits(third, 3)
    if (load<u8>(start, 19) == NEWLINE && <i64>value >= 0) {
      lastTimeText = start
      lastTime = <i64>value
      timeValue = <i64>value
      return start + TIME_DIGITS + 1
    }
  }
  const negative = load<u8>(start) == MINUS
  const first = start + (negative ? 1 : 0)
  const end = skipDigits(first)
  if (end == first) return fail(INVALID_TIME, start)
  if (!digitsToInteger(first, end, negative)) return fail(TIME_RANGE, start)
  const most = i64.MAX_VALUE / unit
  const least = i64.MIN_VALUE / unit
  if (numberInteger > most || numberInteger < least) return fail(TIME_RANGE, start)
  timeValue = numberInteger * unit
  const rest = skipBlanks(end)
  if (!isLineEnd(rest)) return fail(MISSING_LINE_END, rest)
  return rest + (load<u8>(rest) == NEWLINE ? 1 : 2)
}
