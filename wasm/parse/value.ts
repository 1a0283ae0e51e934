import { allocate, release } from '../memory/heap'
import { BACKSLASH, DOT, findQuote, isDigit, MINUS, QUOTE } from './bytes'
import { noteMoved } from './catalog'
import { internText } from './dictionary'
import { numberFloat, numberInteger, numberType, readNumber } from './number'
import {
  addColumn, BOOL, F64, hasRoom, I64, Name, NO_COLUMN, NO_TYPE, PAGE_TEXT_BYTES, skipRows, STRING, Table,
} from './page'
import { fail, failConflict, INVALID_VALUE, MISSING_SEPARATOR, PAGE_FULL, UNCLOSED_STRING } from './rejection'
import { isSeparator } from './separators'

/** The end of the text that is there, where a newline is. */
let textEnd: usize = 0
let valueType: u32 = 0
let stringStart: usize = 0
let stringBytes: u32 = 0
let stringEscaped = false
let truth = false

export function useValueText(end: usize): void {
  textEnd = end
}

/** Reads a value of any form into the row's place in its column, of any length; returns its end, where a separator is. */
export function readValue(at: usize, name: Name, table: Table): usize {
  const byte = load<u8>(at)
  let end: usize
  if (byte == QUOTE) end = readString(at)
  else if (isDigit(byte) || byte == MINUS || byte == DOT) {
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
  if (!prepareColumn(at, name, table)) return 0
  return storeValue(name, table.rows) ? end : fail(PAGE_FULL, at)
}

/** Brings the column to the row's place: begins it, or leaves the rows between missing. */
function prepareColumn(at: usize, name: Name, table: Table): bool {
  const row = table.rows
  if (name.filled == NO_COLUMN) {
    if (!hasRoom(table, 1, table.columns + 1)) return fail(PAGE_FULL, at) != 0
    noteMoved(name)
    addColumn(table, name)
  } else if (name.filled < row) noteMoved(name)
  if (name.filled < row) skipRows(table, name, row)
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
