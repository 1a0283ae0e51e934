import type { Tags } from '../core/series.ts'
import { RUN_BLOCKS } from '../kernel/block-run.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import { PassedRows } from './passed-rows.ts'
import type { RowGroup } from './row-group.ts'

/** Rows of a series that pass, for as long as the groups follow each other. */
export class PassingRun {
  // One more, since a row is put down before it is known whether it counts.
  readonly #places = new Uint32Array(RUN_BLOCKS * BLOCK_ROWS + 1)
  #groups: RowGroup[] = []
  #rows = 0
  #count = 0

  /** Whether the group may be added; else what there is is to be taken before. */
  takes(group: RowGroup): boolean {
    const last = this.#groups[this.#groups.length - 1]
    return last === undefined || (this.#groups.length < RUN_BLOCKS && group.follows?.(last) === true)
  }

  /** Adds rows `[from, to)` of a group, those for which `passes` has a 1; a group without any is left out. */
  add(group: RowGroup, [from, to]: readonly [number, number], passes: Uint8Array | undefined): void {
    const [places, first] = [this.#places, this.#rows]
    let count = this.#count
    if (passes === undefined) for (let row = from; row < to; row++) places[count++] = first + row
    else {
      for (let row = from; row < to; row++) {
        places[count] = first + row
        count += passes[row] as number
      }
    }
    if (count === this.#count) return
    this.#count = count
    this.#groups.push(group)
    this.#rows += group.rows
  }

  /** What was added since the last time; nothing where no row was. */
  take(tags: Tags): PassedRows | undefined {
    if (this.#count === 0) return undefined
    const passed = new PassedRows(tags, this.#groups, this.#places.slice(0, this.#count))
    this.#groups = []
    this.#rows = 0
    this.#count = 0
    return passed
  }
}
