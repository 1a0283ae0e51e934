// A plane: `count` unsigned integers packed to one width, the few that do not fit patched. Drawn in codec/FORMAT.md.

import { cursorFailed, failCursor, take, takeByte, takeU16 } from '../codec/cursor'
import { DELTAS, LANES, PACK_HIGH, PACK_LOW, PATCH_HIGHS, PATCH_POSITIONS } from '../memory/scratch'
import { packGroups16 } from './generated-pack16'
import { packGroups32 } from './generated-pack32'
import { packGroups8 } from './generated-pack8'
import { sumGroups32 } from './generated-sum32'
import { unpackGroups16 } from './generated-unpack16'
import { unpackGroups32 } from './generated-unpack32'
import { unpackGroups8 } from './generated-unpack8'
import { GROUP_ROWS, groupsToLanes, laneIndex, sumLanes } from './lanes'
import { bitLength, packedBytes } from './width'

/** The last values of a plane, filled up to a group. */
const tail: usize = memory.data(GROUP_ROWS * 4, 16)

// @ts-ignore: decorator
@inline
function splat<T>(value: T): v128 {
  if (sizeof<T>() == 1) return i8x16.splat(<i8>value)
  return sizeof<T>() == 2 ? i16x8.splat(<i16>value) : i32x4.splat(<i32>value)
}

// @ts-ignore: decorator
@inline
function packGroups<T>(width: i32, source: usize, target: usize, groups: i32, base: T): void {
  if (sizeof<T>() == 1) packGroups8(width, source, target, groups, <u8>base)
  else if (sizeof<T>() == 2) packGroups16(width, source, target, groups, <u16>base)
  else packGroups32(width, source, target, groups, <u32>base)
}

// @ts-ignore: decorator
@inline
function unpackGroups<T>(width: i32, source: usize, target: usize, groups: i32): void {
  if (sizeof<T>() == 1) unpackGroups8(width, source, target, groups)
  else if (sizeof<T>() == 2) unpackGroups16(width, source, target, groups)
  else unpackGroups32(width, source, target, groups)
}

