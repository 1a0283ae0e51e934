import { columnOfShape } from './columns'
import { cursor, openEntry, openShape, readVarint, setCursor } from './records'
import { ENTRIES, give, take } from './space'
import { BY_KEYS, BY_TAGS, compareSymbols, haveOneShape, MOST_TOGETHER, sortByTags } from './tag-order'
import { wordAt } from './word-list'

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

/** Sorts words at an address, refs by their tags (`BY_TAGS`) or keys (`BY_KEYS`), else symbols by their texts: merges from below, so that what is in order costs one look. */
export function sortWords(at: usize, count: u32, mode: u32): void {
  let i: u32 = 1
  while (i < count && compare(load<u32>(at + (<usize>(i - 1) << 2)), load<u32>(at + (<usize>i << 2)), mode) <= 0) i++
  if (i >= count) return
  const first = mode <= BY_KEYS && haveOneShape(at, count) ? sortParts(at, count, mode) : 1
  if (first < count) mergeRuns(at, count, first, mode)
}

/** Sorts series of one shape in parts; returns how many a part has. */
function sortParts(at: usize, count: u32, mode: u32): u32 {
  for (let from: u32 = 0; from < count; from += MOST_TOGETHER) {
    sortByTags(at + (<usize>from << 2), min(MOST_TOGETHER, count - from), 0, mode)
  }
  return MOST_TOGETHER
}

/** Merges runs of `first` words that are in order each. */
function mergeRuns(at: usize, count: u32, first: u32, mode: u32): void {
  const bytes = count << 2
  const spare = take(bytes, ENTRIES)
  let from = at
  let to = spare
  for (let run = first; run < count; run <<= 1) {
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
