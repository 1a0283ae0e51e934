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

/** Splits values of type u32 or u64 over `base` into low and high words and patches; returns the number of patches. */
function split<T>(values: usize, count: i32, base: T, width: i32): i32 {
  let patches = 0
  const wide = width > 32
  const whole = width == <i32>(sizeof<T>() * 8)
  for (let i = 0; i < count; i++) {
    const value = load<T>(values + (<usize>i << alignof<T>())) - base
    store<u32>(PACK_LOW + (<usize>i << 2), <u32>value)
    if (wide) store<u32>(PACK_HIGH + (<usize>i << 2), <u32>(<u64>value >> 32))
    const high: T = whole ? 0 : value >> <T>width
    if (high == 0) continue
    store<u16>(PATCH_POSITIONS + (<usize>patches << 1), <u16>i)
    store<u64>(PATCH_HIGHS + (<usize>patches << 3), <u64>high)
    patches++
  }
  return patches
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
