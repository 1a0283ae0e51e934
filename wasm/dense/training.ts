// Training: collects the values of some blocks and finds the model that codes them in the fewest bits.

import { decimalPlaces, openBlock, storeFloats } from '../codec/block'
import { storeDecoded } from '../codec/decoded'
import { putSigned, putVarint } from '../codec/cursor'
import { scaleToIntegers } from '../codec/decimal'
import { FAMILY_DECIMALS, headerFamily, headerRows } from '../codec/header'
import { bitLength } from '../bits/width'
import { allocate } from '../memory/heap'
import { INTEGERS, STAGING, VALUES } from '../memory/scratch'
import { COUNTED_RANGE, COUNTS, atomsOfCounts, atomsOfSorted, dataBits, foundBins, joinAtoms } from './bins'
import { prepareCoder } from './coder'
import {
  BIN_BITS,
  BIN_LOWS,
  BIN_WEIGHTS,
  MOST_ORDER,
  base,
  bins,
  factor,
  order,
  remainder,
  setBins,
  setModel,
  tableLog,
  wide,
} from './model'
import { sortValues } from './sort'
import { chooseWeights } from './weights'

/** Values that share a model at most, and blocks. */
export const MODEL_VALUES: i32 = 65536
const MOST_BLOCKS: i32 = 4096
/** Residuals that each order is judged by, about. */
const SAMPLED_VALUES: i32 = 4096
const SAMPLE_ATOMS: i32 = 40
const ATOMS: i32 = 120
/** Bits of first values that a block needs more for each order. */
const START_BITS: i32 = 20
/** Values beyond are not divided, lest the division's steps wrap. */
const MOST_DIVIDED: i64 = 1 << 61

/** First value of each block, and after the last one where it ends. */
const starts: usize = memory.data((MOST_BLOCKS + 1) * 4, 16)
let blocks: i32 = 0
let values: i32 = 0
let places: i32 = 0
let scaled: bool = false

/** The values as integers, doubles of decimals, residuals and room to sort them, eight bytes each. */
let integers: usize = 0
let doubles: usize = 0
let residuals: usize = 0
let room: usize = 0

// @ts-ignore: decorator
@inline
export function blockStart(block: i32): i32 {
  return load<i32>(starts + (<usize>block << 2))
}

// @ts-ignore: decorator
@inline
export function blockIntegers(block: i32): usize {
  return integers + (<usize>blockStart(block) << 3)
}

// @ts-ignore: decorator
@inline
export function blockDoubles(block: i32): usize {
  return doubles + (<usize>blockStart(block) << 3)
}

/** Decimals of the trained blocks, -1 where they are not of decimals. */
export function trainedPlaces(): i32 {
  return scaled ? places : -1
}

/** Forgets what was collected. */
export function beginTraining(): void {
  if (integers == 0) {
    integers = allocate(MODEL_VALUES * 8)
    doubles = allocate(MODEL_VALUES * 8)
    residuals = allocate(MODEL_VALUES * 8)
    room = allocate(MODEL_VALUES * 8)
  }
  blocks = 0
  values = 0
  places = 0
  scaled = false
  store<i32>(starts, 0)
}

/** Adds the block at `HEADER` and `PAYLOAD`; all have one family. Returns 0, or why it cannot be read. */
export function addToTraining(bytes: i32): i32 {
  const status = openBlock(bytes)
  if (status != 0) return status
  const rows = headerRows()
  if (headerFamily() == FAMILY_DECIMALS) {
    scaled = true
    places = max(places, decimalPlaces())
    storeFloats(VALUES)
    memory.copy(doubles + (<usize>values << 3), VALUES, <usize>rows << 3)
  } else {
    storeDecoded(rows, VALUES)
    memory.copy(integers + (<usize>values << 3), VALUES, <usize>rows << 3)
  }
  values += rows
  blocks++
  store<i32>(starts + (<usize>blocks << 2), values)
  return 0
}

function scaleBlocks(): void {
  for (let block = 0; block < blocks; block++) {
    const rows = blockStart(block + 1) - blockStart(block)
    memory.copy(VALUES, blockDoubles(block), <usize>rows << 3)
    scaleToIntegers(VALUES, rows, places)
    memory.copy(blockIntegers(block), INTEGERS, <usize>rows << 3)
  }
}

// @ts-ignore: decorator
@inline
function distance(a: i64, b: i64): u64 {
  return a > b ? <u64>a - <u64>b : <u64>b - <u64>a
}

/** Greatest common divisor of all distances, at least 1. */
function commonFactor(): u64 {
  const first = load<i64>(integers)
  let common: u64 = 0
  for (let i: usize = 0; i < <usize>values << 3; i += 8) {
    const value = load<i64>(integers + i)
    if (value > MOST_DIVIDED || value < -MOST_DIVIDED) return 1
    let rest = distance(value, first)
    while (rest != 0) {
      const next = common % rest
      common = rest
      rest = next
    }
    if (common == 1) return 1
  }
  return max<u64>(1, common)
}

/** Integers as multiples of `by` over `over`. */
export function divide(target: usize, count: i32, by: u64, over: u64): void {
  if (by == 1) return
  for (let i: usize = 0; i < <usize>count << 3; i += 8) {
    store<i64>(target + i, (load<i64>(target + i) - <i64>over) / <i64>by)
  }
}

