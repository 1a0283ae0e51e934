// Values of blocks to the places of an answer's rows. Only some rows of a block are wanted, each at a place of its own; in the core
// that is a load and a store each, whatever the type.

import { BLOCK_OK } from './block'
import { BULK_VALUES, bulkRows, decodeBlocks } from './blocks'

/** Rank of a row that has no place. */
const NO_RANK: u32 = 0xffffffff

/**
 * Decodes blocks as `decodeBlocks` does and stores values of 8 bytes at `target`: that of row `rows[i]` at place `ranks[i]`, of at
 * most `count` rows, which rise, up to the last one of these blocks. Rows count from the first one of the blocks plus `before`.
 * Returns how many rows were taken, or a status that is no success as a negative number.
 */
export function placeBlocks(
  type: i32, blocks: i32, bytes: i32, rows: usize, ranks: usize, count: i32, before: u32, target: usize,
): i32 {
  const status = decodeBlocks(type, blocks, bytes)
  if (status != BLOCK_OK) return -status
  const end = before + <u32>bulkRows()
  const values = BULK_VALUES - (<usize>before << 3)
  let i: i32 = 0
  for (; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2))
    if (row >= end) break
    const rank = load<u32>(ranks + (<usize>i << 2))
    if (rank != NO_RANK) store<u64>(target + (<usize>rank << 3), load<u64>(values + (<usize>row << 3)))
  }
  return i
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
