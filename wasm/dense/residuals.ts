// Residuals: what units differ by from what the model predicts.

import { order, period, pull, slope } from './model'
import { predictedAt } from './period'

/** Writes the residuals of units, but for the first rows, which have none. Two values after the last one may be written. */
export function storeResiduals(units: usize, rows: i32, target: usize): void {
  const from = units + (<usize>order << 3)
  const end = units + (<usize>rows << 3)
  if (end <= from) return
  if (period > 0) storePeriodic(units, rows, target)
  else if (order == 0) memory.copy(target, units, <usize>rows << 3)
  else if (order == 1) {
    for (let at = from; at < end; at += 16) {
      v128.store(target, i64x2.sub(v128.load(at), v128.load(at - 8)))
      target += 16
    }
  } else {
    for (let at = from; at < end; at += 16) {
      const ends = i64x2.add(v128.load(at), v128.load(at - 16))
      v128.store(target, i64x2.sub(ends, i64x2.shl(v128.load(at - 8), 1)))
      target += 16
    }
  }
}

function storePeriodic(units: usize, rows: i32, target: usize): void {
  const by = period
  const ofSlope = slope
  const ofPull = pull
  for (let row = 1; row < rows; row++) {
    const at = units + (<usize>row << 3)
    store<i64>(target, load<i64>(at) - predictedAt(at, row, by, ofSlope, ofPull))
    target += 8
  }
}
