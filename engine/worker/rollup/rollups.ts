import { rollupTable } from '../../core/rollup.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { TimeRanges } from '../../core/time-ranges.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import type { Manifest } from '../../storage/manifest.ts'
import type { StoredRows } from '../../storage/tombstone.ts'
import { ceilTo, floorTo } from './rollup-pieces.ts'

/** A window is written once it has been over for so long: until then more rows are likely. */
export const GRACE_MS = 60_000

/** Windows of a table that have to be computed. */
export interface DueWindows {
  table: string
  width: bigint
  ranges: readonly TimeRange[]
}

interface Rollup {
  table: string
  width: bigint
  stale: TimeRanges
  /** Being computed: stale to who reads, until the rows are written. */
  computed: readonly TimeRange[]
}

/** Which windows of which rollups no longer agree with the rows: those whose rows have changed since they were written. */
export class Rollups {
  readonly #widths: (table: string) => readonly bigint[]
  /** By name of the rollup's table. */
  readonly #rollups = new Map<string, Rollup>()

  /** `widths` says which windows are kept of a table, in ns. */
  constructor(widths: (table: string) => readonly bigint[]) {
    this.#widths = widths
  }

  /** Brings back what a manifest kept; of rollups that it does not know every row that is there counts as changed. */
  restore(staleWindows: Manifest['staleWindows'], there: readonly StoredRows[]): void {
    for (const { table, minTime, maxTime } of there) {
      for (const { width, stale } of this.#of(table)) {
        const kept = staleWindows.get(rollupTable(table, width))
        for (const range of kept ?? [aligned({ start: minTime, end: maxTime + 1n }, width)]) stale.add(range)
      }
    }
  }

  /** Stale windows by name of the rollup's table, for a manifest. */
  kept(): Map<string, readonly TimeRange[]> {
    return new Map([...this.#rollups].map(([name, { table, width }]) => [name, this.stale(table, width)]))
  }

  /** Rows in a range have changed, or are about to; of windows of some widths, or of all. */
  touch(table: string, range: TimeRange, widths?: readonly bigint[]): void {
    for (const { stale, width } of this.#of(table)) {
      if (widths === undefined || widths.includes(width)) stale.add(aligned(range, width))
    }
  }

  /** Windows of a width are no longer kept. */
  forget(table: string, width: bigint): void {
    this.#rollups.delete(rollupTable(table, width))
  }

  /** Whole windows that may lack something. */
  stale(table: string, width: bigint): readonly TimeRange[] {
    const rollup = this.#of(table).find((one) => one.width === width)
    // A rollup that nobody keeps has nothing.
    if (rollup === undefined) return [{ start: floorTo(-MAX_TIME, width), end: ceilTo(MAX_TIME, width) }]
    const all = new TimeRanges([...rollup.stale.list, ...rollup.computed])
    return all.list
  }

  /** Takes the windows that are over. They stay stale to who reads until `written` or `failed` is called. */
  takeDue(now: bigint): DueWindows[] {
    const due: DueWindows[] = []
    for (const rollup of this.#rollups.values()) {
      const ranges = takeWhole(rollup, floorTo(now - BigInt(GRACE_MS) * 1_000_000n, rollup.width))
      if (ranges.length === 0) continue
      rollup.computed = ranges
      due.push({ table: rollup.table, width: rollup.width, ranges })
    }
    return due
  }

  written({ table, width }: DueWindows): void {
    for (const rollup of this.#of(table)) if (rollup.width === width) rollup.computed = []
  }

  failed({ table, width, ranges }: DueWindows): void {
    for (const rollup of this.#of(table)) {
      if (rollup.width !== width) continue
      for (const range of ranges) rollup.stale.add(range)
      rollup.computed = []
    }
  }

  #of(table: string): readonly Rollup[] {
    return this.#widths(table).map((width) => {
      const name = rollupTable(table, width)
      const known = this.#rollups.get(name)
      if (known) return known
      const made = { table, width, stale: new TimeRanges(), computed: [] }
      this.#rollups.set(name, made)
      return made
    })
  }
}

/** The windows that a range touches; a window that reaches beyond all times only as far as these go. */
function aligned({ start, end }: TimeRange, width: bigint): TimeRange {
  const [first, last] = [floorTo(start, width), ceilTo(end, width)]
  return { start: first < MIN_TIME ? MIN_TIME : first, end: last > MAX_TIME ? MAX_TIME : last }
}

/** Takes stale windows before a bound. What reaches beyond all times is no window, and stays stale: its rows answer. */
function takeWhole({ stale, width }: Rollup, bound: bigint): TimeRange[] {
  const [first, last] = [ceilTo(MIN_TIME, width), floorTo(MAX_TIME, width)]
  const taken = stale.takeBefore(bound < last ? bound : last)
  for (const { start } of taken) if (start < first) stale.add({ start, end: first })
  return taken
    .map(({ start, end }) => ({ start: start < first ? first : start, end }))
    .filter(({ start, end }) => start < end)
}
