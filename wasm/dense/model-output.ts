// Writing a model, as `model.ts` reads it.

import { putSigned, putVarint } from '../codec/cursor'
import { STAGING } from '../memory/scratch'
import {
  BIN_BITS,
  BIN_LOWS,
  BIN_WEIGHTS,
  base,
  bins,
  detourDigits,
  detourPlaces,
  factor,
  lowBits,
  modelKind,
  period,
  pull,
  remainder,
  slope,
  symbols,
  tableLog,
} from './model'
import { symbolWeight } from './pairs'

/** Writes the model at `STAGING` and returns its bytes. */
export function putModel(): i32 {
  store<u8>(STAGING, <u8>modelKind())
  store<u8>(STAGING, <u8>tableLog, 1)
  let address = putVarint(putVarint(STAGING + 2, factor), remainder)
  address = putSigned(address, base)
  if (detourDigits >= 0) {
    store<u8>(address, <u8>detourPlaces)
    store<u8>(address, <u8>detourDigits, 1)
    address += 2
  }
  if (period > 0) {
    address = putVarint(address, period)
    store<u8>(address, <u8>slope)
    store<u8>(address, <u8>pull, 1)
    address += 2
  }
  return <i32>((symbols > 0 ? putSymbols(address) : putBins(address)) - STAGING)
}

function putSymbols(address: usize): usize {
  store<u8>(address, <u8>lowBits)
  address = putVarint(address + 1, symbols)
  for (let symbol = 0; symbol < symbols; symbol++) address = putVarint(address, symbolWeight(symbol))
  return address
}

function putBins(address: usize): usize {
  address = putVarint(address, bins)
  let next: u64 = 0
  for (let bin = 0; bin < bins; bin++) {
    const low = load<u64>(BIN_LOWS + (<usize>bin << 3))
    address = putVarint(address, low - next)
    store<u8>(address, <u8>load<u32>(BIN_BITS + (<usize>bin << 2)))
    address = putVarint(address + 1, load<u32>(BIN_WEIGHTS + (<usize>bin << 2)))
    next = low + 1
  }
  return address
}
