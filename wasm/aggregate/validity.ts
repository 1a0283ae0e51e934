// Rows that count, out of a bitmap: bit `i & 7` of byte `i >> 3` is 1 where row i has a value.

import { BLOCK_ROWS, VALIDITY } from '../memory/scratch'

/** Row of every value, in order, after `compact`. */
export const ROWS: usize = memory.data((BLOCK_ROWS + 8) * 2, 16)

// @ts-ignore: decorator
@inline
export function rowIsValid(row: i32): bool {
  return ((<i32>load<u8>(VALIDITY + <usize>(row >> 3)) >> (row & 7)) & 1) != 0
}

/** How many of the first `count` rows are valid. */
export function countValid(count: i32): i32 {
  let valid = 0
  for (let row = 0; row < count >> 3; row++) valid += <i32>popcnt<u32>(load<u8>(VALIDITY + <usize>row))
  const rest = count & 7
  if (rest > 0) valid += <i32>popcnt<u32>(<u32>load<u8>(VALIDITY + <usize>(count >> 3)) & ((1 << rest) - 1))
  return valid
}

/** Notes the valid ones of the first `count` rows at `ROWS` and returns how many there are. */
export function listRows(count: i32): i32 {
  let valid = 0
  for (let base = 0; base < count; base += 32) {
    let bits = load<u32>(VALIDITY + <usize>(base >> 3))
    if (count - base < 32) bits &= ((<u32>1) << <u32>(count - base)) - 1
    for (; bits != 0; bits &= bits - 1) {
      store<u16>(ROWS + (<usize>valid << 1), <u16>(base + ctz(bits)))
      valid++
    }
  }
  return valid
}

/** Moves the values of the listed rows together, in place. */
export function compact<T>(values: usize, valid: i32): void {
  for (let i = 0; i < valid; i++) {
    const row = <usize>load<u16>(ROWS + (<usize>i << 1))
    store<T>(values + (<usize>i << alignof<T>()), load<T>(values + (row << alignof<T>())))
  }
}
