import { BACKSLASH, COMMA, EQUALS, equalBytes, NEWLINE, SPACE } from './bytes'
import { createKey, findKey, Key, nameOf, tableOf } from './catalog'
import { FIELD, isNone, none, TAG } from './page'
import {
  EQUALS_IN_TAG, fail, failName, LONG_KEY, MANY_TAGS, MISSING_FIELDS, MISSING_TABLE, MISSING_TAG_EQUALS, MISSING_TAG_KEY,
  REPEATED_TAG, RESERVED_NAME, TAG_IS_FIELD,
} from './rejection'
import { lookedUpHash } from './text-map'

export const KEY_BYTES: u32 = 65536
export const KEY_TAGS: u32 = 256
/** Canonical forms are written 16 bytes at a time: so much behind them is overwritten. */
export const SLACK_BYTES: usize = 16

/** Of each tag: where key and value begin and end, as they are written. */
const tags: usize = memory.data(256 * 16, 16)
let tagCount: u32 = 0
let tableEnd: usize = 0
let checks: u32 = 0

/** End of the text at `at`: the first space, comma, equals sign or newline that is not escaped. */
function findDelimiter(at: usize): usize {
  const spaces = i8x16.splat(SPACE)
  const commas = i8x16.splat(COMMA)
  const equals = i8x16.splat(EQUALS)
  const newlines = i8x16.splat(NEWLINE)
  const start = at
  while (true) {
    const text = v128.load(at)
    const blanks = v128.or(i8x16.eq(text, spaces), i8x16.eq(text, newlines))
    let found = i8x16.bitmask(v128.or(blanks, v128.or(i8x16.eq(text, commas), i8x16.eq(text, equals))))
    while (found != 0) {
      const end = at + <usize>ctz(found)
      if (load<u8>(end) == NEWLINE || end == start || load<u8>(end - 1) != BACKSLASH) return end
      found &= found - 1
    }
    at += 16
  }
}

/** The same for a table, where an equals sign is text. */
function findTableEnd(at: usize): usize {
  while (true) {
    at = findDelimiter(at)
    if (load<u8>(at) != EQUALS) return at
    at++
  }
}

/** End of a key: the first space or newline that is not escaped. */
export function findKeyEnd(at: usize): usize {
  const spaces = i8x16.splat(SPACE)
  const newlines = i8x16.splat(NEWLINE)
  const start = at
  while (true) {
    const text = v128.load(at)
    let found = i8x16.bitmask(v128.or(i8x16.eq(text, spaces), i8x16.eq(text, newlines)))
    while (found != 0) {
      const end = at + <usize>ctz(found)
      if (load<u8>(end) == NEWLINE || end == start || load<u8>(end - 1) != BACKSLASH) return end
      found &= found - 1
    }
    at += 16
  }
}

/** The key that begins a row, made where it is new; none where it is wrong. */
export function keyOf(start: usize): Key {
  const end = findKeyEnd(start)
  const bytes = <u32>(end - start)
  if (bytes == 0 || load<u8>(start) == COMMA) return failed(fail(MISSING_TABLE, start))
  if (load<u8>(end) == NEWLINE) return failed(fail(MISSING_FIELDS, end))
  if (bytes > KEY_BYTES) return failed(fail(LONG_KEY, start))
  const found = findKey(start, bytes)
  if (!isNone(found)) return found
  const hash = lookedUpHash
  if (!splitKey(start, end)) return none<Key>()
  const table = tableOf(start, <u32>(tableEnd - start))
  if (isNone(table)) return none<Key>()
  checks++
  for (let i: u32 = 0; i < tagCount; i++) {
    const tag = tags + (<usize>i << 4)
    const text = <usize>load<u32>(tag)
    const tagBytes = load<u32>(tag, 4) - <u32>text
    if (isReserved(text, tagBytes)) return failed(failName(RESERVED_NAME, text, text, tagBytes))
    if (isEmptyTag(tag)) {
      if (isRepeated(i)) return failed(failName(REPEATED_TAG, text, text, tagBytes))
      continue
    }
    const name = nameOf(table, text, tagBytes, TAG)
    if (isNone(name)) return none<Key>()
    if (name.role == FIELD) return failed(failName(TAG_IS_FIELD, text, text, tagBytes))
    if (name.check == checks || isRepeated(i)) return failed(failName(REPEATED_TAG, text, text, tagBytes))
    name.check = checks
  }
  return createKey(table, start, bytes, hash)
}

// @ts-ignore: decorator
@inline
function failed(nothing: usize): Key {
  return changetype<Key>(nothing)
}

export function isReserved(name: usize, bytes: u32): bool {
  const time: u32 = 0x656d6974
  return bytes == 4 && load<u32>(name) == time
}