let blocksNarrow: bool = false
let allNarrow: bool = false

/** Whether the values of each block, and those of all, have distances of 31 bits at most. */
function measureRanges(): void {
  let low = i64.MAX_VALUE
  let high = i64.MIN_VALUE
  blocksNarrow = true
  for (let block = 0; block < blocks; block++) {
    let least = i64.MAX_VALUE
    let most = i64.MIN_VALUE
    for (let at = blockIntegers(block); at < blockIntegers(block + 1); at += 8) {
      least = min(least, load<i64>(at))
      most = max(most, load<i64>(at))
    }
    if ((<u64>most - <u64>least) >> 31 != 0) blocksNarrow = false
    low = min(low, least)
    high = max(high, most)
  }
  allNarrow = (<u64>high - <u64>low) >> 31 == 0
}

let least: i64 = 0
let most: i64 = 0

/** Differences of an order of every `stride`th block, to `residuals`; how many. The first ones of a block have none. */
function storeResiduals(ofOrder: i32, stride: i32): i32 {
  let to = residuals
  let lowest = i64.MAX_VALUE
  let highest = i64.MIN_VALUE
  for (let block = 0; block < blocks; block += stride) {
    for (let at = blockIntegers(block) + (<usize>ofOrder << 3); at < blockIntegers(block + 1); at += 8) {
      let residual = load<i64>(at)
      if (ofOrder == 1) residual -= load<i64>(at - 8)
      else if (ofOrder == 2) residual += load<i64>(at - 16) - (load<i64>(at - 8) << 1)
      lowest = min(lowest, residual)
      highest = max(highest, residual)
      store<i64>(to, residual)
      to += 8
    }
  }
  least = lowest
  most = highest
  return <i32>((to - residuals) >> 3)
}

/** Bins of the residuals, which become distances from the least; false where none will do. */
function findBins(count: i32, atoms: i32): bool {
  if (count == 0) return false
  const range = <u64>most - <u64>least
  if (range < <u64>COUNTED_RANGE) {
    memory.fill(COUNTS, 0, (<usize>range + 1) << 2)
    for (let i: usize = 0; i < <usize>count << 3; i += 8) {
      const slot = COUNTS + (<usize>(load<u64>(residuals + i) - <u64>least) << 2)
      store<u32>(slot, load<u32>(slot) + 1)
    }
    atomsOfCounts(<i32>range + 1, count, atoms)
  } else {
    for (let i: usize = 0; i < <usize>count << 3; i += 8) {
      store<u64>(residuals + i, load<u64>(residuals + i) - <u64>least)
    }
    atomsOfSorted(sortValues(residuals, count, bitLength<u64>(range), room), count, atoms)
  }
  return joinAtoms()
}

// @ts-ignore: decorator
@inline
function fits(ofOrder: i32, isWide: bool): bool {
  return isWide || (<u64>most - <u64>least) >> 32 == 0
}

/** The order that makes a sample cheapest, -1 where none does. */
function chooseOrder(isWide: bool): i32 {
  const stride = max(1, values / SAMPLED_VALUES)
  let best = -1
  let bestBits: f64 = 1e300
  for (let candidate = 0; candidate <= MOST_ORDER; candidate++) {
    const count = storeResiduals(candidate, stride)
    if (candidate == 0 && !isWide && !allNarrow) continue
    if (!fits(candidate, isWide) || !findBins(count, SAMPLE_ATOMS)) continue
    const bits = (dataBits * <f64>values) / <f64>count + <f64>(blocks * candidate * START_BITS)
    if (bits >= bestBits) continue
    bestBits = bits
    best = candidate
  }
  return best
}

/** Writes the model at `STAGING` and returns its bytes. */
function putModel(): i32 {
  store<u8>(STAGING, <u8>(order | (<i32>wide << 2)))
  store<u8>(STAGING, <u8>tableLog, 1)
  let address = putVarint(putVarint(STAGING + 2, factor), remainder)
  address = putVarint(putSigned(address, base), bins)
  let next: u64 = 0
  for (let bin = 0; bin < bins; bin++) {
    const low = load<u64>(BIN_LOWS + (<usize>bin << 3))
    address = putVarint(address, low - next)
    store<u8>(address, <u8>load<u32>(BIN_BITS + (<usize>bin << 2)))
    address = putVarint(address + 1, load<u32>(BIN_WEIGHTS + (<usize>bin << 2)))
    next = low + 1
  }
  return <i32>(address - STAGING)
}

/** Finds a model for the blocks that were added. Leaves it at `STAGING` and returns its bytes, 0 where none will do. */
export function train(): i32 {
  if (scaled) scaleBlocks()
  const by = commonFactor()
  const first = load<i64>(integers)
  const over = <u64>(((first % <i64>by) + <i64>by) % <i64>by)
  divide(integers, values, by, over)
  measureRanges()
  const isWide = !blocksNarrow
  const chosen = chooseOrder(isWide)
  if (chosen < 0) return 0
  const count = storeResiduals(chosen, 1)
  if (!fits(chosen, isWide) || !findBins(count, ATOMS)) return 0
  setModel(chosen, isWide, least, by, over)
  setBins(foundBins, chooseWeights(foundBins, count, blocks))
  const bytes = putModel()
  prepareCoder(<u64>most - <u64>least)
  return bytes
}
