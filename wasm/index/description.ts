import { columnOfShape } from './columns'
import { indexDesk, putDesk, word } from './desk'
import { entryAt, openEntry, openShape, openText, readVarint, textAt, textBytes, textStart, UNLINKED } from './records'
import { ENTRIES, give, take } from './space'
import { wordAt } from './word-list'

// What an index says of series, by symbols and as texts.

/** Words in front of the symbols of tags: shard, symbol of the table, number of tags. */
const HEAD_WORDS: u32 = 3

/** Words that say what the open entry is. */
// @ts-ignore: decorator
@inline
function descriptionWords(): u32 {
  return HEAD_WORDS + 2 * openShape().count
}

/** Puts shard, symbol of the table, number of tags, and symbols of each tag's name and value of the open entry; returns where they end. */
function describe(at: usize): usize {
  const shape = openShape()
  store<u32>(at, <u32>load<u8>(entryAt) & ~UNLINKED)
  store<u32>(at, shape.table.symbol, 4)
  store<u32>(at, shape.count, 8)
  at += HEAD_WORDS << 2
  for (let tag: u32 = 0; tag < shape.count; tag++) {
    const column = columnOfShape(shape, tag)
    store<u32>(at, column.symbol)
    store<u32>(at, wordAt(column.values, readVarint()), 4)
    at += 8
  }
  return at
}

/** Answers with the description of a series; false where the ref is of none. */
export function indexOpen(ref: u32): bool {
  if (!openEntry(ref)) return false
  describe(indexDesk(descriptionWords() << 2))
  return true
}

/** Answers with the descriptions of the series whose refs are on the desk; returns how many words those are, 0 where a ref is of none. */
export function indexDescribe(count: u32): u32 {
  let words: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    if (!openEntry(word(i))) return 0
    words += descriptionWords()
  }
  const bytes = max(words << 2, 4)
  const list = take(bytes, ENTRIES)
  let at = list
  for (let i: u32 = 0; i < count; i++) {
    openEntry(word(i))
    at = describe(at)
  }
  putDesk(list, bytes)
  return words
}

/** Answers with the texts of symbols that are on the desk, each behind the varint of its bytes; returns the bytes of all. */
export function indexTexts(count: u32): u32 {
  let bytes: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    openText(word(i))
    bytes += <u32>(textAt - textStart(word(i))) + textBytes
  }
  const list = take(max(bytes, 4), ENTRIES)
  let at = list
  for (let i: u32 = 0; i < count; i++) {
    openText(word(i))
    const own = <u32>(textAt - textStart(word(i))) + textBytes
    memory.copy(at, textStart(word(i)), own)
    at += own
  }
  putDesk(list, max(bytes, 4))
  return bytes
}

/** Answers with the canonical key of a series and returns its bytes; 0 where the ref is of no series. */
export function indexKey(ref: u32): u32 {
  if (!indexOpen(ref)) return 0
  const symbols: u32 = 1 + 2 * word(2)
  const listBytes: u32 = (HEAD_WORDS + 2 * word(2)) << 2
  let bytes: u32 = 0
  for (let i: u32 = 0; i < symbols; i++) {
    openText(word(i == 0 ? 1 : i + 2))
    bytes += 4 + textBytes
  }
  const list = take(listBytes, ENTRIES)
  const desk = indexDesk(0)
  memory.copy(list, desk, listBytes)
  let at = indexDesk(bytes)
  for (let i: u32 = 0; i < symbols; i++) {
    openText(load<u32>(list + (<usize>(i == 0 ? 1 : i + 2) << 2)))
    store<u32>(at, textBytes)
    memory.copy(at + 4, textAt, textBytes)
    at += 4 + textBytes
  }
  give(list, listBytes, ENTRIES)
  return bytes
}
