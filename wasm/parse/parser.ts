import { shaFirstBytes } from '../hash/sha256-lanes'
import { allocate, release } from '../memory/heap'
import { BACKSLASH, EQUALS, findNewline, findQuote, NEWLINE, QUOTE, TEXT_PADDING } from './bytes'
import {
  beginRow, catalog, createCatalog, forgetKeys, forgetTable, hasSpentNumbers, Key, keepRow, nameOf, tableOf, undoRow,
  useCatalog,
} from './catalog'
import { clearPage, FIELD, finishPage, isNone, Name, none, Table, TAG } from './page'
import { recordAt } from './record-list'
import {
  failedAt, failedName, failedNameBytes, failedTypes, failure, isSyntax, KEYS_FULL, LONG_ROW, PAGE_FULL, UNCLOSED_STRING,
} from './rejection'
import { forgetLastKey, rowCount, rowTable, skipEmptyLines, takeRow, useText, useTimes } from './row'
import { findKeyEnd, KEY_BYTES, KEY_TAGS, SLACK_BYTES, writeCanonical } from './series-key'

/** Bytes of a row with its newline. */
export const ROW_BYTES: u32 = 1 << 20
/** Text may begin at any byte of a word. */
const MOST_SKEW: usize = 7
/** Rejected rows that are described; the others are only counted. */
const DESCRIBED_ROWS: u32 = 100
const REJECTION_WORDS: u32 = 6

/**
 * What `parserRun` returns: all rows are taken, a table has to be drained, the row at the cursor goes on beyond the text, or
 * keys have to be forgotten.
 */
const DONE: u32 = 0
const PAGE: u32 = 1
const INCOMPLETE: u32 = 2
const KEYS: u32 = 3

let text: usize = 0
/** Where the text that was fed begins. */
let textStart: usize = 0
let textEnd: usize = 0
let cursor: usize = 0
let isLast = false
let rejectedCount: u32 = 0
const rejections: usize = memory.data(100 * 6 * 4, 16)
/** What is described to the host: a page or a key. */
let description: usize = 0
let descriptionBytes: usize = 0
let describedTable: Table = none<Table>()
/** Canonical forms that are described at once, and their bytes. */
const KEYS_AT_ONCE: u32 = 1024
const KEYS_BYTES: usize = 1 << 17

const PAGE_WORDS: u32 = 8
const COLUMN_WORDS: u32 = 10

export function parserCreate(keyLimit: u32, keyBytes: u32, seedLow: u64, seedHigh: u64): usize {
  if (text == 0) text = allocate(<usize>ROW_BYTES + MOST_SKEW + TEXT_PADDING + 1)
  return createCatalog(keyLimit, keyBytes, seedLow, seedHigh)
}

/** Where the host writes text: at most `ROW_BYTES`, up to `MOST_SKEW` bytes further. */
export function parserText(): usize {
  return text
}

/** Begins a call of `parse`. */
export function parserBegin(parser: usize, now: i64, unit: i64): void {
  useCatalog(parser)
  useTimes(now, unit)
  forgetLastKey()
  rejectedCount = 0
  if (hasSpentNumbers()) forgetKeys()
}

/** Says that `bytes` of text are there, `skew` bytes further, which end in a newline or, where `last`, wherever they like. */
export function parserFeed(skew: u32, bytes: u32, last: bool): void {
  textStart = text + skew
  cursor = textStart
  textEnd = textStart + bytes
  isLast = last
  store<u8>(textEnd, NEWLINE)
  useText(textEnd)
}

/** Takes rows from the text. To be called again after a page was drained, or keys were forgotten. */
export function parserRun(): u32 {
  while (cursor < textEnd) {
    cursor = skipEmptyLines(cursor)
    if (cursor >= textEnd) break
    const end = takeRow(cursor)
    if (end != 0) cursor = end
    else if (failure == PAGE_FULL) return PAGE
    else if (failure == KEYS_FULL) return KEYS
    else if (!rejectRow()) return INCOMPLETE
  }
  cursor = textEnd
  return DONE
}

/** Bytes of the text that are done with. */
export function parserTaken(): u32 {
  return <u32>(cursor - textStart)
}

export function parserRows(): u32 {
  return rowCount
}

export function parserRejected(): u32 {
  return rejectedCount
}

/**
 * Address of what is known of the rejected rows, 6 words each: offset of the row and of what is wrong in the text, reason,
 * offset and bytes of the name that the reason speaks of, the types of a conflict.
 */
