import type { TimeRange } from './time-window.ts'

/** Past so many ranges, those that lie closest become one with what is between them. */
export const MAX_RANGES = 64

/** Half-open ranges of time, ascending, disjoint and apart. */
export class TimeRanges {
  #ranges: readonly TimeRange[]

  constructor(ranges: readonly TimeRange[] = []) {
    this.#ranges = []
    for (const range of ranges) this.add(range)
  }

  get list(): readonly TimeRange[] {
    return this.#ranges
  }

  add(added: TimeRange): void {
    const holder = this.#ranges.find(({ start, end }) => start <= added.start && added.end <= end)
    if (holder || added.start >= added.end) return
    let { start, end } = added
    const apart = this.#ranges.filter((range) => {
      if (range.end < added.start || range.start > added.end) return true
      if (range.start < start) start = range.start
      if (range.end > end) end = range.end
      return false
    })
    const joined = [...apart, { start, end }].sort((a, b) => (a.start < b.start ? -1 : 1))
    this.#ranges = joined.length > MAX_RANGES ? withoutNarrowestGap(joined) : joined
  }

  /** Takes the part before `bound` out, and returns it. */
  takeBefore(bound: bigint): TimeRange[] {
    const taken = this.#ranges.filter(({ start }) => start < bound)
    this.#ranges = this.#ranges
      .filter(({ end }) => end > bound)
      .map(({ start, end }) => ({ start: start < bound ? bound : start, end }))
    return taken.map(({ start, end }) => ({ start, end: end > bound ? bound : end }))
  }

  /** What of `[start, end)` is outside of all ranges. */
  gaps({ start, end }: TimeRange): TimeRange[] {
    const found: TimeRange[] = []
    let from = start
    for (const range of this.#ranges) {
      if (range.end <= from) continue
      if (range.start >= end) break
      if (range.start > from) found.push({ start: from, end: range.start })
      from = range.end
    }
    if (from < end) found.push({ start: from, end })
    return found
  }
}

function withoutNarrowestGap(ranges: readonly TimeRange[]): TimeRange[] {
  let narrowest = 0
  const gap = (i: number): bigint => (ranges[i + 1] as TimeRange).start - (ranges[i] as TimeRange).end
  for (let i = 1; i + 1 < ranges.length; i++) if (gap(i) < gap(narrowest)) narrowest = i
  return ranges.flatMap((range, i) => {
    if (i === narrowest + 1) return []
    return i === narrowest ? { start: range.start, end: (ranges[i + 1] as TimeRange).end } : range
  })
}
