// Coding residuals: which bin, which states. Values are coded from the last to the first, and their bits then written
// from the first to the last, the way in which they are read.

import { BLOCK_ROWS } from '../memory/scratch'
import { SHORT_OFFSET_BITS, STATES } from './decode'
import { BIN_BITS, BIN_LOWS, BIN_WEIGHTS, MOST_BINS, bins, tableLog } from './model'
import { MOST_TABLE_LOG, spreadStep } from './states'

/** Residuals below this are looked up, others searched for. */
const LOOKED_UP: u64 = 1 << 14
const binOf: usize = memory.data(<i32>LOOKED_UP, 16)
let looksUp: bool = false

/** For each bin the states of its weight, twice its weight and so on lead here: places in the table. */
const slots: usize = memory.data((1 << MOST_TABLE_LOG) * 2, 16)
const firstSlots: usize = memory.data(MOST_BINS * 4, 16)
const nextSlots: usize = memory.data(MOST_BINS * 4, 16)
/**
 * For each bin what says how a state x becomes the next: added to x, the bits to give away in the high half (as in FSE);
 * and what added to the rest of x is its slot.
 */
const steps: usize = memory.data(MOST_BINS * 8, 16)
/** The bin with the most states: it costs least. */
let cheapest: i32 = 0
let mostOffsetBits: u32 = 0

/** Bin and offset of each value of a block in the order of coding, and the bits of its state with their number. */
const codedBins: usize = memory.data(BLOCK_ROWS, 16)
const codedOffsets: usize = memory.data(BLOCK_ROWS * 8, 16)
const codedStates: usize = memory.data(BLOCK_ROWS * 4, 16)
const states: usize = memory.data(STATES * 4, 16)

// @ts-ignore: decorator
@inline
function at4(list: usize, index: i32): usize {
  return list + (<usize>index << 2)
}

/** Makes tables of the bins that were found; residuals are at most `range`. */
export function prepareCoder(range: u64): void {
  const mask = (1 << tableLog) - 1
  const step = spreadStep(tableLog)
  let place = 0
  cheapest = 0
  mostOffsetBits = 0
  for (let bin = 0; bin < bins; bin++) {
    const weight = load<i32>(at4(BIN_WEIGHTS, bin))
    if (weight > load<i32>(at4(BIN_WEIGHTS, cheapest))) cheapest = bin
    store<i32>(at4(firstSlots, bin), place)
    const bits = tableLog - (31 - clz<u32>(weight))
    const step = steps + (<usize>bin << 3)
    store<i32>(step, (bits << 16) - (weight << bits))
    store<i32>(step, place - weight, 4)
    mostOffsetBits = max(mostOffsetBits, load<u32>(at4(BIN_BITS, bin)))
    place += weight
  }
  // A bin's states count up in the order of their places in the table, as the reader meets them.
  memory.copy(nextSlots, firstSlots, <usize>bins << 2)
  place = 0
  for (let bin = 0; bin < bins; bin++) {
    for (let i = load<i32>(at4(BIN_WEIGHTS, bin)); i > 0; i--) {
      store<u16>(spread + (<usize>((place * step) & mask) << 1), <u16>bin)
      place++
    }
  }
  for (let state = 0; state <= mask; state++) {
    const next = at4(nextSlots, <i32>load<u16>(spread + (<usize>state << 1)))
    const slot = load<i32>(next)
    store<i32>(next, slot + 1)
    store<u16>(slots + (<usize>slot << 1), <u16>state)
  }
  looksUp = range < LOOKED_UP
  if (looksUp) fillLookUp(<i32>range)
}

const spread: usize = memory.data((1 << MOST_TABLE_LOG) * 2, 16)

function fillLookUp(range: i32): void {
  for (let bin = 0; bin < bins; bin++) {
    const from = <i32>load<u64>(BIN_LOWS + (<usize>bin << 3))
    const to = bin + 1 < bins ? <i32>load<u64>(BIN_LOWS + (<usize>(bin + 1) << 3)) : range + 1
    memory.fill(binOf + <usize>from, <u8>bin, to - from)
  }
}

function findBin(residual: u64): i32 {
  if (looksUp) return <i32>load<u8>(binOf + <usize>residual)
  let low = 0
  let count = bins
  while (count > 1) {
    const half = count >> 1
    low += load<u64>(BIN_LOWS + (<usize>(low + half) << 3)) <= residual ? half : 0
    count -= half
  }
  return low
}

