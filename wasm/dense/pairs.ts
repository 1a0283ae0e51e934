// Pairs: a state that tells two values takes no longer to read than one that tells a single value. Residuals are cut into a
// symbol, which states tell in pairs, and low bits, which lie in a plane. Drawn in FORMAT.md.

import { GROUP_ROWS } from '../bits/lanes'
import { takePacked, takePlane } from '../bits/plane'
import { cursorAddress, cursorFailed, take } from '../codec/cursor'
import { BLOCK_ROWS } from '../memory/scratch'
import { slotEntries, spreadStep } from './states'

export const MOST_SYMBOLS: i32 = 32
export const MOST_LOW_BITS: i32 = 28
/** Weights of symbols add up to 2^12. */
export const SYMBOL_LOG: i32 = 12
/** Pairs that are told in turn, each by a state of its own. */
export const PAIR_STATES: i32 = 6
/** Symbols' weights u32, and those of pairs by first and second symbol. */
export const SYMBOL_WEIGHTS: usize = memory.data(MOST_SYMBOLS * 4, 16)
export const PAIR_WEIGHTS: usize = memory.data(MOST_SYMBOLS * MOST_SYMBOLS * 4, 16)
/** Symbols of a block in the order of coding. */
export const SYMBOLS: usize = memory.data(BLOCK_ROWS + 32, 16)

/**
 * Shares 2^log states among pairs: one each, and the rest by how far the product of the weights exceeds one state.
 */
export function weighPairs(symbols: i32, log: i32): void {
  const unit = (<u32>1) << (2 * SYMBOL_LOG - log)
  let all: u64 = 0
  for (let pair = 0; pair < symbols * symbols; pair++) {
    const product = symbolWeight(pair / symbols) * symbolWeight(pair % symbols)
    const excess = product > unit ? product - unit : 0
    store<u32>(pairSlot(pair), excess)
    all += excess
  }
  const rest = (<u64>1 << log) - <u64>(symbols * symbols)
  let sum: u64 = 0
  let given: u64 = 0
  for (let pair = 0; pair < symbols * symbols; pair++) {
    sum += load<u32>(pairSlot(pair))
    // Where no product exceeds a state, there are as many pairs as states.
    const upTo = all == 0 ? 0 : (sum * rest) / all
    store<u32>(pairSlot(pair), <u32>(1 + upTo - given))
    given = upTo
  }
}

// @ts-ignore: decorator
@inline
function pairSlot(pair: i32): usize {
  return PAIR_WEIGHTS + (<usize>pair << 2)
}

// @ts-ignore: decorator
@inline
export function symbolWeight(symbol: i32): u32 {
  return load<u32>(SYMBOL_WEIGHTS + (<usize>symbol << 2))
}

/**
 * Fills the entries of a slot, 8 bytes a state:
 *
 * 0                2       3       4               6       7       8
 * +----------------+-------+-------+---------------+-------+-------+
 * | state to which | first | second| mask of the   | bits  | 0     |
 * | bits 0 lead x8 | symbol| symbol| bits x8       |       |       |
 * +----------------+-------+-------+---------------+-------+-------+
 */
export function buildPairs(slot: usize, symbols: i32, log: i32): void {
  weighPairs(symbols, log)
  const entries = slotEntries(slot)
  const mask = (1 << log) - 1
  const step = spreadStep(log)
  let place = 0
  for (let first = 0; first < symbols; first++) {
    for (let second = 0; second < symbols; second++) {
      const pair = first * symbols + second
      const told = <u64>pair | (<u64>(first | (second << 8)) << 16)
      for (let i = load<u32>(pairSlot(pair)); i > 0; i--) {
        store<u64>(entries + (<usize>((place * step) & mask) << 3), told)
        place++
      }
    }
  }
  for (let entry = entries; entry <= entries + (<usize>mask << 3); entry += 8) {
    const counter = pairSlot(<i32>load<u16>(entry))
    const x = load<u32>(counter)
    store<u32>(counter, x + 1)
    const bits = <u32>log - (31 - clz<u32>(x))
    store<u16>(entry, <u16>(((x << bits) - (mask + 1)) << 3))
    store<u16>(entry, <u16>(((<u32>1 << bits) - 1) << 3), MASK)
    store<u16>(entry, <u16>bits, BITS)
  }
}

const TOLD: usize = 2
const MASK: usize = 4
const BITS: usize = 6
const states: usize = memory.data(PAIR_STATES * 4, 16)

// @ts-ignore: decorator
@inline
function bitsAt(at: u64): u64 {
  return load<u64>(<usize>(at >> 3)) >> (at & 7)
}

// @ts-ignore: decorator
@inline
function stateBits(entry: usize): u64 {
  return <u64>load<u8>(entry, BITS)
}

/** The entry after one, by the bits `v`, which begin at bit 3: entries are 8 bytes apart. */
// @ts-ignore: decorator
@inline
function nextEntry(entries: usize, entry: usize, v: u64): usize {
  return entries + <usize>load<u16>(entry) + (<usize>v & <usize>load<u16>(entry, MASK))
}

/**
 * Whole turns of the states until `end`. Overruns no stream by more than its pairs could have bits, which may be read. `at` and
 * what is returned count bits from the beginning of the memory.
 */
