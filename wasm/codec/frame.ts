// Frame of reference: every value as its distance from a base, packed.

import { putPlane, putWidePlane, takePlane, takeWidePlane } from '../bits/plane'
import { INTEGERS, OFFSETS } from '../memory/scratch'
import { putSigned, putVarint, takeSigned, takeVarint } from './cursor'
import { decodedNarrow, decodedWide } from './decoded'

/** Offsets u32 at `OFFSETS` over `low`, in lanes of T; a base within them makes room for patches on either side. */
export function putFrame<T>(low: i64, base: u32, width: i32, count: i32, address: usize): usize {
  address = putVarint(putSigned(address, low), <u64>(<T>base))
  return putPlane<T>(OFFSETS, count, base, width, false, address)
}

export function takeFrame<T>(count: i32): void {
  const low = takeSigned()
  const base = <T>takeVarint()
  takePlane<T>(count, OFFSETS)
  decodedNarrow<T>(low)
  if (base == 0) return
  for (let at = OFFSETS; at < OFFSETS + (<usize>count << alignof<T>()); at += 16) {
    if (sizeof<T>() == 1) v128.store(at, i8x16.add(i8x16.splat(<i8>base), v128.load(at)))
    else if (sizeof<T>() == 2) v128.store(at, i16x8.add(i16x8.splat(<i16>base), v128.load(at)))
    else v128.store(at, i32x4.add(i32x4.splat(<i32>base), v128.load(at)))
  }
}

export function putWideFrame(values: usize, base: i64, width: i32, count: i32, address: usize): usize {
  return putWidePlane(values, count, <u64>base, width, putSigned(address, base))
}

export function takeWideFrame(count: i32): void {
  const base = i64x2.splat(takeSigned())
  takeWidePlane(count, INTEGERS)
  for (let i = 0; i < count; i += 2) {
    const at = INTEGERS + (<usize>i << 3)
    v128.store(at, i64x2.add(base, v128.load(at)))
  }
  decodedWide()
}
