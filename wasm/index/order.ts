import { columnOfShape } from './columns'
import { cursor, openEntry, openShape, openText, readVarint, setCursor, textAt, textBytes } from './records'
import { ENTRIES, give, take } from './space'
import { compareText } from './text'
import { wordAt } from './word-list'

/** Orders: of tags, as texts; of canonical keys, in which the length of a text comes before it, little-endian; of symbols by their texts. */
const BY_TAGS: u32 = 0
const BY_KEYS: u32 = 1

function compareSymbols(a: u32, b: u32, mode: u32): i32 {
  if (a == b) return 0
  openText(a)
  const at = textAt
  const bytes = textBytes
  openText(b)
  if (mode == BY_KEYS && bytes != textBytes) return bswap<u32>(bytes) < bswap<u32>(textBytes) ? -1 : 1
  return compareText(at, bytes, textAt, textBytes)
}

/** Order of two series of one table or several: table, then tag by tag, name before value. */
function compareSeries(a: u32, b: u32, mode: u32): i32 {
  openEntry(a)
  const left = openShape()
  let leftCursor = cursor
  openEntry(b)
  const right = openShape()
  if (left.table.number != right.table.number) return compareSymbols(left.table.symbol, right.table.symbol, mode)
  const shared = min(left.count, right.count)
  for (let tag: u32 = 0; tag < shared; tag++) {
    const rightCursor = cursor
    const column = columnOfShape(left, tag)
    const other = columnOfShape(right, tag)
    if (changetype<usize>(column) != changetype<usize>(other)) return compareSymbols(column.symbol, other.symbol, mode)
    setCursor(leftCursor)
    const p = readVarint()
    leftCursor = cursor
    setCursor(rightCursor)
    const q = readVarint()
    if (p != q) return compareSymbols(wordAt(column.values, p), wordAt(column.values, q), mode)
  }
  return <i32>left.count - <i32>right.count
}

function compare(a: u32, b: u32, mode: u32): i32 {
  return mode > BY_KEYS ? compareSymbols(a, b, BY_TAGS) : compareSeries(a, b, mode)
}

/** Sorts words at an address: natural merges from below, so that what is in order costs one look. */
export function sortWords(at: usize, count: u32, mode: u32): void {
  let i: u32 = 1
  while (i < count && compare(load<u32>(at + (<usize>(i - 1) << 2)), load<u32>(at + (<usize>i << 2)), mode) <= 0) i++
  if (i >= count) return
  const bytes = count << 2
  const spare = take(bytes, ENTRIES)
  let from = at
  let to = spare
  for (let run: u32 = 1; run < count; run <<= 1) {
    for (let low: u32 = 0; low < count; low += run << 1) {
      merge(from, to, low, min(low + run, count), min(low + (run << 1), count), mode)
    }
    const sorted = to
    to = from
    from = sorted
  }
  if (from != at) memory.copy(at, from, bytes)
  give(spare, bytes, ENTRIES)
}

function merge(from: usize, to: usize, low: u32, middle: u32, high: u32, mode: u32): void {
  let i = low
  let j = middle
  let k = to + (<usize>low << 2)
  if (i < middle && j < high && compare(load<u32>(from + (<usize>(middle - 1) << 2)), load<u32>(from + (<usize>middle << 2)), mode) <= 0) {
    memory.copy(k, from + (<usize>low << 2), <usize>(high - low) << 2)
    return
  }
  while (i < middle && j < high) {
    const a = load<u32>(from + (<usize>i << 2))
    const b = load<u32>(from + (<usize>j << 2))
    const isFirst = compare(a, b, mode) <= 0
    store<u32>(k, isFirst ? a : b)
    k += 4
    if (isFirst) i++
    else j++
  }
  memory.copy(k, from + (<usize>i << 2), <usize>(middle - i) << 2)
  memory.copy(k + (<usize>(middle - i) << 2), from + (<usize>j << 2), <usize>(high - j) << 2)
}
