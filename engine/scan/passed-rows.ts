import type { Tags } from '../core/series.ts'
import type { BlockRun } from '../kernel/block-run.ts'
import type { KeptGroups, RowGroup } from './row-group.ts'

/** Rows that passed, of groups of one series of which each follows the one before and has some. */
export class PassedRows {
  readonly tags: Tags
  /** At most `RUN_BLOCKS`. */
  readonly groups: readonly RowGroup[]
  /** Ascending, counted from the first row of the first group. */
  readonly places: Uint32Array
  /** Of each group where its part of the places ends. */
  readonly #ends: readonly number[]
  #kept: KeptGroups | undefined

  constructor(tags: Tags, groups: readonly RowGroup[], places: Uint32Array, ends: readonly number[]) {
    this.tags = tags
    this.groups = groups
    this.places = places
    this.#ends = ends
  }

  /** Of groups of which each follows the one before, those that have places in `[from, to)`, as often as others come between them. */
  static cut(
    tags: Tags,
    groups: readonly RowGroup[],
    all: Uint32Array,
    [from, to]: readonly [number, number],
  ): PassedRows[] {
    const parts: PassedRows[] = []
    let some: RowGroup[] = []
    let ends: number[] = []
    let [rowsBefore, firstRow, first, at] = [0, 0, from, from]
    const finish = (): void => {
      if (some.length > 0) parts.push(new PassedRows(tags, some, placesFrom(all, firstRow, first, at), ends))
      some = []
      ends = []
      first = at
    }
    for (const group of groups) {
      const end = Math.min(to, Math.max(from, placeOf(all, rowsBefore + group.rows, at)))
      if (end === at) finish()
      else {
        if (some.length === 0) firstRow = rowsBefore
        some.push(group)
        ends.push(end - first)
        at = end
      }
      rowsBefore += group.rows
    }
    finish()
    return parts
  }

  /** Where the blocks of all groups are in the core's memory, if some columns are. */
  get kept(): KeptGroups | undefined {
    this.#kept ??= this.groups[0]?.kept?.(this.groups.length)
    return this.#kept
  }

  /** The blocks of a field of all groups, where they lie together and some have one. */
  fieldBlocks(name: string): BlockRun | undefined {
    return this.groups[0]?.fieldBlocks?.(name, this.groups.length)
  }

  /** Each group with its first row and the part `[from, to)` of the places that lies in it. */
  *byGroup(): Generator<GroupPlaces> {
    let [firstRow, from] = [0, 0]
    for (const [i, group] of this.groups.entries()) {
      const to = this.#ends[i] as number
      yield { group, firstRow, from, to }
      from = to
      firstRow += group.rows
    }
  }
}

/** Places `[from, to)`, counted from a row on. */
function placesFrom(all: Uint32Array, row: number, from: number, to: number): Uint32Array {
  if (from === 0 && to === all.length && row === 0) return all
  const places = all.slice(from, to)
  for (let i = 0; i < places.length; i++) places[i] = (places[i] as number) - row
  return places
}

/** The first of ascending places, from number `from` on, that is not below a row. */
export function placeOf(places: Uint32Array, row: number, from: number): number {
  let [low, high] = [from, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[middle] as number) < row) low = middle + 1
    else high = middle
  }
  return low
}

/** The part of places that lies in a group. */
export interface GroupPlaces {
  group: RowGroup
  firstRow: number
  from: number
  to: number
}
