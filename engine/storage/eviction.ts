import type { SegmentInfo } from './segment-format.ts'

/**
 * Before which time rows of tables that may go have to go, so that so many bytes become free; the time after the last of them where
 * they are not enough, `undefined` where there are none. What a time costs is estimated: a segment's rows take alike, and lie evenly in its
 * times.
 */
export function planEviction(
  segments: readonly SegmentInfo[],
  mayGo: (table: string) => boolean,
  bytes: number,
): bigint | undefined {
  const shares = segments.flatMap(sharesOf).filter(({ table }) => mayGo(table))
  const [first] = shares
  if (first === undefined) return undefined
  let low = shares.reduce((least, { start }) => (start < least ? start : least), first.start)
  let high = shares.reduce((most, { end }) => (end > most ? end : most), first.end)
  // The least time that frees enough is above `low` and not above `high`.
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    const freed = shares.reduce((total, share) => total + share.bytes * partBefore(share, middle), 0)
    if (freed < bytes) low = middle
    else high = middle
  }
  return high
}

interface Share {
  table: string
  /** From the first row to after the last one. */
  start: bigint
  end: bigint
  bytes: number
}

function sharesOf({ bytes, tables }: SegmentInfo): Share[] {
  const all = [...tables.values()].reduce((total, { rows }) => total + rows, 0)
  return Array.from(tables, ([table, { rows, minTime, maxTime }]) => {
    return { table, start: minTime, end: maxTime + 1n, bytes: (bytes * rows) / all }
  })
}

function partBefore({ start, end }: Share, time: bigint): number {
  if (time <= start) return 0
  return time >= end ? 1 : Number(time - start) / Number(end - start)
}
