/** The names of the aggregates of the registry of those with states of their own, which is large and loads with the first of them. */
export const STATEFUL_NAMES: readonly string[] =
  'approx_count_distinct approx_quantile arg_max arg_min bottomk changes corr count_distinct covar_pop covar_samp delta deriv duration_in histogram_quantile idelta increase integral irate kurtosis lttb m4 median mode percentile prom_delta prom_increase prom_rate quantile quantile_cont quantile_disc rate regr_count regr_intercept regr_r2 regr_slope resets skewness string_agg time_weighted_avg topk vwap'.split(
    ' ',
  )

// Those are spelled by other aggregates: `count(DISTINCT x)`, `state_duration(x, v)`.
const SIGN = new RegExp(`\\b(${[...STATEFUL_NAMES, 'distinct', 'state_duration'].join('|')})\\b`, 'i')

/** Whether a statement may call one: a word too many does no harm. */
export function mayCallStateful(text: string): boolean {
  return SIGN.test(text)
}
