import type { SeriesIndex } from '../index/series-index.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { SEGMENT_BYTES } from './compaction.ts'
import { type EncodedSeries, encodeDensely } from './dense-columns.ts'
import type { EncodedGroup, EncodedRun } from './encoded-group.ts'
import type { SegmentInfo } from './segment-format.ts'
import { type PlacesParts, placesOf } from './segment-places.ts'
import { SegmentWriter } from './segment-writer.ts'
import { type BlobStore, type BlobWriter, PIECE_BYTES } from './store.ts'

/** Rows whose columns are encoded densely together: bounds the memory that waits, and is enough for full models. */
const SETTLED_ROWS = 1 << 19
/** Series that wait at most: where those are fewer rows, each has fewer than a dense block has. */
const SETTLED_SERIES = 1 << 14
/** Bytes of blocks that wait at most, but for those of the last series: what rows of very many fields come to. */
const SETTLED_BYTES: number = 32 << 20
/** Bytes of a segment that wait to be written at most, but for those of the last series. */
export const UNWRITTEN_BYTES: number = 4 * PIECE_BYTES

interface WaitingSeries extends EncodedSeries {
  ref: number
}

/** Where the series of a segment that was written are in the index. */
export type WrittenPlaces = Map<string, PlacesParts>

export interface OutputOptions {
  blobs: BlobStore
  kernel: Kernel
  /** Has the series. */
  index: SeriesIndex
  /** Whether the segments are to be in their smallest form. */
  settle: boolean
  /** Is called between pieces of work that should not be longer. */
  pause: () => Promise<void>
}

/** Writes series as segments, as many as their bytes need. */
export class SegmentOutput {
  readonly #options: OutputOptions
  readonly #infos: SegmentInfo[] = []
  /** By the names of what was written. */
  readonly places: WrittenPlaces = new Map()
  #writer: SegmentWriter
  /** Where the writer's segment goes. */
  #blob: BlobWriter | undefined
  #waiting: WaitingSeries[] = []
  #waitingRows = 0
  #waitingBytes = 0

  constructor(options: OutputOptions) {
    this.#options = options
    this.#writer = newWriter(options)
  }

  /** Adds a series; they come in the order of shard and canonical key. For the rest as `SegmentWriter.add`. Its groups are nobody else's: they are given up. */
  async add(ref: number, fields: readonly string[], groups: readonly EncodedGroup[]): Promise<void> {
    const { index, settle, pause } = this.#options
    this.#waiting.push({ ref, table: index.tableOf(ref), fields, groups })
    for (const group of groups) {
      this.#waitingRows += group.rows
      this.#waitingBytes += group.bytes
    }
    const isEnough =
      this.#waitingRows >= SETTLED_ROWS || this.#waiting.length >= SETTLED_SERIES || this.#waitingBytes >= SETTLED_BYTES
    if (!settle || isEnough) await this.#write()
    await pause()
  }

  /** The same of series of one group each, in segments that are not settled. */
  async addRun(run: EncodedRun): Promise<void> {
    this.#writer.addRun(run)
    await this.#writeOut()
    await this.#options.pause()
  }

  /** What was written; nothing where no series was added. */
  async finish(): Promise<SegmentInfo[]> {
    await this.#write()
    await this.#finishSegment()
    return this.#infos
  }

  /** Leaves nothing of the segment that was not finished, after an error. */
  async discard(): Promise<void> {
    // What led here is the error to tell; what stays is removed at the next opening.
    await this.#blob?.discard().catch(() => undefined)
  }

  async #write(): Promise<void> {
    const { settle, kernel, pause } = this.#options
    const waiting = this.#waiting
    const all = settle ? await encodeDensely(waiting, kernel, pause) : waiting
    this.#waiting = []
    this.#waitingRows = 0
    this.#waitingBytes = 0
    for (const { ref, fields, groups } of all) {
      this.#writer.add(ref, fields, groups)
      await this.#writeOut()
    }
    for (const { groups } of waiting) for (const group of groups) group.giveUp?.()
  }

  /** Writes what is there of the segment where it is enough; all where its size is reached. */
  async #writeOut(): Promise<void> {
    const { pieces } = this.#writer
    if (pieces.length >= UNWRITTEN_BYTES) {
      await (await this.#begun()).write(pieces)
      this.#writer.take()
    }
    if (this.#writer.bytes > SEGMENT_BYTES) await this.#finishSegment()
  }

  async #begun(): Promise<BlobWriter> {
    this.#blob ??= await this.#options.blobs.begin()
    return this.#blob
  }

  async #finishSegment(): Promise<void> {
    if (this.#writer.seriesCount === 0) return
    const { rest, info } = this.#writer.finish()
    this.places.set(info.name, placesOf(this.#writer.refs))
    this.#writer = newWriter(this.#options)
    const blob = await this.#begun()
    await blob.write(rest)
    await blob.finish(info.name)
    this.#blob = undefined
    this.#infos.push(this.#options.settle ? { ...info, settled: true } : info)
  }
}

function newWriter({ kernel, index, blobs }: OutputOptions): SegmentWriter {
  return new SegmentWriter(kernel, index, blobs.hash?.())
}
