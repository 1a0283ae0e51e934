import type { TimeRange } from '../../core/time-window.ts'
import type { StaleGroups } from './stale-groups.ts'

/** Windows, from the start of one to the end of another, with the groups of them that are stale. */
export interface GroupedRange extends TimeRange {
  groups: StaleGroups
}

/** Past so many parts, those that lie closest become one with what is between them. */
export const MAX_STALE_PARTS = 64
/** Past so many series in all parts together, all groups are stale in the part that has the most. */
export const MAX_STALE_SERIES = 65_536

/** Which windows of a view are stale, and of which groups: parts in order of time that do not overlap. */
export class StaleWindows {
  readonly #mostSeries: number
  #parts: GroupedRange[] = []

  constructor(mostSeries: number = MAX_STALE_SERIES) {
    this.#mostSeries = mostSeries
  }

  get parts(): readonly GroupedRange[] {
    return this.#parts
  }

  /** Makes groups of whole windows stale. What is given is not used after. */
  add(added: GroupedRange): void {
    if (added.start >= added.end) return
    const holder = this.#parts.find(({ start, end }) => start <= added.start && added.end <= end)
    if (holder?.groups.isAll) return
    if (holder?.start === added.start && holder.end === added.end) holder.groups.add(added.groups)
    else this.#parts = joined(overlaid(this.#parts, added))
    while (this.#parts.length > MAX_STALE_PARTS) this.#parts = withoutNarrowestGap(this.#parts)
    this.#limitSeries()
  }

  /** Takes what lies within a range, which begins and ends at windows, out. */
  take(range: TimeRange): GroupedRange[] {
    const taken = this.#parts.flatMap((part) => cut(part, range))
    const before = { start: this.#parts[0]?.start ?? range.start, end: range.start }
    const behind = { start: range.end, end: this.#parts.at(-1)?.end ?? range.end }
    this.#parts = this.#parts.flatMap((part) => [...cut(part, before), ...cut(part, behind)])
    return taken
  }

  /** Numbers of series mean nothing any more: where some were stale, all are. */
  forgetSeries(): void {
    for (const { groups } of this.#parts) if (groups.series.length > 0) groups.addAll()
    this.#parts = joined(this.#parts)
  }

  /** The same series have other numbers now. */
  shiftSeries(by: number): void {
    for (const { groups } of this.#parts) groups.shift(by)
  }

  #limitSeries(): void {
    let total = this.#parts.reduce((sum, { groups }) => sum + groups.series.length, 0)
    while (total > this.#mostSeries) {
      const largest = this.#parts.reduce((a, b) => (b.groups.series.length > a.groups.series.length ? b : a))
      total -= largest.groups.series.length
      largest.groups.addAll()
    }
  }
}

/** Parts with one more over them: where it lies over others, the groups of both are stale. */
function overlaid(parts: readonly GroupedRange[], added: GroupedRange): GroupedRange[] {
  const next: GroupedRange[] = []
  let from = added.start
  for (const part of parts) {
    if (part.end <= added.start || part.start >= added.end) {
      next.push(part)
      continue
    }
    const start = later(part.start, added.start)
    const end = earlier(part.end, added.end)
    const both = part.groups.copy()
    both.add(added.groups)
    next.push(...cut(part, { start: part.start, end: start }), ...cut(added, { start: from, end: start }))
    next.push({ start, end, groups: both }, ...cut(part, { start: end, end: part.end }))
    from = end
  }
  next.push(...cut(added, { start: from, end: added.end }))
  return next.sort((a, b) => (a.start < b.start ? -1 : 1))
}

/** The part of a part that lies in a range. */
function cut(part: GroupedRange, range: TimeRange): GroupedRange[] {
  const start = later(part.start, range.start)
  const end = earlier(part.end, range.end)
  return start < end ? [{ start, end, groups: part.groups.copy() }] : []
}

/** Neighbours of which all groups are stale are one. */
function joined(parts: readonly GroupedRange[]): GroupedRange[] {
  const merged: GroupedRange[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (last?.end === part.start && last.groups.isAll && part.groups.isAll) last.end = part.end
    else merged.push({ ...part })
  }
  return merged
}

function withoutNarrowestGap(parts: readonly GroupedRange[]): GroupedRange[] {
  let narrowest = 0
  const gap = (i: number): bigint => (parts[i + 1] as GroupedRange).start - (parts[i] as GroupedRange).end
  for (let i = 1; i + 1 < parts.length; i++) if (gap(i) < gap(narrowest)) narrowest = i
  const [first, second] = [parts[narrowest] as GroupedRange, parts[narrowest + 1] as GroupedRange]
  first.groups.add(second.groups)
  const hull = { start: first.start, end: second.end, groups: first.groups }
  return joined([...parts.slice(0, narrowest), hull, ...parts.slice(narrowest + 2)])
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
