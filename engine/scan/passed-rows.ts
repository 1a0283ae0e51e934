import type { Tags } from '../core/series.ts'
import type { BlockRun } from '../kernel/block-run.ts'
import type { Kernel } from '../kernel/kernel.ts'
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

  timeBlocks(): BlockRun | undefined {
    return this.groups[0]?.timeBlocks?.(this.groups.length)
  }

  /**
   * Decodes blocks of all groups and calls back for places `[from, to)`, a stretch after the other: the value of a place `p` is
   * number `base + p` of the kernel's, until the next call.
   */
  eachDecoded(kernel: Kernel, run: BlockRun, visit: (base: number, from: number, to: number) => void): void {
    const { places } = this
    let [rowsBefore, from] = [0, 0]
    kernel.readBlocks(run, (at, rows) => {
      const end = rowsBefore + rows
      let to = places.length
      while (to > from && (places[to - 1] as number) >= end) to--
      visit(at - rowsBefore, from, to)
      from = to
      rowsBefore = end
    })
  }

  /** Each group with its first row and the part `[from, to)` of the places that lies in it. */
  *byGroup(): Generator<{ group: RowGroup; firstRow: number; from: number; to: number }> {
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
