/** Nanoseconds of an hour, for which costs are told. */
const HOUR_NS = 3_600_000_000_000

/** What plans are chosen by: how many groups have rows in a window. */
export interface WindowCost {
  window: { width: bigint }
  /** Series of what has the windows; `undefined` where that is not known. */
  groups: number | undefined
}

/** Rows for an hour of windows, by estimation: one for each group and window. Infinity where the groups are not known. */
export function rowsAnHour({ window, groups }: WindowCost): number {
  return groups === undefined ? Number.POSITIVE_INFINITY : (groups * HOUR_NS) / Number(window.width)
}

/** Of ways that give the same answer the one that reads fewest rows; of those alike the one with the widest windows. */
export function cheapest<T extends WindowCost>(ways: readonly T[]): T | undefined {
  return ways.reduce<T | undefined>((best, way) => {
    if (best === undefined) return way
    const [ours, theirs] = [rowsAnHour(way), rowsAnHour(best)]
    if (ours !== theirs) return ours < theirs ? way : best
    return way.window.width > best.window.width ? way : best
  }, undefined)
}

/** As people read it. */
export function printRowsAnHour(cost: WindowCost): string {
  const rows = rowsAnHour(cost)
  return rows >= 10 ? String(Math.round(rows)) : String(Number(rows.toPrecision(2)))
}

/** What the parts of a plan cost one thread, in microseconds, as `node test/bench/plan-costs.ts` measures them. */
export const COST_US = {
  /** To look up a series and its first group. */
  series: 4.5,
  /** A further group that its headers answer, or rule out. */
  header: 0.06,
  /** A block of values that is aggregated as it is, with its times. */
  block: 0.85,
  /** A value that is decoded and computed with. */
  value: 0.035,
  /** A row that is passed on. */
  row: 0.022,
  /** A row that is sorted, for each doubling of their number. */
  sorted: 0.014,
  /** A row that is held by its key for a join or a group. */
  held: 0.05,
} as const
