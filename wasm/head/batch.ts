import { HEADER_BYTES } from '../codec/header'
import { HEADER } from '../memory/scratch'
import { Chunk, columnAt } from './chunk'
import { headSeries } from './head'
import { reserveSealed, sealColumn } from './seal'

// Rows of many series on their way to a segment, where each has one chunk that is in order: as new series mostly have.

/** Bytes of payloads of one call, about. */
const PAYLOAD_BYTES: usize = 1 << 18

let payloadsEnd: usize = 0

/** Where the payloads of the last call end. */
export function headBatchEnd(): usize {
  return payloadsEnd
}

/** Series that are touched before each of them is encoded. */
const TOUCHED_AT_ONCE: u32 = 64
let touched: u32 = 0

/**
 * Looks at the rows of the first of `count` series, which are in no cache and come in any order: in a loop of nothing else the processor waits
 * for many at once.
 */
function touchSeries(refs: usize, count: u32): void {
  const end = refs + (<usize>min(count, TOUCHED_AT_ONCE) << 2)
  for (let at = refs; at < end; at += 4) touched += load<u8>(changetype<usize>(headSeries(load<u32>(at))))
  for (let at = refs; at < end; at += 4) touched += load<u8>(changetype<usize>(chunkOf(load<u32>(at))))
  for (let at = refs; at < end; at += 4) {
    const chunk = chunkOf(load<u32>(at))
    if (changetype<usize>(chunk) == 0) continue
    for (let i: u32 = 0; i < chunk.columnCount; i++) touched += load<u8>(columnAt(chunk, i).values)
  }
}

/** The first chunk of a series, 0 where it has none. */
// @ts-ignore: decorator
@inline
function chunkOf(ref: u32): Chunk {
  const series = headSeries(ref)
  return changetype<usize>(series) == 0 ? changetype<Chunk>(0) : series.first
}

/**
 * Encodes the rows of some series, whose refs are at `refs`, up to the first that has rows of another table, several chunks, or one
 * out of order, or until there is no room. Of columns, none of them of strings, `types` has a byte each, times first. A column that a
 * series has no value of becomes a header of rows that lack it, of no type. At `headSealed()` are the headers, series after series,
 * and behind where those of all would end the payloads. Returns how many series were encoded.
 */
export function headSealBatch(refs: usize, count: u32, table: u32, types: usize, columns: u32): u32 {
  const headers = <usize>count * <usize>columns * HEADER_BYTES
  let header = reserveSealed(headers + PAYLOAD_BYTES, columns)
  let payload = header + headers
  const limit = payload + PAYLOAD_BYTES
  let done: u32 = 0
  for (; done < count && payload < limit; done++) {
    if (done % TOUCHED_AT_ONCE == 0) touchSeries(refs + (<usize>done << 2), count - done)
    const series = headSeries(load<u32>(refs + (<usize>done << 2)))
    if (changetype<usize>(series) == 0 || series.table != table) break
    const chunk = series.first
    if (changetype<usize>(chunk) == 0 || changetype<usize>(chunk.next) != 0 || chunk.unordered != 0) break
    const rows = chunk.rows
    for (let i: u32 = 0; i < columns; i++) {
      const isThere = i < chunk.columnCount && columnAt(chunk, i).filled > 0
      const bytes = isThere ? sealColumn(chunk, i, <i32>load<u8>(types + i), payload) : 0
      if (isThere && <u32>load<u16>(HEADER, 4) < rows) {
        memory.copy(header, HEADER, HEADER_BYTES)
        payload += <usize>bytes
      } else putAbsent(header, rows)
      header += HEADER_BYTES
    }
  }
  payloadsEnd = payload
  return done
}

function putAbsent(header: usize, rows: u32): void {
  memory.fill(header, 0, HEADER_BYTES)
  store<u16>(header, <u16>rows, 2)
  store<u16>(header, <u16>rows, 4)
}
