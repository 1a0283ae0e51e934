import { allocate, release } from '../memory/heap'
import { BLOCK_ROWS } from '../memory/scratch'

// The newest rows of one series, at most 1024, by column: times first, then the fields of the table. A column holds the
// rows up to its last value; what it lacks before that its bitmap says, later rows lack it.

/** New series have a row or two for long: the least block of memory. */
const FIRST_CAPACITY: u32 = 2
/** Of a series that has filled a chunk: it will most likely fill the next, and to grow is to copy. */
const NEXT_CAPACITY: u32 = 256
export const VALIDITY_BYTES: usize = <usize>BLOCK_ROWS >> 3

@unmanaged
export class HeadColumn {
  /** 0 while no row has a value. */
  values: usize
  /** 0 while no row before the last value lacks one. */
  validity: usize
  filled: u32
  capacity: u32
}

@unmanaged
export class Chunk {
  /** The chunk of the same series that follows. */
  next: Chunk
  series: Series
  columns: usize
  columnCount: u32
  rows: u32
  /** Whether a time does not rise over the one before it. */
  unordered: u32
  newest: i64
}

@unmanaged
export class Series {
  ref: u32
  table: u32
  /** Chunks that are not sealed, oldest first; only the last one may have room. */
  first: Chunk
  last: Chunk
  /** Within an append: its rows, then where its next row goes in their order. */
  next: u32
  least: i64
  greatest: i64
  /** Whether it has had a full chunk. */
  hasFilled: bool
}

/** Bytes that rows take. */
export let chunkBytes: usize = 0

export function forgetChunkBytes(): void {
  chunkBytes = 0
}

function allocateCounted(bytes: usize): usize {
  chunkBytes += bytes
  return allocate(bytes)
}

function releaseCounted(address: usize, bytes: usize): void {
  chunkBytes -= bytes
  release(address, bytes)
}

export function createChunk(series: Series): Chunk {
  const chunk = changetype<Chunk>(allocateCounted(offsetof<Chunk>()))
  chunk.next = changetype<Chunk>(<usize>0)
  chunk.series = series
  chunk.columns = 0
  chunk.columnCount = 0
  chunk.rows = 0
  chunk.unordered = 0
  chunk.newest = i64.MIN_VALUE
  return chunk
}

/** Gives back a chunk; `shifts` are of the table's columns. */
export function releaseChunk(chunk: Chunk, shifts: usize): void {
  for (let i: u32 = 0; i < chunk.columnCount; i++) {
    const column = columnAt(chunk, i)
    if (column.values != 0) releaseCounted(column.values, <usize>column.capacity << load<u8>(shifts + i))
    if (column.validity != 0) releaseCounted(column.validity, VALIDITY_BYTES)
  }
  if (chunk.columns != 0) releaseCounted(chunk.columns, <usize>chunk.columnCount * offsetof<HeadColumn>())
  releaseCounted(changetype<usize>(chunk), offsetof<Chunk>())
}

// @ts-ignore: decorator
@inline
export function columnAt(chunk: Chunk, index: u32): HeadColumn {
  return changetype<HeadColumn>(chunk.columns + <usize>index * offsetof<HeadColumn>())
}

/** A column of a chunk, with room for `rows` rows, of which those before `from` are there or marked as missing. */
// @ts-ignore: decorator
@inline
export function columnFor(chunk: Chunk, index: u32, from: u32, rows: u32, shift: usize, columns: u32): HeadColumn {
  if (index >= chunk.columnCount) addColumns(chunk, columns)
  const column = columnAt(chunk, index)
  if (rows > column.capacity) grow(column, chunk.series.hasFilled ? NEXT_CAPACITY : FIRST_CAPACITY, rows, shift)
  if (column.filled < from) skip(column, from, shift)
  return column
}

function addColumns(chunk: Chunk, count: u32): void {
  const bytes = <usize>count * offsetof<HeadColumn>()
  const before = <usize>chunk.columnCount * offsetof<HeadColumn>()
  const columns = allocateCounted(bytes)
  memory.copy(columns, chunk.columns, before)
  memory.fill(columns + before, 0, bytes - before)
  if (before != 0) releaseCounted(chunk.columns, before)
  chunk.columns = columns
  chunk.columnCount = count
}

function grow(column: HeadColumn, first: u32, rows: u32, shift: usize): void {
  let capacity = max(column.capacity, first)
  while (capacity < rows) capacity = min(capacity << 2, <u32>BLOCK_ROWS)
  const values = allocateCounted(<usize>capacity << shift)
  if (column.values != 0) {
    memory.copy(values, column.values, <usize>column.filled << shift)
    releaseCounted(column.values, <usize>column.capacity << shift)
  }
  column.values = values
  column.capacity = capacity
}

/** Rows from the column's last value to `to` have none. */
function skip(column: HeadColumn, to: u32, shift: usize): void {
  memory.fill(column.values + (<usize>column.filled << shift), 0, <usize>(to - column.filled) << shift)
  makeValidity(column, column.filled)
  column.filled = to
}

/** A bitmap in which the first `rows` rows are there, where the column has none; at most 1023. */
export function makeValidity(column: HeadColumn, rows: u32): void {
  if (column.validity != 0) return
  column.validity = allocateCounted(VALIDITY_BYTES)
  memory.fill(column.validity, 0, VALIDITY_BYTES)
  memory.fill(column.validity, 0xff, rows >> 3)
  store<u8>(column.validity + (rows >> 3), <u8>((<u32>1 << (rows & 7)) - 1))
}
