// Many blocks in one call: what crosses into the core and back costs as much as encoding or decoding a block.

import { xxh32Bits } from '../hash/xxh64'
import { BLOCK_ROWS, BULK_BLOCKS, HEADER, OVERREAD, PAYLOAD_CAPACITY, VALIDITY, VALUES } from '../memory/scratch'
import { BLOCK_BAD_HEADER, BLOCK_OK, openBlockAt, storeFloats } from './block'
import { storeDecoded } from './decoded'
import { putVarint } from './cursor'
import { encodeBlockAt, encodeWholeAt, widenBytes, widenWords } from './encode'
import { HEADER_BYTES, TYPE_BOOL, TYPE_F64, TYPE_TIME, headerNulls, headerRows, headerType } from './header'
import { setEffort } from './integers'
import { storeTimes } from './times'

const BULK_ROWS: i32 = BULK_BLOCKS * BLOCK_ROWS
/** Bytes that a block's payload takes at most, strings aside. */
const LARGEST_PAYLOAD: i32 = BLOCK_ROWS * 8 + 256
/** Bytes of payloads of one call at most; to write one more block there is room for an attempt that is given up. */
export const BULK_PAYLOAD_BYTES: i32 = BULK_BLOCKS * LARGEST_PAYLOAD + PAYLOAD_CAPACITY

/** What a block takes in a column beside its payload: header and length. */
const FRAME_BYTES: i32 = HEADER_BYTES + 2

/** Values of many blocks one after the other, 8 bytes each, and room for the three that vectors write after the last. */
export const BULK_VALUES: usize = memory.data(BULK_ROWS * 8 + 64, 16)
export const BULK_VALIDITY: usize = memory.data(BULK_ROWS / 8, 16)
export const BULK_HEADERS: usize = memory.data(BULK_BLOCKS * HEADER_BYTES, 16)
export const BULK_PAYLOADS: usize = memory.data(BULK_PAYLOAD_BYTES + BULK_BLOCKS * FRAME_BYTES + OVERREAD, 16)

const BLOCK_TRUNCATED: i32 = 3
const BLOCK_BAD_CHECKSUM: i32 = 4

/** Where blocks are read: headers and payloads. */
let headersAt: usize = BULK_HEADERS
let payloadsAt: usize = BULK_PAYLOADS

let failedAt: i32 = 0
let rowsRead: i32 = 0

/** Says where the headers and the payloads of the blocks are that following calls read; at first at `BULK_HEADERS` and `BULK_PAYLOADS`. */
export function readBlocksAt(headers: usize, payloads: usize): void {
  headersAt = headers
  payloadsAt = payloads
}

/** Where the payloads are that are to be read. */
// @ts-ignore: decorator
@inline
export function payloadsStart(): usize {
  return payloadsAt
}

/** Which of the blocks the last call refused. */
export function bulkFailedAt(): i32 {
  return failedAt
}

/** Rows that the last call decoded. */
export function bulkRows(): i32 {
  return rowsRead
}

/** Leaves how many rows a call has read, and which block it refused. */
export function leaveRead(rows: i32, refused: i32): void {
  rowsRead = rows
  failedAt = refused
}

function encodeRows(type: i32, size: i32, from: i32, count: i32, hasMissing: bool, payload: usize): i32 {
  const values = BULK_VALUES + <usize>(from * size)
  if (size == 1) widenBytes(values, count)
  else if (size == 4) widenWords(values, count)
  else if (hasMissing) memory.copy(VALUES, values, <usize>count << 3)
  else return encodeWholeAt(type, values, count, payload)
  if (hasMissing) memory.copy(VALIDITY, BULK_VALIDITY + (<usize>from >> 3), BLOCK_ROWS / 8)
  return encodeBlockAt(type, count, hasMissing, payload)
}

/**
 * Encodes `rows` values at `BULK_VALUES`, booleans as bytes, of any type but strings, to full blocks and a last one. Leaves
 * the headers at `BULK_HEADERS` and the payloads at `BULK_PAYLOADS`, and returns the bytes of the payloads.
 */
export function encodeBlocks(type: i32, rows: i32, hasMissing: bool, quick: bool): i32 {
  setEffort(quick)
  let header = BULK_HEADERS
  let payload = BULK_PAYLOADS
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const count = min(rows - from, BLOCK_ROWS)
    payload += <usize>encodeRows(type, type == TYPE_BOOL ? 1 : 8, from, count, hasMissing, payload)
    memory.copy(header, HEADER, HEADER_BYTES)
    header += HEADER_BYTES
  }
  setEffort(false)
  return <i32>(payload - BULK_PAYLOADS)
}