function turns(entries: usize, at: u64, target: usize, end: usize): u64 {
  // From three bits before, so that the bits come out at bit 3, where entries count them.
  at -= 3
  let a = load<usize>(states)
  let b = load<usize>(states, 4)
  let c = load<usize>(states, 8)
  let d = load<usize>(states, 12)
  let e = load<usize>(states, 16)
  let f = load<usize>(states, 20)
  for (; target < end; target += 2 * PAIR_STATES) {
    let v = load<u64>(<usize>(at >> 3)) >> (at & 7)
    store<u16>(target, load<u16>(a, TOLD))
    let bits = stateBits(a)
    a = nextEntry(entries, a, v)
    at += bits
    v >>= bits
    store<u16>(target, load<u16>(b, TOLD), 2)
    bits = stateBits(b)
    b = nextEntry(entries, b, v)
    at += bits
    v >>= bits
    store<u16>(target, load<u16>(c, TOLD), 4)
    at += stateBits(c)
    c = nextEntry(entries, c, v)
    v = load<u64>(<usize>(at >> 3)) >> (at & 7)
    store<u16>(target, load<u16>(d, TOLD), 6)
    bits = stateBits(d)
    d = nextEntry(entries, d, v)
    at += bits
    v >>= bits
    store<u16>(target, load<u16>(e, TOLD), 8)
    bits = stateBits(e)
    e = nextEntry(entries, e, v)
    at += bits
    v >>= bits
    store<u16>(target, load<u16>(f, TOLD), 10)
    at += stateBits(f)
    f = nextEntry(entries, f, v)
  }
  store<usize>(states, a)
  store<usize>(states, b, 4)
  store<usize>(states, c, 8)
  store<usize>(states, d, 12)
  store<usize>(states, e, 16)
  store<usize>(states, f, 20)
  return at + 3
}

/** The pairs after the last whole turn. The last one of each state takes no bits, since no state comes after it. */
function rest(entries: usize, at: u64, from: i32, pairs: i32): u64 {
  for (let pair = from; pair < pairs; pair++) {
    const slot = states + (<usize>(pair % PAIR_STATES) << 2)
    const entry = load<usize>(slot)
    store<u16>(SYMBOLS + (<usize>pair << 1), load<u16>(entry, TOLD))
    if (pair + PAIR_STATES >= pairs) continue
    store<usize>(slot, nextEntry(entries, entry, bitsAt(at) << 3))
    at += stateBits(entry)
  }
  return at
}

// @ts-ignore: decorator
@inline
function joined(at: usize, symbols: v128, unit: v128, hasLows: bool, bases: v128): v128 {
  const values = i32x4.add(bases, hasLows ? i32x4.mul(symbols, unit) : symbols)
  return hasLows ? i32x4.add(values, v128.load(at)) : values
}

/**
 * Puts symbols above the low bits at `target`, or where there are none above zeros, all counted from `base`; with `sums` the
 * running sums of the lanes of the first `groups` groups.
 */
// @ts-ignore: decorator
@inline
function join(count: i32, lowBits: i32, hasLows: bool, base: u32, groups: i32, target: usize): void {
  const bases = i32x4.splat(<i32>base)
  const unit = i32x4.splat(1 << lowBits)
  const end = target + (<usize>count << 2)
  let from = SYMBOLS
  for (const whole = target + (<usize>(groups * GROUP_ROWS) << 2); target < whole; ) {
    let sum = i32x4.splat(0)
    for (const last = target + (GROUP_ROWS << 2); target < last; target += 32) {
      const symbols = i16x8.extend_low_i8x16_u(v128.load64_zero(from))
      sum = i32x4.add(sum, joined(target, i32x4.extend_low_i16x8_u(symbols), unit, hasLows, bases))
      v128.store(target, sum)
      sum = i32x4.add(sum, joined(target + 16, i32x4.extend_high_i16x8_u(symbols), unit, hasLows, bases))
      v128.store(target, sum, 16)
      from += 8
    }
  }
  for (; target < end; target += 32) {
    const symbols = i16x8.extend_low_i8x16_u(v128.load64_zero(from))
    v128.store(target, joined(target, i32x4.extend_low_i16x8_u(symbols), unit, hasLows, bases))
    v128.store(target, joined(target + 16, i32x4.extend_high_i16x8_u(symbols), unit, hasLows, bases), 16)
    from += 8
  }
}

/** Reads states and stream: the symbols of `count` values. */
function takeSymbols(model: usize, count: i32): void {
  const log = load<i32>(model, 8)
  const packed = take((PAIR_STATES * log + 7) >> 3)
  const source = cursorAddress()
  if (cursorFailed()) return
  const entries = slotEntries(model)
  for (let state = 0; state < PAIR_STATES; state++) {
    const number = bitsAt((<u64>packed << 3) + <u64>(state * log)) & ((1 << <u64>log) - 1)
    store<usize>(states + (<usize>state << 2), entries + (<usize>number << 3))
  }
  const pairs = (count + 1) >> 1
  const whole = pairs < PAIR_STATES ? 0 : (pairs / PAIR_STATES - 1) * PAIR_STATES
  let at = turns(entries, <u64>source << 3, SYMBOLS, SYMBOLS + (<usize>whole << 1))
  at = rest(entries, at, whole, pairs)
  take(<i32>((at + 7) >> 3) - <i32>source)
}

/**
 * Reads plane, states and stream: `count` residuals at `target` in the order in which they were coded; of the first `groups`
 * groups, which are in lane order, the running sums of each lane.
 */
export function takePairs(model: usize, count: i32, base: u32, groups: i32, target: usize): void {
  const lowBits = load<i32>(model, 56)
  const patched = load<u32>(model, 60) != 0
  if (patched) takePlane<u32>(count, target)
  else if (lowBits > 0) takePacked<u32>(count, lowBits, target)
  takeSymbols(model, count)
  if (cursorFailed()) return
  if (patched || lowBits > 0) join(count, lowBits, true, base, groups, target)
  else join(count, lowBits, false, base, groups, target)
}
