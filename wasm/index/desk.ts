import {
  codeCount, columnAt, columnOfShape, createColumns, findCode, findTable, sweepLists, tableAt,
} from './columns'
import { sortWords } from './order'
import { copyPosting, postingCount } from './postings'
import {
  Column, entryAt, NONE, openEntry, openShape, openText, readVarint, refCount, setLists, tables, textAt, textBytes, TOUCHED_AT_ONCE, touchEntries, UNLINKED,
} from './records'
import {
  addTag, begin, CORRUPT, createSeries, findKey, finish, freeSeries, indexSize, MANY_SHAPES, refsWithout, registerKey, shrinkPage,
  unlinkSeries,
} from './series'
import { ENTRIES, forgetSpace, give, isFull, SYMBOLS, TABLE, take, usedBytes } from './space'
import { createSymbols, findText, internText } from './symbols'
import { hashText, hasPart, isSameText } from './text'
import { newList, wordAt } from './word-list'

// What callers of an index use. The desk is where both sides put what they hand over; a call that answers there says so, and
// the next call may use it for something else.

const FIRST_DESK: u32 = 4096
/** A larger desk is given back when less is asked for. */
const KEPT_DESK: u32 = 1 << 20

let desk: usize = 0
let deskBytes: u32 = 0

/** Makes an empty index. The instance is this index's from now on. */
export function indexCreate(): void {
  forgetSpace()
  setLists(newList(SYMBOLS), newList(TABLE), newList(TABLE), newList(TABLE), newList(ENTRIES))
  createSymbols()
  createColumns()
  createSeries()
  deskBytes = FIRST_DESK
  desk = take(deskBytes, ENTRIES)
}

/** Variables of this module as words, for an image; returns where the words end. */
export function saveDesk(at: usize): usize {
  store<u32>(at, <u32>desk)
  store<u32>(at, deskBytes, 4)
  return at + 8
}

export function loadDesk(at: usize): usize {
  desk = <usize>load<u32>(at)
  deskBytes = load<u32>(at, 4)
  return at + 8
}

export { indexSize }

/** Refs that were given out are below. */
export function indexRefLimit(): u32 {
  return refCount
}

/** Bytes in use by part: symbols, values, postings, entries, table. */
export function indexBytes(part: u32): u32 {
  return usedBytes(part)
}

/** Address of the desk, with room for some bytes and any content where it has moved. */
export function indexDesk(bytes: u32): usize {
  if (bytes > deskBytes || (deskBytes > KEPT_DESK && bytes <= KEPT_DESK && bytes > 0)) replaceDesk(max(bytes, FIRST_DESK))
  return desk
}

function replaceDesk(bytes: u32): usize {
  give(desk, deskBytes, ENTRIES)
  deskBytes = bytes
  desk = take(bytes, ENTRIES)
  return desk
}

// @ts-ignore: decorator
@inline
export function word(i: u32): u32 {
  return load<u32>(desk + (<usize>i << 2))
}

// @ts-ignore: decorator
@inline
function answer(i: u32, value: u32): void {
  store<u32>(desk + (<usize>i << 2), value)
}

/**
 * Registers canonical keys. On the desk: where each ends (u32), their shards (u8, filled up to a word), the keys. Answers with their refs;
 * returns 0 or why the last of them could not be.
 */
export function indexRegister(count: u32): u32 {
  const shards = desk + (<usize>count << 2)
  const keys = shards + ((count + 3) & ~3)
  let start: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const end = word(i)
    const ref = registerKey(keys + start, keys + end, load<u8>(shards + i))
    answer(i, ref)
    if (ref > CORRUPT - 4) return ref
    start = end
  }
  return 0
}

/** Finds canonical keys, which are on the desk as for `indexRegister`. Answers with their refs or `NONE`. */
export function indexFind(count: u32): void {
  const shards = desk + (<usize>count << 2)
  const keys = shards + ((count + 3) & ~3)
  let start: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const end = word(i)
    answer(i, findKey(keys + start, keys + end, load<u8>(shards + i)))
    start = end
  }
}

