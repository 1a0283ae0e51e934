import { columnAt } from './columns'
import { indexDesk, passesText, putDesk } from './desk'
import { markPosting } from './postings'
import { Column, TOUCHED_AT_ONCE, touchText } from './records'
import { ENTRIES, give, take } from './space'
import { wordAt } from './word-list'

// Refs that are chosen already, and one more test of a tag.

/**
 * Of ascending refs of series, `count` words on the desk, answers with those that have one of some values of a column, or with those that
 * have none; behind the refs are `codes` words, the codes of the values. Reads the lists of the values once. Returns how many are left.
 */
export function indexNarrow(number: u32, count: u32, codes: u32, isKept: bool): u32 {
  const column = columnAt(number)
  const bytes = max((count + 7) >> 3, 4)
  const marks = take(bytes, ENTRIES)
  memory.fill(marks, 0, bytes)
  const refs = indexDesk(0)
  const codesAt = refs + (<usize>count << 2)
  for (let i: u32 = 0; i < codes; i++) {
    markPosting(wordAt(column.postings, load<u32>(codesAt + (<usize>i << 2))), refs, count, marks)
  }
  let left: u32 = 0
  for (let i: u32 = 0; i < count; i++) {
    const isMarked = ((<u32>load<u8>(marks + (i >> 3)) >> (i & 7)) & 1) != 0
    if (isMarked != isKept) continue
    store<u32>(refs + (<usize>left << 2), load<u32>(refs + (<usize>i << 2)))
    left++
  }
  give(marks, bytes, ENTRIES)
  return left
}

/** Touches the texts of the first of `count` values, whose codes are at an address. */
function touchValues(column: Column, at: usize, count: u32): void {
  const end = at + (<usize>min(count, TOUCHED_AT_ONCE) << 2)
  for (; at < end; at += 4) touchText(wordAt(column.values, load<u32>(at)))
}

/**
 * The same as `indexValues` of the codes on the desk, `count` words with the text behind them. Returns how many of them pass.
 */
export function indexValuesOf(number: u32, count: u32, textBytesOnDesk: u32, isPrefix: bool): u32 {
  const column = columnAt(number)
  const bytes = max(count << 3, 8)
  const found = take(bytes, ENTRIES)
  const codes = indexDesk(0)
  const text = codes + (<usize>count << 2)
  let at = found
  for (let i: u32 = 0; i < count; i++) {
    const code = load<u32>(codes + (<usize>i << 2))
    if (i % TOUCHED_AT_ONCE == 0) touchValues(column, codes + (<usize>i << 2), count - i)
    const symbol = wordAt(column.values, code)
    if (!passesText(symbol, text, textBytesOnDesk, isPrefix)) continue
    store<u32>(at, code)
    store<u32>(at, symbol, 4)
    at += 8
  }
  putDesk(found, bytes)
  return <u32>(at - found) >> 3
}
