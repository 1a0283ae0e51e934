// Symbols: ranges of residuals of one width, told by states, with the rest of a residual in a plane. Which width, and where the
// symbols begin, is chosen from how often residuals fall into small cells; what lies outside is patched.

import { bitLength } from '../bits/width'
import { COUNTED_RANGE, COUNTS } from './bins'
import { logarithm } from './logarithm'
import { MOST_LOW_BITS, MOST_SYMBOLS, PAIR_STATES, PAIR_WEIGHTS, SYMBOL_LOG, SYMBOL_WEIGHTS, weighPairs } from './pairs'
import { sortValues } from './sort'
import { MOST_TABLE_LOG } from './states'
import { shareStates } from './weights'

/** Cells that most residuals fall into, and residuals by which they are placed. */
const CORE_BITS: i32 = 10
const SAMPLES: i32 = 1024
/** Bits of a patch: position, bytes and what the cheapest symbol takes. */
const PATCH_BITS: f64 = 44
/** Bits by which planes that may be patched are longer, for each block. */
const PLANE_BITS: f64 = 16
const WEIGHT_BITS: f64 = 10
/** What a pair that hardly occurs takes from the others, in bits of all pairs: its state of 2^11. */
const PAIR_LOSS: f64 = 1.44 / 2048
const NEVER: f64 = 1e300
const kept: usize = memory.data(MOST_SYMBOLS * 4, 16)

/** Where the cells begin, as a distance from the least residual, and the bits of one. */
let origin: u64 = 0
let grain: i32 = 0

/** What `findSymbols` found: bits in all, distance of the first symbol from the least residual, and what a model says. */
export let symbolBits: f64 = 0
export let symbolStart: u64 = 0
export let symbolCount: i32 = 0
export let symbolLowBits: i32 = 0
export let symbolsPatched: bool = false
export let symbolTableLog: i32 = 0

// @ts-ignore: decorator
@inline
function at4(list: usize, index: i32): usize {
  return list + (<usize>index << 2)
}

function placeCells(residuals: usize, count: i32, least: i64, range: u64, room: usize): void {
  origin = 0
  grain = 0
  if (range < <u64>COUNTED_RANGE) return
  const taken = min(count, SAMPLES)
  for (let i = 0; i < taken; i++) {
    const row = <usize>(<u64>i * <u64>count / <u64>taken)
    store<u64>(room + (<usize>i << 3), load<u64>(residuals + (row << 3)) - <u64>least)
  }
  const sorted = sortValues(room, taken, bitLength<u64>(range), room + (<usize>SAMPLES << 3))
  const low = load<u64>(sorted + (<usize>(taken >> 6) << 3))
  const high = load<u64>(sorted + (<usize>(taken - 1 - (taken >> 6)) << 3))
  grain = max(0, bitLength<u64>(high - low) - CORE_BITS)
  const reach = <u64>(COUNTED_RANGE >> 1) << <u64>grain
  const middle = low + ((high - low) >> 1)
  origin = middle > reach ? middle - reach : 0
}

/** Counts residuals by cells and returns how many cells there are up to the last that is not empty. */
function countCells(residuals: usize, count: i32, least: i64): i32 {
  memory.fill(COUNTS, 0, <usize>COUNTED_RANGE << 2)
  const from = <u64>least + origin
  const bits = <u64>grain
  for (let at = residuals; at < residuals + (<usize>count << 3); at += 8) {
    const cell = (load<u64>(at) - from) >> bits
    if (cell >= <u64>COUNTED_RANGE) continue
    const slot = COUNTS + (<usize>cell << 2)
    store<u32>(slot, load<u32>(slot) + 1)
  }
  let cells = COUNTED_RANGE
  while (cells > 1 && load<u32>(at4(COUNTS, cells - 1)) == 0) cells--
  return cells
}

let first: i32 = 0
let width: i32 = 0
let inside: u32 = 0

/** Finds the `MOST_SYMBOLS` neighbours, or all, that hold most, and drops from their ends what costs more than patches. */
function placeWindow(cells: i32, count: i32): void {
  width = min(cells, MOST_SYMBOLS)
  first = 0
  inside = 0
  for (let cell = 0; cell < width; cell++) inside += load<u32>(at4(COUNTS, cell))
  let sum = inside
  for (let cell = width; cell < cells; cell++) {
    sum += load<u32>(at4(COUNTS, cell)) - load<u32>(at4(COUNTS, cell - width))
    if (sum <= inside) continue
    inside = sum
    first = cell - width + 1
  }
}

