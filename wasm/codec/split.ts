// Floats of full precision whose neighbours have little in common: sign and exponent are a stream of small integers, the
// mantissas are packed as they are. What ALP-RD (Afroozeh, Kuffó and Boncz, SIGMOD 2024) does with a dictionary, a frame
// with patches does here, since exponents that occur often are neighbours.

import { putWidePlane, takeWidePlane } from '../bits/plane'
import { INTEGERS, RUN_VALUES } from '../memory/scratch'
import { cursorFailed } from './cursor'
import { decodedWide, storeDecoded } from './decoded'
import { putIntegers, takeIntegers } from './integers'

export const MANTISSA_BITS: i32 = 52
/** Of a lane the mantissa, and the lowest bit. */
const MANTISSA: usize = memory.data<i64>([0xfffffffffffff], 16)
const LOWEST: usize = memory.data<i64>([1], 16)

/** Writes i64 that are the bits of floats in order. */
export function putSplit(values: usize, count: i32, address: usize): usize {
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    const top = load<i64>(values + i) >> MANTISSA_BITS
    store<i64>(INTEGERS + i, (top << 1) ^ (top >> 63))
  }
  address = putIntegers(INTEGERS, count, false, address)
  const mantissa = v128.load64_splat(MANTISSA)
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    v128.store(RUN_VALUES + i, v128.and(v128.load(values + i), mantissa))
  }
  return putWidePlane(RUN_VALUES, count, 0, MANTISSA_BITS, address)
}

/** Reads them to wide integers and returns the mode of the stream of exponents. */
export function takeSplit(count: i32): i32 {
  const mode = takeIntegers(count)
  if (mode == 0) return 0
  storeDecoded(count, RUN_VALUES)
  takeWidePlane(count, INTEGERS)
  if (cursorFailed()) return 0
  const one = v128.load64_splat(LOWEST)
  const mantissa = v128.load64_splat(MANTISSA)
  for (let i: usize = 0; i < <usize>count << 3; i += 16) {
    const zigzag = v128.load(RUN_VALUES + i)
    const top = v128.xor(i64x2.shr_u(zigzag, 1), i64x2.neg(v128.and(zigzag, one)))
    const low = v128.and(v128.load(INTEGERS + i), mantissa)
    v128.store(INTEGERS + i, v128.or(i64x2.shl(top, MANTISSA_BITS), low))
  }
  decodedWide()
  return mode
}
