// Which rows of blocks pass a comparison with a number. Rows are lists of their numbers, which rise, so that one comparison after
// the other leaves fewer of them.

import { BLOCK_ROWS, BULK_BLOCKS } from '../memory/scratch'
import { BLOCK_OK } from './block'
import { BULK_VALUES, bulkRows, decodeBlocks } from './blocks'
import { TYPE_F64 } from './header'

const LESS: i32 = 0
const LESS_OR_EQUAL: i32 = 1
const EQUAL: i32 = 2

/** Numbers of rows of the blocks of one call, and room for the three that vectors write after the last. */
export const LISTED_ROWS: usize = memory.data(BULK_BLOCKS * BLOCK_ROWS * 4 + 16, 16)

/** Puts the numbers of `count` rows from `first` on at `LISTED_ROWS + 4 * at`, and up to three more. */
export function listRows(at: i32, first: u32, count: i32): void {
  const rows = LISTED_ROWS + (<usize>at << 2)
  let four = i32x4.add(i32x4.splat(first), i32x4(0, 1, 2, 3))
  const step = i32x4.splat(4)
  for (let i = 0; i < count; i += 4) {
    v128.store(rows + (<usize>i << 2), four)
    four = i32x4.add(four, step)
  }
}

let kept: i32 = 0

/** Rows that the last call of `keepRows` kept. */
export function keptRows(): i32 {
  return kept
}

/** Keeps at `to` those of `count` rows below `end` whose value of T, from `values` on, compares so; returns how many are below. */
// @ts-ignore: decorator
@inline
function keep<T>(compare: i32, flip: u32, operand: T, values: usize, rows: usize, count: i32, end: u32, to: usize): i32 {
  let at = to
  let i: i32 = 0
  for (; i < count; i++) {
    const row = load<u32>(rows + (<usize>i << 2))
    if (row >= end) break
    const value = load<T>(values + (<usize>row << 3))
    const passes = compare == LESS ? value < operand : compare == LESS_OR_EQUAL ? value <= operand : value == operand
    // Put down before it is known whether it stays: a branch would be mispredicted. Never behind what was read.
    store<u32>(at, row)
    at += <usize>(<u32>passes ^ flip) << 2
  }
  kept = <i32>((at - to) >> 2)
  return i
}

function keepBy<T>(compare: i32, flip: u32, operand: T, values: usize, rows: usize, count: i32, end: u32, to: usize): i32 {
  if (compare == LESS) return keep<T>(LESS, flip, operand, values, rows, count, end, to)
  if (compare == LESS_OR_EQUAL) return keep<T>(LESS_OR_EQUAL, flip, operand, values, rows, count, end, to)
  return keep<T>(EQUAL, flip, operand, values, rows, count, end, to)
}

/**
 * Decodes blocks of f64, i64 or times as `decodeBlocks` does, and takes of `count` rows that are listed from place `from` on, and
 * count from the first one of the blocks plus `before`, those up to the last one of these blocks. Of them those are listed from
 * place `to` on, not behind `from`, whose value is less than, at most or equal to the operand, the bits of an f64 or an i64; where
 * `flip` is 1, the others. Returns how many rows were taken, or a status that is no success as a negative number.
 */
export function keepRows(
  type: i32, blocks: i32, bytes: i32, compare: i32, flip: u32, operand: i64, from: i32, count: i32, before: u32, to: i32,
): i32 {
  const status = decodeBlocks(type, blocks, bytes)
  if (status != BLOCK_OK) return -status
  const end = before + <u32>bulkRows()
  const values = BULK_VALUES - (<usize>before << 3)
  const rows = LISTED_ROWS + (<usize>from << 2)
  const left = LISTED_ROWS + (<usize>to << 2)
  if (type == TYPE_F64) return keepBy<f64>(compare, flip, reinterpret<f64>(operand), values, rows, count, end, left)
  return keepBy<i64>(compare, flip, operand, values, rows, count, end, left)
}
