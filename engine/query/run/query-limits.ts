import { TidemarkError } from '../../core/errors.ts'
import { MAX_HELD_BYTES } from './memory.ts'

/** What the queries of an engine may take. */
export interface QueryLimits {
  /** Queries that run at once; the others wait, and clients take turns. Default 16. */
  running: number
  /** Queries that wait; whoever comes then is turned away with `quota`. Default 4096. */
  waiting: number
  /** Queries of one client that wait. Default 2048. */
  waitingOfClient: number
  /**
   * Milliseconds that a query which reads may take to its first rows, waiting included, and from some rows to the next. Those that
   * change rows have none unless they are given one. Default 60,000.
   */
  timeoutMs: number
  /** Most bytes that one query holds in its operators, and again on each host. Default 1 GiB. */
  memoryBytes: number
}

export const DEFAULT_QUERY_LIMITS: QueryLimits = {
  running: 16,
  waiting: 4096,
  waitingOfClient: 2048,
  timeoutMs: 60_000,
  memoryBytes: MAX_HELD_BYTES,
}

/** Longest time of a timer of the platforms. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1

/** The limits, and defaults for those that are not given. Throws `invalid` where one is none. */
export function checkQueryLimits(given: Partial<QueryLimits> = {}): QueryLimits {
  const limits = { ...DEFAULT_QUERY_LIMITS, ...given }
  for (const [name, least] of LEAST) checkWhole(`queries.${name}`, limits[name], { least, most: MOST[name] })
  return limits
}

const LEAST: readonly (readonly [keyof QueryLimits, number])[] = [
  ['running', 1],
  ['waiting', 0],
  ['waitingOfClient', 0],
  ['timeoutMs', 1],
  ['memoryBytes', 1],
]

const MOST: Readonly<Record<keyof QueryLimits, number>> = {
  running: 1024,
  waiting: 1_000_000,
  waitingOfClient: 1_000_000,
  timeoutMs: MAX_TIMEOUT_MS,
  memoryBytes: Number.MAX_SAFE_INTEGER,
}

/** Throws `invalid` where a number is not whole or out of its bounds. */
export function checkWhole(name: string, value: number, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TidemarkError('invalid', `${name} is ${value}, expected a whole number from ${least} to ${most}`)
}

/** The limits of an engine's queries, and the name of whoever asks without saying one. */
export interface QueryRules {
  limits: QueryLimits
  name: string
}
