import { MIN_TIME } from './time.ts'

/** The first time of which rows are read for a plan: before its range where accumulators look back. */
export function earliestRead({ start, lookBack = 0n }: { start: bigint; lookBack?: bigint }): bigint {
  return start - lookBack > MIN_TIME ? start - lookBack : MIN_TIME
}
