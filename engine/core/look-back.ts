import { MIN_TIME } from './time.ts'

/** The first time of which rows are read for a plan: before its range where accumulators look back, to rows that have not expired. */
export function earliestRead({ start, lookBack = 0n, rowsFrom = MIN_TIME }: ReadRange): bigint {
  return start - lookBack > rowsFrom ? start - lookBack : rowsFrom
}

interface ReadRange {
  start: bigint
  lookBack?: bigint
  rowsFrom?: bigint
}