/** Packs values of T less `base`; with `lanes`, whole groups go in lane order. Returns the address after them. */
export function putPacked<T>(values: usize, count: i32, base: T, width: i32, lanes: bool, address: usize): usize {
  if (width == 0) return address
  const whole = count / GROUP_ROWS
  const rest = count & (GROUP_ROWS - 1)
  let source = values
  if (lanes) {
    groupsToLanes<T>(values, whole)
    source = LANES
  }
  packGroups<T>(width, source, address, whole, base)
  address += <usize>(whole * width * 16)
  if (rest == 0) return address
  for (let at: usize = 0; at < <usize>GROUP_ROWS * sizeof<T>(); at += 16) v128.store(tail + at, splat<T>(base))
  memory.copy(tail, values + <usize>(whole * GROUP_ROWS) * sizeof<T>(), <usize>rest * sizeof<T>())
  packGroups<T>(width, tail, LANES, 1, base)
  const bytes = <usize>packedBytes<T>(rest, width)
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

/** Notes which u32 less `base`, modulo the range of T, exceed `width`; returns how many. */
function notePatches<T>(values: usize, count: i32, base: u32, width: i32): i32 {
  if (width >= <i32>(sizeof<T>() * 8)) return 0
  const bases = i32x4.splat(<i32>base)
  const range = <u32>0xffffffff >> (32 - sizeof<T>() * 8)
  const exceeding = i32x4.splat(<i32>(range & ~((<u32>1 << width) - 1)))
  let patches = 0
  for (let row = 0; row < count; row += 16) {
    const at = values + (<usize>row << 2)
    const a = v128.or(i32x4.sub(v128.load(at), bases), i32x4.sub(v128.load(at, 16), bases))
    const b = v128.or(i32x4.sub(v128.load(at, 32), bases), i32x4.sub(v128.load(at, 48), bases))
    if (!v128.any_true(v128.and(v128.or(a, b), exceeding))) continue
    for (let patched = row; patched < min(row + 16, count); patched++) {
      const high = ((load<u32>(values + (<usize>patched << 2)) - base) & range) >> width
      if (high != 0) notePatch(patches++, patched, <u64>high)
    }
  }
  return patches
}

/** Subtracts `base` from u64, apart into low and high words, and notes what exceeds `width`; returns how many do. */
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

/** u32 to their low bytes or halves, at `PACK_LOW`, a whole number of vectors of them. */
function narrow<T>(values: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i += 16) {
    const from = values + (i << 2)
    const a = v128.load(from)
    const b = v128.load(from, 16)
    const c = v128.load(from, 32)
    const d = v128.load(from, 48)
    const ab = v128.shuffle<i16>(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
    const cd = v128.shuffle<i16>(c, d, 0, 2, 4, 6, 8, 10, 12, 14)
    if (sizeof<T>() == 2) {
      v128.store(PACK_LOW + (i << 1), ab)
      v128.store(PACK_LOW + (i << 1), cd, 16)
    } else {
      v128.store(PACK_LOW + i, v128.shuffle<i8>(ab, cd, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30))
    }
  }
}

function neededPatchBytes(patches: i32): i32 {
  let all: u64 = 0
  for (let i = 0; i < patches; i++) all |= load<u64>(PATCH_HIGHS + (<usize>i << 3))
  return (bitLength<u64>(all) + 7) >> 3
}

function putPlaneStart(width: i32, patches: i32, patchBytes: i32, address: usize): usize {
  store<u8>(address, <u8>width)
  store<u8>(address, <u8>patchBytes, 1)
  if (patches == 0) return address + 2
  store<u16>(address, <u16>patches, 2)
  return address + 4
}

/**
 * Writes a plane with lanes of T of u32 less `base`, both modulo the range of T, and returns the address after it. Up to
 * fifteen values after the last one are read and may be anything.
 */
export function putPlane<T>(values: usize, count: i32, base: u32, width: i32, lanes: bool, address: usize): usize {
  const patches = notePatches<T>(values, count, base, width)
  const patchBytes = neededPatchBytes(patches)
  address = putPlaneStart(width, patches, patchBytes, address)
  let source = values
  if (sizeof<T>() < 4) {
    narrow<T>(values, count)
    source = PACK_LOW
  }
  address = putPacked<T>(source, count, <T>base, width, lanes, address)
  return putPatches(address, patches, patchBytes)
}

/** Writes a plane of u64 less `base` and returns the address after it. */
export function putWidePlane(values: usize, count: i32, base: u64, width: i32, address: usize): usize {
  const patches = split64(values, count, base, width)
  const patchBytes = neededPatchBytes(patches)
  address = putPlaneStart(width, patches, patchBytes, address)
  address = putPacked<u32>(PACK_LOW, count, 0, min(width, 32), false, address)
  if (width > 32) address = putPacked<u32>(PACK_HIGH, count, 0, width - 32, false, address)
  return putPatches(address, patches, patchBytes)
}

/** Reads what `putPacked` wrote, in natural order. The target has room for whole groups. */
export function takePacked<T>(count: i32, width: i32, target: usize): void {
  const source = take(packedBytes<T>(count, width))
  if (cursorFailed()) return
  const groups = (count + GROUP_ROWS - 1) / GROUP_ROWS
  if (width == 0) memory.fill(target, 0, <usize>(groups * GROUP_ROWS) * sizeof<T>())
  else unpackGroups<T>(width, source, target, groups)
}

let planeWidth: i32 = 0
let planePatches: i32 = 0
let planePatchBytes: i32 = 0

/** Reads what a plane begins with; whether it can be. */
function takePlaneStart<T>(count: i32): bool {
  planeWidth = takeByte()
  planePatchBytes = takeByte()
  planePatches = planePatchBytes == 0 ? 0 : takeU16()
  const bytes = <i32>sizeof<T>()
  if (planeWidth > bytes * 8 || planePatchBytes > bytes || planePatches > count) failCursor()
  if (planePatches > 0 && planeWidth == bytes * 8) failCursor()
  return !cursorFailed()
}

/** Reads the patches of values of T, of which whole groups are in lane order where `lanes`. */
function takePatches<T>(count: i32, lanes: bool, target: usize): void {
  const positions = take(planePatches * 2)
  const highs = take(planePatches * planePatchBytes)
  if (cursorFailed()) return
  const whole = lanes ? count & ~(GROUP_ROWS - 1) : 0
  // Up to seven bytes after the last one are read.
  const kept = ~(<u64>0) >> <u64>(64 - (planePatchBytes << 3))
  const bytes = <usize>planePatchBytes
  const width = <T>planeWidth
  let from = highs
  for (let i = 0; i < planePatches; i++) {
    let index = <i32>load<u16>(positions + (<usize>i << 1))
    if (index >= count) {
      failCursor()
      return
    }
    if (index < whole) index = laneIndex<T>(index)
    const slot = target + (<usize>index << alignof<T>())
    store<T>(slot, load<T>(slot) | (<T>(load<u64>(from) & kept) << width))
    from += bytes
  }
}

/** Reads a plane with lanes of T in natural order. The target has room for whole groups. */
export function takePlane<T>(count: i32, target: usize): void {
  if (!takePlaneStart<T>(count)) return
  takePacked<T>(count, planeWidth, target)
  if (planePatches > 0) takePatches<T>(count, false, target)
}

/**
 * Reads a plane with lanes of T in lane order. Of whole groups with lanes of 32 bits that gives the running sums of each lane, every
 * value being `step` more; else values. The target has room for whole groups.
 */
export function takeLaneSums<T>(count: i32, step: T, target: usize): void {
  if (!takePlaneStart<T>(count)) return
  const whole = count / GROUP_ROWS
  const width = planeWidth
  if (sizeof<T>() < 4 || planePatches > 0 || width == 0) {
    takePacked<T>(count, width, target)
    if (planePatches > 0) takePatches<T>(count, true, target)
    if (sizeof<T>() == 4) sumLanes(target, whole, <u32>step)
    return
  }
  const source = take(packedBytes<T>(count, width))
  if (cursorFailed()) return
  sumGroups32(width, source, target, whole, <u32>step)
  if ((count & (GROUP_ROWS - 1)) == 0) return
  unpackGroups<T>(width, source + <usize>(whole * width * 16), target + <usize>(whole * GROUP_ROWS) * sizeof<T>(), 1)
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
export function takeWidePlane(count: i32, target: usize): void {
  if (!takePlaneStart<u64>(count)) return
  const high = DELTAS
  takePacked<u32>(count, min(planeWidth, 32), PACK_LOW)
  takePacked<u32>(count, max(planeWidth - 32, 0), high)
  if (cursorFailed()) return
  widen(PACK_LOW, high, count, target)
  if (planePatches > 0) takePatches<u64>(count, false, target)
}
