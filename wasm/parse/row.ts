import { COMMA, equalBytes, findNewline, HASH, invalidUtf8, NEWLINE, RETURN, SPACE, TAB } from './bytes'
import { activate, beginRow, hasCreated, Key, keepRow, undoRow } from './catalog'
import { fieldOf, isNameAt } from './field'
import { F64, growPage, hasRoom, I64, isNone, Name, none, PAGE_ROWS, STRING, Table } from './page'
import { quickDecimal, quickInteger } from './quick-number'
import { fail, INVALID_UTF8, MISSING_FIELDS, PAGE_FULL } from './rejection'
import { isLineEnd, skipBlanks } from './separators'
import { keyOf } from './series-key'
import { readTime, timeValue, useUnit } from './timestamp'
import { readValue, useValueText } from './value'

/** Times outside of these bounds look like another precision: 1971 and 2200. */
const USUAL_START: i64 = 31536000000000000
const USUAL_NANOSECONDS: u64 = 7258118400000000000 - 31536000000000000
/** The suffix of an integer. */
const LETTER_I: u32 = 105

let textEnd: usize = 0
/** Of rows without a timestamp. */
let now: i64 = 0
let lastKey: Key = none<Key>()
/** Whether the current row has text in it that no other row has proven to be UTF-8. */
let hasNewText = false
let rowFields: u32 = 0

/** The table that the current row writes to. */
export let rowTable: Table = none<Table>()
/** How many rows were taken. */
export let rowCount: u32 = 0

export function useText(end: usize): void {
  textEnd = end
  useValueText(end)
}

export function useTimes(rowsNow: i64, rowsUnit: i64): void {
  now = rowsNow
  useUnit(rowsUnit)
  rowCount = 0
}

export function forgetLastKey(): void {
  lastKey = none<Key>()
}

/** Skips what is no row; returns where the row begins, or `textEnd`. */
// @ts-ignore: decorator
@inline
export function skipEmptyLines(at: usize): usize {
  // Nearly every row begins with a letter.
  return load<u8>(at) > HASH ? at : findRow(at)
}

function findRow(at: usize): usize {
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
  const key = keyAt(start)
  if (isNone(key)) return 0
  const table = key.table
  rowTable = table
  hasNewText = false
  const row = table.rows
  if (row == table.capacity) {
    if (row == PAGE_ROWS) return fail(PAGE_FULL, start)
    growPage(table)
  }
  let at = start + key.bytes + 1
  if (load<u8>(at) <= SPACE) {
    at = skipBlanks(at)
    if (isLineEnd(at)) return fail(MISSING_FIELDS, at)
  }
  at = readFields(at, table)
  return at == 0 ? 0 : finishRow(start, at, key)
}

// @ts-ignore: decorator
@inline
function keyAt(start: usize): Key {
  if (!isNone(lastKey)) {
    const next = lastKey.next
    // The text follows its record, and a space follows the text.
    if (!isNone(next) && equalBytes(start, changetype<usize>(next) + offsetof<Key>(), <usize>next.bytes + 1)) return next
  }
  return keyOf(start)
}

/** Reads the row's fields, and counts them in `rowFields`; returns their end. */
function readFields(start: usize, table: Table): usize {
  const row = table.rows
  let at = start
  let fields: u32 = 0
  let previous = none<Name>()
  let name = table.firstField
  while (true) {
    // As nearly all rows go: the field that is expected, a number in its usual form, the separator that is expected. Whether
    // the row ends here is then known before the text is read, and the processor goes on to the next row meanwhile.
    while (!isNone(name) && isNameAt(at, name) && name.filled == row) {
      const ending = <u32>name.ending
      const next = quickNumber(at + (<usize>name.bytes + 1), name, row, ending)
      if (next == 0) break
      name.filled = row + 1
      fields++
      at = next
      if (ending != (<u32>COMMA << 8 | LETTER_I)) {
        rowFields = fields
        return at - 1
      }
      previous = name
      name = name.next
    }
    if (isNone(name) || !isNameAt(at, name)) {
      name = fieldOf(at, table)
      if (isNone(name)) return 0
      if (name.kept) {
        if (isNone(previous)) table.firstField = name
        else previous.next = name
      }
    }
    at = readValue(at + name.bytes + 1, name, table)
    if (at == 0) return 0
    if (name.type == STRING) hasNewText = true
    fields++
    const separator = load<u8>(at)
    name.ending = <u16>(<u32>separator << 8 | LETTER_I)
    if (separator != COMMA) break
    at++
    previous = name
    name = name.next
  }
  rowFields = fields
  return at
}

// @ts-ignore: decorator
@inline
function quickNumber(at: usize, name: Name, row: u32, ending: u32): usize {
  const place = name.values + (<usize>row << 3)
  if (name.type == I64) return quickInteger(at, place, ending)
  return name.type == F64 ? quickDecimal(at, place, ending >> 8) : 0
}

/** Reads the timestamp and keeps the row. */
// @ts-ignore: decorator
@inline
function finishRow(start: usize, separator: usize, key: Key): usize {
  const fields = rowFields
  let at = separator
  if (load<u8>(at) == SPACE && load<u8>(++at) <= SPACE) at = skipBlanks(at)
  let time = now
  let end: usize
  if (isLineEnd(at)) end = at + (load<u8>(at) == NEWLINE ? 1 : 2)
  else {
    end = readTime(at)
    if (end == 0) return 0
    time = timeValue
  }
  if (hasNewText || hasCreated()) {
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
  if (!isNone(lastKey) && lastKey.next != key) lastKey.next = key
  lastKey = key
  table.rows = row + 1
  table.values += fields
  rowCount++
  if (<u64>(time - USUAL_START) >= USUAL_NANOSECONDS) table.warned = true
  return end
}
