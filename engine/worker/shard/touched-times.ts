import { toDoubles } from '../../core/integers.ts'
import type { TimeRange } from '../../scan/row-group.ts'

/** Times of one append that are further apart count as two ranges, so that a late row does not stand for all since then. */
const APART_NS = 60e9
/** Past so many ranges a time extends the nearest. */
const MAX_TOUCHED_RANGES = 8
/** Doubles of times until 2262 are within half of this. */
const ROUNDING_NS = 1024

/** A few ranges that hold all of some times, and little besides. */
export function touchedRanges(times: BigInt64Array): TimeRange[] {
  const least: number[] = []
  const most: number[] = []
  let at = 0
  for (const time of toDoubles(times)) {
    const low = least[at]
    const high = most[at]
    if (low !== undefined && high !== undefined && time >= low && time <= high) continue
    at = nearest(least, most, time)
    if (at < 0 || (distance(least, most, at, time) > APART_NS && least.length < MAX_TOUCHED_RANGES)) {
      at = least.push(time) - 1
      most.push(time)
    } else {
      least[at] = Math.min(least[at] as number, time)
      most[at] = Math.max(most[at] as number, time)
    }
  }
  return least.map((low, i) => ({
    start: BigInt(low) - BigInt(ROUNDING_NS),
    end: BigInt(most[i] as number) + BigInt(ROUNDING_NS),
  }))
}

/** The range that a time is nearest to; -1 where there is none. */
function nearest(least: readonly number[], most: readonly number[], time: number): number {
  let best = -1
  for (let i = 0; i < least.length; i++) {
    if (best < 0 || distance(least, most, i, time) < distance(least, most, best, time)) best = i
  }
  return best
}

function distance(least: readonly number[], most: readonly number[], at: number, time: number): number {
  return Math.max((least[at] as number) - time, time - (most[at] as number), 0)
}