function isEmptyTag(tag: usize): bool {
  return load<u32>(tag, 8) == load<u32>(tag, 12)
}

let emptyTags: u32 = 0

/** Whether an earlier tag has the name, where one of the two is empty; others are told by their record. */
function isRepeated(index: u32): bool {
  if (emptyTags == 0) return false
  const tag = tags + (<usize>index << 4)
  const text = <usize>load<u32>(tag)
  const bytes = <usize>load<u32>(tag, 4) - text
  for (let i: u32 = 0; i < index; i++) {
    const other = tags + (<usize>i << 4)
    const otherText = <usize>load<u32>(other)
    if (<usize>load<u32>(other, 4) - otherText == bytes && equalBytes(otherText, text, bytes)) return true
  }
  return false
}

/** Finds table and tags in a key. */
function splitKey(start: usize, end: usize): bool {
  tagCount = 0
  emptyTags = 0
  tableEnd = findTableEnd(start)
  let at = tableEnd
  while (at < end) {
    const key = at + 1
    const keyEnd = findDelimiter(key)
    if (keyEnd == key) return fail(MISSING_TAG_KEY, key) != 0
    if (load<u8>(keyEnd) != EQUALS) return failName(MISSING_TAG_EQUALS, keyEnd, key, <u32>(keyEnd - key)) != 0
    const value = keyEnd + 1
    at = findDelimiter(value)
    if (load<u8>(at) == EQUALS) return failName(EQUALS_IN_TAG, at, key, <u32>(keyEnd - key)) != 0
    if (tagCount == KEY_TAGS) return fail(MANY_TAGS, key) != 0
    const tag = tags + (<usize>tagCount << 4)
    store<u32>(tag, <u32>key)
    store<u32>(tag, <u32>keyEnd, 4)
    store<u32>(tag, <u32>value, 8)
    store<u32>(tag, <u32>at, 12)
    if (isEmptyTag(tag)) emptyTags++
    tagCount++
  }
  return true
}

/**
 * Writes the canonical form of a key to `result`, which has room for `8 * tags + 4` bytes more than the key and `SLACK_BYTES`: the table,
 * then key and value of each tag, sorted, without the empty ones; each as a u32 length and bytes. Returns its end.
 */
export function writeCanonical(key: Key, result: usize): usize {
  const end = key.text + key.bytes
  splitKey(key.text, end)
  sortTags()
  let at = writeText(key.text, tableEnd, false, result)
  for (let i: u32 = 0; i < tagCount; i++) {
    const tag = tags + (<usize>i << 4)
    if (isEmptyTag(tag)) continue
    at = writeText(load<u32>(tag), load<u32>(tag, 4), true, at)
    at = writeText(load<u32>(tag, 8), load<u32>(tag, 12), true, at)
  }
  return at
}

/** Insertion sort: most keys are written in order. */
function sortTags(): void {
  for (let i: u32 = 1; i < tagCount; i++) {
    const tag = v128.load(tags + (<usize>i << 4))
    let j = i
    for (; j > 0; j--) {
      const before = tags + (<usize>(j - 1) << 4)
      if (compareTags(before, tag) <= 0) break
      v128.store(before, v128.load(before), 16)
    }
    v128.store(tags + (<usize>j << 4), tag)
  }
}

function compareTags(a: usize, b: v128): i32 {
  const aText = <usize>load<u32>(a)
  const bText = <usize>i32x4.extract_lane(b, 0)
  return compareEscaped(aText, load<u32>(a, 4), bText, <usize>i32x4.extract_lane(b, 1))
}

/** Order of two texts without their escapes. */
function compareEscaped(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  while (a < aEnd && b < bEnd) {
    if (isEscape(a, true)) a++
    if (isEscape(b, true)) b++
    const difference = <i32>load<u8>(a++) - <i32>load<u8>(b++)
    if (difference != 0) return difference
  }
  return <i32>(a < aEnd) - <i32>(b < bEnd)
}

/** Whether the byte is a backslash that only escapes the next one. */
function isEscape(at: usize, equals: bool): bool {
  if (load<u8>(at) != BACKSLASH) return false
  const next = load<u8>(at, 1)
  return next == COMMA || next == SPACE || (equals && next == EQUALS)
}

function writeText(from: usize, end: usize, equals: bool, result: usize): usize {
  const backslashes = i8x16.splat(BACKSLASH)
  let at = result + 4
  while (from < end) {
    const text = v128.load(from)
    if (v128.any_true(i8x16.eq(text, backslashes))) break
    v128.store(at, text)
    const taken = min<usize>(16, end - from)
    from += taken
    at += taken
  }
  while (from < end) {
    if (from + 1 < end && isEscape(from, equals)) from++
    store<u8>(at++, load<u8>(from++))
  }
  store<u32>(result, <u32>(at - result) - 4)
  return at
}