function trimWindow(count: i32): void {
  while (width > 1) {
    const low = load<u32>(at4(COUNTS, first))
    const high = load<u32>(at4(COUNTS, first + width - 1))
    const loss = <f64>(2 * width - 1) * PAIR_LOSS * <f64>(count >> 1) + WEIGHT_BITS
    if (<f64>min(low, high) * PATCH_BITS >= loss) return
    inside -= min(low, high)
    if (low < high) first++
    width--
  }
}

/** About the bits of all residuals under the window, with so many low bits. */
function windowBits(count: i32, blocks: i32, lowBits: i32): f64 {
  const outside = <u32>count - inside
  const all = logarithm(count)
  let bits: f64 = 0
  for (let cell = first; cell < first + width; cell++) {
    const times = load<u32>(at4(COUNTS, cell))
    if (times > 0) bits += <f64>times * (all - logarithm(times))
  }
  bits += <f64>outside * PATCH_BITS + <f64>width * WEIGHT_BITS + <f64>count * <f64>lowBits
  bits += <f64>(width * width) * PAIR_LOSS * <f64>(count >> 1)
  return outside > 0 ? bits + <f64>blocks * PLANE_BITS : bits
}

function keepWindow(bits: f64, count: i32, lowBits: i32): void {
  if (bits >= symbolBits) return
  symbolBits = bits
  symbolStart = origin + (<u64>first << <u64>lowBits)
  symbolCount = width
  symbolLowBits = lowBits
  symbolsPatched = inside < <u32>count
  memory.copy(kept, at4(COUNTS, first), <usize>width << 2)
}

/** Tries the cells as symbols, then pairs of cells, then pairs of those, and so on. */
function chooseWindow(cells: i32, count: i32, blocks: i32): void {
  symbolBits = NEVER
  for (let lowBits = grain; lowBits <= MOST_LOW_BITS; lowBits++) {
    placeWindow(cells, count)
    keepWindow(windowBits(count, blocks, lowBits), count, lowBits)
    trimWindow(count)
    keepWindow(windowBits(count, blocks, lowBits), count, lowBits)
    if (cells <= 2) return
    const odd = cells & 1
    if (odd) store<u32>(at4(COUNTS, cells), 0)
    cells = (cells + odd) >> 1
    for (let cell = 0; cell < cells; cell++) {
      store<u32>(at4(COUNTS, cell), load<u32>(at4(COUNTS, 2 * cell)) + load<u32>(at4(COUNTS, 2 * cell + 1)))
    }
  }
}

/** Bits that the states of all pairs take in a table, and first states of the blocks. */
function statesBits(log: i32, inside: f64, pairs: i32, blocks: i32): f64 {
  weighPairs(symbolCount, log)
  let bits: f64 = 0
  for (let a = 0; a < symbolCount; a++) {
    let own: f64 = 0
    for (let b = 0; b < symbolCount; b++) {
      const weight = load<u32>(at4(PAIR_WEIGHTS, a * symbolCount + b))
      own += <f64>load<u32>(at4(kept, b)) * (<f64>log - logarithm(weight))
    }
    bits += own * <f64>load<u32>(at4(kept, a))
  }
  return (bits / (inside * inside)) * <f64>pairs + <f64>(blocks * PAIR_STATES * log)
}

function chooseTable(count: i32, blocks: i32): void {
  let all: f64 = 0
  for (let symbol = 0; symbol < symbolCount; symbol++) all += <f64>load<u32>(at4(kept, symbol))
  let best = NEVER
  for (let log = 0; log <= MOST_TABLE_LOG; log++) {
    if (symbolCount * symbolCount > 1 << log) continue
    const bits = statesBits(log, all, (count + 1) >> 1, blocks)
    if (bits >= best) continue
    best = bits
    symbolTableLog = log
  }
  const patches = <f64>count - all
  symbolBits = best + patches * PATCH_BITS + <f64>symbolCount * WEIGHT_BITS + <f64>count * <f64>symbolLowBits
  if (symbolsPatched) symbolBits += <f64>blocks * PLANE_BITS
}

/** Finds symbols for `count` residuals, with room for `SAMPLES` twice. Leaves their weights; false where there are none. */
export function findSymbols(residuals: usize, count: i32, blocks: i32, least: i64, range: u64, room: usize): bool {
  placeCells(residuals, count, least, range, room)
  chooseWindow(countCells(residuals, count, least), count, blocks)
  if (symbolBits >= NEVER) return false
  memory.copy(SYMBOL_WEIGHTS, kept, <usize>symbolCount << 2)
  shareStates(SYMBOL_WEIGHTS, symbolCount, SYMBOL_LOG)
  chooseTable(count, blocks)
  return true
}
