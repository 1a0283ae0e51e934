import { hashText, hashWord, isSameText } from './text'
import { placeOfWord, setWord, wordAt, WordList } from './word-list'

// What an index is made of, and how to read it. A symbol is a text that is there once; a column is a tag of a table with a code
// for each of its values; a shape is a list of tags; an entry is what is known of a series: its shard (u8), its shape and the code
// of each tag's value (varints). Refs, symbols, codes and shapes are places in lists.

export const NONE: u32 = 0xffffffff

/** A hash table of refs (ref-table.ts), and what they are refs of. */
@unmanaged
export class RefTable {
  kind: u32
  /** The column whose codes these are. */
  owner: usize
  /** Addresses of buckets, `1 << depth` of them. */
  directory: usize
  depth: u32
  size: u32
}

export const OF_TEXTS: u32 = 0
export const OF_CODES: u32 = 1
export const OF_SERIES: u32 = 2
export const OF_SHAPES: u32 = 3
export const OF_COLUMNS: u32 = 4
export const OF_TABLES: u32 = 5

@unmanaged
export class Table {
  number: u32
  symbol: u32
  /** Posting list of all its series. */
  series: u32
  rows: u32
  root: Shape
  /** Its columns, the one that came last first. */
  columns: Column
}

@unmanaged
export class Column {
  number: u32
  symbol: u32
  table: Table
  next: Column
  /** By code: the symbol of the value, of a free code the next one and 1; and the posting list. */
  values: WordList
  postings: WordList
  codes: RefTable
  /** A free code and 1, and how often one was given to another value. */
  free: u32
  reused: u32
  rows: u32
  /** The code that was asked for last. */
  last: u32
  /** Codes of texts that were registered lately, and 1, by their hash: `RECENT` words. */
  recent: usize
}

@unmanaged
export class Shape {
  id: u32
  parent: u32
  /** Symbol of its last tag. */
  symbol: u32
  count: u32
  table: Table
  /** Addresses of its columns. */
  columns: usize
  /** The child that was asked for last. */
  last: Shape
}

/** By symbol: where its text is; of a free symbol the next one and 1. */
export let addresses: WordList = changetype<WordList>(0)
export let shapes: WordList = changetype<WordList>(0)
export let columns: WordList = changetype<WordList>(0)
export let tables: WordList = changetype<WordList>(0)
/** Pages of 1024 entries; 0 where all were dropped. The last one is being filled where `length` says so. */
export let pages: WordList = changetype<WordList>(0)

export function setLists(symbols: WordList, ofShapes: WordList, ofColumns: WordList, ofTables: WordList, ofPages: WordList): void {
  addresses = symbols
  shapes = ofShapes
  columns = ofColumns
  tables = ofTables
  pages = ofPages
}

/** Variables of this module as words, and the ends of the page that is being filled; returns where they end. */
export function saveRecords(at: usize): usize {
  store<u32>(at, <u32>changetype<usize>(addresses))
  store<u32>(at, <u32>changetype<usize>(shapes), 4)
  store<u32>(at, <u32>changetype<usize>(columns), 8)
  store<u32>(at, <u32>changetype<usize>(tables), 12)
  store<u32>(at, <u32>changetype<usize>(pages), 16)
  store<u32>(at, <u32>filling, 20)
  store<u32>(at, refCount, 24)
  store<u32>(at, unlinked, 28)
  memory.copy(at + 32, fillingEnds, PAGE * 4)
  return at + 32 + PAGE * 4
}

export function loadRecords(at: usize): usize {
  addresses = changetype<WordList>(<usize>load<u32>(at))
  shapes = changetype<WordList>(<usize>load<u32>(at, 4))
  columns = changetype<WordList>(<usize>load<u32>(at, 8))
  tables = changetype<WordList>(<usize>load<u32>(at, 12))
  pages = changetype<WordList>(<usize>load<u32>(at, 16))
  filling = <usize>load<u32>(at, 20)
  refCount = load<u32>(at, 24)
  unlinked = load<u32>(at, 28)
  memory.copy(fillingEnds, at + 32, PAGE * 4)
  return at + 32 + PAGE * 4
}

