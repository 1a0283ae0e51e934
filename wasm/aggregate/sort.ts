// Stable ascending order of times: nothing to do where they rise already, else a radix sort of row numbers, least
// significant digit first, over the digits that differ.

import { allocate, release } from '../memory/heap'

const DIGIT_BITS: u64 = 11
const BUCKETS: usize = 1 << 11
const counts: usize = memory.data((1 << 11) * 4, 16)

function isSorted(times: usize, count: u32): bool {
  for (let i: usize = 8; i < <usize>count << 3; i += 8) {
    if (load<i64>(times + i) < load<i64>(times + i - 8)) return false
  }
  return true
}

/** One pass: rows at `from` in the order of one digit to `to`. */
function sortDigit(times: usize, low: u64, shift: u64, from: usize, to: usize, count: u32): void {
  memory.fill(counts, 0, BUCKETS << 2)
  for (let i: u32 = 0; i < count; i++) {
    const digit = <usize>(((load<u64>(times + (<usize>i << 3)) - low) >> shift) & (BUCKETS - 1))
    store<u32>(counts + (digit << 2), load<u32>(counts + (digit << 2)) + 1)
  }
  let before: u32 = 0
  for (let bucket: usize = 0; bucket < BUCKETS; bucket++) {
    const size = load<u32>(counts + (bucket << 2))
    store<u32>(counts + (bucket << 2), before)
    before += size
  }
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(from + (<usize>i << 2))
    const slot = counts + (<usize>(((load<u64>(times + (<usize>row << 3)) - low) >> shift) & (BUCKETS - 1)) << 2)
    const place = load<u32>(slot)
    store<u32>(slot, place + 1)
    store<u32>(to + (<usize>place << 2), row)
  }
}

/** Writes the row numbers of `count` times in their order to `rows`. May grow the memory. */
export function sortRows(times: usize, count: u32, rows: usize): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(rows + (<usize>i << 2), i)
  if (isSorted(times, count)) return
  let least = i64.MAX_VALUE
  let most = i64.MIN_VALUE
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    least = min(least, load<i64>(times + i))
    most = max(most, load<i64>(times + i))
  }
  const range = <u64>most - <u64>least
  const other = allocate(<usize>count << 2)
  let from = rows
  let to = other
  for (let shift: u64 = 0; shift < 64 && range >> shift != 0; shift += DIGIT_BITS) {
    sortDigit(times, <u64>least, shift, from, to, count)
    const swap = from
    from = to
    to = swap
  }
  if (from != rows) memory.copy(rows, from, <usize>count << 2)
  release(other, <usize>count << 2)
}
