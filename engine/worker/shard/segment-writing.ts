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

/** Series that are read and written at a time at most. They follow each other in every segment. */
const SERIES_AT_A_TIME = 4096
/** Bytes that are read at a time at most, but for those of the only series: bounds the memory of a merge. */
export const MERGED_BYTES: number = 8 << 20

/** The groups of a series, and the fields that they have. */
export type SeriesGroups = readonly [groups: readonly RowGroup[], fields: readonly string[]]

/** What series are written from. */
export interface SeriesToWrite {
  /** Bytes that reading a series takes, about. */
  bytesOf(ref: number): number
  read(refs: Uint32Array): Promise<ReadonlyMap<number, SeriesGroups>>
}

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
    return this.#output(false, async (output) => {
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
    })
  }

  /** Writes the groups of some series, which are read a few at a time; in the smallest form where they are to be settled. */
  async write(refs: Uint32Array, settle: boolean, source: SeriesToWrite): Promise<SegmentInfo[]> {
    const sorted = this.#parts.index.inSegmentOrder(refs)
    const keptRows = settle ? BLOCK_ROWS : WELL_FILLED_ROWS
    return this.#output(settle, async (output) => {
      for (const some of sharesOf(sorted, source)) {
        const groups = await source.read(some)
        for (const ref of some) await this.#add(output, ref, groups.get(ref) ?? [[], []], keptRows)
      }
    })
  }

  async #add(
    output: SegmentOutput,
    ref: number,
    [groups, fields]: SeriesGroups,
    keptRows = WELL_FILLED_ROWS,
  ): Promise<void> {
    if (groups.length > 0) await output.add(ref, fields, reblock(groups, fields, this.#parts.kernel, keptRows))
  }

  /** Segments of what `add` adds; none of them where it fails. */
  async #output(settle: boolean, add: (output: SegmentOutput) => Promise<void>): Promise<SegmentInfo[]> {
    let turn = performance.now()
    const pause = async (): Promise<void> => {
      if (performance.now() - turn < TURN_MS) return
      await nextTurn()
      turn = performance.now()
    }
    const output = new SegmentOutput({ ...this.#parts, settle, pause })
    try {
      await add(output)
      const infos = await output.finish()
      this.#places = output.places
      return infos
    } catch (error) {
      await output.discard()
      throw error
    }
  }
}

/** Shares of series that are read at a time. */
function* sharesOf(refs: Uint32Array, { bytesOf }: SeriesToWrite): Generator<Uint32Array> {
  for (let from = 0; from < refs.length; ) {
    let to = from
    for (let bytes = 0; to < refs.length && to - from < SERIES_AT_A_TIME; to++) {
      bytes += bytesOf(refs[to] as number)
      if (to > from && bytes > MERGED_BYTES) break
    }
    yield refs.subarray(from, to)
    from = to
  }
}