export function setWordOfSymbol(symbol: u32, word: u32): void {
  setWord(addresses, symbol, word)
}

// A text: uses (u8, not counted past 255), varint of its bytes, its bytes.

export let textAt: usize = 0
export let textBytes: u32 = 0

/** Points `textAt` and `textBytes` at a symbol's text. */
// @ts-ignore: decorator
@inline
export function openText(symbol: u32): void {
  let at = <usize>wordAt(addresses, symbol) + 1
  let byte = <u32>load<u8>(at++)
  let bytes = byte & 0x7f
  for (let shift: u32 = 7; byte >= 0x80; shift += 7) {
    byte = load<u8>(at++)
    bytes |= (byte & 0x7f) << shift
  }
  textAt = at
  textBytes = bytes
}

/** Where the varint of the bytes of a symbol's text is, and the text behind it. */
// @ts-ignore: decorator
@inline
export function textStart(symbol: u32): usize {
  return <usize>wordAt(addresses, symbol) + 1
}

export function isText(symbol: u32, at: usize, bytes: u32): bool {
  openText(symbol)
  return textBytes == bytes && isSameText(textAt, at, bytes)
}

// A page of entries: bytes of entries (u32), whether ends have 4 bytes (u32), 1024 ends from the first entry on (u16 or u32), entries.
// The page that is being filled has its ends in `fillingEnds` and nothing but entries in memory of its own.

export const PAGE: u32 = 1024
export const PAGE_HEAD: u32 = 8
/** Is set in the shard of an entry that was unlinked: nothing finds it any more, but who has its ref may read it. */
export const UNLINKED: u32 = 0x80
/** In place of the shard of an entry that is gone. */
export const GONE: u32 = 0xff
export const fillingEnds: usize = memory.data(1024 * 4, 16)
export let filling: usize = 0
export let refCount: u32 = 0

export function setFilling(address: usize): void {
  filling = address
}

export function setRefCount(count: u32): void {
  refCount = count
}

export let entryAt: usize = 0
export let entryEnd: usize = 0

/** Entries that were unlinked and are not gone. */
export let unlinked: u32 = 0

export function setUnlinked(count: u32): void {
  unlinked = count
}

/** Whether a ref is of a series that was not unlinked. */
export function isLinked(ref: u32): bool {
  return openEntry(ref) && <u32>load<u8>(entryAt) < UNLINKED
}

/** Points `entryAt` and `entryEnd` at an entry; false where it is gone or never was. */
export function openEntry(ref: u32): bool {
  if (ref >= refCount) return false
  const place = <usize>(ref & (PAGE - 1))
  const page = ref >> 10
  if (page == pages.length) {
    entryAt = filling + (place == 0 ? 0 : <usize>load<u32>(fillingEnds + (place << 2) - 4))
    entryEnd = filling + <usize>load<u32>(fillingEnds + (place << 2))
  } else {
    const at = <usize>wordAt(pages, page)
    if (at == 0) return false
    const ends = at + PAGE_HEAD
    if (load<u32>(at, 4) == 0) {
      const from = ends + PAGE * 2
      entryAt = from + (place == 0 ? 0 : <usize>load<u16>(ends + (place << 1) - 2))
      entryEnd = from + <usize>load<u16>(ends + (place << 1))
    } else {
      const from = ends + PAGE * 4
      entryAt = from + (place == 0 ? 0 : <usize>load<u32>(ends + (place << 2) - 4))
      entryEnd = from + <usize>load<u32>(ends + (place << 2))
    }
  }
  return entryEnd > entryAt && <u32>load<u8>(entryAt) != GONE
}

/** What was touched: so that nobody leaves the looks out. */
let touched: u32 = 0

/**
 * Looks at what a ref of a table stands for, whose place in memory is most likely in no cache. In a loop of little else the processor waits for
 * many at once; one that works on each waits for one after the other.
 */
