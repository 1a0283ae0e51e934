// How long codes repeat those at a distance before them.

import { STAGING } from '../memory/scratch'

/**
 * Of `distance + count` codes of 32 bits at `STAGING`, the first so many after the first `distance` that are each that of `distance`
 * before. Reads up to 128 bytes behind them.
 */
export function repeatedCodes(distance: i32, count: i32): i32 {
  let early = STAGING
  let late = STAGING + (<usize>distance << 2)
  const from = late
  for (const end = late + (<usize>count << 2); late < end; early += 64, late += 64) {
    const different = v128.or(
      v128.or(v128.xor(v128.load(early), v128.load(late)), v128.xor(v128.load(early, 16), v128.load(late, 16))),
      v128.or(v128.xor(v128.load(early, 32), v128.load(late, 32)), v128.xor(v128.load(early, 48), v128.load(late, 48))),
    )
    if (v128.any_true(different)) break
  }
  for (const end = late + 64; late < end && load<u32>(early) == load<u32>(late); early += 4) late += 4
  return min(<i32>((late - from) >> 2), count)
}
