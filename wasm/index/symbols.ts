import { addresses, NONE, OF_TEXTS, openText, RefTable, seekBytes, setWordOfSymbol, textAt, textBytes } from './records'
import { addRef, findRef, newRefTable, removeRef } from './ref-table'
import { give, SYMBOLS, take } from './space'
import { hashText } from './text'
import { pushWord, wordAt } from './word-list'

// Each text once. A text is kept as long as something uses it: a value of a column, the name of a column or of a table.

const MOST_USES: u32 = 255

let texts: RefTable = changetype<RefTable>(0)
/** A free symbol and 1. */
let free: u32 = 0

export function createSymbols(): void {
  texts = newRefTable(OF_TEXTS, 0)
  free = 0
}

/** Variables of this module as words, for an image; returns where the words end. */
export function saveSymbols(at: usize): usize {
  store<u32>(at, <u32>changetype<usize>(texts))
  store<u32>(at, free, 4)
  return at + 8
}

export function loadSymbols(at: usize): usize {
  texts = changetype<RefTable>(<usize>load<u32>(at))
  free = load<u32>(at, 4)
  return at + 8
}

export function symbolCount(): u32 {
  return texts.size
}

/** The symbol of a text, `NONE` where it has none. */
export function findText(at: usize, bytes: u32): u32 {
  seekBytes(at, bytes)
  return findRef(texts, <u32>hashText(at, bytes))
}

/** The symbol of a text, which is UTF-8; a new one where it has none. */
export function internText(at: usize, bytes: u32): u32 {
  const hash = <u32>hashText(at, bytes)
  seekBytes(at, bytes)
  const known = findRef(texts, hash)
  if (known != NONE) return known
  const address = putText(at, bytes)
  let symbol: u32
  if (free != 0) {
    symbol = free - 1
    free = wordAt(addresses, symbol)
    setWordOfSymbol(symbol, <u32>address)
  } else symbol = pushWord(addresses, <u32>address)
  addRef(texts, hash, symbol)
  return symbol
}

// @ts-ignore: decorator
@inline
function headBytes(bytes: u32): u32 {
  let head: u32 = 2
  for (let left = bytes; left >= 0x80; left >>>= 7) head++
  return head
}

function putText(at: usize, bytes: u32): usize {
  const address = take(headBytes(bytes) + bytes, SYMBOLS)
  store<u8>(address, 0)
  let to = address + 1
  let left = bytes
  for (; left >= 0x80; left >>>= 7) store<u8>(to++, left | 0x80)
  store<u8>(to++, left)
  memory.copy(to, at, bytes)
  return address
}

export function addUse(symbol: u32): void {
  const at = <usize>wordAt(addresses, symbol)
  const uses = <u32>load<u8>(at)
  if (uses < MOST_USES) store<u8>(at, uses + 1)
}

/** Forgets a text that nothing else uses; one with more uses than are counted stays for ever. */
export function dropUse(symbol: u32): void {
  const at = <usize>wordAt(addresses, symbol)
  const uses = <u32>load<u8>(at)
  if (uses == MOST_USES) return
  if (uses > 1) {
    store<u8>(at, uses - 1)
    return
  }
  openText(symbol)
  const bytes = textBytes
  removeRef(texts, <u32>hashText(textAt, bytes), symbol)
  give(at, headBytes(bytes) + bytes, SYMBOLS)
  setWordOfSymbol(symbol, free)
  free = symbol + 1
}
