import { addPosting, isList, noteDropped, postingCount, sweepBytes, sweepPosting } from './postings'
import {
  Column, columns, hashOfPair, isText, NONE, OF_CODES, OF_COLUMNS, OF_SHAPES, OF_TABLES, RefTable, seekWord, Shape, shapes, Table, tables,
} from './records'
import { addRef, findRef, newRefTable, removeRef } from './ref-table'
import { give, POSTINGS, TABLE, take, VALUES } from './space'
import { addUse, dropUse, internText } from './symbols'
import { hashText, hashWord } from './text'
import { clearWords, newList, pushWord, setWord, wordAt, WordList } from './word-list'

/** Codes that a column keeps at hand: most tags have few values, and finding one by its text takes a look into two large tables. */
const RECENT: u32 = 16
/** Different lists of tags. */
export const MAX_SHAPES: u32 = 1 << 20

let tablesBySymbol: RefTable = changetype<RefTable>(0)
let columnsByName: RefTable = changetype<RefTable>(0)
let shapesByTag: RefTable = changetype<RefTable>(0)
/** Lists that have refs which were dropped: the column, `NONE` for a table's list of its series, and the code or the table. */
let dirtyOwners: WordList = changetype<WordList>(0)
let dirtyPlaces: WordList = changetype<WordList>(0)
/** Of these, the ones that are done. */
let swept: u32 = 0

export function createColumns(): void {
  tablesBySymbol = newRefTable(OF_TABLES, 0)
  columnsByName = newRefTable(OF_COLUMNS, 0)
  shapesByTag = newRefTable(OF_SHAPES, 0)
  dirtyOwners = newList(POSTINGS)
  dirtyPlaces = newList(POSTINGS)
  swept = 0
}

/** Variables of this module as words, for an image; returns where the words end. */
export function saveColumns(at: usize): usize {
  store<u32>(at, <u32>changetype<usize>(tablesBySymbol))
  store<u32>(at, <u32>changetype<usize>(columnsByName), 4)
  store<u32>(at, <u32>changetype<usize>(shapesByTag), 8)
  store<u32>(at, <u32>changetype<usize>(dirtyOwners), 12)
  store<u32>(at, <u32>changetype<usize>(dirtyPlaces), 16)
  store<u32>(at, swept, 20)
  return at + 24
}

export function loadColumns(at: usize): usize {
  tablesBySymbol = changetype<RefTable>(<usize>load<u32>(at))
  columnsByName = changetype<RefTable>(<usize>load<u32>(at, 4))
  shapesByTag = changetype<RefTable>(<usize>load<u32>(at, 8))
  dirtyOwners = changetype<WordList>(<usize>load<u32>(at, 12))
  dirtyPlaces = changetype<WordList>(<usize>load<u32>(at, 16))
  swept = load<u32>(at, 20)
  return at + 24
}

// @ts-ignore: decorator
@inline
export function columnAt(number: u32): Column {
  return changetype<Column>(<usize>wordAt(columns, number))
}

// @ts-ignore: decorator
@inline
export function tableAt(number: u32): Table {
  return changetype<Table>(<usize>wordAt(tables, number))
}

/** The table of a symbol, `NONE` where there is none. */
export function findTable(symbol: u32): u32 {
  seekWord(0, symbol)
  return findRef(tablesBySymbol, hashWord(symbol))
}

/** The shape of a table's series without tags; 0 where there are too many shapes. */
export function rootOf(symbol: u32): Shape {
  const known = findTable(symbol)
  if (known != NONE) return tableAt(known).root
  if (shapes.length >= MAX_SHAPES) return changetype<Shape>(0)
  const table = changetype<Table>(take(offsetof<Table>(), TABLE))
  table.number = tables.length
  table.symbol = symbol
  table.series = 0
  table.rows = 0
  table.columns = changetype<Column>(0)
  addUse(symbol)
  pushWord(tables, <u32>changetype<usize>(table))
  addRef(tablesBySymbol, hashWord(symbol), table.number)
  table.root = newShape(table, NONE, symbol, 0)
  return table.root
}

function newShape(table: Table, parent: u32, symbol: u32, count: u32): Shape {
  const shape = changetype<Shape>(take(offsetof<Shape>(), TABLE))
  shape.id = shapes.length
  shape.parent = parent
  shape.symbol = symbol
  shape.count = count
  shape.table = table
  shape.columns = count == 0 ? 0 : take(count << 2, TABLE)
  shape.last = changetype<Shape>(0)
  pushWord(shapes, <u32>changetype<usize>(shape))
  return shape
}

/** The shape with one more tag, by the symbol of its name; 0 where there is none. */
export function nextShape(shape: Shape, symbol: u32): Shape {
  const last = shape.last
  if (changetype<usize>(last) != 0 && last.symbol == symbol) return last
  seekWord(shape.id, symbol)
  const found = findRef(shapesByTag, hashOfPair(shape.id, symbol))
  if (found == NONE) return changetype<Shape>(0)
  shape.last = changetype<Shape>(<usize>wordAt(shapes, found))
  return shape.last
}

/** Adds the shape with one more tag; 0 where there are too many. */
export function addShape(parent: Shape, symbol: u32): Shape {
  if (shapes.length >= MAX_SHAPES) return changetype<Shape>(0)
  const shape = newShape(parent.table, parent.id, symbol, parent.count + 1)
  memory.copy(shape.columns, parent.columns, <usize>parent.count << 2)
  store<u32>(shape.columns + (<usize>parent.count << 2), <u32>changetype<usize>(columnOf(parent.table, symbol)))
  addRef(shapesByTag, hashOfPair(parent.id, symbol), shape.id)
  parent.last = shape
  return shape
}

