// Bins: ranges of residuals, each with one code and as many further bits as its width needs. The sorted residuals are
// cut into atoms of about equal counts, and atoms joined where that costs least, by dynamic programming over all ways
// of joining neighbours (as pcodec does).

import { bitLength } from '../bits/width'
import { logarithm } from './logarithm'
import { BIN_BITS, BIN_LOWS, BIN_WEIGHTS, MOST_OFFSET_BITS } from './model'

/** A value as frequent as an atom closes one and makes the next, so there can be twice as many. */
const MOST_ATOMS: i32 = 260
const atomLows: usize = memory.data(MOST_ATOMS * 8, 16)
const atomHighs: usize = memory.data(MOST_ATOMS * 8, 16)
/** Values in the atoms before each, and in all after the last. */
const atomStarts: usize = memory.data((MOST_ATOMS + 1) * 4, 16)
const bestCosts: usize = memory.data((MOST_ATOMS + 1) * 8, 16)
const bestStarts: usize = memory.data((MOST_ATOMS + 1) * 4, 16)
const ends: usize = memory.data((MOST_ATOMS + 1) * 4, 16)

/** Ranges below this are counted value by value instead of sorted. */
export const COUNTED_RANGE: i32 = 1 << 14
export const COUNTS: usize = memory.data(COUNTED_RANGE * 4, 16)
/** Bits of a bin in the model, about: gap, width and weight. */
const BIN_COST: f64 = 26
const NEVER: f64 = 1e300

let atoms: i32 = 0
let target: i32 = 0
let total: i32 = 0
let open: i32 = 0
let openLow: u64 = 0
let openHigh: u64 = 0

/** What `joinAtoms` found: bins, and what they cost in bits without and with themselves. */
export let foundBins: i32 = 0
export let dataBits: f64 = 0

// @ts-ignore: decorator
@inline
function at4(list: usize, index: i32): usize {
  return list + (<usize>index << 2)
}

// @ts-ignore: decorator
@inline
function at8(list: usize, index: i32): usize {
  return list + (<usize>index << 3)
}

function begin(count: i32, wanted: i32): void {
  atoms = 0
  total = 0
  open = 0
  target = max(1, count / wanted)
}

function close(): void {
  if (open == 0) return
  store<u64>(at8(atomLows, atoms), openLow)
  store<u64>(at8(atomHighs, atoms), openHigh)
  store<u32>(at4(atomStarts, atoms), total)
  total += open
  atoms++
  open = 0
}

/** Adds `count` values that are equal and above those before. */
function add(value: u64, count: i32): void {
  if (open + count > target) close()
  if (open == 0) openLow = value
  openHigh = value
  open += count
  if (open >= target) close()
}

function finish(): void {
  close()
  store<u32>(at4(atomStarts, atoms), total)
}

/** Makes about `wanted` atoms, at most 128, of sorted values. */
export function atomsOfSorted(values: usize, count: i32, wanted: i32): void {
  begin(count, wanted)
  for (let i = 0; i < count; ) {
    const value = load<u64>(at8(values, i))
    let next = i + 1
    while (next < count && load<u64>(at8(values, next)) == value) next++
    add(value, next - i)
    i = next
  }
  finish()
}

/** The same of how often each value below `range` occurs, at `COUNTS`. */
export function atomsOfCounts(range: i32, count: i32, wanted: i32): void {
  begin(count, wanted)
  for (let value = 0; value < range; value++) {
    const times = load<u32>(at4(COUNTS, value))
    if (times > 0) add(value, times)
  }
  finish()
}

/** Finds for each atom the bin that best ends there, given the best ways to bin those before. */
function findEnds(): void {
  const all = logarithm(total)
  store<f64>(bestCosts, 0)
  for (let end = 1; end <= atoms; end++) {
    const high = load<u64>(at8(atomHighs, end - 1))
    const upTo = load<u32>(at4(atomStarts, end))
    let best = NEVER
    let from = end - 1
    for (let start = end - 1; start >= 0; start--) {
      const bits = bitLength<u64>(high - load<u64>(at8(atomLows, start)))
      const count = upTo - load<u32>(at4(atomStarts, start))
      // Wider still, the offsets alone cost more than any bin can save.
      if (bits > MOST_OFFSET_BITS) break
      const cost = load<f64>(at8(bestCosts, start)) + BIN_COST + <f64>count * (<f64>bits + all - logarithm(count))
      if (cost >= best) continue
      best = cost
      from = start
    }
    store<f64>(at8(bestCosts, end), best)
    store<u32>(at4(bestStarts, end), from)
  }
}

/** Joins the atoms to the bins that cost least. Leaves lows, bits and, as weights, counts; false where there are none. */
export function joinAtoms(): bool {
  findEnds()
  if (load<f64>(at8(bestCosts, atoms)) >= NEVER) return false
  foundBins = 0
  for (let end = atoms; end > 0; end = load<u32>(at4(bestStarts, end))) store<u32>(at4(ends, foundBins++), end)
  for (let bin = 0; bin < foundBins; bin++) {
    const end = load<u32>(at4(ends, foundBins - 1 - bin))
    const start = load<u32>(at4(bestStarts, end))
    const low = load<u64>(at8(atomLows, start))
    store<u64>(at8(BIN_LOWS, bin), low)
    store<u32>(at4(BIN_BITS, bin), bitLength<u64>(load<u64>(at8(atomHighs, end - 1)) - low))
    store<u32>(at4(BIN_WEIGHTS, bin), load<u32>(at4(atomStarts, end)) - load<u32>(at4(atomStarts, start)))
  }
  dataBits = load<f64>(at8(bestCosts, atoms)) - <f64>foundBins * BIN_COST
  return true
}
