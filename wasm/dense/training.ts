// Training: collects the values of some blocks and finds the model that codes them in the fewest bits.

import { decimalPlaces, openBlock, storeFloats } from '../codec/block'
import { storeDecoded } from '../codec/decoded'
import { putSigned, putVarint } from '../codec/cursor'
import { scaleToIntegers } from '../codec/decimal'
import { FAMILY_DECIMALS, FAMILY_INTEGERS, headerFamily, headerRows } from '../codec/header'
import { bitLength } from '../bits/width'
import { allocate } from '../memory/heap'
import { INTEGERS, STAGING, VALUES } from '../memory/scratch'
import { COUNTED_RANGE, COUNTS, atomsOfCounts, atomsOfSorted, dataBits, foundBins, joinAtoms } from './bins'
import { prepareCoder } from './coder'
import { PLACES_OF_BITS, findDetour } from './detour'
import {
  BIN_BITS,
  BIN_LOWS,
  BIN_WEIGHTS,
  MOST_ORDER,
  base,
  bins,
  detourDigits,
  detourPlaces,
  factor,
  modelKind,
  order,
  period,
  pull,
  remainder,
  setBins,
  setPrediction,
  setResiduals,
  setUnits,
  slope,
  tableLog,
} from './model'
import { SHARES, findPeriod, foundPeriod, foundPull, foundSlope, predictedAt } from './period'
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
/** Share of the bits that a period has to leave at most. */
const PERIOD_WORTH: f64 = 0.95
const NEVER: f64 = 1e300
/** Values beyond are not divided, lest the division's steps wrap. */
const MOST_DIVIDED: i64 = 1 << 61

/** First value of each block, and after the last one where it ends. */
const starts: usize = memory.data((MOST_BLOCKS + 1) * 4, 16)
let blocks: i32 = 0
let values: i32 = 0
let places: i32 = 0
let scaled: bool = false
let floats: bool = false

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
  floats = false
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
    if (headerFamily() != FAMILY_INTEGERS) floats = true
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

/** What the prediction that was set leaves of every `stride`th block, to `residuals`; how many. The first rows leave nothing. */
function storeResiduals(stride: i32): i32 {
  let to = residuals
  let lowest = i64.MAX_VALUE
  let highest = i64.MIN_VALUE
  for (let block = 0; block < blocks; block += stride) {
    let row = order
    for (let at = blockIntegers(block) + (<usize>row << 3); at < blockIntegers(block + 1); at += 8) {
      let residual = load<i64>(at)
      if (period > 0) residual -= predictedAt(at, row, period, slope, pull)
      else if (order == 1) residual -= load<i64>(at - 8)
      else if (order == 2) residual += load<i64>(at - 16) - (load<i64>(at - 8) << 1)
      lowest = min(lowest, residual)
      highest = max(highest, residual)
      store<i64>(to, residual)
      to += 8
      row++
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
function fits(isWide: bool): bool {
  return isWide || (<u64>most - <u64>least) >> 32 == 0
}

/** Bits that all values take with the prediction that was set, judged by a sample. */
function sampledBits(isWide: bool): f64 {
  const count = storeResiduals(max(1, values / SAMPLED_VALUES))
  if (!fits(isWide) || !findBins(count, SAMPLE_ATOMS)) return NEVER
  return (dataBits * <f64>values) / <f64>count + <f64>(blocks * order * START_BITS)
}

/** Sets the order that makes a sample cheapest and returns its bits. */
function chooseOrder(isWide: bool): f64 {
  let best = 0
  let bestBits = NEVER
  for (let candidate = allNarrow || isWide ? 0 : 1; candidate <= MOST_ORDER; candidate++) {
    setPrediction(candidate, 0, 0, 0)
    const bits = sampledBits(isWide)
    if (bits >= bestBits) continue
    bestBits = bits
    best = candidate
  }
  setPrediction(best, 0, 0, 0)
  return bestBits
}

function longestBlock(): i32 {
  let longest = 0
  for (let block = 1; block < blocks; block++) {
    if (blockStart(block + 1) - blockStart(block) > blockStart(longest + 1) - blockStart(longest)) longest = block
  }
  return longest
}

/** Predicts by a period instead, where that is cheaper by enough to make up for being read more slowly. */
function considerPeriod(bits: f64): void {
  const block = longestBlock()
  if (!findPeriod(blockIntegers(block), blockStart(block + 1) - blockStart(block), residuals)) return
  const plainOrder = order
  let best = bits * PERIOD_WORTH
  let bestSlope = -1
  let bestPull = 0
  // Steps that repeat as they are leave less of values of few digits than the best fit does.
  for (let candidate = 0; candidate < 3; candidate++) {
    const candidateSlope = candidate == 0 ? foundSlope : <i32>SHARES
    const candidatePull = candidate == 2 ? <i32>SHARES : candidate == 1 ? 0 : foundPull
    setPrediction(1, foundPeriod, candidateSlope, candidatePull)
    const candidateBits = sampledBits(false)
    if (candidateBits >= best) continue
    best = candidateBits
    bestSlope = candidateSlope
    bestPull = candidatePull
  }
  if (bestSlope < 0) setPrediction(plainOrder, 0, 0, 0)
  else setPrediction(1, foundPeriod, bestSlope, bestPull)
}

/** Writes the model at `STAGING` and returns its bytes. */
function putModel(): i32 {
  store<u8>(STAGING, <u8>modelKind())
  store<u8>(STAGING, <u8>tableLog, 1)
  let address = putVarint(putVarint(STAGING + 2, factor), remainder)
  address = putSigned(address, base)
  if (detourDigits >= 0) {
    store<u8>(address, <u8>detourPlaces)
    store<u8>(address, <u8>detourDigits, 1)
    address += 2
  }
  if (period > 0) {
    address = putVarint(address, period)
    store<u8>(address, <u8>slope)
    store<u8>(address, <u8>pull, 1)
    address += 2
  }
  address = putVarint(address, bins)
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

/** Makes units of the integers: what went through float32 as it was before, and all without what they have in common. */
function takeUnits(): void {
  let by = commonFactor()
  let digits = -1
  const detour = scaled ? places : PLACES_OF_BITS
  if (scaled || floats) digits = findDetour(integers, values, detour, by, residuals)
  if (digits >= 0) {
    memory.copy(integers, residuals, <usize>values << 3)
    by = commonFactor()
  }
  const first = load<i64>(integers)
  const over = <u64>(((first % <i64>by) + <i64>by) % <i64>by)
  divide(integers, values, by, over)
  setUnits(by, over, digits, detour)
}

/** Finds a model for the blocks that were added. Leaves it at `STAGING` and returns its bytes, 0 where none will do. */
export function train(): i32 {
  if (scaled) scaleBlocks()
  takeUnits()
  measureRanges()
  const isWide = !blocksNarrow
  const bits = chooseOrder(isWide)
  if (bits >= NEVER) return 0
  if (!isWide) considerPeriod(bits)
  const count = storeResiduals(1)
  if (!fits(isWide) || !findBins(count, ATOMS)) return 0
  setResiduals(isWide, least)
  setBins(foundBins, chooseWeights(foundBins, count, blocks))
  const bytes = putModel()
  prepareCoder(<u64>most - <u64>least)
  return bytes
}
