// Frame of reference: every value as its distance from a base, packed.

import { putPlane, takePlane32, takePlane64 } from '../bits/plane'
import { INTEGERS, OFFSETS } from '../memory/scratch'
import { putSigned, putVarint, takeSigned, takeVarint } from './cursor'
import { decodedNarrow, decodedWide } from './decoded'

/** Offsets at `OFFSETS` over `low`; a base within them makes room for patches on either side. */
export function putFrame(low: i64, base: u32, width: i32, count: i32, address: usize): usize {
  address = putVarint(putSigned(address, low), base)
  return putPlane<u32>(OFFSETS, count, base, width, false, address)
}

export function takeFrame(count: i32): void {
  const low = takeSigned()
  const base = <u32>takeVarint()
  takePlane32(count, false, OFFSETS)
  decodedNarrow(low)
  if (base == 0) return
  const bases = i32x4.splat(<i32>base)
  for (let i = 0; i < count; i += 4) {
    const at = OFFSETS + (<usize>i << 2)
    v128.store(at, i32x4.add(bases, v128.load(at)))
  }
}

export function putWideFrame(values: usize, base: i64, width: i32, count: i32, address: usize): usize {
  return putPlane<u64>(values, count, <u64>base, width, false, putSigned(address, base))
}

export function takeWideFrame(count: i32): void {
  const base = i64x2.splat(takeSigned())
  takePlane64(count, INTEGERS)
  for (let i = 0; i < count; i += 2) {
    const at = INTEGERS + (<usize>i << 3)
    v128.store(at, i64x2.add(base, v128.load(at)))
  }
  decodedWide()
}