/** Symbols of texts, which are UTF-8. On the desk: where each ends (u32), the texts. Answers with the symbols; false where there is no room for them. */
export function indexIntern(count: u32): bool {
  const texts = desk + (<usize>count << 2)
  let start: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    if (isFull()) return false
    const end = word(i)
    answer(i, internText(texts + start, end - start))
    start = end
  }
  return true
}

/**
 * Registers series by symbols. On the desk, words: how many tags each has, their shards, then of each the symbol of its table and those of
 * the names and values of its tags. Answers with their refs; returns 0 or why the last of them could not be.
 */
export function indexRegisterSymbols(count: u32): u32 {
  let name = count << 1
  for (let i: u32 = 0; i < count; i++) {
    const tags = word(i)
    if (!begin(word(name++))) return MANY_SHAPES
    for (let tag: u32 = 0; tag < tags; tag++) {
      const failure = addTag(word(name), word(name + 1))
      if (failure != 0) return failure
      name += 2
    }
    const ref = finish(word(count + i))
    if (ref > CORRUPT - 4) return ref
    answer(i, ref)
  }
  return 0
}

/** The symbol of the text on the desk, `NONE` where it has none. */
export function indexFindText(bytes: u32): u32 {
  return findText(desk, bytes)
}

/** Address of the text of a symbol; `indexTextBytes` says how long it is. */
export function indexText(symbol: u32): usize {
  openText(symbol)
  return textAt
}

export function indexTextBytes(): u32 {
  return textBytes
}

/** Replaces refs on the desk, all of series, by their shards. */
export function indexShards(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    openEntry(word(i))
    answer(i, <u32>load<u8>(entryAt) & ~UNLINKED)
  }
}

/** Replaces refs on the desk, all of series, by the codes of their values in a column of their table; `NONE` where they lack the tag. */
export function indexCodes(count: u32, number: u32): void {
  const column = columnAt(number)
  for (let i: u32 = 0; i < count; i++) {
    if (i % TOUCHED_AT_ONCE == 0) touchEntries(desk + (<usize>i << 2), count - i)
    answer(i, codeOf(word(i), column))
  }
}

function codeOf(ref: u32, column: Column): u32 {
  openEntry(ref)
  const shape = openShape()
  for (let tag: u32 = 0; tag < shape.count; tag++) {
    const code = readVarint()
    if (changetype<usize>(columnOfShape(shape, tag)) == changetype<usize>(column)) return code
  }
  return NONE
}

/** Sorts words on the desk: refs by their tags (mode 0) or their keys (1), symbols by their texts (2). */
export function indexSort(count: u32, mode: u32): void {
  sortWords(desk, count, mode)
}

export function indexTableCount(): u32 {
  return tables.length
}

/** The number of the table with a symbol, `NONE` where there is none. */
export function indexFindTable(symbol: u32): u32 {
  return findTable(symbol)
}

export function indexTableSymbol(table: u32): u32 {
  return tableAt(table).symbol
}

/** Series of a table. */
export function indexTableRows(table: u32): u32 {
  return tableAt(table).rows
}

/** Answers with number, symbol of the name, values, series, limit of codes and codes that were given out again of each column of a table; returns how many there are. */
export function indexColumns(table: u32): u32 {
  let count: u32 = 0
  for (let column = tableAt(table).columns; changetype<usize>(column) != 0; column = column.next) count++
  indexDesk(count * 24)
  let i: u32 = 0
  for (let column = tableAt(table).columns; changetype<usize>(column) != 0; column = column.next) {
    answer(i, column.number)
    answer(i + 1, column.symbol)
    answer(i + 2, column.codes.size)
    answer(i + 3, column.rows)
    answer(i + 4, column.values.length)
    answer(i + 5, column.reused)
    i += 6
  }
  return count
}

/** The code of a value in a column by its symbol, `NONE` where no series has it. */
export function indexCode(column: u32, symbol: u32): u32 {
  return findCode(columnAt(column), symbol)
}

