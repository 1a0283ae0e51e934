import { encodeBlockAt, encodeWholeAt, widenBytes } from '../codec/encode'
import { HEADER_BYTES, TYPE_BOOL } from '../codec/header'
import { allocate, release } from '../memory/heap'
import { BLOCK_ROWS, HEADER, VALIDITY, VALUES } from '../memory/scratch'
import { Chunk, columnAt, HeadColumn, VALIDITY_BYTES } from './chunk'

/** What a block takes at most, and room behind the last for an attempt that is given up. */
const LARGEST_PAYLOAD: usize = <usize>BLOCK_ROWS * 8 + 256
const SPARE_BYTES: usize = 32768 + 1024

let sealed: usize = 0
let sealedBytes: usize = 0

/** What `forgetAllocated` has taken. */
export function forgetSealed(): void {
  sealed = 0
  sealedBytes = 0
}

/** Where the blocks of the last call are: a header a column, then the payloads. */
export function headSealed(): usize {
  return sealed
}

/** Makes room for some bytes and after those for the blocks of one more chunk. */
export function reserveSealed(bytes: usize, columns: u32): usize {
  const needed = bytes + <usize>columns * LARGEST_PAYLOAD + SPARE_BYTES
  if (needed > sealedBytes) {
    if (sealed != 0) release(sealed, sealedBytes)
    sealed = allocate(needed)
    sealedBytes = needed
  }
  return sealed
}

/**
 * Encodes the columns of a chunk, none of them of strings; `types` has a byte a column, times first. A column that no
 * row has becomes a header of missing rows. Returns the bytes of the payloads.
 */
export function headSeal(chunk: Chunk, types: usize): usize {
  const count = chunk.columnCount
  const headers = <usize>count * HEADER_BYTES
  const start = reserveSealed(headers, count) + headers
  let payload = start
  for (let i: u32 = 0; i < count; i++) {
    payload += <usize>sealColumn(chunk, i, <i32>load<u8>(types + i), payload)
    memory.copy(sealed + <usize>i * HEADER_BYTES, HEADER, HEADER_BYTES)
  }
  return payload - start
}

/** Encodes a column of a chunk; leaves the header at `HEADER` and returns the bytes of the payload. */
export function sealColumn(chunk: Chunk, index: u32, type: i32, payload: usize): i32 {
  const column = columnAt(chunk, index)
  const rows = <i32>chunk.rows
  // Up to three values after the last are read where they are: what is allocated can be.
  const isWhole = type != TYPE_BOOL && column.validity == 0 && column.filled == <u32>rows
  return isWhole
    ? encodeWholeAt(type, column.values, rows, payload)
    : encodeBlockAt(type, rows, loadColumn(column, type, rows), payload)
}

/** Brings a column to where it is encoded; returns whether rows of it are missing. */
function loadColumn(column: HeadColumn, type: i32, rows: i32): bool {
  const filled = <usize>column.filled
  const missing = <usize>rows - filled
  if (type == TYPE_BOOL) widenBytes(column.values, column.filled)
  else memory.copy(VALUES, column.values, filled << 3)
  memory.fill(VALUES + (filled << 3), 0, missing << 3)
  if (column.validity != 0) memory.copy(VALIDITY, column.validity, VALIDITY_BYTES)
  else if (missing != 0) {
    memory.fill(VALIDITY, 0, VALIDITY_BYTES)
    memory.fill(VALIDITY, 0xff, filled >> 3)
    store<u8>(VALIDITY + (filled >> 3), <u8>((<u32>1 << (<u32>filled & 7)) - 1))
  }
  return column.validity != 0 || missing != 0
}
