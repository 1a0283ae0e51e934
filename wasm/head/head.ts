// Rows that no segment holds yet, by series: a head of one instance of the core, which does nothing else. Rows come by
// column, up to `STAGED_ROWS` at a time: the host puts their refs into `headRefs`, has their order by series planned, and
// then hands over one column after the other in `headValues` and `headValidity`.

import { allocate, forgetAllocated, release } from '../memory/heap'
import { BLOCK_ROWS } from '../memory/scratch'
import {
  Chunk, chunkBytes, columnFor, createChunk, forgetChunkBytes, HeadColumn, makeValidity, releaseChunk, Series,
} from './chunk'
import { forgetSealed } from './seal'

/** Rows that are staged at most: their columns stay in the cache of second level. */
const STAGED_ROWS: usize = 16384
/** Runs are at most so many as rows. */
const RUN_BYTES: usize = 16
const TIMES: u32 = 0
const TIME_SHIFT: usize = 3
const FIRST_SERIES: u32 = 1024
const PAGE_SHIFT: u32 = 10
const PAGE_REFS: u32 = 1024
const FIRST_PAGES: u32 = 64
const FIRST_FULL: u32 = 64

/** Some rows of one series on their way to one chunk. */
@unmanaged
class Run {
  chunk: Chunk
  /** The row of the chunk that the first one goes to. */
  at: u32
  /** Place of the first in `order`. */
  from: u32
  /** How many; in the highest bit whether they follow each other. */
  count: u32
}

const CONTIGUOUS: u32 = 0x80000000

let refs: usize = 0
let values: usize = 0
let validity: usize = 0
let order: usize = 0
let runs: usize = 0
let runCount: u32 = 0

/** Addresses of pages of `PAGE_REFS` refs, 0 where none has rows; a page has the addresses of series by ref. Refs only rise, those in use are few of them. */
let pages: usize = 0
let pagesLength: u32 = 0
/** All series as they came, and how many. */
let all: usize = 0
let allLength: u32 = 0
let seriesCount: u32 = 0
/** Series of the rows that are staged. */
let met: usize = 0
/** Full chunks that are not sealed: a queue in an array. */
let full: usize = 0
let fullLength: u32 = 0
let fullFirst: u32 = 0
let fullEnd: u32 = 0

/** Begins an empty head; what there was is forgotten, with everything else that was allocated. */
export function headCreate(): void {
  forgetAllocated()
  forgetChunkBytes()
  forgetSealed()
  refs = allocate(STAGED_ROWS << 2)
  values = allocate(STAGED_ROWS << 3)
  validity = allocate(STAGED_ROWS >> 3)
  order = allocate(STAGED_ROWS << 2)
  met = allocate(STAGED_ROWS << 2)
  runs = allocate(STAGED_ROWS * RUN_BYTES)
  pagesLength = FIRST_PAGES
  pages = allocate(<usize>pagesLength << 2)
  memory.fill(pages, 0, <usize>pagesLength << 2)
  allLength = FIRST_SERIES
  all = allocate(<usize>allLength << 2)
  seriesCount = 0
  fullLength = FIRST_FULL
  full = allocate(<usize>fullLength << 2)
  fullFirst = 0
  fullEnd = 0
}

export function headRefs(): usize {
  return refs
}

export function headValues(): usize {
  return values
}

export function headValidity(): usize {
  return validity
}

/** Bytes that rows take which are not sealed. */
export function headBytes(): usize {
  return chunkBytes
}

export function headSeriesCount(): u32 {
  return seriesCount
}

/** The series that came as number `index`. */
export function headSeriesAt(index: u32): Series {
  return changetype<Series>(<usize>load<u32>(all + (<usize>index << 2)))
}

/** The series of a ref, 0 where it has no rows. */
export function headSeries(ref: u32): Series {
  const number = ref >> PAGE_SHIFT
  const page = number < pagesLength ? <usize>load<u32>(pages + (<usize>number << 2)) : 0
  if (page == 0) return changetype<Series>(page)
  return changetype<Series>(<usize>load<u32>(page + (<usize>(ref & (PAGE_REFS - 1)) << 2)))
}

/** Full chunks that wait to be sealed. */
export function headFullCount(): u32 {
  return fullEnd - fullFirst
}