// @ts-ignore: decorator
@inline
export function touchRef(table: RefTable, ref: u32): void {
  const kind = table.kind
  if (kind == OF_TEXTS) touchText(ref)
  else if (kind == OF_SERIES) touched += <u32>openEntry(ref)
}

// @ts-ignore: decorator
@inline
export function touchText(symbol: u32): void {
  touched += <u32>load<u8>(<usize>wordAt(addresses, symbol))
}

/** Series or values that are touched before each of them is looked at: what comes with them stays in the cache until then. */
export const TOUCHED_AT_ONCE: u32 = 256

/** Touches the entries of the first of `count` series, whose refs are at an address. */
export function touchEntries(at: usize, count: u32): void {
  const end = at + (<usize>min(count, TOUCHED_AT_ONCE) << 2)
  for (; at < end; at += 4) touched += <u32>openEntry(load<u32>(at))
}

/** Where the next varint is. */
export let cursor: usize = 0

// @ts-ignore: decorator
@inline
export function readVarint(): u32 {
  let byte = <u32>load<u8>(cursor++)
  let value = byte & 0x7f
  for (let shift: u32 = 7; byte >= 0x80; shift += 7) {
    byte = load<u8>(cursor++)
    value |= (byte & 0x7f) << shift
  }
  return value
}

/** Begins to read the open entry, behind its shard; its codes follow. */
export function openShape(): Shape {
  cursor = entryAt + 1
  return changetype<Shape>(<usize>wordAt(shapes, readVarint()))
}

export function setCursor(at: usize): void {
  cursor = at
}

/** What is looked for in a table of refs. */
export let soughtAt: usize = 0
export let soughtBytes: u32 = 0
export let soughtOwner: u32 = 0

export function seekBytes(at: usize, bytes: u32): void {
  soughtAt = at
  soughtBytes = bytes
}

/** A word, and whose it is. */
export function seekWord(owner: u32, word: u32): void {
  soughtOwner = owner
  soughtBytes = word
}

// @ts-ignore: decorator
@inline
export function hashOfPair(owner: u32, word: u32): u32 {
  return hashWord(owner * 0x85ebca6b + word)
}

/** Hash of what a ref of a table stands for. */
export function hashOfRef(table: RefTable, ref: u32): u32 {
  switch (table.kind) {
    case OF_CODES: return hashWord(wordAt(changetype<Column>(table.owner).values, ref))
    case OF_SERIES: {
      openEntry(ref)
      return <u32>hashText(entryAt, <u32>(entryEnd - entryAt))
    }
    case OF_TEXTS: {
      openText(ref)
      return <u32>hashText(textAt, textBytes)
    }
    case OF_SHAPES: {
      const shape = changetype<Shape>(<usize>wordAt(shapes, ref))
      return hashOfPair(shape.parent, shape.symbol)
    }
    case OF_COLUMNS: {
      const column = changetype<Column>(<usize>wordAt(columns, ref))
      return hashOfPair(column.table.number, column.symbol)
    }
    default: return hashWord(changetype<Table>(<usize>wordAt(tables, ref)).symbol)
  }
}

/** Whether a ref of a table stands for what is sought. */
export function isSought(table: RefTable, ref: u32): bool {
  switch (table.kind) {
    case OF_CODES: return load<u32>(placeOfWord(changetype<Column>(table.owner).values, ref)) == soughtBytes
    case OF_SERIES: {
      if (!openEntry(ref)) return false
      const bytes = <u32>(entryEnd - entryAt)
      return bytes == soughtBytes && isSameText(entryAt, soughtAt, bytes)
    }
    case OF_TEXTS: return isText(ref, soughtAt, soughtBytes)
    case OF_SHAPES: {
      const shape = changetype<Shape>(<usize>wordAt(shapes, ref))
      return shape.parent == soughtOwner && shape.symbol == soughtBytes
    }
    case OF_COLUMNS: {
      const column = changetype<Column>(<usize>wordAt(columns, ref))
      return column.table.number == soughtOwner && column.symbol == soughtBytes
    }
    default: return changetype<Table>(<usize>wordAt(tables, ref)).symbol == soughtBytes
  }
}
