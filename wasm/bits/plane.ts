// A plane: `count` unsigned integers packed to one width, the few that do not fit patched. Drawn in codec/FORMAT.md.

import { cursorFailed, failCursor, take, takeByte, takeU16 } from '../codec/cursor'
import { DELTAS, LANES, PACK_HIGH, PACK_LOW, PATCH_HIGHS, PATCH_POSITIONS } from '../memory/scratch'
import { packGroups } from './generated-pack'
import { unpackGroups } from './generated-unpack'
import { GROUP_BYTES, GROUP_ROWS, groupsToLanes, laneIndex } from './lanes'
import { bitLength, packedBytes } from './width'

/** Packs u32 values; with `lanes`, whole groups go in lane order. Values after `count` are overwritten with zeros. */
function putPacked(values: usize, count: i32, width: i32, lanes: bool, address: usize): usize {
  if (width == 0) return address
  const whole = count / GROUP_ROWS
  const rest = count & (GROUP_ROWS - 1)
  const tail = values + <usize>whole * GROUP_BYTES
  let source = values
  if (lanes) {
    groupsToLanes(values, LANES, whole)
    source = LANES
  }
  packGroups(width, source, address, whole)
  address += <usize>(whole * width * 16)
  if (rest == 0) return address
  memory.fill(tail + (<usize>rest << 2), 0, GROUP_BYTES - (<usize>rest << 2))
  packGroups(width, tail, LANES, 1)
  const bytes = <usize>packedBytes(rest, width)
  memory.copy(address, LANES, bytes)
  return address + bytes
}

function putPatches(address: usize, count: i32, patchBytes: i32): usize {
  memory.copy(address, PATCH_POSITIONS, <usize>count << 1)
  address += <usize>count << 1
  for (let i = 0; i < count; i++) {
    let high = load<u64>(PATCH_HIGHS + (<usize>i << 3))
    for (let byte = 0; byte < patchBytes; byte++) {
      store<u8>(address, <u8>high)
      high >>= 8
      address++
    }
  }
  return address
}

// @ts-ignore: decorator
@inline
function notePatch(patches: i32, row: i32, high: u64): void {
  store<u16>(PATCH_POSITIONS + (<usize>patches << 1), <u16>row)
  store<u64>(PATCH_HIGHS + (<usize>patches << 3), high)
}

/** Subtracts `base` from u32 and notes what exceeds `width`; returns the number of patches. */
function split32(values: usize, count: i32, base: u32, width: i32): i32 {
  const bases = i32x4.splat(<i32>base)
  const limit = i32x4.splat(width < 32 ? (1 << width) - 1 : -1)
  let patches = 0
  for (let row = 0; row < count; row += 4) {
    const at = <usize>row << 2
    const distance = i32x4.sub(v128.load(values + at), bases)
    v128.store(PACK_LOW + at, distance)
    let exceeding = i32x4.bitmask(i32x4.gt_u(distance, limit))
    for (; exceeding != 0; exceeding &= exceeding - 1) {
      const patched = row + ctz(exceeding)
      if (patched >= count) break
      notePatch(patches++, patched, <u64>(load<u32>(PACK_LOW + (<usize>patched << 2)) >> <u32>width))
    }
  }
  return patches
}

/** The same for u64, apart into low and high words. */
function split64(values: usize, count: i32, base: u64, width: i32): i32 {
  const bases = i64x2.splat(<i64>base)
  const limit = i64x2.splat(width < 64 ? (<i64>1 << <i64>width) - 1 : -1)
  let patches = 0
  for (let row = 0; row < count; row += 4) {
    const at = <usize>row << 2
    const a = i64x2.sub(v128.load(values + 2 * at), bases)
    const b = i64x2.sub(v128.load(values + 2 * at, 16), bases)
    v128.store(PACK_LOW + at, v128.shuffle<i32>(a, b, 0, 2, 4, 6))
    v128.store(PACK_HIGH + at, v128.shuffle<i32>(a, b, 1, 3, 5, 7))
    if (!v128.any_true(v128.andnot(v128.or(a, b), limit))) continue
    for (let patched = row; patched < min(row + 4, count); patched++) {
      const high = (load<u64>(values + (<usize>patched << 3)) - base) >> <u64>width
      if (high != 0) notePatch(patches++, patched, high)
    }
  }
  return patches
}

// @ts-ignore: decorator
@inline
function split<T>(values: usize, count: i32, base: T, width: i32): i32 {
  return sizeof<T>() == 4 ? split32(values, count, <u32>base, width) : split64(values, count, <u64>base, width)
}

