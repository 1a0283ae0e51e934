import type { Selection } from '../../core/plan.ts'
import { TimeRanges } from '../../core/time-ranges.ts'
import type { TimeRange } from '../../scan/row-group.ts'

/** Times of tables of which queries have asked one host for rows. */
export class ReadTimes {
  readonly #byTable = new Map<string, TimeRanges>()

  /** Tables that have no series are not noted, so that there are no more than the store has. */
  note({ table, start, end }: Selection, refs: Uint32Array): void {
    if (refs.length === 0) return
    const ranges = this.#byTable.get(table) ?? new TimeRanges()
    this.#byTable.set(table, ranges)
    ranges.add({ start, end })
  }

  /** What was noted since the last call. */
  take(): Map<string, readonly TimeRange[]> {
    const taken = new Map(Array.from(this.#byTable, ([table, { list }]) => [table, list]))
    this.#byTable.clear()
    return taken
  }
}
