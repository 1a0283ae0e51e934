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