/** The full chunk that has waited for the longest. */
export function headFull(): Chunk {
  return changetype<Chunk>(<usize>load<u32>(full + (<usize>fullFirst << 2)))
}

/** Gives back the full chunk that has waited for the longest. `shifts` are of its table's columns, the times first. */
export function headDropFull(shifts: usize): void {
  const chunk = headFull()
  fullFirst++
  chunk.series.first = chunk.next
  if (changetype<usize>(chunk.next) == 0) chunk.series.last = chunk.next
  releaseChunk(chunk, shifts)
}

/** Makes a series known that has rows elsewhere, of times from `least` to `greatest`. */
export function headNote(ref: u32, table: u32, least: i64, greatest: i64): void {
  let series = headSeries(ref)
  if (changetype<usize>(series) == 0) series = addSeries(ref, table)
  series.least = min(series.least, least)
  series.greatest = max(series.greatest, greatest)
}

/** Finds the chunks that `rows` staged rows of a table go to. */
export function headPlan(rows: u32, table: u32): void {
  let metCount: u32 = 0
  for (let i: usize = 0; i < <usize>rows << 2; i += 4) {
    const ref = load<u32>(refs + i)
    let series = headSeries(ref)
    if (changetype<usize>(series) == 0) series = addSeries(ref, table)
    if (series.next++ == 0) store<u32>(met + (<usize>(metCount++) << 2), <u32>changetype<usize>(series))
  }
  runCount = 0
  let total: u32 = 0
  for (let i: u32 = 0; i < metCount; i++) {
    const series = changetype<Series>(<usize>load<u32>(met + (<usize>i << 2)))
    const count = series.next
    planSeries(series, total, count)
    series.next = total
    total += count
  }
  for (let row: u32 = 0; row < rows; row++) {
    const series = headSeries(load<u32>(refs + (<usize>row << 2)))
    store<u32>(order + (<usize>(series.next++) << 2), row)
  }
  for (let i: u32 = 0; i < metCount; i++) changetype<Series>(<usize>load<u32>(met + (<usize>i << 2))).next = 0
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runAt(i)
    const first = order + (<usize>run.from << 2)
    const last = load<u32>(first + (<usize>(run.count - 1) << 2))
    if (last - load<u32>(first) == run.count - 1) run.count |= CONTIGUOUS
  }
}

function addSeries(ref: u32, table: u32): Series {
  const series = changetype<Series>(allocate(offsetof<Series>()))
  series.ref = ref
  series.table = table
  series.first = changetype<Chunk>(<usize>0)
  series.last = changetype<Chunk>(<usize>0)
  series.next = 0
  series.least = i64.MAX_VALUE
  series.greatest = i64.MIN_VALUE
  series.hasFilled = false
  store<u32>(pageOf(ref) + (<usize>(ref & (PAGE_REFS - 1)) << 2), <u32>changetype<usize>(series))
  if (seriesCount == allLength) {
    all = grown(all, allLength, allLength << 1)
    allLength <<= 1
  }
  store<u32>(all + (<usize>(seriesCount++) << 2), <u32>changetype<usize>(series))
  return series
}

/** The page of a ref, made where there is none. */
function pageOf(ref: u32): usize {
  const number = ref >> PAGE_SHIFT
  if (number >= pagesLength) {
    const length = max(number + 1, pagesLength << 1)
    pages = grown(pages, pagesLength, length)
    memory.fill(pages + (<usize>pagesLength << 2), 0, <usize>(length - pagesLength) << 2)
    pagesLength = length
  }
  const place = pages + (<usize>number << 2)
  if (load<u32>(place) == 0) {
    const page = allocate(PAGE_REFS << 2)
    memory.fill(page, 0, PAGE_REFS << 2)
    store<u32>(place, <u32>page)
  }
  return <usize>load<u32>(place)
}

function grown(from: usize, before: u32, after: u32): usize {
  const to = allocate(<usize>after << 2)
  memory.copy(to, from, <usize>before << 2)
  release(from, <usize>before << 2)
  return to
}

