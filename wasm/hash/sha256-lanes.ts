import { K } from './sha256'

// SHA-256 of four messages at once, one in each lane of a vector: nothing but the first byte of each digest is wanted, of many short ones.

const BLOCK: u32 = 64
/** Sixty-four words of four messages each. */
const schedule: usize = memory.data(64 * 16, 16)
/** The last one or two blocks of each message, padded. */
const tails: usize = memory.data(4 * 128, 16)
const H0: u32 = 0x6a09e667

// @ts-ignore: decorator
@inline
function rotr(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits))
}

/** Swaps the bytes of each word. */
// @ts-ignore: decorator
@inline
function swapped(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}

/** Puts words `word` to `word + 3` of a block of each message into the schedule, a word of all in each vector. */
function putWords(a: usize, b: usize, c: usize, d: usize, word: usize): void {
  const at = word << 2
  const p = swapped(v128.load(a + at))
  const q = swapped(v128.load(b + at))
  const r = swapped(v128.load(c + at))
  const s = swapped(v128.load(d + at))
  const pq = i8x16.shuffle(p, q, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23)
  const rs = i8x16.shuffle(r, s, 0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23)
  const pqHigh = i8x16.shuffle(p, q, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31)
  const rsHigh = i8x16.shuffle(r, s, 8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31)
  const to = schedule + (word << 4)
  v128.store(to, i8x16.shuffle(pq, rs, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23))
  v128.store(to, i8x16.shuffle(pq, rs, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31), 16)
  v128.store(to, i8x16.shuffle(pqHigh, rsHigh, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), 32)
  v128.store(to, i8x16.shuffle(pqHigh, rsHigh, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31), 48)
}

function fillSchedule(a: usize, b: usize, c: usize, d: usize): void {
  for (let word: usize = 0; word < 16; word += 4) putWords(a, b, c, d, word)
  for (let at = schedule + 256; at < schedule + 1024; at += 16) {
    const x = v128.load(at - 240)
    const y = v128.load(at - 32)
    const s0 = v128.xor(v128.xor(rotr(x, 7), rotr(x, 18)), i32x4.shr_u(x, 3))
    const s1 = v128.xor(v128.xor(rotr(y, 17), rotr(y, 19)), i32x4.shr_u(y, 10))
    v128.store(at, i32x4.add(i32x4.add(v128.load(at - 256), s0), i32x4.add(v128.load(at - 112), s1)))
  }
}

/** Eight words of state of four messages. */
const state: usize = memory.data(8 * 16, 16)

function begin(): void {
  v128.store(state, i32x4.splat(H0))
  v128.store(state, i32x4.splat(0xbb67ae85), 16)
  v128.store(state, i32x4.splat(0x3c6ef372), 32)
  v128.store(state, i32x4.splat(0xa54ff53a), 48)
  v128.store(state, i32x4.splat(0x510e527f), 64)
  v128.store(state, i32x4.splat(0x9b05688c), 80)
  v128.store(state, i32x4.splat(0x1f83d9ab), 96)
  v128.store(state, i32x4.splat(0x5be0cd19), 112)
}

function compress(): void {
  let a = v128.load(state)
  let b = v128.load(state, 16)
  let c = v128.load(state, 32)
  let d = v128.load(state, 48)
  let e = v128.load(state, 64)
  let f = v128.load(state, 80)
  let g = v128.load(state, 96)
  let h = v128.load(state, 112)
  for (let i = 0; i < 64; i++) {
    const s1 = v128.xor(v128.xor(rotr(e, 6), rotr(e, 11)), rotr(e, 25))
    const word = i32x4.add(i32x4.splat(unchecked(K[i])), v128.load(schedule + (<usize>i << 4)))
    const t1 = i32x4.add(i32x4.add(h, s1), i32x4.add(v128.bitselect(f, g, e), word))
    const s0 = v128.xor(v128.xor(rotr(a, 2), rotr(a, 13)), rotr(a, 22))
    // The bits that two of three have: where a and b differ c decides.
    const t2 = i32x4.add(s0, v128.bitselect(c, b, v128.xor(a, b)))
    h = g
    g = f
    f = e
    e = i32x4.add(d, t1)
    d = c
    c = b
    b = a
    a = i32x4.add(t1, t2)
  }
  v128.store(state, i32x4.add(v128.load(state), a))
  v128.store(state, i32x4.add(v128.load(state, 16), b), 16)
  v128.store(state, i32x4.add(v128.load(state, 32), c), 32)
  v128.store(state, i32x4.add(v128.load(state, 48), d), 48)
  v128.store(state, i32x4.add(v128.load(state, 64), e), 64)
  v128.store(state, i32x4.add(v128.load(state, 80), f), 80)
  v128.store(state, i32x4.add(v128.load(state, 96), g), 96)
  v128.store(state, i32x4.add(v128.load(state, 112), h), 112)
}

