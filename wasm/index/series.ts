import {
  addShape, addToColumn, columnOfShape, freeInColumn, findCode, findTable,
  internCode, internValue, nextShape, rootOf, unlinkFromColumn, unlinkFromTable,
} from './columns'
import { addPosting } from './postings'
import {
  Column, entryAt, entryEnd, filling, fillingEnds, GONE, isLinked, isText, NONE, OF_SERIES, openEntry, openShape, openText, PAGE, PAGE_HEAD,
  pages, readVarint, refCount, RefTable, seekBytes, setFilling, setRefCount, setUnlinked, Shape,
  textAt, textBytes, UNLINKED, unlinked,
} from './records'
import { addRef, findRef, newRefTable, removeRef } from './ref-table'
import { ENTRIES, give, isFull, take } from './space'
import { findText, internText } from './symbols'
import { compareText, hashText, isUtf8 } from './text'
import { pushWord, setWord, wordAt } from './word-list'

/** In place of a ref: why there is none. */
export const CORRUPT: u32 = 0xfffffffe
export const OUT_OF_ORDER: u32 = 0xfffffffd
export const MANY_SHAPES: u32 = 0xfffffffc
export const FULL: u32 = 0xfffffffb
const MAX_REFS: u32 = 0x7ffffffe
const FIRST_FILLING: u32 = 4096
const FIRST_TAGS: u32 = 256
/** In front of the codes: shard and shape. */
const HEAD: u32 = 8
const MAX_VARINT: u32 = 5

let refs: RefTable = changetype<RefTable>(0)
let size: u32 = 0
let fillingBytes: u32 = 0
let fillingEnd: u32 = 0

/** The series that is being made: its shape, codes and entry. */
let shape: Shape = changetype<Shape>(0)
let room: u32 = 0
let codes: usize = 0
let made: usize = 0
let madeStart: usize = 0
let madeEnd: usize = 0
let count: u32 = 0

export function createSeries(): void {
  refs = newRefTable(OF_SERIES, 0)
  size = 0
  fillingBytes = FIRST_FILLING
  fillingEnd = 0
  setFilling(take(FIRST_FILLING, ENTRIES))
  setUnlinked(0)
  setRefCount(0)
  room = FIRST_TAGS
  codes = take(room << 2, ENTRIES)
  made = take(HEAD + room * MAX_VARINT, ENTRIES)
}

/** Variables of this module as words, for an image; returns where the words end. */
export function saveSeries(at: usize): usize {
  store<u32>(at, <u32>changetype<usize>(refs))
  store<u32>(at, size, 4)
  store<u32>(at, fillingBytes, 8)
  store<u32>(at, fillingEnd, 12)
  store<u32>(at, room, 16)
  store<u32>(at, <u32>codes, 20)
  store<u32>(at, <u32>made, 24)
  return at + 28
}

export function loadSeries(at: usize): usize {
  refs = changetype<RefTable>(<usize>load<u32>(at))
  size = load<u32>(at, 4)
  fillingBytes = load<u32>(at, 8)
  fillingEnd = load<u32>(at, 12)
  room = load<u32>(at, 16)
  codes = <usize>load<u32>(at, 20)
  made = <usize>load<u32>(at, 24)
  return at + 28
}

/** Series that are known. */
export function indexSize(): u32 {
  return size
}

/** Begins a series by the symbol of its table; false where there are too many shapes. */
export function begin(table: u32): bool {
  shape = rootOf(table)
  madeEnd = made + HEAD
  count = 0
  return changetype<usize>(shape) != 0
}

function putCode(code: u32): void {
  if (count == room) growMade()
  store<u32>(codes + (<usize>count << 2), code)
  count++
  let left = code
  for (; left >= 0x80; left >>>= 7) store<u8>(madeEnd++, left | 0x80)
  store<u8>(madeEnd++, left)
}

function growMade(): void {
  const largerCodes = take(room << 3, ENTRIES)
  const largerMade = take(HEAD + room * 2 * MAX_VARINT, ENTRIES)
  memory.copy(largerCodes, codes, <usize>room << 2)
  memory.copy(largerMade, made, madeEnd - made)
  madeEnd = largerMade + (madeEnd - made)
  give(codes, room << 2, ENTRIES)
  give(made, HEAD + room * MAX_VARINT, ENTRIES)
  codes = largerCodes
  made = largerMade
  room <<= 1
}

/** Adds a tag by the symbols of its name and its value; 0, or why it cannot be. */
export function addTag(name: u32, value: u32): u32 {
  let next = nextShape(shape, name)
  if (changetype<usize>(next) == 0) {
    if (shape.count > 0 && !ascends(shape.symbol, name)) return OUT_OF_ORDER
    next = addShape(shape, name)
    if (changetype<usize>(next) == 0) return MANY_SHAPES
  }
  shape = next
  putCode(internCode(columnOfShape(next, count), value))
  return 0
}

