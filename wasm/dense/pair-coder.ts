// Coding pairs of symbols: from the last to the first, so that they can be read from the first to the last.

import { GROUP_ROWS, groupsToLanes } from '../bits/lanes'
import { putPacked, putPlane } from '../bits/plane'
import { BLOCK_ROWS, DELTAS, LANES } from '../memory/scratch'
import { MOST_SYMBOLS, PAIR_STATES, PAIR_WEIGHTS, SYMBOLS, symbolWeight, weighPairs } from './pairs'
import { MOST_TABLE_LOG, spreadStep } from './states'

/** The states of each pair's weight, twice its weight and so on lead here: states, from the first slot of the pair on. */
const slots: usize = memory.data((1 << MOST_TABLE_LOG) * 2, 16)
const spread: usize = memory.data((1 << MOST_TABLE_LOG) * 2, 16)
const nextSlots: usize = memory.data(MOST_SYMBOLS * MOST_SYMBOLS * 4, 16)
/**
 * For each pair what says how a state x becomes the next: added to x, the bits to give away in the high half (as in FSE);
 * and what added to the rest of x is its slot. Then its first slot.
 */
const steps: usize = memory.data(MOST_SYMBOLS * MOST_SYMBOLS * 12, 16)
/** Bits of each pair's state, with their number in the high half. */
const codedStates: usize = memory.data(BLOCK_ROWS * 2, 16)
const states: usize = memory.data(PAIR_STATES * 4, 16)

let symbols: i32 = 0
let tableLog: i32 = 0
let lowBits: i32 = 0
let patched: bool = false
let cheapest: u32 = 0

// @ts-ignore: decorator
@inline
function stepsOf(pair: i32): usize {
  return steps + <usize>pair * 12
}

/** Makes tables of the symbols whose weights are there. */
export function preparePairs(count: i32, log: i32, bits: i32, withPatches: bool): void {
  symbols = count
  tableLog = log
  lowBits = bits
  patched = withPatches
  weighPairs(count, log)
  cheapest = 0
  for (let symbol = 1; symbol < count; symbol++) {
    if (symbolWeight(symbol) > symbolWeight(cheapest)) cheapest = symbol
  }
  const mask = (1 << log) - 1
  const step = spreadStep(log)
  let place = 0
  for (let pair = 0; pair < count * count; pair++) {
    const weight = load<i32>(PAIR_WEIGHTS + (<usize>pair << 2))
    const own = stepsOf(pair)
    const given = log - (31 - clz<u32>(weight))
    store<i32>(own, (given << 16) - (weight << given))
    store<i32>(own, place - weight, 4)
    store<i32>(own, place, 8)
    store<i32>(nextSlots + (<usize>pair << 2), place)
    for (const end = place + weight; place < end; place++) {
      store<u16>(spread + (<usize>((place * step) & mask) << 1), <u16>pair)
    }
  }
  // A pair's states count up in the order of their places in the table, as the reader meets them.
  for (let state = 0; state <= mask; state++) {
    const next = nextSlots + (<usize>load<u16>(spread + (<usize>state << 1)) << 2)
    const slot = load<i32>(next)
    store<i32>(next, slot + 1)
    store<u16>(slots + (<usize>slot << 1), <u16>state)
  }
}

/** Distances u32 of residuals from `base` at `DELTAS`, after those of the first rows, which may be any. */
function narrow(residuals: usize, first: i32, base: u32, count: i32): void {
  const bases = i32x4.splat(<i32>base)
  for (let row = 0; row < first; row++) store<u32>(DELTAS + (<usize>row << 2), cheapest << lowBits)
  for (let row = first; row < count; row += 4) {
    const words = v128.shuffle<i32>(v128.load(residuals), v128.load(residuals, 16), 0, 2, 4, 6)
    v128.store(DELTAS + (<usize>row << 2), i32x4.sub(words, bases))
    residuals += 32
  }
}