/** Series that have one of the values whose codes are on the desk. */
export function indexCount(column: u32, count: u32): u32 {
  let rows: u32 = 0
  for (let i: u32 = 0; i < count; i++) rows += codeCount(columnAt(column), word(i))
  return rows
}

/** Answers with the refs of series that have one of the values whose codes are on the desk, list after list; returns how many there are. */
export function indexPick(column: u32, count: u32): u32 {
  const bytes = indexCount(column, count) << 2
  const refs = take(max(bytes, 4), ENTRIES)
  let end = refs
  for (let i: u32 = 0; i < count; i++) end = copyPosting(wordAt(columnAt(column).postings, word(i)), end)
  putDesk(refs, max(bytes, 4))
  return <u32>(end - refs) >> 2
}

/** The same of all series of a table. */
export function indexPickTable(table: u32): u32 {
  const posting = tableAt(table).series
  const bytes = max(postingCount(posting) << 2, 4)
  const refs = take(bytes, ENTRIES)
  const end = copyPosting(posting, refs)
  putDesk(refs, bytes)
  return <u32>(end - refs) >> 2
}

/** Makes a block that was taken as `ENTRIES` the desk. */
export function putDesk(address: usize, bytes: u32): void {
  give(desk, deskBytes, ENTRIES)
  desk = address
  deskBytes = bytes
}

/** Whether a symbol's text begins with another, or has it somewhere; any does with one of no bytes. */
// @ts-ignore: decorator
@inline
export function passesText(symbol: u32, text: usize, bytes: u32, isPrefix: bool): bool {
  if (bytes == 0) return true
  openText(symbol)
  return isPrefix ? textBytes >= bytes && isSameText(textAt, text, bytes) : hasPart(textAt, textBytes, text, bytes)
}

/**
 * Codes from `from` to `to` of a column that series have and whose values begin with the text on the desk, or have it somewhere.
 * Answers with each code and the symbol of its value; returns how many there are.
 */
export function indexValues(number: u32, from: u32, to: u32, textBytesOnDesk: u32, isPrefix: bool): u32 {
  const column = columnAt(number)
  const bytes = max((to - from) << 3, 8)
  const found = take(bytes, ENTRIES)
  let at = found
  for (let code = from; code < to; code++) {
    if (postingCount(wordAt(column.postings, code)) == 0) continue
    const symbol = wordAt(column.values, code)
    if (!passesText(symbol, desk, textBytesOnDesk, isPrefix)) continue
    store<u32>(at, code)
    store<u32>(at, symbol, 4)
    at += 8
  }
  putDesk(found, bytes)
  return <u32>(at - found) >> 3
}

/** Replaces symbols on the desk by 53 bits of hash of their texts as f64, the same in every index; there has to be room for those. */
export function indexHashes(count: u32): void {
  for (let i = count; i-- > 0; ) {
    openText(word(i))
    store<f64>(desk + (<usize>i << 3), <f64>(hashText(textAt, textBytes) >> 11))
  }
}

/**
 * Answers with the refs from `from` on, a multiple of 1024, and below `end` of series that have no bit in the set on the desk, which has
 * one for each; returns how many there are.
 */
export function indexRefsWithout(from: u32, end: u32): u32 {
  const count = refsWithout(desk, from, end, 0)
  const bytes = max(count << 2, 4)
  const found = take(bytes, ENTRIES)
  refsWithout(desk, from, end, found)
  putDesk(found, bytes)
  return count
}

/** Takes series whose refs are on the desk out of what finds them; returns how many there were. */
export function indexUnlink(count: u32): u32 {
  let unlinked: u32 = 0
  for (let i: u32 = 0; i < count; i++) if (unlinkSeries(word(i))) unlinked++
  return unlinked
}

/** Gives back the memory of series that were unlinked, whose ascending refs are on the desk, but for their places in lists. */
export function indexFree(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    freeSeries(word(i))
    if (i + 1 == count || word(i) >> 10 != word(i + 1) >> 10) shrinkPage(word(i) >> 10)
  }
}

/** Takes what was dropped out of lists, until about so many refs are done; whether there is more. */
export function indexSweep(refs: u32): bool {
  return sweepLists(refs)
}