function ascends(a: u32, b: u32): bool {
  openText(a)
  const at = textAt
  const bytes = textBytes
  openText(b)
  return compareText(at, bytes, textAt, textBytes) < 0
}

/** Puts shard and shape in front of the codes. */
function finishEntry(shard: u32): u32 {
  let bytes: u32 = 1
  for (let left = shape.id; left >= 0x80; left >>>= 7) bytes++
  let at = made + HEAD - bytes
  madeStart = at - 1
  store<u8>(madeStart, shard)
  let left = shape.id
  for (; left >= 0x80; left >>>= 7) store<u8>(at++, left | 0x80)
  store<u8>(at, left)
  const entryBytes = <u32>(madeEnd - madeStart)
  seekBytes(madeStart, entryBytes)
  return <u32>hashText(madeStart, entryBytes)
}

/** The ref of the series that was begun, a new one where it is not known yet; or why there is none. */
export function finish(shard: u32): u32 {
  const hash = finishEntry(shard)
  const known = findRef(refs, hash)
  if (known != NONE) return known
  if (refCount > MAX_REFS || isFull()) return FULL
  const ref = addEntry()
  addRef(refs, hash, ref)
  size++
  const table = shape.table
  table.series = addPosting(table.series, ref)
  table.rows++
  const own = shape
  for (let tag: u32 = 0; tag < own.count; tag++) addToColumn(columnOfShape(own, tag), load<u32>(codes + (<usize>tag << 2)), ref)
  return ref
}

/** Adds the entry that was made and returns its ref. */
function addEntry(): u32 {
  const ref = refCount
  const place = ref & (PAGE - 1)
  if (place == 0) fillingEnd = 0
  const bytes = <u32>(madeEnd - madeStart)
  if (fillingEnd + bytes > fillingBytes) {
    let larger = fillingBytes
    while (larger < fillingEnd + bytes) larger <<= 1
    const grown = take(larger, ENTRIES)
    memory.copy(grown, filling, fillingEnd)
    give(filling, fillingBytes, ENTRIES)
    setFilling(grown)
    fillingBytes = larger
  }
  memory.copy(filling + fillingEnd, madeStart, bytes)
  fillingEnd += bytes
  store<u32>(fillingEnds + (<usize>place << 2), fillingEnd)
  setRefCount(ref + 1)
  if (place == PAGE - 1) pushWord(pages, <u32>pageOf(filling, fillingEnds, fillingEnd))
  return ref
}

/** A page of its own for 1024 entries. */
function pageOf(entries: usize, ends: usize, bytes: u32): usize {
  const isWide = bytes > 0xffff
  const head = PAGE_HEAD + PAGE * (isWide ? 4 : 2)
  const page = take(head + bytes, ENTRIES)
  store<u32>(page, bytes)
  store<u32>(page, <u32>isWide, 4)
  if (isWide) memory.copy(page + PAGE_HEAD, ends, PAGE * 4)
  else {
    for (let i: usize = 0; i < PAGE; i++) store<u16>(page + PAGE_HEAD + (i << 1), load<u32>(ends + (i << 2)))
  }
  memory.copy(page + head, entries, bytes)
  return page
}

function pageBytes(page: usize): u32 {
  return PAGE_HEAD + PAGE * (load<u32>(page, 4) != 0 ? 4 : 2) + load<u32>(page)
}

/** End of the text of a key that begins with its length. */
// @ts-ignore: decorator
@inline
function endOfText(at: usize): usize {
  return at + 4 + load<u32>(at)
}

/** Whether no byte, as far as they are whole vectors and the last one, has its high bit. */
function hasNoHighBits(at: usize, end: usize): bool {
  if (end - at < 16) return false
  let all = v128.load(end - 16)
  for (; at + 16 <= end; at += 16) all = v128.or(all, v128.load(at))
  return i8x16.bitmask(all) == 0
}

/** Whether bytes have the form of a canonical key: a table, then names and values of tags, all of them UTF-8, no value empty. */
export function isKey(at: usize, end: usize): bool {
  let texts: u32 = 0
  // Lengths below 128 have no high bits either, so that one look at all is enough for most keys.
  const isAscii = hasNoHighBits(at, end)
  for (; at < end; texts++) {
    if (end - at < 4) return false
    const bytes = load<u32>(at)
    if (<u64>bytes > <u64>(end - at) - 4 || (bytes == 0 && texts > 0 && (texts & 1) == 0)) return false
    const text = at + 4
    at = text + bytes
    if (!isAscii && !isUtf8(text, at)) return false
  }
  return (texts & 1) == 1
}