export function parserRejections(): usize {
  return rejections
}

/** Rejects the row at the cursor for its length; its first line is skipped as far as the text goes. */
export function parserRejectLong(): void {
  noteRejection(LONG_ROW, cursor)
  cursor = min(findNewline(cursor) + 1, textEnd)
}

/** Rejects the row at the cursor and goes to the next; false where the text has to go on to tell where that is. */
function rejectRow(): bool {
  const lineEnd = findNewline(cursor)
  const rowEnd = walkRow(cursor, lineEnd)
  if (!isSyntax(failure)) {
    if (rowEnd == 0 && !isLast) return false
    noteRejection(failure, failedAt)
    cursor = (rowEnd == 0 ? lineEnd : rowEnd) + 1
    return true
  }
  if (failure == UNCLOSED_STRING && !isLast) return false
  // Beyond a string that spans lines: most likely its quote should not be there, and the lines are rows.
  if (lineEnd < failedAt) noteRejection(UNCLOSED_STRING, spanningQuote)
  else noteRejection(failure, failedAt)
  cursor = lineEnd + 1
  return true
}

let spanningQuote: usize = 0

/**
 * The newline that ends a row, going by its quotes alone, or 0 where a string is not closed. The opening quote of the
 * string that contains the row's first newline is left in `spanningQuote`.
 */
function walkRow(start: usize, lineEnd: usize): usize {
  let escaped = false
  let at = findKeyEnd(start)
  while (true) {
    const byte = load<u8>(at)
    if (byte == NEWLINE) return at
    at++
    if (byte == EQUALS && !escaped && load<u8>(at) == QUOTE) {
      const quote = at
      at = closingQuote(quote) + 1
      if (quote < lineEnd && (at == 1 || at > lineEnd)) spanningQuote = quote
      if (at == 1) return 0
    }
    escaped = byte == BACKSLASH
  }
}

function closingQuote(quote: usize): usize {
  let at = quote + 1
  while (true) {
    at = findQuote(at, textEnd)
    if (at >= textEnd) return 0
    if (load<u8>(at) == QUOTE) return at
    const next = load<u8>(at, 1)
    at += next == QUOTE || next == BACKSLASH ? 2 : 1
  }
}

function noteRejection(reason: u32, at: usize): void {
  const index = rejectedCount++
  if (index >= DESCRIBED_ROWS) return
  const words = rejections + <usize>(index * REJECTION_WORDS) * 4
  store<u32>(words, <u32>(cursor - textStart))
  store<u32>(words, <u32>(at - textStart), 4)
  store<u32>(words, reason, 8)
  const named = reason == failure && failedNameBytes != 0
  store<u32>(words, named ? <u32>(failedName - textStart) : 0, 12)
  store<u32>(words, named ? failedNameBytes : 0, 16)
  store<u32>(words, failedTypes, 20)
}

function describe(bytes: usize): usize {
  if (bytes <= descriptionBytes) return description
  if (description != 0) release(description, descriptionBytes)
  description = allocate(bytes)
  descriptionBytes = bytes
  return description
}

/** The page that made `parserRun` stop. */
export function parserFullPage(): usize {
  return describePage(rowTable)
}

/** The page of the next table that has had rows in this call, at the end of it; 0 where there is none left. */
export function parserNextPage(): usize {
  const table = catalog.activeTables
  if (isNone(table)) return 0
  catalog.activeTables = table.nextActive
  table.active = false
  const page = describePage(table)
  table.warned = false
  return page
}

/**
 * Words: number of the table, rows, times, keys, columns, whether a time is unusual, text of the table and its bytes; then
 * of each column: number of the name, type, values, validity or 0, strings, text of the strings and its bytes, ends of the
 * strings in it, text of the name and its bytes. The newest column is the first.
 */