/** Says what comes at place `at` of the order of coding: a residual, as its distance from the model's base. */
// @ts-ignore: decorator
@inline
export function code(at: i32, residual: u64): void {
  const bin = findBin(residual)
  store<u8>(codedBins + <usize>at, <u8>bin)
  store<u64>(codedOffsets + (<usize>at << 3), residual - load<u64>(BIN_LOWS + (<usize>bin << 3)))
}

/** Any residual will do. */
export function codeAny(at: i32): void {
  store<u8>(codedBins + <usize>at, <u8>cheapest)
  store<u64>(codedOffsets + (<usize>at << 3), 0)
}

/** Runs the states backwards over `count` values. */
function codeStates(count: i32): void {
  const size = <u32>1 << tableLog
  for (let at = count - 1; at >= 0; at--) {
    const bin = <i32>load<u8>(codedBins + <usize>at)
    const own = at4(states, at & (STATES - 1))
    if (at + STATES >= count) {
      store<u32>(own, load<u16>(slots + (<usize>load<i32>(at4(firstSlots, bin)) << 1)))
      store<u32>(at4(codedStates, at), 0)
      continue
    }
    const step = steps + (<usize>bin << 3)
    const x = size + load<u32>(own)
    const bits = (x + load<u32>(step)) >> 16
    store<u32>(at4(codedStates, at), (x & ((1 << bits) - 1)) | (bits << 16))
    store<u32>(own, load<u16>(slots + (<usize>((x >> bits) + load<u32>(step, 4)) << 1)))
  }
}

let address: usize = 0
let pending: u64 = 0
let pendingBits: u64 = 0

/** Appends up to 56 bits. */
// @ts-ignore: decorator
@inline
function append(value: u64, bits: u64): void {
  pending |= value << pendingBits
  pendingBits += bits
  store<u64>(address, pending)
  address += <usize>(pendingBits >> 3)
  pending >>= pendingBits & 56
  pendingBits &= 7
}

function begin(to: usize): void {
  address = to
  pending = 0
  pendingBits = 0
}

function end(): usize {
  return address + <usize>(pendingBits > 0)
}

// @ts-ignore: decorator
@inline
function appendState(at: i32): void {
  const state = load<u32>(at4(codedStates, at))
  append(state & 0xffff, state >> 16)
}

// @ts-ignore: decorator
@inline
function appendOffset(at: i32): void {
  const bits = load<u32>(at4(BIN_BITS, <i32>load<u8>(codedBins + <usize>at)))
  append(load<u64>(codedOffsets + (<usize>at << 3)), bits)
}

/** The bits of four states, which together fit one append. */
function appendStates(from: i32): void {
  let all: u64 = 0
  let bits: u64 = 0
  for (let at = from; at < from + 4; at++) {
    const state = load<u32>(at4(codedStates, at))
    all |= <u64>(state & 0xffff) << bits
    bits += state >> 16
  }
  append(all, bits)
}

function appendOffsets(from: i32): void {
  if (mostOffsetBits == 0) return
  if (mostOffsetBits > SHORT_OFFSET_BITS) {
    for (let at = from; at < from + 4; at++) appendOffset(at)
    return
  }
  let all: u64 = 0
  let bits: u64 = 0
  for (let at = from; at < from + 4; at++) {
    all |= load<u64>(codedOffsets + (<usize>at << 3)) << bits
    bits += load<u32>(at4(BIN_BITS, <i32>load<u8>(codedBins + <usize>at)))
  }
  append(all, bits)
}

/** Writes the states and the stream of `count` values and returns the address after them. */
export function putCoded(count: i32, to: usize): usize {
  memory.fill(states, 0, STATES * 4)
  codeStates(count)
  begin(to)
  for (let state = 0; state < STATES; state++) append(load<u32>(at4(states, state)), tableLog)
  begin(end())
  const turns = count < STATES ? 0 : (count - STATES) & ~(STATES - 1)
  for (let at = 0; at < turns; at += 4) {
    appendStates(at)
    appendOffsets(at)
  }
  for (let at = turns; at < count; at++) {
    appendState(at)
    appendOffset(at)
  }
  return end()
}
