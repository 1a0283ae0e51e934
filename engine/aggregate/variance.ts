import type { InputStates } from '../core/plan.ts'
import { type Aggregate, doublesOf, isNumeric, requireState } from './aggregate.ts'

/** Squared deviations from the mean, over the count less `correction`: 1 for a sample, 0 for a population. */
export function variances(states: InputStates, correction: 0 | 1): Float64Array {
  return requireState(states.m2).map((m2, i) => m2 / ((states.count[i] ?? 0) - correction))
}

/** The variance of a sample; missing for fewer than two values. */
export const variance: Aggregate = {
  name: 'variance',
  measures: ['moments'],
  keepsUnit: false,
  outputType: (input) => (isNumeric(input) ? 'f64' : undefined),
  finish: (states) => doublesOf(states.count, variances(states, 1), 2),
}
