// The 64-byte header of a block at `HEADER`, drawn in FORMAT.md.

import { HEADER } from '../memory/scratch'

export const HEADER_BYTES: i32 = 64

export const TYPE_F64: i32 = 1
const TYPE_I64: i32 = 2
export const TYPE_BOOL: i32 = 3
export const TYPE_STRING: i32 = 4
export const TYPE_TIME: i32 = 5

export const FAMILY_INTEGERS: i32 = 1
export const FAMILY_DECIMALS: i32 = 2
export const FAMILY_FLOAT_BITS: i32 = 3
export const FAMILY_TIMES: i32 = 4
export const FAMILY_DICTIONARY: i32 = 5
export const FAMILY_SPLIT: i32 = 6

export const FLAG_ASCENDING: i32 = 1
export const FLAG_NAN: i32 = 2
const KNOWN_FLAGS: i32 = 3

export function putHeader(type: i32, rows: i32, nulls: i32): void {
  memory.fill(HEADER, 0, HEADER_BYTES)
  store<u8>(HEADER, <u8>type, 1)
  store<u16>(HEADER, <u16>rows, 2)
  store<u16>(HEADER, <u16>nulls, 4)
}

export function putEncoding(family: i32, mode: i32): void {
  store<u8>(HEADER, <u8>((family << 4) | mode))
}

// @ts-ignore: decorator
@inline
export function headerFamily(): i32 {
  return <i32>load<u8>(HEADER) >> 4
}

// @ts-ignore: decorator
@inline
export function headerMode(): i32 {
  return <i32>load<u8>(HEADER) & 15
}

// @ts-ignore: decorator
@inline
export function headerType(): i32 {
  return <i32>load<u8>(HEADER, 1)
}

// @ts-ignore: decorator
@inline
export function headerRows(): i32 {
  return <i32>load<u16>(HEADER, 2)
}

// @ts-ignore: decorator
@inline
export function headerNulls(): i32 {
  return <i32>load<u16>(HEADER, 4)
}

function familyFits(type: i32, family: i32): bool {
  if (type == TYPE_F64) return family == FAMILY_DECIMALS || family == FAMILY_FLOAT_BITS || family == FAMILY_SPLIT
  if (type == TYPE_I64 || type == TYPE_BOOL) return family == FAMILY_INTEGERS
  if (type == TYPE_TIME) return family == FAMILY_TIMES
  return type == TYPE_STRING && family == FAMILY_DICTIONARY
}

/** Whether the fields that say how to read the payload can be. */
export function headerIsSound(): bool {
  const rows = headerRows()
  if (rows < 1 || rows > 1024 || headerNulls() > rows) return false
  if (load<u8>(HEADER, 7) != 0 || (<i32>load<u8>(HEADER, 6) & ~KNOWN_FLAGS) != 0) return false
  return familyFits(headerType(), headerFamily())
}
