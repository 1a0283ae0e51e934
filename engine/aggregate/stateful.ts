import type { FieldType } from '../core/batch.ts'
import { expressionType } from '../core/expression.ts'
import type { AccumulatorInput, StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, StatefulAggregate, WindowBounds } from './accumulator.ts'
import { approxCountDistinct } from './approx-count-distinct.ts'
import { approxQuantile } from './approx-quantile.ts'
import { argMax, argMin } from './arg-extreme.ts'
import { countDistinct } from './count-distinct.ts'
import { delta } from './delta.ts'
import { deriv } from './deriv.ts'
import { histogramQuantile } from './histogram-quantile.ts'
import { increase, rate } from './increase.ts'
import { idelta, irate } from './irate.ts'
import { lttb } from './lttb.ts'
import { m4 } from './m4.ts'
import { mode } from './mode.ts'
import { corr, covarPop, covarSamp, regrCount, regrIntercept, regrR2, regrSlope } from './pair-moments.ts'
import { promDelta, promIncrease, promRate } from './prom-rate.ts'
import { median, percentile, quantile, quantileDisc } from './quantile.ts'
import { changes, resets } from './resets.ts'
import { kurtosis, skewness } from './shape-moments.ts'
import type { StateBudget } from './state-budget.ts'
import { stateType } from './states.ts'
import { stringAgg } from './string-agg.ts'
import { durationIn, integral, timeWeightedAvg } from './time-weighted.ts'
import { bottomk, topk } from './top-rows.ts'
import { vwap } from './vwap.ts'

const ALL: readonly StatefulAggregate[] = [
  approxCountDistinct,
  approxQuantile,
  argMax,
  argMin,
  bottomk,
  changes,
  corr,
  countDistinct,
  covarPop,
  covarSamp,
  delta,
  deriv,
  durationIn,
  histogramQuantile,
  idelta,
  increase,
  integral,
  irate,
  kurtosis,
  lttb,
  m4,
  median,
  mode,
  percentile,
  promDelta,
  promIncrease,
  promRate,
  quantile,
  quantileDisc,
  rate,
  regrCount,
  regrIntercept,
  regrR2,
  regrSlope,
  resets,
  skewness,
  stringAgg,
  timeWeightedAvg,
  topk,
  vwap,
]

/** Every aggregate with states of its own kind, by the names that the query language knows it by. */
export const STATEFUL_AGGREGATES: ReadonlyMap<string, StatefulAggregate> = new Map([
  ...ALL.map((aggregate) => [aggregate.name, aggregate] as const),
  ['quantile_cont', quantile],
])

/** The aggregate that a plan's input names. */
export function statefulAggregate({ aggregate }: AccumulatorInput): StatefulAggregate {
  const known = STATEFUL_AGGREGATES.get(aggregate)
  if (known === undefined) throw new Error(`there is no stateful aggregate '${aggregate}'`)
  return known
}

/** What a call keeps its states within. */
export interface CallPlace {
  budget: StateBudget
  windowOf(time: bigint): WindowBounds
}

export function accumulatorCall({ inputs, parameters }: AccumulatorInput, place: CallPlace): AccumulatorCall {
  const types = inputs.map((input): FieldType => stateType(expressionType(input)))
  return { types, parameters, budget: place.budget, windowOf: place.windowOf }
}

/** Opens the states of a call. */
export function openAccumulator(input: AccumulatorInput, place: CallPlace): Accumulator {
  return statefulAggregate(input).open(accumulatorCall(input, place))
}

/** Where nothing more is taken, no window matters. */
export function wholeOfTime(): WindowBounds {
  return { start: -(2n ** 63n), end: 2n ** 63n - 1n }
}

/** The states of cells that saw nothing. */
export function emptyStates(input: AccumulatorInput, place: CallPlace, cells: number): StateTable {
  return openAccumulator(input, place).states(Uint32Array.from({ length: cells }, (_, cell) => cell))
}
