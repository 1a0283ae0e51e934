// Writing dense blocks of what a model was trained on.

import { GROUP_ROWS } from '../bits/lanes'
import { putSigned, putVarint } from '../codec/cursor'
import { scaleToIntegers } from '../codec/decimal'
import { finishBlock } from '../codec/encode'
import { FAMILY_FLOAT_BITS, FAMILY_SPLIT, headerFamily, headerNulls, putEncoding } from '../codec/header'
import { MODE_DENSE } from '../codec/integers'
import { EXCEPTION_BITS, EXCEPTION_POSITIONS, INTEGERS, PAYLOAD, VALIDITY, VALUES } from '../memory/scratch'
import { code, codeAny, putCoded } from './coder'
import { blockDoubles, blockIntegers, blockStart, trainedPlaces } from './collected'
import { base, order, period, pull, slope, symbols, wide } from './model'
import { codeAnySymbol, codeSymbol, putPairs } from './pair-coder'
import { predictedAt } from './period'

/** Where in the order of coding a row comes: narrow deltas go in lanes, as in planes. */
// @ts-ignore: decorator
@inline
function placeOf(row: i32, whole: i32): i32 {
  return row < whole ? (row & ~127) | ((row & 31) << 2) | ((row >> 5) & 3) : row
}

function codeResiduals(values: usize, count: i32): void {
  const whole = order == 1 && !wide && period == 0 ? count & ~(GROUP_ROWS - 1) : 0
  const paired = symbols > 0
  for (let row = 0; row < min(order, count); row++) {
    if (paired) codeAnySymbol(placeOf(row, whole))
    else codeAny(placeOf(row, whole))
  }
  for (let row = order; row < count; row++) {
    const at = values + (<usize>row << 3)
    let residual = load<i64>(at)
    if (period > 0) residual -= predictedAt(at, row, period, slope, pull)
    else if (order == 1) residual -= load<i64>(at - 8)
    else if (order == 2) residual += load<i64>(at - 16) - (load<i64>(at - 8) << 1)
    if (paired) codeSymbol(placeOf(row, whole), <u32>(residual - base))
    else code(placeOf(row, whole), <u64>residual - <u64>base)
  }
}

function putStream(values: usize, count: i32, address: usize): usize {
  const first = load<i64>(values)
  if (order > 0 && wide) address = putSigned(address, first)
  else if (order > 0) {
    let low = first
    for (let i: usize = 8; i < <usize>count << 3; i += 8) low = min(low, load<i64>(values + i))
    address = putVarint(putSigned(address, low), <u64>(first - low))
  }
  if (order == 2) address = putSigned(address, count > 1 ? load<i64>(values, 8) - first : 0)
  codeResiduals(values, count)
  return symbols > 0 ? putPairs(count, address) : putCoded(count, address)
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
    memory.copy(VALUES, blockDoubles(block), <usize>rows << 3)
    exceptions = scaleToIntegers(VALUES, rows, places)
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
