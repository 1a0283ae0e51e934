/** How the core lays out the states of spans; wasm/memory/scratch.ts. */

/** Doubles of one span in `states`. */
export const STATE_SLOTS = 12

/**
 * Slots of a state. Least, largest, first and last value of anything but f64 (booleans as 0 and 1, strings as codes of the
 * block), and both times, have the bits of an i64, which `statesI64` reads. `m2` is the sum of squared deviations.
 */
export const SLOT = {
  count: 0,
  sumHigh: 1,
  sumLow: 2,
  min: 3,
  max: 4,
  first: 5,
  last: 6,
  firstTime: 7,
  lastTime: 8,
  mean: 9,
  m2: 10,
} as const

/** Bits of the mask that says what to aggregate; the count always is. */
export const MEASURE = { sum: 1, min: 2, max: 4, first: 8, last: 16, moments: 32 } as const
