import { allocate, release } from '../memory/heap'
import { createDictionary, Dictionary, grown, releaseDictionary } from './dictionary'
import { TextRecord } from './text-map'

// A page holds the rows of one table that are parsed but not yet drained, by column: times, key numbers, and a column for
// each field that any of its rows has.

export const NO_TYPE: u32 = 0
export const F64: u32 = 1
export const I64: u32 = 2
export const BOOL: u32 = 3
export const STRING: u32 = 4

export const NO_COLUMN: u32 = 0xffffffff

export const NO_ROLE: u32 = 0
export const FIELD: u32 = 1
export const TAG: u32 = 2

/** Rows of a page. Capacities go from the first to the most by factors of 4. */
export const PAGE_ROWS: u32 = 65536
const FIRST_ROWS: u32 = 16
/** A page with more cells than this is at least this full of values: a sparse page costs memory, here and in the answer. */
const SPARSE_CELLS: u32 = 4096
const CELLS_PER_VALUE: u32 = 64
/** Distinct text of one string column in a page. */
export const PAGE_TEXT_BYTES: u32 = 1 << 26

@unmanaged
export class Table extends TextRecord {
  /** 0, 1, 2... in the order in which tables got their first row. */
  number: u32
  names: u32
  firstField: Name
  rows: u32
  capacity: u32
  time: usize
  keys: usize
  /** Columns of the page, the newest first, how many, and the values in them. */
  column: Name
  columns: u32
  values: u32
  /** The next table that has had rows in this call. */
  nextActive: Table
  active: bool
  warned: bool
}

/** A tag or field of a table; for a field, also its column in the page. `text` is followed by an equals sign. */
@unmanaged
export class Name extends TextRecord {
  /** The byte that followed this field's value last time, above an `i`, and the field that followed then or before. */
  ending: u16
  /** A bit for each of 16 bytes that is behind its text and the equals sign. */
  otherBytes: u32
  next: Name
  role: u32
  type: u32
  /** False in the row that brings the name, which may be rejected: nothing that stays may point to it then. */
  kept: bool
  /** The column's values, and its bitmap, 0 while no row lacks it. Bits of rows to come are set. */
  values: usize
  validity: usize
  /** Rows of the column that are written, later ones lack it; `NO_COLUMN` where the page has no such column. */
  filled: u32
  dictionary: Dictionary
  nextColumn: Name
  number: u32
  /** The last key that was checked with this tag, by its check's number. */
  check: u32
}

// @ts-ignore: decorator
@inline
export function isNone<T>(record: T): bool {
  return changetype<usize>(record) == 0
}

// @ts-ignore: decorator
@inline
export function none<T>(): T {
  return changetype<T>(<usize>0)
}

function valueShift(type: u32): usize {
  return type == BOOL ? 0 : type == STRING ? 2 : 3
}

/** Whether the page may take one more row, and as many more columns. */
// @ts-ignore: decorator
@inline
export function hasRoom(table: Table, columns: u32, values: u32): bool {
  const cells = <u64>(table.rows + 1) * (table.columns + columns)
  return cells <= SPARSE_CELLS || cells <= <u64>CELLS_PER_VALUE * (table.values + values)
}

export function growPage(table: Table): void {
  const before = table.capacity
  const after = before == 0 ? FIRST_ROWS : before * 4
  table.capacity = after
  if (before == 0) {
    table.time = allocate(<usize>after << 3)
    table.keys = allocate(<usize>after << 2)
    return
  }
  table.time = grown(table.time, <usize>before << 3, <usize>after << 3)
  table.keys = grown(table.keys, <usize>before << 2, <usize>after << 2)
  for (let name = table.column; !isNone(name); name = name.nextColumn) {
    const shift = valueShift(name.type)
    name.values = grown(name.values, <usize>before << shift, <usize>after << shift)
    if (name.validity == 0) continue
    name.validity = grown(name.validity, before >> 3, after >> 3)
    memory.fill(name.validity + (before >> 3), 0xff, (after - before) >> 3)
  }
}

export function addColumn(table: Table, name: Name): void {
  name.values = allocate(<usize>table.capacity << valueShift(name.type))
  name.validity = 0
  name.filled = 0
  name.dictionary = name.type == STRING ? createDictionary() : none<Dictionary>()
  name.nextColumn = table.column
  table.column = name
  table.columns++
}

/** Takes the newest column out again. */
export function removeColumn(table: Table): void {
  const name = table.column
  table.column = name.nextColumn
  table.columns--
  release(name.values, <usize>table.capacity << valueShift(name.type))
  if (name.validity != 0) release(name.validity, table.capacity >> 3)
  if (!isNone(name.dictionary)) releaseDictionary(name.dictionary)
  name.values = 0
  name.validity = 0
  name.filled = NO_COLUMN
  name.dictionary = none<Dictionary>()
}

export function clearPage(table: Table): void {
  while (!isNone(table.column)) removeColumn(table)
  if (table.capacity != 0) {
    release(table.time, <usize>table.capacity << 3)
    release(table.keys, <usize>table.capacity << 2)
  }
  table.capacity = 0
  table.rows = 0
  table.values = 0
}

// @ts-ignore: decorator
@inline
function bitOf(row: u32): u8 {
  return <u8>(<u32>1 << (row & 7))
}

/** Marks rows from the column's last to `row` as missing. */
export function skipRows(table: Table, name: Name, row: u32): void {
  if (name.validity == 0) {
    name.validity = allocate(table.capacity >> 3)
    memory.fill(name.validity, 0xff, table.capacity >> 3)
  }
  for (let missing = name.filled; missing < row; missing++) {
    const at = name.validity + (missing >> 3)
    store<u8>(at, load<u8>(at) & ~bitOf(missing))
  }
  eraseValues(name, row)
  name.filled = row
}

/** Values of missing rows are 0, so that the same text always gives the same bytes. */
function eraseValues(name: Name, row: u32): void {
  const shift = valueShift(name.type)
  memory.fill(name.values + (<usize>name.filled << shift), 0, <usize>(row - name.filled) << shift)
}

/** Completes the columns of the page: every one has all rows. */
export function finishPage(table: Table): void {
  const rows = table.rows
  for (let name = table.column; !isNone(name); name = name.nextColumn) {
    if (name.filled < rows) skipRows(table, name, rows)
    if (name.validity == 0 || (rows & 7) == 0) continue
    const last = name.validity + (rows >> 3)
    store<u8>(last, load<u8>(last) & (bitOf(rows) - 1))
  }
}
