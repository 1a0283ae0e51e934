import { nextTurn } from '../../core/next-turn.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import { BLOCK_ROWS } from '../../kernel/header.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { RowGroup } from '../../scan/row-group.ts'
import type { Head } from '../../storage/head.ts'
import { reblock, WELL_FILLED_ROWS } from '../../storage/reblock.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import { SegmentOutput, type WrittenPlaces } from '../../storage/segment-output.ts'
import type { PlacesParts } from '../../storage/segment-places.ts'
import type { BlobStore } from '../../storage/store.ts'

/** After so long an uninterrupted stretch of encoding, others get a turn. */
const TURN_MS = 4

/** Series that are read and written at a time: bounds the memory of a merge. They follow each other in every segment. */
const SERIES_AT_A_TIME = 4096

/** The groups of a series, and the fields that they have. */
export type SeriesGroups = readonly [groups: readonly RowGroup[], fields: readonly string[]]

export interface SegmentWritingParts {
  blobs: BlobStore
  kernel: Kernel
  index: SeriesIndex
}

/** Writes the segments of a host, one task at a time. */
export class SegmentWriting {
  readonly #parts: SegmentWritingParts
  /** Of the segments that the last task wrote. */
  #places: WrittenPlaces = new Map()

  constructor(parts: SegmentWritingParts) {
    this.#parts = parts
  }

  /** Where the series of a segment are in the index, once, where the last task wrote it. */
  takePlaces(name: string): PlacesParts | undefined {
    const places = this.#places.get(name)
    this.#places.delete(name)
    return places
  }

  /** Writes all rows of a head that gets no more. */
  async writeHead(head: Head): Promise<SegmentInfo[]> {
    const refs = this.#parts.index.inSegmentOrder(head.refs)
    const output = this.#output(false)
    for (let at = 0; at < refs.length; ) {
      const run = head.encodeShort(refs.subarray(at))
      if (run) {
        await output.addRun(run)
        at += run.refs.length
      } else {
        const ref = refs[at++] as number
        const fields = head.fieldsOf(ref)
        await this.#add(output, ref, [head.groups(ref, fields), fields])
      }
    }
    return this.#finish(output)
  }

  /** Writes the groups of some series, which `read` gives of a few at a time; in the smallest form where they are to be settled. */
  async write(
    refs: Uint32Array,
    settle: boolean,
    read: (refs: Uint32Array) => Promise<ReadonlyMap<number, SeriesGroups>>,
  ): Promise<SegmentInfo[]> {
    const output = this.#output(settle)
    const sorted = this.#parts.index.inSegmentOrder(refs)
    const keptRows = settle ? BLOCK_ROWS : WELL_FILLED_ROWS
    for (let from = 0; from < sorted.length; from += SERIES_AT_A_TIME) {
      const some = sorted.subarray(from, from + SERIES_AT_A_TIME)
      const groups = await read(some)
      for (const ref of some) await this.#add(output, ref, groups.get(ref) ?? [[], []], keptRows)
    }
    return this.#finish(output)
  }

  async #add(
    output: SegmentOutput,
    ref: number,
    [groups, fields]: SeriesGroups,
    keptRows = WELL_FILLED_ROWS,
  ): Promise<void> {
    if (groups.length > 0) await output.add(ref, fields, reblock(groups, fields, this.#parts.kernel, keptRows))
  }

  #output(settle: boolean): SegmentOutput {
    let turn = performance.now()
    const pause = async (): Promise<void> => {
      if (performance.now() - turn < TURN_MS) return
      await nextTurn()
      turn = performance.now()
    }
    return new SegmentOutput({ ...this.#parts, settle, pause })
  }

  async #finish(output: SegmentOutput): Promise<SegmentInfo[]> {
    const infos = await output.finish()
    this.#places = output.places
    return infos
  }
}
