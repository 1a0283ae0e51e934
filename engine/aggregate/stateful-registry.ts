import type { StatefulAggregate } from './accumulator.ts'
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
import { provideAggregates } from './stateful.ts'
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

provideAggregates(STATEFUL_AGGREGATES)