/** The ref of a canonical key, a new one where it is not known yet; or why there is none. */
export function registerKey(at: usize, end: usize, shard: u32): u32 {
  if (!isKey(at, end)) return CORRUPT
  if (isFull()) return FULL
  let text = at
  at = endOfText(at)
  if (!begin(internText(text + 4, <u32>(at - text) - 4))) return MANY_SHAPES
  while (at < end) {
    const name = at + 4
    const value = endOfText(at)
    at = endOfText(value)
    const valueBytes = <u32>(at - value) - 4
    // Most series have the tags of the one before.
    const likely = shape.last
    if (changetype<usize>(likely) != 0 && isText(likely.symbol, name, <u32>(value - name))) {
      shape = likely
      putCode(internValue(columnOfShape(likely, count), value + 4, valueBytes))
      continue
    }
    const symbol = internText(name, <u32>(value - name))
    const failure = addTag(symbol, internText(value + 4, valueBytes))
    if (failure != 0) return failure
  }
  return finish(shard)
}

/** The ref of a canonical key, `NONE` where it is not known. */
export function findKey(at: usize, end: usize, shard: u32): u32 {
  if (!isKey(at, end)) return NONE
  const table = findText(at + 4, load<u32>(at))
  if (table == NONE || findTable(table) == NONE) return NONE
  begin(table)
  at = endOfText(at)
  while (at < end) {
    const value = endOfText(at)
    const name = findText(at + 4, load<u32>(at))
    if (name == NONE) return NONE
    const next = nextShape(shape, name)
    if (changetype<usize>(next) == 0) return NONE
    shape = next
    const symbol = findText(value + 4, load<u32>(value))
    const code = symbol == NONE ? NONE : findCode(columnOfShape(next, count), symbol)
    if (code == NONE) return NONE
    putCode(code)
    at = endOfText(value)
  }
  return findRef(refs, finishEntry(shard))
}

/**
 * Takes a series out of what finds it: tables, lists, counts. Its ref is not given out again and can be read until `freeSeries`.
 * False where that was done before.
 */
export function unlinkSeries(ref: u32): bool {
  if (!isLinked(ref)) return false
  const entry = entryAt
  removeRef(refs, <u32>hashText(entryAt, <u32>(entryEnd - entryAt)), ref)
  size--
  setUnlinked(unlinked + 1)
  openEntry(ref)
  const own = openShape()
  for (let tag: u32 = 0; tag < own.count; tag++) unlinkFromColumn(columnOfShape(own, tag), readVarint())
  unlinkFromTable(own.table)
  store<u8>(entry, <u32>load<u8>(entry) | UNLINKED)
  return true
}

/** Gives back what only a series has that was unlinked, but for its places in lists, which are swept. False where there is none. */
export function freeSeries(ref: u32): bool {
  if (!openEntry(ref) || <u32>load<u8>(entryAt) < UNLINKED) return false
  const entry = entryAt
  const own = openShape()
  while (room < own.count) growMade()
  for (let tag: u32 = 0; tag < own.count; tag++) store<u32>(codes + (<usize>tag << 2), readVarint())
  store<u8>(entry, GONE)
  setUnlinked(unlinked - 1)
  for (let tag: u32 = 0; tag < own.count; tag++) {
    freeInColumn(columnOfShape(own, tag), load<u32>(codes + (<usize>tag << 2)), ref)
  }
  if (own.table.series == ref + 1) own.table.series = 0
  return true
}

/**
 * Puts the refs from `from` on and below `end` of series that have no bit in a set, which begins with that of `from`, behind each other,
 * where `to` is not 0; returns how many there are. `from` begins a page.
 */
export function refsWithout(bits: usize, from: u32, end: u32, to: usize): u32 {
  let found: u32 = 0
  const last = min(end, refCount)
  for (let ref = from; ref < last; ref++) {
    const page = ref >> 10
    if (page < pages.length && wordAt(pages, page) == 0) {
      ref |= PAGE - 1
      continue
    }
    const bit = ref - from
    if ((<u32>load<u8>(bits + (bit >> 3)) >> (bit & 7)) & 1 || !isLinked(ref)) continue
    if (to != 0) store<u32>(to + (<usize>found << 2), ref)
    found++
  }
  return found
}

/** Gives back the bytes of entries that are gone, where they are half of a page of 1024 that is full. */
export function shrinkPage(number: u32): void {
  if (number >= pages.length) return
  const page = <usize>wordAt(pages, number)
  if (page == 0) return
  let left: u32 = 0
  for (let place: u32 = 0; place < PAGE; place++) if (openEntry(number * PAGE + place)) left += <u32>(entryEnd - entryAt)
  if (left * 2 > load<u32>(page)) return
  let kept: usize = 0
  if (left > 0) {
    const entries = take(left, ENTRIES)
    const ends = take(PAGE * 4, ENTRIES)
    let end: u32 = 0
    for (let place: u32 = 0; place < PAGE; place++) {
      if (openEntry(number * PAGE + place)) {
        memory.copy(entries + end, entryAt, entryEnd - entryAt)
        end += <u32>(entryEnd - entryAt)
      }
      store<u32>(ends + (<usize>place << 2), end)
    }
    kept = pageOf(entries, ends, left)
    give(entries, left, ENTRIES)
    give(ends, PAGE * 4, ENTRIES)
  }
  give(page, pageBytes(page), ENTRIES)
  setWord(pages, number, <u32>kept)
}
