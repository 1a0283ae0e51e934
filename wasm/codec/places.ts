// Values of blocks to the places of an answer's rows. Only some rows of a block are wanted, each at a place of its own; in the core
// that is a load and a store each, whatever the type.

import { HEADER, INTEGERS, OFFSETS, VALUES } from '../memory/scratch'
import { BLOCK_BAD_HEADER, BLOCK_OK, openBlockAt, storeFloats } from './block'
import { isEmpty, leaveRead, payloadsStart, selectHeader, selectHeaderAt } from './blocks'
import { isNarrow, narrowLow, offsetBytes } from './decoded'
import { HEADER_BYTES, TYPE_F64, TYPE_TIME, headerRows, headerType } from './header'
import { storeTimes } from './times'

/** Rank of a row that has no place. */
const NO_RANK: u32 = 0xffffffff

/** Rows of an answer: their numbers, their ranks, how many, and where values go by rank. */
let rows: usize = 0
let ranks: usize = 0
let count: i32 = 0
let target: usize = 0
/** How many of them have been taken. */
let taken: i32 = 0

// @ts-ignore: decorator
@inline
function placeFrom<T>(values: usize, low: i64, end: u32): void {
  let i = taken
  for (; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2))
    if (row >= end) break
    const rank = load<u32>(ranks + (<usize>i << 2))
    const value = low + <i64>load<T>(values + (<usize>row << alignof<T>()))
    if (rank != NO_RANK) store<i64>(target + (<usize>rank << 3), value)
  }
  taken = i
}

/** Puts values of the opened block, whose first row is number `before`, to their places: the next rows, up to its last one. */
function placeOpened(before: u32): void {
  const end = before + <u32>headerRows()
  const type = headerType()
  const first = <usize>before
  if (type == TYPE_F64 || type == TYPE_TIME) {
    if (type == TYPE_F64) storeFloats(VALUES)
    else storeTimes(headerRows(), VALUES)
    placeFrom<i64>(VALUES - (first << 3), 0, end)
  } else if (!isNarrow()) placeFrom<i64>(INTEGERS - (first << 3), 0, end)
  // Offsets are looked up as they are: to widen all of them takes longer than to find the few.
  else if (offsetBytes() == 1) placeFrom<u8>(OFFSETS - first, narrowLow(), end)
  else if (offsetBytes() == 2) placeFrom<u16>(OFFSETS - (first << 1), narrowLow(), end)
  else placeFrom<u32>(OFFSETS - (first << 2), narrowLow(), end)
}

/** Places values of the block whose header is selected, at `payload`, of which `left` bytes are there. Returns a status. */
function placeBlock(type: i32, payload: usize, left: u32, before: u32): i32 {
  const size = load<u32>(HEADER, 8)
  if (headerType() != type || size > left) return BLOCK_BAD_HEADER
  const status = openBlockAt(payload, <i32>size)
  if (status == BLOCK_OK) placeOpened(before)
  return status
}

/**
 * Reads `blocks` blocks of f64, i64 or times, of those to be read, and stores values of 8 bytes at `to`: that of row `rowsAt[i]` at
 * place `ranksAt[i]`, of at most `most` rows, which rise, up to the last one of these blocks. Rows count from the first one of the
 * blocks plus `before`. Returns how many rows were taken, or a status that is no success as a negative number, and leaves which block it
 * is of and how many rows there are.
 */
export function placeBlocks(
  type: i32, blocks: i32, bytes: i32, rowsAt: usize, ranksAt: usize, most: i32, before: u32, to: usize,
): i32 {
  rows = rowsAt
  ranks = ranksAt
  count = most
  target = to
  taken = 0
  let payload = payloadsStart()
  const end = payload + <usize>bytes
  let first = before
  for (let block = 0; block < blocks; block++) {
    selectHeader(block)
    if (!isEmpty()) {
      const status = placeBlock(type, payload, <u32>(end - payload), first)
      if (status != BLOCK_OK) {
        leaveRead(0, block)
        return -status
      }
      payload += <usize>load<u32>(HEADER, 8)
    }
    first += <u32>headerRows()
  }
  leaveRead(<i32>(first - before), blocks)
  return taken
}

/** Words of a listed run: where its headers are, where the addresses of the payloads, how many blocks, and the first and the end of rows. */
const LISTED_BYTES: usize = 5 * 4

/**
 * The same of runs of kept blocks of one type without missing values, `runs` many that are listed at `list`; the rows of each are a
 * part of all. Returns a status, and leaves which run it is of.
 */
export function placeKept(type: i32, list: usize, runs: i32, rowsAt: usize, ranksAt: usize, to: usize): i32 {
  rows = rowsAt
  ranks = ranksAt
  target = to
  for (let run = 0; run < runs; run++) {
    const at = list + <usize>run * LISTED_BYTES
    let header = <usize>load<u32>(at)
    let address = <usize>load<u32>(at, 4)
    taken = load<i32>(at, 12)
    count = load<i32>(at, 16)
    let first: u32 = 0
    for (let left = load<i32>(at, 8); left > 0; left--) {
      selectHeaderAt(header)
      const payload = load<u32>(address)
      const status = placeBlock(type, <usize>payload, load<u32>(address, 4) - payload, first)
      if (status != BLOCK_OK) {
        leaveRead(0, run)
        return status
      }
      first += <u32>headerRows()
      header += HEADER_BYTES
      address += 4
    }
  }
  return BLOCK_OK
}

/**
 * Counts rows by their time at `counts`, and notes of each at `ranks` which time it has. That is at `positions`, by the row's number less
 * `firstRow`; or, where `rows` is 0, one position after the other.
 */
export function countPlaces(
  rows: usize, count: i32, firstRow: u32, positions: usize, ranks: usize, counts: usize,
): void {
  for (let i = 0; i < count; i++) {
    const place = rows == 0 ? <u32>i : load<u32>(rows + (<usize>i << 2)) - firstRow
    const position = load<u32>(positions + (<usize>place << 2))
    store<u32>(ranks + (<usize>i << 2), position)
    const at = counts + (<usize>position << 2)
    store<u32>(at, load<u32>(at) + 1)
  }
}

/** Puts in place of the time of each row its rank: how many rows come before those of its time, at `starts`, and before it of the same. */
export function rankPlaces(ranks: usize, count: i32, starts: usize, limit: u32): void {
  for (let i = 0; i < count; i++) {
    const at = starts + (<usize>load<u32>(ranks + (<usize>i << 2)) << 2)
    const rank = load<u32>(at)
    store<u32>(at, rank + 1)
    store<u32>(ranks + (<usize>i << 2), rank < limit ? rank : NO_RANK)
  }
}

/** Stores a number at the places of some rows. */
export function placeNumber(number: u32, ranks: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i++) {
    const rank = load<u32>(ranks + (<usize>i << 2))
    if (rank != NO_RANK) store<u32>(target + (<usize>rank << 2), number)
  }
}
