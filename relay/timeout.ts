import { TidemarkError } from '../engine/core/errors.ts'
import { parseDuration } from '../engine/engine.ts'

/** How long a query may take, as a duration such as `5s`. */
export const TIMEOUT_HEADER = 'Tidemark-Timeout'
/** The longest time that a client may ask for. */
export const MAX_TIMEOUT = '1h'
const MAX_TIMEOUT_NS = 3_600_000_000_000n

const NANOSECONDS_PER_MS = 1_000_000n

/** Milliseconds of a duration that a client asks for. Throws `invalid` where it is none, or too long or too short. */
export function parseTimeout(text: string): number {
  const ns = parseDuration(text)
  if (ns === undefined || ns < NANOSECONDS_PER_MS || ns > MAX_TIMEOUT_NS) {
    throw new TidemarkError(
      'invalid',
      `the timeout is '${text}', expected a duration from 1ms to ${MAX_TIMEOUT}, as 30s`,
    )
  }
  return Number(ns / NANOSECONDS_PER_MS)
}
