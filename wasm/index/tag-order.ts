// Order of series of one list of tags, tag by tag: the text of a value is looked at once for each series and not for each comparison.

import { columnOfShape } from './columns'
import {
  openEntry, openShape, openText, readVarint, Shape, textAt, textBytes, TOUCHED_AT_ONCE, touchEntries, touchText,
} from './records'
import { ENTRIES, give, take } from './space'
import { compareText } from './text'
import { wordAt } from './word-list'

/** Orders: of tags, as texts; of canonical keys, in which the length of a text comes before it, little-endian. */
export const BY_TAGS: u32 = 0
export const BY_KEYS: u32 = 1
/** Series that are brought into order at once: bounds the memory that it takes. */
export const MOST_TOGETHER: u32 = 1 << 16

/** A record: bytes of the text behind what all texts share (u64, big-endian), its length (u32), its symbol (u32), the ref (u32). */
const RECORD_BYTES: usize = 20

export function compareSymbols(a: u32, b: u32, mode: u32): i32 {
  if (a == b) return 0
  openText(a)
  const at = textAt
  const bytes = textBytes
  openText(b)
  if (mode == BY_KEYS && bytes != textBytes) return bswap<u32>(bytes) < bswap<u32>(textBytes) ? -1 : 1
  return compareText(at, bytes, textAt, textBytes)
}

/** Whether series, at least one, have the same tags. */
export function haveOneShape(at: usize, count: u32): bool {
  openEntry(load<u32>(at))
  const shape = openShape()
  for (const end = at + (<usize>count << 2); at < end; at += 4) {
    openEntry(load<u32>(at))
    if (changetype<usize>(openShape()) != changetype<usize>(shape)) return false
  }
  return true
}

/** Sorts refs of series of one shape, at least one and at most `MOST_TOGETHER`, whose first `tag` values are the same. */
export function sortByTags(at: usize, count: u32, tag: u32, mode: u32): void {
  openEntry(load<u32>(at))
  const shape = openShape()
  const bytes = count * <u32>RECORD_BYTES
  const records = take(bytes, ENTRIES)
  while (tag < shape.count && !putRecords(at, records, count, shape, tag, mode)) tag++
  if (tag < shape.count) {
    const spare = take(bytes, ENTRIES)
    const sorted = sortRecords(records, spare, count, mode)
    for (let i: usize = 0; i < <usize>count; i++) store<u32>(at + (i << 2), load<u32>(sorted + i * RECORD_BYTES, 16))
    let from: u32 = 0
    for (let to: u32 = 1; to <= count; to++) {
      const symbol = load<u32>(sorted + <usize>from * RECORD_BYTES, 12)
      if (to < count && load<u32>(sorted + <usize>to * RECORD_BYTES, 12) == symbol) continue
      if (to - from > 1) sortByTags(at + (<usize>from << 2), to - from, tag + 1, mode)
      from = to
    }
    give(spare, bytes, ENTRIES)
  }
  give(records, bytes, ENTRIES)
}

/** Makes records of the values of a tag; false where all are the same. */
function putRecords(at: usize, records: usize, count: u32, shape: Shape, tag: u32, mode: u32): bool {
  const values = columnOfShape(shape, tag).values
  const end = records + <usize>count * RECORD_BYTES
  let first: u32 = 0
  let firstAt: usize = 0
  let shared: u32 = 0
  let differ = false
  let left = count
  for (let record = records; record < end; record += RECORD_BYTES, at += 4, left--) {
    if ((count - left) % TOUCHED_AT_ONCE == 0) touchEntries(at, left)
    const ref = load<u32>(at)
    openEntry(ref)
    openShape()
    for (let i: u32 = 0; i < tag; i++) readVarint()
    const symbol = wordAt(values, readVarint())
    store<u32>(record, symbol, 12)
    store<u32>(record, ref, 16)
    differ = differ || symbol != load<u32>(records, 12)
  }
  if (!differ) return false
  for (let record = records; record < end; record += RECORD_BYTES) touchText(load<u32>(record, 12))
  for (let record = records; record < end; record += RECORD_BYTES) {
    const symbol = load<u32>(record, 12)
    if (record > records && symbol == first) continue
    openText(symbol)
    if (record == records) {
      first = symbol
      firstAt = textAt
      shared = textBytes
    } else shared = commonBytes(firstAt, textAt, min(shared, textBytes))
  }
  for (let record = records; record < end; record += RECORD_BYTES) {
    openText(load<u32>(record, 12))
    store<u64>(record, firstBytes(textAt + shared, textBytes - shared))
    store<u32>(record, mode == BY_KEYS ? bswap<u32>(textBytes) : 0, 8)
  }
  return true
}

function commonBytes(a: usize, b: usize, most: u32): u32 {
  let bytes: u32 = 0
  while (bytes < most && load<u8>(a + bytes) == load<u8>(b + bytes)) bytes++
  return bytes
}

/** The first 8 bytes of a text, the first the most significant; 0 where it has none. */
function firstBytes(at: usize, bytes: u32): u64 {
  if (bytes >= 8) return bswap<u64>(load<u64>(at))
  let word: u64 = 0
  for (let i: u32 = 0; i < bytes; i++) word |= <u64>load<u8>(at + i) << (56 - (i << 3))
  return word
}

/** What texts share they have before the first bytes, so that these decide but for texts of one length or order that go on. */
// @ts-ignore: decorator
@inline
function isInOrder(a: usize, b: usize, mode: u32): bool {
  const left = load<u32>(a, 8)
  const right = load<u32>(b, 8)
  if (left != right) return left < right
  const early = load<u64>(a)
  const late = load<u64>(b)
  return early != late ? early < late : compareSymbols(load<u32>(a, 12), load<u32>(b, 12), mode) <= 0
}

/** Merges from below; returns where the records are in order. */
function sortRecords(records: usize, spare: usize, count: u32, mode: u32): usize {
  const end = <usize>count * RECORD_BYTES
  let from = records
  let to = spare
  for (let run = RECORD_BYTES; run < end; run <<= 1) {
    for (let low: usize = 0; low < end; low += run << 1) {
      mergeRecords(from + low, from + min(low + run, end), from + min(low + (run << 1), end), to + low, mode)
    }
    const sorted = to
    to = from
    from = sorted
  }
  return from
}

function mergeRecords(low: usize, middle: usize, high: usize, to: usize, mode: u32): void {
  let a = low
  let b = middle
  if (b < high && !isInOrder(b - RECORD_BYTES, b, mode)) {
    while (a < middle && b < high) {
      const isFirst = isInOrder(a, b, mode)
      memory.copy(to, isFirst ? a : b, RECORD_BYTES)
      to += RECORD_BYTES
      if (isFirst) a += RECORD_BYTES
      else b += RECORD_BYTES
    }
  }
  memory.copy(to, a, middle - a)
  memory.copy(to + (middle - a), b, high - b)
}
