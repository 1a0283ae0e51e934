// Spans and states of blocks that follow each other, in one call: one block of times each, and one of each field. There
// are 16 blocks of times at most, whose spans stay until the next ones; blocks of fields may come in pieces.

import { BLOCK_BAD_HEADER, BLOCK_OK, openBlockAt } from '../codec/block'
import { isEmpty, payloadsStart, selectHeader } from '../codec/blocks'
import { HEADER } from '../memory/scratch'
import { aggregateOpened, clearStates } from './states'
import { addSpans, selectBlock, spansNow } from './windows'

let failedAt: i32 = 0

/** Which of the blocks the last call refused. */
export function runFailedAt(): i32 {
  return failedAt
}

/**
 * Spans of `count` blocks of times of those to be read, with `bytes` bytes of payloads, after those of `before` others. Returns
 * how many spans all have; -1 where one is not of times or damaged.
 */
export function spansOfBlocks(before: i32, count: i32, bytes: i32): i32 {
  let payload = payloadsStart()
  const end = payload + <usize>bytes
  for (failedAt = 0; failedAt < count; failedAt++) {
    selectHeader(failedAt)
    const size = load<u32>(HEADER, 8)
    if (size > <u32>(end - payload) || openBlockAt(payload, <i32>size) != BLOCK_OK) return -1
    if (!addSpans(before + failedAt)) return -1
    payload += <usize>size
  }
  return spansNow()
}

/**
 * States of `count` blocks of one field, not of strings, over the spans of blocks `first` and on, which must have as many rows.
 * A block of no bytes has no values. Returns a status, and leaves which block it is of.
 */
export function aggregateBlocks(first: i32, count: i32, bytes: i32, mask: i32): i32 {
  let payload = payloadsStart()
  const end = payload + <usize>bytes
  for (failedAt = 0; failedAt < count; failedAt++) {
    selectHeader(failedAt)
    selectBlock(first + failedAt)
    if (isEmpty()) {
      clearStates()
      continue
    }
    const size = load<u32>(HEADER, 8)
    if (size > <u32>(end - payload)) return BLOCK_BAD_HEADER
    const status = openBlockAt(payload, <i32>size)
    if (status != BLOCK_OK) return status
    if (!aggregateOpened(mask)) return BLOCK_BAD_HEADER
    payload += <usize>size
  }
  return BLOCK_OK
}
