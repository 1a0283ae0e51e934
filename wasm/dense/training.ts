// Training: finds the model that codes the values of some blocks in the fewest bits.

import { bitLength } from '../bits/width'
import { scanRange, scannedHigh, scannedLow } from '../codec/scan'
import { COUNTED_RANGE, COUNTS, atomsOfCounts, atomsOfSorted, dataBits, foundBins, joinAtoms } from './bins'
import { prepareCoder } from './coder'
import { blockIntegers, blockStart, blocks, residuals, room, scaleBlocks, scaled, values } from './collected'
import { MOST_ORDER, order, setBins, setPrediction, setResiduals, setSymbols } from './model'
import { putModel } from './model-output'
import { preparePairs } from './pair-coder'
import { SHARES, findPeriod, foundPeriod, foundPull, foundSlope } from './period'
import { storeResiduals } from './residuals'
import { sortValues } from './sort'
import {
  findSymbols,
  symbolBits,
  symbolCount,
  symbolLowBits,
  symbolStart,
  symbolTableLog,
  symbolsPatched,
} from './symbols'
import { allNarrow, blocksNarrow, measureRanges, takeUnits } from './units'
import { chooseWeights } from './weights'

/** Residuals that each order is judged by, about. */
const SAMPLED_VALUES: i32 = 4096
const SAMPLE_ATOMS: i32 = 40
const ATOMS: i32 = 120
/** Bits of first values that a block needs more for each order. */
const START_BITS: i32 = 20
/** Share of the bits of bins that symbols may cost: they are read at about twice the speed. */
const PAIRS_WORTH: f64 = 1.03
/** Share of the bits that a period has to leave at most. */
const PERIOD_WORTH: f64 = 0.95
const NEVER: f64 = 1e300
let least: i64 = 0
let most: i64 = 0

/** What the prediction that was set leaves of every `stride`th block, to `residuals`; how many. The first rows leave nothing. */
function collectResiduals(stride: i32): i32 {
  let count = 0
  for (let block = 0; block < blocks; block += stride) {
    const rows = blockStart(block + 1) - blockStart(block)
    storeResiduals(blockIntegers(block), rows, residuals + (<usize>count << 3))
    count += max(0, rows - order)
  }
  if (count > 0) scanRange(residuals, count)
  least = scannedLow
  most = scannedHigh
  return count
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
  const count = collectResiduals(max(1, values / SAMPLED_VALUES))
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

/**
 * Predicts by a period instead, where that is cheaper by enough to make up for being read more slowly. Returns the bits that the
 * prediction leaves.
 */
function considerPeriod(bits: f64): f64 {
  const block = longestBlock()
  if (!findPeriod(blockIntegers(block), blockStart(block + 1) - blockStart(block), residuals)) return bits
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
  if (bestSlope < 0) {
    setPrediction(plainOrder, 0, 0, 0)
    return bits
  }
  setPrediction(1, foundPeriod, bestSlope, bestPull)
  return best
}

/** Symbols for the prediction that was set, where they cost hardly more than bins; these are read at half the speed. */
function trainPairs(bits: f64): bool {
  const count = collectResiduals(1)
  if (count == 0 || !fits(false)) return false
  if (!findSymbols(residuals, count, blocks, least, <u64>most - <u64>least, room)) return false
  if (symbolBits > bits * PAIRS_WORTH) return false
  setResiduals(false, least + <i64>symbolStart)
  setSymbols(symbolCount, symbolTableLog, symbolLowBits, symbolsPatched)
  preparePairs(symbolCount, symbolTableLog, symbolLowBits, symbolsPatched)
  return true
}

function trainBins(isWide: bool): i32 {
  const count = collectResiduals(1)
  if (!fits(isWide) || !findBins(count, ATOMS)) return 0
  setResiduals(isWide, least)
  setBins(foundBins, chooseWeights(foundBins, count, blocks))
  prepareCoder(<u64>most - <u64>least)
  return putModel()
}

/** Finds a model for the blocks that were added. Leaves it at `STAGING` and returns its bytes, 0 where none will do. */
export function train(): i32 {
  if (scaled) scaleBlocks()
  takeUnits()
  measureRanges()
  const isWide = !blocksNarrow
  const bits = chooseOrder(isWide)
  if (bits >= NEVER) return 0
  const plannedBits = isWide ? bits : considerPeriod(bits)
  return isWide || !trainPairs(plannedBits) ? trainBins(isWide) : putModel()
}