/**
 * Encodes `rows` values at `BULK_VALUES` as the log has them, of `size` bytes each: 1 for booleans, 4 for unsigned numbers that
 * become i64. Leaves header, length and payload of each block at `BULK_PAYLOADS`, and returns their bytes.
 */
export function encodeColumn(type: i32, size: i32, rows: i32, hasMissing: bool, quick: bool): i32 {
  setEffort(quick)
  let at = BULK_PAYLOADS
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const count = min(rows - from, BLOCK_ROWS)
    const payload = at + FRAME_BYTES
    const bytes = <usize>encodeRows(type, size, from, count, hasMissing, payload)
    memory.copy(at, HEADER, HEADER_BYTES)
    const end = putVarint(at + HEADER_BYTES, bytes)
    if (end != payload) memory.copy(end, payload, bytes)
    at = end + bytes
  }
  setEffort(false)
  return <i32>(at - BULK_PAYLOADS)
}

/** Reads the block with the header at `HEADER`, which must be of `type`; a block of no bytes and no values is empty. */
function openOne(type: i32, payload: usize, left: i32): i32 {
  const bytes = load<u32>(HEADER, 8)
  if (headerType() != type) return BLOCK_BAD_HEADER
  if (bytes > <u32>left) return BLOCK_TRUNCATED
  if (load<u32>(HEADER, 12) != xxh32Bits(payload, bytes)) return BLOCK_BAD_CHECKSUM
  return openBlockAt(payload, <i32>bytes)
}

/** Brings the header of a block of those to be read to where a header is read. */
// @ts-ignore: decorator
@inline
export function selectHeader(block: i32): void {
  selectHeaderAt(headersAt + <usize>(block * HEADER_BYTES))
}

/** The same of a header anywhere. */
// @ts-ignore: decorator
@inline
export function selectHeaderAt(from: usize): void {
  v128.store(HEADER, v128.load(from))
  v128.store(HEADER, v128.load(from, 16), 16)
  v128.store(HEADER, v128.load(from, 32), 32)
  v128.store(HEADER, v128.load(from, 48), 48)
}

/** Whether the selected block has no bytes, since it has no values. */
// @ts-ignore: decorator
@inline
export function isEmpty(): bool {
  return load<u32>(HEADER, 8) == 0 && headerNulls() == headerRows() && headerRows() <= BLOCK_ROWS
}

/**
 * Checks `count` blocks of one type, not of strings, of those to be read, with `bytes` bytes of payloads. Returns a status, and leaves which block it is of.
 */
export function verifyBlocks(type: i32, count: i32, bytes: i32): i32 {
  let payload = payloadsAt
  const end = payload + <usize>bytes
  for (failedAt = 0; failedAt < count; failedAt++) {
    selectHeader(failedAt)
    if (isEmpty()) continue
    const status = openOne(type, payload, <i32>(end - payload))
    if (status != BLOCK_OK) return status
    payload += <usize>load<u32>(HEADER, 8)
  }
  return BLOCK_OK
}

/**
 * Decodes `count` verified blocks of f64, i64 or times to `BULK_VALUES`. Rows without a value have any. Returns a status,
 * and leaves how many rows there are.
 */
export function decodeBlocks(type: i32, count: i32, bytes: i32): i32 {
  let payload = payloadsAt
  const end = payload + <usize>bytes
  rowsRead = 0
  for (failedAt = 0; failedAt < count; failedAt++) {
    selectHeader(failedAt)
    const target = BULK_VALUES + (<usize>rowsRead << 3)
    if (!isEmpty()) {
      const size = load<u32>(HEADER, 8)
      if (headerType() != type || size > <u32>(end - payload)) return BLOCK_BAD_HEADER
      const status = openBlockAt(payload, <i32>size)
      if (status != BLOCK_OK) return status
      if (type == TYPE_F64) storeFloats(target)
      else if (type == TYPE_TIME) storeTimes(headerRows(), target)
      else storeDecoded(headerRows(), target)
      payload += <usize>size
    }
    rowsRead += headerRows()
  }
  return BLOCK_OK
}
