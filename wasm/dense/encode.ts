// Writing dense blocks of what a model was trained on.

import { GROUP_ROWS } from '../bits/lanes'
import { putSigned, putVarint } from '../codec/cursor'
import { scaleToIntegers } from '../codec/decimal'
import { finishBlock } from '../codec/encode'
import { FAMILY_FLOAT_BITS, FAMILY_SPLIT, headerFamily, headerNulls, putEncoding } from '../codec/header'
import { MODE_DENSE } from '../codec/integers'
import { scanRange, scannedLow } from '../codec/scan'
import { EXCEPTION_BITS, EXCEPTION_POSITIONS, INTEGERS, PAYLOAD, VALIDITY, VALUES } from '../memory/scratch'
import { code, codeAny, putCoded } from './coder'
import { blockDoubles, blockIntegers, blockStart, hasDoubles, trainedPlaces } from './collected'
import { base, order, period, symbols, wide } from './model'
import { codeSymbols, putPairs } from './pair-coder'
import { storeResiduals } from './residuals'

/** Where in the order of coding a row comes: narrow deltas go in lanes, as in planes. */
// @ts-ignore: decorator
@inline
function placeOf(row: i32, whole: i32): i32 {
  return row < whole ? (row & ~127) | ((row & 31) << 2) | ((row >> 5) & 3) : row
}

function codeResiduals(count: i32, whole: i32): void {
  for (let row = 0; row < min(order, count); row++) codeAny(placeOf(row, whole))
  let at = VALUES
  for (let row = order; row < count; row++) {
    code(placeOf(row, whole), load<u64>(at) - <u64>base)
    at += 8
  }
}

function putStream(values: usize, count: i32, address: usize): usize {
  const first = load<i64>(values)
  if (order > 0 && wide) address = putSigned(address, first)
  else if (order > 0) {
    scanRange(values, count)
    address = putVarint(putSigned(address, scannedLow), <u64>(first - scannedLow))
  }
  if (order == 2) address = putSigned(address, count > 1 ? load<i64>(values, 8) - first : 0)
  const whole = order == 1 && !wide && period == 0 ? count & ~(GROUP_ROWS - 1) : 0
  storeResiduals(values, count, VALUES)
  if (symbols > 0) {
    codeSymbols(VALUES, min(order, count), <u32>base, count, whole / GROUP_ROWS)
    return putPairs(count, address)
  }
  codeResiduals(count, whole)
  return putCoded(count, address)
}

/**
 * Encodes a block of those that the model was trained on. Its header is at `HEADER`, where encoding, size and checksum
 * change, and its validity at `VALIDITY` where rows are missing. Returns the bytes of the payload.
 */
export function encodeDense(block: i32): i32 {
  const rows = blockStart(block + 1) - blockStart(block)
  let address = PAYLOAD
  if (headerNulls() > 0) {
    const bytes = (rows + 7) >> 3
    memory.copy(address, VALIDITY, bytes)
    address += <usize>bytes
  }
  const places = trainedPlaces()
  let exceptions = 0
  if (places >= 0) {
    if (hasDoubles(block)) {
      memory.copy(VALUES, blockDoubles(block), <usize>rows << 3)
      exceptions = scaleToIntegers(VALUES, rows, places)
    }
    store<u8>(address, <u8>places)
    address = putVarint(address + 1, exceptions)
  }
  // The integers of split floats are the bits in order.
  putEncoding(headerFamily() == FAMILY_SPLIT ? FAMILY_FLOAT_BITS : headerFamily(), MODE_DENSE)
  store<u8>(address, <u8>MODE_DENSE)
  address = putStream(blockIntegers(block), rows, address + 1)
  const positions = <usize>exceptions << 1
  memory.copy(address, EXCEPTION_POSITIONS, positions)
  memory.copy(address + positions, EXCEPTION_BITS, <usize>exceptions << 3)
  return finishBlock(PAYLOAD, address + positions + (<usize>exceptions << 3))
}
