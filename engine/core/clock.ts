/** Where time comes from, so that a test can own it. */
export interface Clock {
  /** Nanoseconds since 1970 UTC. */
  now(): bigint
}

/** The platform's wall clock: milliseconds, with the fraction of a monotonic clock where there is one. */
export const systemClock: Clock = {
  now: () => BigInt(Date.now()) * 1_000_000n,
}
