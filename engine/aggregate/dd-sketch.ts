/**
 * Buckets of DDSketch (Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
 * guarantees", VLDB 2019): positive values in `(g^(i-1), g^i]` are in bucket i, negative ones in the mirror of that. Buckets are
 * numbered in the order of their values, so that a sketch is how many values each number has. Doubles need at most 75,000 of
 * them, so none is ever collapsed.
 */

/** How far an answer may be from a value of the asked rank, as a part of that value. */
export const RELATIVE_ERROR = 0.01

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOG_GAMMA = Math.log(GAMMA)
/** Above the distance of every bucket of a finite double from that of 1. */
const CENTRE = 2 ** 16
const INFINITE = 2 ** 17
const NOT_A_NUMBER = 2 ** 18

/** The number of the bucket of a value. */
export function bucketOf(value: number): number {
  if (Number.isNaN(value)) return NOT_A_NUMBER
  if (value === 0) return 0
  const size = Math.abs(value)
  const number = size === Number.POSITIVE_INFINITY ? INFINITE : CENTRE + Math.ceil(Math.log(size) / LOG_GAMMA)
  return value > 0 ? number : -number
}

/** A value that is within `RELATIVE_ERROR` of every one of a bucket. */
export function bucketValue(bucket: number): number {
  if (bucket === NOT_A_NUMBER) return Number.NaN
  if (bucket === 0) return 0
  const number = Math.abs(bucket)
  const size = number === INFINITE ? Number.POSITIVE_INFINITY : middleOf(number - CENTRE)
  return bucket > 0 ? size : -size
}

/** `2 g^i / (g + 1)`; the power alone would exceed a double in the last buckets. */
function middleOf(index: number): number {
  return Math.min(
    Number.MAX_VALUE,
    (2 / (GAMMA + 1)) * Math.exp(index * LOG_GAMMA * 0.5) * Math.exp(index * LOG_GAMMA * 0.5),
  )
}