/** Cuts what is at `DELTAS` into symbols and low bits; what has no symbol gets the cheapest. */
function cut(count: i32): void {
  const most = i32x4.splat(symbols - 1)
  const others = i32x4.splat(<i32>cheapest)
  const lowMask = i32x4.splat((1 << lowBits) - 1)
  for (let i: usize = 0; i < <usize>count; i += 4) {
    const at = DELTAS + (i << 2)
    const values = v128.load(at)
    let told = i32x4.shr_u(values, lowBits)
    if (patched) {
      told = v128.bitselect(others, told, i32x4.gt_u(told, most))
      v128.store(at, i32x4.sub(values, i32x4.shl(told, lowBits)))
    } else {
      v128.store(at, v128.and(values, lowMask))
    }
    const bytes = v128.shuffle<i8>(told, told, 0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    store<i32>(SYMBOLS + i, i32x4.extract_lane(bytes, 0))
  }
}

/**
 * Takes the symbols of a block from its residuals, which follow `first` rows that have none. `groups` groups go in lane order.
 * Up to three residuals after the last one are read and may be anything.
 */
export function codeSymbols(residuals: usize, first: i32, base: u32, count: i32, groups: i32): void {
  narrow(residuals, first, base, count)
  if (groups > 0) {
    groupsToLanes<u32>(DELTAS, groups)
    memory.copy(DELTAS, LANES, <usize>(groups * GROUP_ROWS) << 2)
  }
  cut(count)
}

// @ts-ignore: decorator
@inline
function pairAt(pair: i32): i32 {
  return <i32>load<u8>(SYMBOLS + (<usize>pair << 1)) * symbols + <i32>load<u8>(SYMBOLS + (<usize>pair << 1), 1)
}

/** Runs the states backwards over the pairs. */
function codeStates(pairs: i32): void {
  const size = <u32>1 << tableLog
  for (let pair = pairs - 1; pair >= 0; pair--) {
    const step = stepsOf(pairAt(pair))
    const own = states + (<usize>(pair % PAIR_STATES) << 2)
    if (pair + PAIR_STATES >= pairs) {
      store<u32>(own, load<u16>(slots + (<usize>load<u32>(step, 8) << 1)))
      continue
    }
    const x = size + load<u32>(own)
    const bits = (x + load<u32>(step)) >> 16
    store<u32>(codedStates + (<usize>pair << 2), (x & ((1 << bits) - 1)) | (bits << 16))
    store<u32>(own, load<u16>(slots + (<usize>((x >> bits) + load<u32>(step, 4)) << 1)))
  }
}

let pending: u64 = 0
let pendingBits: u64 = 0

/** Appends up to 56 bits and returns the address of the first byte that is not full. */
// @ts-ignore: decorator
@inline
function append(value: u64, bits: u64, address: usize): usize {
  pending |= value << pendingBits
  pendingBits += bits
  store<u64>(address, pending)
  address += <usize>(pendingBits >> 3)
  pending >>= pendingBits & 56
  pendingBits &= 7
  return address
}

/** Goes on to the next whole byte. */
function finish(address: usize): usize {
  const end = address + <usize>(pendingBits > 0)
  pending = 0
  pendingBits = 0
  return end
}

/** Writes plane, states and stream of `count` values and returns the address after them. */
export function putPairs(count: i32, address: usize): usize {
  if (patched) address = putPlane<u32>(DELTAS, count, 0, lowBits, false, address)
  else address = putPacked<u32>(DELTAS, count, 0, lowBits, false, address)
  if ((count & 1) != 0) store<u8>(SYMBOLS + <usize>count, <u8>cheapest)
  const pairs = (count + 1) >> 1
  memory.fill(states, 0, PAIR_STATES * 4)
  codeStates(pairs)
  for (let state: usize = 0; state < <usize>PAIR_STATES << 2; state += 4) {
    address = append(load<u32>(states + state), tableLog, address)
  }
  address = finish(address)
  const last = codedStates + (<usize>max(0, pairs - PAIR_STATES) << 2)
  let at = codedStates
  // The bits of four states fit one append.
  for (; at + 16 <= last; at += 16) {
    const first = load<u32>(at)
    const second = load<u32>(at, 4)
    const third = load<u32>(at, 8)
    const fourth = load<u32>(at, 12)
    const half = (first >> 16) + (second >> 16)
    const low = <u64>(first & 0xffff) | (<u64>(second & 0xffff) << (first >> 16))
    const high = <u64>(third & 0xffff) | (<u64>(fourth & 0xffff) << (third >> 16))
    address = append(low | (high << half), half + (third >> 16) + (fourth >> 16), address)
  }
  for (; at < last; at += 4) address = append(load<u32>(at) & 0xffff, load<u32>(at) >> 16, address)
  return finish(address)
}
