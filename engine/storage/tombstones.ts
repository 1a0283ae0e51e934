import type { TimeRange } from '../scan/row-group.ts'
import type { SegmentInfo } from './segment-format.ts'
import { mayHide, type Tombstone } from './tombstone.ts'

interface Mask {
  tombstone: Tombstone
  /** A bit for each series ref that passes the matchers. A series that came later has no older rows. */
  refs: Uint8Array
}

/** The deletes of one host that hide rows of its segments, or of rows that are set aside to be written. */
export class Tombstones {
  /** Replaced, never changed, so that a scan may hold it. */
  #masks: readonly Mask[] = []
  #next = 0

  /** Above the number of every delete so far. */
  get next(): number {
    return this.#next
  }

  add(tombstone: Tombstone, refs: Iterable<number>, seriesCount: number): void {
    const bits = new Uint8Array((seriesCount + 7) >> 3)
    for (const ref of refs) bits[ref >> 3] = (bits[ref >> 3] as number) | (1 << (ref & 7))
    this.#masks = [...this.#masks, { tombstone, refs: bits }]
    this.#next = Math.max(this.#next, tombstone.number + 1)
  }

  /** Forgets deletes that hide nothing any more. `frozen` is what `next` was when rows were set aside. */
  prune(segments: readonly SegmentInfo[], frozen: number | undefined): void {
    this.#masks = this.#masks.filter(({ tombstone }) => {
      return (frozen !== undefined && tombstone.number >= frozen) || segments.some((info) => mayHide(tombstone, info))
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

  /** Times at which rows of a series are hidden, in a segment or a head in which deletes below `deletes` are carried out. */
  ranges(ref: number, deletes: number): TimeRange[] {
    const ranges: TimeRange[] = []
    for (const { tombstone, refs } of this.#masks) {
      const isMeant = tombstone.number >= deletes && ((refs[ref >> 3] ?? 0) & (1 << (ref & 7))) !== 0
      if (isMeant) ranges.push(tombstone)
    }
    return ranges
  }
}
