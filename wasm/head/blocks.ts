import { BLOCK_OK, openBlockAt, storeFloats } from '../codec/block'
import { storeDecoded } from '../codec/decoded'
import { HEADER_BYTES, TYPE_F64, TYPE_TIME, headerRows, headerType } from '../codec/header'
import { storeTimes } from '../codec/times'
import { HEADER } from '../memory/scratch'
import { headValues } from './head'
import { reserveSealed } from './seal'

// Rows that come encoded, in groups too short to be kept: they are staged and taken as other rows are.

/** Where `bytes` bytes of headers, 64 each, and then of their payloads are put. */
export function headBlocks(bytes: usize): usize {
  return reserveSealed(bytes, 0)
}

/**
 * Decodes the `count` blocks at `headers`, of f64, i64 or times without missing rows, to where values are staged, which has room for
 * four values more than they have. False where one is none.
 */
export function headDecode(headers: usize, count: u32): bool {
  let payload = headers + <usize>count * HEADER_BYTES
  let target = headValues()
  for (let i: u32 = 0; i < count; i++) {
    memory.copy(HEADER, headers + <usize>i * HEADER_BYTES, HEADER_BYTES)
    const bytes = load<u32>(HEADER, 8)
    if (openBlockAt(payload, <i32>bytes) != BLOCK_OK) return false
    const rows = headerRows()
    if (headerType() == TYPE_F64) storeFloats(target)
    else if (headerType() == TYPE_TIME) storeTimes(rows, target)
    else storeDecoded(rows, target)
    payload += <usize>bytes
    target += <usize>rows << 3
  }
  return true
}