/** Divides rows of a series among its last chunk and new ones. */
function planSeries(series: Series, from: u32, count: u32): void {
  while (count > 0) {
    let chunk = series.last
    if (changetype<usize>(chunk) == 0 || chunk.rows == BLOCK_ROWS) chunk = addChunk(series)
    const taken = min(count, <u32>BLOCK_ROWS - chunk.rows)
    const run = runAt(runCount++)
    run.chunk = chunk
    run.at = chunk.rows
    run.from = from
    run.count = taken
    chunk.rows += taken
    if (chunk.rows == BLOCK_ROWS) {
      pushFull(chunk)
      series.hasFilled = true
    }
    from += taken
    count -= taken
  }
}

// @ts-ignore: decorator
@inline
function runAt(index: u32): Run {
  return changetype<Run>(runs + <usize>index * RUN_BYTES)
}

function addChunk(series: Series): Chunk {
  const chunk = createChunk(series)
  if (changetype<usize>(series.last) == 0) series.first = chunk
  else series.last.next = chunk
  series.last = chunk
  return chunk
}

function pushFull(chunk: Chunk): void {
  if (fullEnd == fullLength) {
    if (fullFirst > fullLength >> 1) {
      memory.copy(full, full + (<usize>fullFirst << 2), <usize>(fullEnd - fullFirst) << 2)
      fullEnd -= fullFirst
      fullFirst = 0
    } else {
      full = grown(full, fullLength, fullLength << 1)
      fullLength <<= 1
    }
  }
  store<u32>(full + (<usize>(fullEnd++) << 2), <u32>changetype<usize>(chunk))
}

/** Takes the times of the staged rows. `columns` are those of the table so far, the times included. */
export function headTimes(columns: u32): void {
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runAt(i)
    const column = takeRun<u64>(run, TIMES, columns)
    noteTimes(run.chunk, column.values + (<usize>run.at << 3), column.values + (<usize>column.filled << 3))
  }
}

/** Where the least of all times begins a chunk, this finds it unordered, which costs a sort and nothing else. */
function noteTimes(chunk: Chunk, from: usize, to: usize): void {
  const series = chunk.series
  let newest = chunk.newest
  let least = series.least
  let greatest = series.greatest
  let unordered = chunk.unordered
  for (let at = from; at < to; at += 8) {
    const time = load<i64>(at)
    unordered |= u32(time <= newest)
    newest = time
    least = min(least, time)
    greatest = max(greatest, time)
  }
  chunk.newest = newest
  chunk.unordered = unordered
  series.least = least
  series.greatest = greatest
}

/**
 * Takes the values of the staged rows for one column of the table, the first field being column 1: of `1 << shift` bytes
 * each, with a bitmap where some are missing.
 */
export function headColumn(index: u32, shift: u32, hasValidity: bool, columns: u32): void {
  for (let i: u32 = 0; i < runCount; i++) {
    const run = runAt(i)
    const column =
      shift == 3 ? takeRun<u64>(run, index, columns)
      : shift == 2 ? takeRun<u32>(run, index, columns)
      : takeRun<u8>(run, index, columns)
    if (hasValidity) makeValidity(column, run.at)
    if (column.validity != 0) markRun(run, column, hasValidity)
  }
}

// @ts-ignore: decorator
@inline
function takeRun<T>(run: Run, index: u32, columns: u32): HeadColumn {
  const count = run.count & ~CONTIGUOUS
  const end = run.at + count
  const column = columnFor(run.chunk, index, run.at, end, alignof<T>(), columns)
  column.filled = end
  const target = column.values + (<usize>run.at << alignof<T>())
  const places = order + (<usize>run.from << 2)
  if (run.count != count) {
    memory.copy(target, values + (<usize>load<u32>(places) << alignof<T>()), <usize>count << alignof<T>())
    return column
  }
  for (let i: usize = 0; i < count; i++) {
    const place = <usize>load<u32>(places + (i << 2))
    store<T>(target + (i << alignof<T>()), load<T>(values + (place << alignof<T>())))
  }
  return column
}

function markRun(run: Run, column: HeadColumn, hasValidity: bool): void {
  const count = run.count & ~CONTIGUOUS
  for (let i: u32 = 0; i < count; i++) {
    const place = load<u32>(order + (<usize>(run.from + i) << 2))
    if (hasValidity && (load<u8>(validity + (place >> 3)) & (<u32>1 << (place & 7))) == 0) continue
    const row = run.at + i
    const at = column.validity + (row >> 3)
    store<u8>(at, load<u8>(at) | <u8>(<u32>1 << (row & 7)))
  }
}
