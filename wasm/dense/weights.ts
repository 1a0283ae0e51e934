// Weights: the shares that bins get of a table of states, a power of two.

import { logarithm } from './logarithm'
import { BIN_WEIGHTS, MOST_BINS } from './model'
import { MOST_TABLE_LOG } from './states'

const LEAST_TABLE_LOG: i32 = 5
const counts: usize = memory.data(MOST_BINS * 4, 16)

// @ts-ignore: decorator
@inline
function at(list: usize, bin: i32): usize {
  return list + (<usize>bin << 2)
}

/** Gives one state more, or one less, to the bin where that saves most, or costs least. */
function adjust(weights: usize, bins: i32, more: bool): void {
  let chosen = 0
  let best: f64 = -1e300
  for (let bin = 0; bin < bins; bin++) {
    const weight = <f64>load<u32>(at(weights, bin))
    if (!more && weight <= 1) continue
    const count = <f64>load<u32>(at(counts, bin))
    const saved = more ? count / (weight + 0.5) : -count / (weight - 0.5)
    if (saved <= best) continue
    best = saved
    chosen = bin
  }
  const slot = at(weights, chosen)
  store<u32>(slot, load<u32>(slot) + (more ? 1 : -1))
}

/** Shares 2^log states by the counts. */
function share(weights: usize, bins: i32, total: i32, log: i32): void {
  const states = 1 << log
  let given = 0
  for (let bin = 0; bin < bins; bin++) {
    const part = (<u64>load<u32>(at(counts, bin)) * <u64>states + <u64>(total >> 1)) / <u64>total
    const weight = max(1, <i32>part)
    store<u32>(at(weights, bin), weight)
    given += weight
  }
  for (; given < states; given++) adjust(weights, bins, true)
  for (; given > states; given--) adjust(weights, bins, false)
}

/** Turns counts into weights of at least 1 that add up to 2^log. */
export function shareStates(weights: usize, bins: i32, log: i32): void {
  memory.copy(counts, weights, <usize>bins << 2)
  let total = 0
  for (let bin = 0; bin < bins; bin++) total += load<i32>(at(counts, bin))
  share(weights, bins, total, log)
}

/** Bits that the states of all values take. */
function statesCost(bins: i32, log: i32): f64 {
  let cost: f64 = 0
  for (let bin = 0; bin < bins; bin++) {
    cost += <f64>load<u32>(at(counts, bin)) * (<f64>log - logarithm(load<u32>(at(BIN_WEIGHTS, bin))))
  }
  return cost
}

/**
 * Turns the counts of bins at `BIN_WEIGHTS` into weights that add up to a power of two, and returns its logarithm: the one
 * that makes the coded values and the states that begin `streams` streams cheapest.
 */
export function chooseWeights(bins: i32, total: i32, streams: i32): i32 {
  memory.copy(counts, BIN_WEIGHTS, <usize>bins << 2)
  if (bins == 1) {
    store<u32>(BIN_WEIGHTS, 1)
    return 0
  }
  let best = -1
  let bestCost: f64 = 1e300
  for (let log = LEAST_TABLE_LOG; log <= MOST_TABLE_LOG; log++) {
    if (bins > 1 << log) continue
    share(BIN_WEIGHTS, bins, total, log)
    const cost = statesCost(bins, log) + <f64>(streams * log * 8)
    if (cost >= bestCost) continue
    bestCost = cost
    best = log
  }
  share(BIN_WEIGHTS, bins, total, best)
  return best
}