/** Blocks of a message of so many bytes, with its padding. */
// @ts-ignore: decorator
@inline
function blocksOf(bytes: u32): u32 {
  return (bytes + 9 + BLOCK - 1) / BLOCK
}

/** Pads what a message has behind its whole blocks. */
function putTail(lane: u32, at: usize, bytes: u32): void {
  const to = tails + <usize>lane * 128
  const rest = bytes % BLOCK
  const end = to + <usize>(rest < 56 ? <u32>BLOCK : <u32>(2 * BLOCK))
  memory.fill(to, 0, 128)
  memory.copy(to, at + (bytes - rest), rest)
  store<u8>(to + rest, 0x80)
  store<u64>(end - 8, bswap<u64>(<u64>bytes << 3))
}

/** Where a block of a message is; of one that has ended any block does. */
// @ts-ignore: decorator
@inline
function blockAt(lane: u32, at: usize, bytes: u32, block: u32): usize {
  const whole = bytes / BLOCK
  if (block < whole) return at + <usize>(block * BLOCK)
  return tails + <usize>lane * 128 + <usize>((min(block, blocksOf(bytes) - 1) - whole) * BLOCK)
}

/**
 * First bytes of the digests of four messages, the first in the lowest byte. `starts` has where they begin and `ends` where they end, words each.
 */
function firstBytes(base: usize, starts: usize, ends: usize): u32 {
  const a = load<u32>(starts)
  const b = load<u32>(starts, 4)
  const c = load<u32>(starts, 8)
  const d = load<u32>(starts, 12)
  const aBytes = load<u32>(ends) - a
  const bBytes = load<u32>(ends, 4) - b
  const cBytes = load<u32>(ends, 8) - c
  const dBytes = load<u32>(ends, 12) - d
  putTail(0, base + a, aBytes)
  putTail(1, base + b, bBytes)
  putTail(2, base + c, cBytes)
  putTail(3, base + d, dBytes)
  const most = max(max(blocksOf(aBytes), blocksOf(bBytes)), max(blocksOf(cBytes), blocksOf(dBytes)))
  let first: u32 = 0
  begin()
  for (let block: u32 = 0; block < most; block++) {
    fillSchedule(
      blockAt(0, base + a, aBytes, block), blockAt(1, base + b, bBytes, block),
      blockAt(2, base + c, cBytes, block), blockAt(3, base + d, dBytes, block),
    )
    compress()
    // The highest byte of the first word is the first of the digest.
    if (block + 1 == blocksOf(aBytes)) first |= <u32>load<u8>(state, 3)
    if (block + 1 == blocksOf(bBytes)) first |= <u32>load<u8>(state, 7) << 8
    if (block + 1 == blocksOf(cBytes)) first |= <u32>load<u8>(state, 11) << 16
    if (block + 1 == blocksOf(dBytes)) first |= <u32>load<u8>(state, 15) << 24
  }
  return first
}

const four: usize = memory.data(32, 16)

/**
 * Puts the first byte of the SHA-256 of each of `count` messages to `to`, which may be where the ends are. The messages lie one after the
 * other from `base` on; `ends` has a word each of where they end.
 */
export function shaFirstBytes(base: usize, ends: usize, count: u32, to: usize): void {
  let start: u32 = 0
  for (let i: u32 = 0; i < count; i += 4) {
    const own = min<u32>(4, count - i)
    for (let lane: u32 = 0; lane < 4; lane++) {
      const at = four + (<usize>lane << 2)
      if (lane < own) {
        const end = load<u32>(ends + (<usize>(i + lane) << 2))
        store<u32>(at, start)
        store<u32>(at, end, 16)
        start = end
      } else {
        store<u32>(at, 0)
        store<u32>(at, 0, 16)
      }
    }
    const first = firstBytes(base, four, four + 16)
    for (let lane: u32 = 0; lane < own; lane++) store<u8>(to + i + lane, first >> (lane << 3))
  }
}
