import { type Column, emptyValidity, setValid } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { InputStates } from '../core/plan.ts'
import { MAX_TIME as MAX_I64, MIN_TIME as MIN_I64 } from '../core/time.ts'
import { type Aggregate, doublesOf, isNumeric, requireState } from './aggregate.ts'

/** The sum: exact for i64, and an error where it exceeds one; compensated for f64. */
export const sum: Aggregate = {
  name: 'sum',
  measures: ['sum'],
  keepsUnit: true,
  outputType: (input) => (isNumeric(input) ? input : undefined),
  finish: (states, label) =>
    states.type === 'i64' ? integerSums(states, label) : doublesOf(states.count, floatSums(states)),
}

/** Both parts of each sum as one double. Where the high part is infinite or NaN, so is the sum. */
export function floatSums(states: InputStates): Float64Array<ArrayBuffer> {
  const high = requireState(states.sumHigh)
  const low = requireState(states.sumLow)
  const sums = new Float64Array(high.length)
  for (let i = 0; i < sums.length; i++) {
    const sum = high[i] ?? 0
    sums[i] = Number.isFinite(sum) ? sum + (low[i] ?? 0) : sum
  }
  return sums
}

function integerSums(states: InputStates, label: string): Column {
  const high = requireState(states.sumHigh)
  const low = requireState(states.sumLow)
  const values = new BigInt64Array(high.length)
  const validity = emptyValidity(high.length)
  for (let i = 0; i < values.length; i++) {
    if (states.count[i] === 0) continue
    const total = BigInt(high[i] ?? 0) + BigInt(low[i] ?? 0)
    if (total < MIN_I64 || total > MAX_I64) {
      throw new TidemarkError('query', `integer overflow in sum(${label})`, {
        hint: `Write sum(${label} * 1.0) for a sum in floating point.`,
      })
    }
    values[i] = total
    setValid(validity, i)
  }
  return { name: '', type: 'i64', values, validity }
}