/** The column of a shape's tag. */
// @ts-ignore: decorator
@inline
export function columnOfShape(shape: Shape, tag: u32): Column {
  return changetype<Column>(<usize>load<u32>(shape.columns + (<usize>tag << 2)))
}

function columnOf(table: Table, symbol: u32): Column {
  seekWord(table.number, symbol)
  const known = findRef(columnsByName, hashOfPair(table.number, symbol))
  if (known != NONE) return columnAt(known)
  const column = changetype<Column>(take(offsetof<Column>(), VALUES))
  column.number = columns.length
  column.symbol = symbol
  column.table = table
  column.next = table.columns
  column.values = newList(VALUES)
  column.postings = newList(VALUES)
  column.codes = newRefTable(OF_CODES, changetype<usize>(column))
  column.free = 0
  column.reused = 0
  column.rows = 0
  column.last = NONE
  column.recent = take(RECENT << 2, VALUES)
  memory.fill(column.recent, 0, RECENT << 2)
  table.columns = column
  addUse(symbol)
  pushWord(columns, <u32>changetype<usize>(column))
  addRef(columnsByName, hashOfPair(table.number, symbol), column.number)
  return column
}

/** The code of a value by its symbol, `NONE` where no series has it. */
export function findCode(column: Column, symbol: u32): u32 {
  const last = column.last
  if (last != NONE && wordAt(column.values, last) == symbol) return last
  seekWord(0, symbol)
  const code = findRef(column.codes, hashWord(symbol))
  if (code != NONE) column.last = code
  return code
}

/** The code of a value, a new one where it has none. */
export function internCode(column: Column, symbol: u32): u32 {
  const known = findCode(column, symbol)
  if (known != NONE) return known
  let code: u32
  if (column.free != 0) {
    code = column.free - 1
    column.free = wordAt(column.values, code)
    column.reused++
    setWord(column.values, code, symbol)
  } else {
    code = pushWord(column.values, symbol)
    pushWord(column.postings, 0)
  }
  addUse(symbol)
  addRef(column.codes, hashWord(symbol), code)
  column.last = code
  return code
}

/** The code of a value by its text, a new one where it has none. */
export function internValue(column: Column, at: usize, bytes: u32): u32 {
  const place = column.recent + (<usize>(<u32>hashText(at, bytes) & (RECENT - 1)) << 2)
  const kept = load<u32>(place)
  if (kept != 0 && isText(wordAt(column.values, kept - 1), at, bytes)) return kept - 1
  const code = internCode(column, internText(at, bytes))
  store<u32>(place, code + 1)
  return code
}

/** Adds a series, whose ref is greater than all before, to a value. */
// @ts-ignore: decorator
@inline
export function addToColumn(column: Column, code: u32, ref: u32): void {
  setWord(column.postings, code, addPosting(wordAt(column.postings, code), ref))
  column.rows++
}

/** Notes that a series of a value was unlinked. */
export function unlinkFromColumn(column: Column, code: u32): void {
  column.rows--
  const posting = wordAt(column.postings, code)
  if (isList(posting) && noteDropped(posting)) noteDirty(column.number, code)
}

/** Notes that a series of a table was unlinked. */
export function unlinkFromTable(table: Table): void {
  table.rows--
  if (isList(table.series) && noteDropped(table.series)) noteDirty(NONE, table.number)
}

/** Forgets a value whose only series is gone; lists of several are swept. */
export function freeInColumn(column: Column, code: u32, ref: u32): void {
  if (wordAt(column.postings, code) == ref + 1) freeCode(column, code)
}

function noteDirty(owner: u32, place: u32): void {
  pushWord(dirtyOwners, owner)
  pushWord(dirtyPlaces, place)
}

function freeCode(column: Column, code: u32): void {
  const symbol = wordAt(column.values, code)
  removeRef(column.codes, hashWord(symbol), code)
  dropUse(symbol)
  if (column.last == code) column.last = NONE
  memory.fill(column.recent, 0, RECENT << 2)
  setWord(column.postings, code, 0)
  setWord(column.values, code, column.free)
  column.free = code + 1
}

/** Writes lists anew that have refs which were dropped, until about so many refs are done; whether some are left. */
export function sweepLists(refs: u32): bool {
  let done: u32 = 0
  while (swept < dirtyOwners.length && done < refs) {
    const owner = wordAt(dirtyOwners, swept)
    const place = wordAt(dirtyPlaces, swept++)
    const posting = owner == NONE ? tableAt(place).series : wordAt(columnAt(owner).postings, place)
    const bytes = sweepBytes(posting)
    const buffer = take(bytes, POSTINGS)
    const kept = sweepPosting(posting, buffer)
    give(buffer, bytes, POSTINGS)
    done += bytes >> 2
    if (owner == NONE) tableAt(place).series = kept
    else if (kept == 0) freeCode(columnAt(owner), place)
    else setWord(columnAt(owner).postings, place, kept)
  }
  if (swept < dirtyOwners.length) return true
  clearWords(dirtyOwners)
  clearWords(dirtyPlaces)
  swept = 0
  return false
}

/** Series that have a value. */
export function codeCount(column: Column, code: u32): u32 {
  return postingCount(wordAt(column.postings, code))
}
