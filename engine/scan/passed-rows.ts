import type { Tags } from '../core/series.ts'
import type { BlockRun } from '../kernel/block-run.ts'
import type { RowGroup } from './row-group.ts'

/** Rows that passed, of groups of one series of which each follows the one before. */
export class PassedRows {
  readonly tags: Tags
  /** At most `RUN_BLOCKS`. */
  readonly groups: readonly RowGroup[]
  /** Ascending, counted from the first row of the first group. */
  readonly places: Uint32Array

  constructor(tags: Tags, groups: readonly RowGroup[], places: Uint32Array) {
    this.tags = tags
    this.groups = groups
    this.places = places
  }

  /** The blocks of a field of all groups, where they lie together and some have one. */
  fieldBlocks(name: string): BlockRun | undefined {
    return this.groups[0]?.fieldBlocks?.(name, this.groups.length)
  }

  /** Each group with its first row and the part `[from, to)` of the places that lies in it. */
  *byGroup(): Generator<GroupPlaces> {
    let [firstRow, from] = [0, 0]
    for (const group of this.groups) {
      let to = from
      while (to < this.places.length && (this.places[to] as number) < firstRow + group.rows) to++
      yield { group, firstRow, from, to }
      from = to
      firstRow += group.rows
    }
  }
}

/** The part of places that lies in a group. */
export interface GroupPlaces {
  group: RowGroup
  firstRow: number
  from: number
  to: number
}
