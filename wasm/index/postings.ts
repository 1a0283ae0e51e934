import { isLinked, unlinked } from './records'
import { give, POSTINGS, take } from './space'

// Ascending lists of refs that grow at their ends: the differences as varints in pieces of memory that double (Lucene's byte
// slices), about a byte a ref where one series in less than 128 has the value. A handle is 0 for the empty list, `ref + 1` for a list of
// one ref, which takes no memory, and with the high bit set the address of a list in words.

/** Bytes of the first piece; each further one is twice as long, up to the most. The last word of a piece is the next one's address. */
const FIRST_BYTES: u32 = 16
const MOST_BYTES: u32 = 2048
const LINK: u32 = 4

@unmanaged
class List {
  head: usize
  /** Where the next byte goes, and where the bytes of its piece end. */
  at: usize
  end: usize
  /** Bytes of the last piece. */
  bytes: u32
  last: u32
  count: u32
  /** Refs in it that were dropped since it was written. */
  dropped: u32
}

const IS_LIST: u32 = 0x80000000

// @ts-ignore: decorator
@inline
export function isList(posting: u32): bool {
  return (posting & IS_LIST) != 0
}

// @ts-ignore: decorator
@inline
function listOf(posting: u32): List {
  return changetype<List>(<usize>(posting << 2))
}

/** Whether the one ref of a list without memory is there and was not unlinked. */
// @ts-ignore: decorator
@inline
function hasOne(posting: u32): bool {
  return posting != 0 && (unlinked == 0 || isLinked(posting - 1))
}

/** Refs of a list that were not dropped. */
export function postingCount(posting: u32): u32 {
  if (!isList(posting)) return <u32>hasOne(posting)
  const list = listOf(posting)
  return list.count - list.dropped
}

/** The list with one more ref, which is greater than all that it has. */
export function addPosting(posting: u32, ref: u32): u32 {
  if (isList(posting)) {
    addTo(listOf(posting), ref)
    return posting
  }
  if (!hasOne(posting)) return ref + 1
  const list = changetype<List>(take(offsetof<List>(), POSTINGS))
  begin(list)
  addTo(list, posting - 1)
  addTo(list, ref)
  return IS_LIST | (<u32>changetype<usize>(list) >> 2)
}

function begin(list: List): void {
  list.head = take(FIRST_BYTES, POSTINGS)
  list.at = list.head
  list.end = list.head + FIRST_BYTES - LINK
  list.bytes = FIRST_BYTES
  list.last = 0
  list.count = 0
  list.dropped = 0
}

function addTo(list: List, ref: u32): void {
  let left = ref - list.last
  for (; left >= 0x80; left >>>= 7) putByte(list, left | 0x80)
  putByte(list, left)
  list.last = ref
  list.count++
}

// @ts-ignore: decorator
@inline
function putByte(list: List, byte: u32): void {
  if (list.at == list.end) addPiece(list)
  store<u8>(list.at++, byte)
}

function addPiece(list: List): void {
  const bytes = min(list.bytes << 1, MOST_BYTES)
  const piece = take(bytes, POSTINGS)
  store<u32>(list.end, <u32>piece)
  list.at = piece
  list.end = piece + bytes - LINK
  list.bytes = bytes
}

/** Gives the pieces of a list back. */
function givePieces(head: usize, last: u32): void {
  let piece = head
  let bytes = FIRST_BYTES
  while (true) {
    const next = <usize>load<u32>(piece + bytes - LINK)
    // The last piece is the one in which the list ended; its link was never set.
    const isLast = piece == <usize>last
    give(piece, bytes, POSTINGS)
    if (isLast) return
    piece = next
    bytes = min(bytes << 1, MOST_BYTES)
  }
}

/** Refs that are looked at together. */
const SOME_REFS: u32 = 256
const SOME: usize = memory.data(1024)

// Where the list that is read goes on: one is read at a time.
let readAt: usize = 0
let readEnd: usize = 0
let readBytes: u32 = 0
let readRef: u32 = 0
let readLeft: u32 = 0

function startReading(list: List): void {
  readAt = list.head
  readEnd = list.head + FIRST_BYTES - LINK
  readBytes = FIRST_BYTES
  readRef = 0
  readLeft = list.count
}