function neededPatchBytes(patches: i32): i32 {
  let all: u64 = 0
  for (let i = 0; i < patches; i++) all |= load<u64>(PATCH_HIGHS + (<usize>i << 3))
  return (bitLength<u64>(all) + 7) >> 3
}

/** Writes a plane of values of type u32 or u64 less `base` and returns the address after it. */
export function putPlane<T>(values: usize, count: i32, base: T, width: i32, lanes: bool, address: usize): usize {
  const patches = split<T>(values, count, base, width)
  const patchBytes = neededPatchBytes(patches)
  store<u8>(address, <u8>width)
  store<u8>(address, <u8>patchBytes, 1)
  address += 2
  if (patches > 0) {
    store<u16>(address, <u16>patches)
    address += 2
  }
  address = putPacked(PACK_LOW, count, min(width, 32), lanes, address)
  if (width > 32) address = putPacked(PACK_HIGH, count, width - 32, false, address)
  return putPatches(address, patches, patchBytes)
}

function takePacked(count: i32, width: i32, target: usize): void {
  const source = take(packedBytes(count, width))
  if (cursorFailed()) return
  const groups = (count + GROUP_ROWS - 1) / GROUP_ROWS
  if (width == 0) memory.fill(target, 0, <usize>groups * GROUP_BYTES)
  else unpackGroups(width, source, target, groups)
}

function takeHigh(address: usize, bytes: i32): u64 {
  let high: u64 = 0
  for (let byte = bytes - 1; byte >= 0; byte--) high = (high << 8) | <u64>load<u8>(address + <usize>byte)
  return high
}

/** Reads a plane of u32; with `lanes`, whole groups stay in lane order. The target has room for whole groups. */
export function takePlane32(count: i32, lanes: bool, target: usize): void {
  const width = takeByte()
  const patchBytes = takeByte()
  const patches = patchBytes == 0 ? 0 : takeU16()
  if (width > 32 || patchBytes > 4 || patches > count) failCursor()
  if (cursorFailed()) return
  takePacked(count, width, target)
  if (patches == 0) return
  const positions = take(patches * 2)
  const highs = take(patches * patchBytes)
  if (width == 32) failCursor()
  if (cursorFailed()) return
  const whole = lanes ? count & ~(GROUP_ROWS - 1) : 0
  for (let i = 0; i < patches; i++) {
    let index = <i32>load<u16>(positions + (<usize>i << 1))
    if (index >= count) {
      failCursor()
      return
    }
    if (index < whole) index = laneIndex(index)
    const slot = target + (<usize>index << 2)
    const high = <u32>takeHigh(highs + <usize>(i * patchBytes), patchBytes)
    store<u32>(slot, load<u32>(slot) | (high << <u32>width))
  }
}

function widen(low: usize, high: usize, count: i32, target: usize): void {
  for (let i = 0; i < count; i += 4) {
    const at = <usize>i << 2
    const words = v128.load(low + at)
    const tops = v128.load(high + at)
    v128.store(target + 2 * at, v128.shuffle<i32>(words, tops, 0, 4, 1, 5))
    v128.store(target + 2 * at, v128.shuffle<i32>(words, tops, 2, 6, 3, 7), 16)
  }
}

/** Reads a plane into u64 values in natural order. The target has room for whole groups. */
export function takePlane64(count: i32, target: usize): void {
  const width = takeByte()
  const patchBytes = takeByte()
  const patches = patchBytes == 0 ? 0 : takeU16()
  if (width > 64 || patchBytes > 8 || patches > count) failCursor()
  if (cursorFailed()) return
  const high = DELTAS
  takePacked(count, min(width, 32), PACK_LOW)
  takePacked(count, max(width - 32, 0), high)
  if (cursorFailed()) return
  widen(PACK_LOW, high, count, target)
  if (patches == 0) return
  const positions = take(patches * 2)
  const highs = take(patches * patchBytes)
  if (width == 64) failCursor()
  if (cursorFailed()) return
  for (let i = 0; i < patches; i++) {
    const index = <i32>load<u16>(positions + (<usize>i << 1))
    if (index >= count) {
      failCursor()
      return
    }
    const slot = target + (<usize>index << 3)
    const value = takeHigh(highs + <usize>(i * patchBytes), patchBytes)
    store<u64>(slot, load<u64>(slot) | (value << <u64>width))
  }
}
