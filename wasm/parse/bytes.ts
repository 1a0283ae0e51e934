// Bytes of text, 8 and 16 at a time. Every function may read up to 16 bytes past the end of what it is given, never write.

export const TAB: u8 = 9
export const NEWLINE: u8 = 10
export const RETURN: u8 = 13
export const SPACE: u8 = 32
export const QUOTE: u8 = 34
export const HASH: u8 = 35
export const PLUS: u8 = 43
export const COMMA: u8 = 44
export const MINUS: u8 = 45
export const DOT: u8 = 46
export const EQUALS: u8 = 61
export const BACKSLASH: u8 = 92

/** Readable bytes that must follow any text. */
export const TEXT_PADDING: usize = 32

/** 16 ones, then 16 zeros. */
const tailMasks: usize = memory.data<u64>([-1, -1, 0, 0], 16)

const powersOfTen: usize = memory.data<u64>(
  [1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
    10000000000000, 100000000000000, 1000000000000000, 10000000000000000], 16)

/** A mask of the first `bytes` (at most 16) bytes. */
// @ts-ignore: decorator
@inline
export function tailMask(bytes: usize): v128 {
  return v128.load(tailMasks + 16 - bytes)
}

// @ts-ignore: decorator
@inline
export function powerOfTen(exponent: u32): u64 {
  return load<u64>(powersOfTen + (<usize>exponent << 3))
}

// @ts-ignore: decorator
@inline
export function isDigit(byte: u8): bool {
  return <u32>byte - 48 < 10
}

// @ts-ignore: decorator
@inline
export function equalBytes(a: usize, b: usize, bytes: usize): bool {
  let i: usize = 0
  for (; i + 32 <= bytes; i += 32) {
    const low = v128.xor(v128.load(a + i), v128.load(b + i))
    const high = v128.xor(v128.load(a + i, 16), v128.load(b + i, 16))
    if (v128.any_true(v128.or(low, high))) return false
  }
  if (i + 16 <= bytes) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false
    i += 16
  }
  const difference = v128.xor(v128.load(a + i), v128.load(b + i))
  return !v128.any_true(v128.and(difference, tailMask(bytes - i)))
}

let seedLow: u64 = 0
let seedHigh: u64 = 0

/** Hashes depend on these 128 bits, so that nobody who does not know them can make texts that meet in one slot. */
export function useSeed(low: u64, high: u64): void {
  seedLow = low
  seedHigh = high
}

// @ts-ignore: decorator
@inline
function fold(word: u64): u64 {
  return (word & 0xffffffff) * (word >> 32)
}

const FOLD_SECRET: u64 = 0x74743c1b53c5ca59

/** Two lanes of Wang Yi's wyhash32, whose multiplications fold the state into itself; mixed as in MurmurHash3. */
export function hashBytes(text: usize, bytes: usize, owner: u32): u32 {
  let a = seedLow ^ FOLD_SECRET ^ <u64>bytes
  let b = seedHigh ^ FOLD_SECRET ^ <u64>owner << 32
  let i: usize = 0
  for (; i + 16 <= bytes; i += 16) {
    a = fold(a ^ load<u64>(text + i)) ^ FOLD_SECRET
    b = fold(b ^ load<u64>(text + i, 8)) ^ FOLD_SECRET
  }
  const tail = v128.and(v128.load(text + i), tailMask(bytes - i))
  a = fold(a ^ i64x2.extract_lane(tail, 0)) ^ seedHigh
  b = fold(b ^ i64x2.extract_lane(tail, 1)) ^ seedLow
  a = (a ^ rotl<u64>(b, 32)) * 0xff51afd7ed558ccd
  a ^= a >> 32
  a *= 0xc4ceb9fe1a85ec53
  return <u32>(a ^ (a >> 29))
}

/** The highest bit of each of the 8 bytes that is no decimal digit, right up to the first such byte and in it. */
// @ts-ignore: decorator
@inline
export function nonDigits(word: u64): u64 {
  const digits = word ^ 0x3030303030303030
  return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080
}

/** How many of the 8 bytes, from the lowest, are decimal digits before the first that is not. */
// @ts-ignore: decorator
@inline
export function digitCount(word: u64): u32 {
  return <u32>(ctz(nonDigits(word)) >> 3)
}

/** The number that 8 digits spell, the first in the lowest byte. */
// @ts-ignore: decorator
@inline
export function eightDigits(word: u64): u64 {
  return eightNumbers(word & 0x0f0f0f0f0f0f0f0f)
}

/** The same of 8 numbers from 0 to 9. */
// @ts-ignore: decorator
@inline
export function eightNumbers(word: u64): u64 {
  word = (word * 2561) >> 8
  word = ((word & 0x00ff00ff00ff00ff) * 6553601) >> 16
  return ((word & 0x0000ffff0000ffff) * 42949672960001) >> 32
}

/** The number that the first `count` digits spell, 1 to 8. */
// @ts-ignore: decorator
@inline
export function fewDigits(word: u64, count: u32): u64 {
  return eightDigits(word << (64 - 8 * <u64>count))
}

/** First newline at or after `at`. There has to be one. */
export function findNewline(at: usize): usize {
  const newlines = i8x16.splat(NEWLINE)
  while (true) {
    const found = i8x16.bitmask(i8x16.eq(v128.load(at), newlines))
    if (found != 0) return at + <usize>ctz(found)
    at += 16
  }
}

/** First quote or backslash in `[at, end)`, else `end` or more. */
// @ts-ignore: decorator
@inline
export function findQuote(at: usize, end: usize): usize {
  const quotes = i8x16.splat(QUOTE)
  const backslashes = i8x16.splat(BACKSLASH)
  while (at < end) {
    const text = v128.load(at)
    const found = i8x16.bitmask(v128.or(i8x16.eq(text, quotes), i8x16.eq(text, backslashes)))
    if (found != 0) return at + <usize>ctz(found)
    at += 16
  }
  return at
}

/** Where `[text, end)` stops being UTF-8 (RFC 3629: no surrogates, no overlong forms), or `end`. */
export function invalidUtf8(text: usize, end: usize): usize {
  while (text < end) {
    const beyondAscii = i8x16.bitmask(v128.load(text))
    if (beyondAscii == 0) {
      text += 16
      continue
    }
    text += <usize>ctz(beyondAscii)
    if (text >= end) return end
    const lead = <u32>load<u8>(text)
    const second = <u32>load<u8>(text, 1)
    let following: usize = 0
    if (lead >= 0xc2 && lead <= 0xdf) following = 1
    else if (lead == 0xe0) following = second >= 0xa0 ? 2 : 0
    else if (lead == 0xed) following = second <= 0x9f ? 2 : 0
    else if (lead > 0xe0 && lead <= 0xef) following = 2
    else if (lead == 0xf0) following = second >= 0x90 ? 3 : 0
    else if (lead > 0xf0 && lead <= 0xf3) following = 3
    else if (lead == 0xf4) following = second <= 0x8f ? 3 : 0
    if (following == 0 || text + following >= end) return text
    for (let i: usize = 1; i <= following; i++) if ((load<u8>(text + i) & 0xc0) != 0x80) return text
    text += following + 1
  }
  return end
}