/** Puts the next refs of the list, dropped ones too, behind each other at `SOME`; returns the place behind them. */
function readSome(): usize {
  const count = min(SOME_REFS, readLeft)
  const stop = SOME + (<usize>count << 2)
  let at = readAt
  let to = SOME
  while (to < stop) {
    // Mostly eight differences have a byte each.
    while (to + 32 <= stop && at + 8 <= readEnd && (load<u64>(at) & 0x8080808080808080) == 0) {
      for (let i: usize = 0; i < 8; i++) {
        readRef += <u32>load<u8>(at + i)
        store<u32>(to + (i << 2), readRef)
      }
      at += 8
      to += 32
    }
    if (to == stop) break
    let difference: u32 = 0
    for (let shift: u32 = 0; ; shift += 7) {
      if (at == readEnd) {
        at = <usize>load<u32>(at)
        readBytes = min(readBytes << 1, MOST_BYTES)
        readEnd = at + readBytes - LINK
      }
      const byte = <u32>load<u8>(at++)
      difference |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    readRef += difference
    store<u32>(to, readRef)
    to += 4
  }
  readAt = at
  readLeft -= count
  return stop
}

/** Puts the refs that were not dropped behind each other; returns the place behind them. */
export function copyPosting(posting: u32, to: usize): usize {
  if (!isList(posting)) {
    if (hasOne(posting)) {
      store<u32>(to, posting - 1)
      to += 4
    }
    return to
  }
  const list = listOf(posting)
  const hasDropped = list.dropped > 0
  startReading(list)
  while (readLeft > 0) {
    const end = readSome()
    for (let at = SOME; at < end; at += 4) {
      const ref = load<u32>(at)
      if (hasDropped && !isLinked(ref)) continue
      store<u32>(to, ref)
      to += 4
    }
  }
  return to
}

/** First of ascending refs from place `i` on that is not below `ref`: in steps that double, then by halves. */
function seekRef(refs: usize, i: u32, count: u32, ref: u32): u32 {
  let step: u32 = 1
  let low = i
  while (i < count && load<u32>(refs + (<usize>i << 2)) < ref) {
    low = i + 1
    i += step
    step <<= 1
  }
  let high = min(i, count)
  while (low < high) {
    const middle = (low + high) >> 1
    if (load<u32>(refs + (<usize>middle << 2)) < ref) low = middle + 1
    else high = middle
  }
  return low
}

/** Sets the bit of each of `count` ascending refs, none of them dropped, that a list has. */
export function markPosting(posting: u32, refs: usize, count: u32, marks: usize): void {
  if (posting == 0 || count == 0) return
  if (!isList(posting)) {
    const place = seekRef(refs, 0, count, posting - 1)
    if (place < count && load<u32>(refs + (<usize>place << 2)) == posting - 1) mark(marks, place)
    return
  }
  startReading(listOf(posting))
  let place: u32 = 0
  let next = load<u32>(refs)
  while (readLeft > 0) {
    const end = readSome()
    for (let at = SOME; at < end; at += 4) {
      const ref = load<u32>(at)
      if (ref < next) continue
      place = seekRef(refs, place, count, ref)
      if (place == count) return
      next = load<u32>(refs + (<usize>place << 2))
      if (next == ref) mark(marks, place)
    }
  }
}

// @ts-ignore: decorator
@inline
function mark(marks: usize, place: u32): void {
  const at = marks + (place >> 3)
  store<u8>(at, <u32>load<u8>(at) | (1 << (place & 7)))
}

/** Notes that a ref of a list of several was dropped; true for the first one since the list was written. */
export function noteDropped(posting: u32): bool {
  return listOf(posting).dropped++ == 0
}

/** Writes a list anew without the refs that were dropped, by way of a copy in `buffer`; returns its handle. */
export function sweepPosting(posting: u32, buffer: usize): u32 {
  const list = listOf(posting)
  const end = copyPosting(posting, buffer)
  givePieces(list.head, <u32>(list.end + LINK - list.bytes))
  if (end - buffer <= 4) {
    give(changetype<usize>(list), offsetof<List>(), POSTINGS)
    return end == buffer ? 0 : load<u32>(buffer) + 1
  }
  begin(list)
  for (let at = buffer; at < end; at += 4) addTo(list, load<u32>(at))
  return posting
}

/** Bytes of the buffer that sweeping a list needs. */
export function sweepBytes(posting: u32): u32 {
  return listOf(posting).count << 2
}