function describePage(table: Table): usize {
  finishPage(table)
  describedTable = table
  const page = describe((PAGE_WORDS + table.columns * COLUMN_WORDS) * 4)
  store<u32>(page, table.number)
  store<u32>(page, table.rows, 4)
  store<u32>(page, <u32>table.time, 8)
  store<u32>(page, <u32>table.keys, 12)
  store<u32>(page, table.columns, 16)
  store<u32>(page, <u32>table.warned, 20)
  store<u32>(page, <u32>table.text, 24)
  store<u32>(page, table.bytes, 28)
  let column = page + PAGE_WORDS * 4
  for (let name = table.column; !isNone(name); name = name.nextColumn) {
    store<u32>(column, name.number)
    store<u32>(column, name.type, 4)
    store<u32>(column, <u32>name.values, 8)
    store<u32>(column, <u32>name.validity, 12)
    const dictionary = name.dictionary
    const isString = !isNone(dictionary)
    store<u32>(column, isString ? dictionary.count : 0, 16)
    store<u32>(column, isString ? <u32>dictionary.text : 0, 20)
    store<u32>(column, isString ? dictionary.textBytes : 0, 24)
    store<u32>(column, isString ? <u32>dictionary.ends : 0, 28)
    store<u32>(column, <u32>name.text, 32)
    store<u32>(column, name.bytes, 36)
    column += COLUMN_WORDS * 4
  }
  return page
}

/** Forgets the rows of the page that was described last. */
export function parserClearPage(): void {
  clearPage(describedTable)
}

/** Keys have the numbers from this one on that are remembered from earlier calls. */
export function parserFirstKey(): u32 {
  return catalog.firstKey
}

/** How many keys are new. They have the last numbers that were given. */
export function parserNewKeys(): u32 {
  return catalog.newKeys.count
}

export function parserKeyCount(): u32 {
  return catalog.keyCount
}

/**
 * Puts the canonical forms of new keys from `index` on behind each other, as many as fit; returns how many. At `parserKeys` are where each
 * ends (u32), then, for as many again, the first byte of the SHA-256 of each, then the forms.
 */
export function parserDescribeKeys(index: u32): u32 {
  const most = <usize>KEY_BYTES + KEY_TAGS * 8 + 12 + SLACK_BYTES
  const ends = describe(<usize>KEYS_AT_ONCE * 5 + KEYS_BYTES + most)
  const forms = ends + <usize>KEYS_AT_ONCE * 5
  let at = forms
  let count: u32 = 0
  const newKeys = catalog.newKeys
  for (; index + count < newKeys.count && count < KEYS_AT_ONCE && at < forms + KEYS_BYTES; count++) {
    at = writeCanonical(changetype<Key>(recordAt(newKeys, index + count)), at)
    store<u32>(ends + (<usize>count << 2), <u32>(at - forms))
  }
  shaFirstBytes(forms, ends, count, ends + (<usize>KEYS_AT_ONCE << 2))
  return count
}

export function parserKeys(): usize {
  return description
}

/** New keys count as told, and are not new any more. */
export function parserClearKeys(): void {
  catalog.newKeys.count = 0
}

/** Forgets all keys, so that `parserRun` may go on after it has returned `KEYS`. New ones have to be told before. */
export function parserForgetKeys(): void {
  forgetLastKey()
  forgetKeys()
}

/** Forgets a table with its tags and fields, between two bodies; its keys go with all others. */
export function parserForgetTable(parser: usize, tableBytes: u32): void {
  useCatalog(parser)
  parserForgetKeys()
  forgetTable(text, tableBytes)
}

export function parserNewTags(): u32 {
  return catalog.newTags.count
}

/** Words of a new tag: text of its table and its bytes, its own text and its bytes. */
export function parserDescribeTag(index: u32): usize {
  const tag = changetype<Name>(recordAt(catalog.newTags, index))
  const table = changetype<Table>(tag.owner)
  const result = describe(16)
  store<u32>(result, <u32>table.text)
  store<u32>(result, table.bytes, 4)
  store<u32>(result, <u32>tag.text, 8)
  store<u32>(result, tag.bytes, 12)
  return result
}

/** New tags count as told. */
export function parserClearTags(): void {
  catalog.newTags.count = 0
}

/**
 * Declares a tag (type 0) or field; the text holds the table and then the name, both escaped. Returns false where the name
 * has the other role already, or where there are too many.
 */
export function parserDeclare(parser: usize, tableBytes: u32, nameBytes: u32, type: u32): bool {
  useCatalog(parser)
  const newTags = catalog.newTags.count
  beginRow()
  const role = type == 0 ? TAG : FIELD
  const table = tableOf(text, tableBytes)
  if (isNone(table)) return false
  const name = nameOf(table, text + tableBytes, nameBytes, role)
  if (isNone(name) || name.role != role) {
    undoRow(none<Table>())
    return false
  }
  name.type = type
  keepRow()
  // Whoever declares it knows it.
  catalog.newTags.count = newTags
  return true
}
