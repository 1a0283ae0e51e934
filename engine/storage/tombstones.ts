import type { TimeRange } from '../scan/row-group.ts'
import type { MeantSeries } from './meant-series.ts'
import type { SegmentInfo } from './segment-format.ts'
import { mayHide, mayHideRows, type StoredRows, type Tombstone } from './tombstone.ts'

interface Mask {
  tombstone: Tombstone
  series: MeantSeries
}

/** What one host has, of which deletes may hide rows. */
export interface Hideable {
  segments: readonly SegmentInfo[]
  cold: readonly StoredRows[]
  /** Deletes from this number on are kept, whatever they hide. */
  heldFrom: number
}

/** The deletes of one host that hide rows of its segments, of cold files, or of rows that are set aside to be written. */
export class Tombstones {
  /** Replaced, never changed, so that a scan may hold it. */
  #masks: readonly Mask[] = []
  #next = 0

  /** Above the number of every delete so far. */
  get next(): number {
    return this.#next
  }

  add(tombstone: Tombstone, series: MeantSeries): void {
    this.#masks = [...this.#masks, { tombstone, series }]
    this.#next = Math.max(this.#next, tombstone.number + 1)
  }

  /** Forgets deletes that hide nothing any more. */
  prune({ segments, cold, heldFrom }: Hideable): void {
    this.#masks = this.#masks.filter(({ tombstone }) => {
      if (tombstone.number >= heldFrom) return true
      return segments.some((info) => mayHide(tombstone, info)) || cold.some((rows) => mayHideRows(tombstone, rows))
    })
  }

  /** What hides rows of a table, as it is now; `undefined` where nothing does. */
  of(table: string): TableMask | undefined {
    const masks = this.#masks.filter(({ tombstone }) => tombstone.table === table)
    return masks.length === 0 ? undefined : new TableMask(masks)
  }
}

/** The deletes of one table at one moment. */
export class TableMask {
  readonly #masks: readonly Mask[]

  constructor(masks: readonly Mask[]) {
    this.#masks = masks
  }

  /** Times at which rows of a series are hidden, in what has deletes below `deletes` carried out. */
  ranges(ref: number, deletes: number): TimeRange[] {
    const ranges: TimeRange[] = []
    for (const { tombstone, series } of this.#masks) {
      if (tombstone.number >= deletes && series.has(ref)) ranges.push(tombstone)
    }
    return ranges
  }
}
