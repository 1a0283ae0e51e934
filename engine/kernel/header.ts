/** Headers of blocks, 64 bytes each, one after the other; drawn in wasm/codec/FORMAT.md. */
import type { ColumnType } from '../core/batch.ts'

/** Most rows of a block. */
export const BLOCK_ROWS = 1024
export const HEADER_BYTES = 64

/** Types by their byte in the header; ids are only appended. */
const TYPES: readonly (ColumnType | undefined)[] = [undefined, 'f64', 'i64', 'bool', 'string', 'time']

export function typeByte(type: ColumnType): number {
  return TYPES.indexOf(type)
}

/** The type of a byte; `undefined` where that is none. */
export function columnType(byte: number): ColumnType | undefined {
  return TYPES[byte]
}

/** The family of the encoding in the high four bits, the mode of its integer stream in the low four. */
export function blockEncoding(headers: DataView, block: number): number {
  return headers.getUint8(block * HEADER_BYTES)
}

/** Type of the block's column; `undefined` where the byte is none. */
export function blockType(headers: DataView, block: number): ColumnType | undefined {
  return TYPES[headers.getUint8(block * HEADER_BYTES + 1)]
}

export function blockRows(headers: DataView, block: number): number {
  return headers.getUint16(block * HEADER_BYTES + 2, true)
}

/** Rows without a value. */
export function blockNulls(headers: DataView, block: number): number {
  return headers.getUint16(block * HEADER_BYTES + 4, true)
}

/** Whether the times of a time block rise strictly. */
export function blockAscending(headers: DataView, block: number): boolean {
  return (headers.getUint8(block * HEADER_BYTES + 6) & 1) !== 0
}

/** Whether an f64 block has a NaN among its values. */
export function blockHasNan(headers: DataView, block: number): boolean {
  return (headers.getUint8(block * HEADER_BYTES + 6) & 2) !== 0
}

export function blockPayloadBytes(headers: DataView, block: number): number {
  return headers.getUint32(block * HEADER_BYTES + 8, true)
}

export function blockChecksum(headers: DataView, block: number): number {
  return headers.getUint32(block * HEADER_BYTES + 12, true)
}

/** Least value of an f64 block: NaN is passed over unless all are. */
export function blockMinF64(headers: DataView, block: number): number {
  return headers.getFloat64(block * HEADER_BYTES + 16, true)
}

/** Least value of a block of i64, times or booleans (0 and 1). */
export function blockMinI64(headers: DataView, block: number): bigint {
  return headers.getBigInt64(block * HEADER_BYTES + 16, true)
}

export function blockMaxF64(headers: DataView, block: number): number {
  return headers.getFloat64(block * HEADER_BYTES + 24, true)
}

export function blockMaxI64(headers: DataView, block: number): bigint {
  return headers.getBigInt64(block * HEADER_BYTES + 24, true)
}

/** The sum is `blockSumHigh + blockSumLow`, unevaluated. */
export function blockSumHigh(headers: DataView, block: number): number {
  return headers.getFloat64(block * HEADER_BYTES + 32, true)
}

export function blockSumLow(headers: DataView, block: number): number {
  return headers.getFloat64(block * HEADER_BYTES + 40, true)
}

/** First value that is there. */
export function blockFirstF64(headers: DataView, block: number): number {
  return headers.getFloat64(block * HEADER_BYTES + 48, true)
}

export function blockFirstI64(headers: DataView, block: number): bigint {
  return headers.getBigInt64(block * HEADER_BYTES + 48, true)
}

/** Last value that is there. */
export function blockLastF64(headers: DataView, block: number): number {
  return headers.getFloat64(block * HEADER_BYTES + 56, true)
}

export function blockLastI64(headers: DataView, block: number): bigint {
  return headers.getBigInt64(block * HEADER_BYTES + 56, true)
}
