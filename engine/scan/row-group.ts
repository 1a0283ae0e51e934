import type { Column, I64Column } from '../core/batch.ts'
import type { Tags } from '../core/series.ts'
import type { BlockRun } from '../kernel/block-run.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import type { KeptBlocks } from '../kernel/kept-blocks.ts'
import type { ScanUse } from './scan-use.ts'

/** An encoded block: its 64-byte header is the one of number `block` of some, and its payload is apart. */
export interface Block {
  headers: Uint8Array
  /** The same bytes as `headers`. */
  view: DataView
  block: number
  payload: Uint8Array
  /** Of a dense block. */
  model?: DenseModel | undefined
}

/** Where a group's column is: encoded, or plain with one value a row. */
export type GroupColumn = Block | Column

export function isBlock(column: GroupColumn): column is Block {
  return 'payload' in column
}

/** At most 1024 rows of one series with strictly ascending times. */
export interface RowGroup {
  readonly rows: number
  /** Time of the first row and of the last one. */
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly time: Block | I64Column
  /** A field's values, `undefined` where no row has one. */
  field(name: string): GroupColumn | undefined
  /** Whether the blocks of this group lie after those of another one, so that they can be read together. */
  follows?(before: RowGroup): boolean
  /** The blocks of times of this group and of those that follow it, `count` in all. */
  timeBlocks?(count: number): BlockRun
  /** The blocks of a field of this group and of those that follow it; `undefined` where none has one. */
  fieldBlocks?(name: string, count: number): BlockRun | undefined
  /** Where the blocks of this group and of those that follow it, `count` in all, are in the core's memory, if some columns are. */
  kept?(count: number): KeptGroups | undefined
}

/** Groups of one series that follow each other, in the core's memory. */
export interface KeptGroups {
  /** Of columns: times, then fields. */
  blocks: KeptBlocks
  fields: readonly string[]
  first: number
  count: number
}

/** A block as a run of its own. */
export function runOfBlock({ headers, view, block, payload, model }: Block): BlockRun {
  return { headers, view, first: block, count: 1, payloads: payload, modelOf: () => model }
}

/** What sources hold of one series. Where groups overlap in time, values of later groups win. */
export interface SeriesRows {
  readonly ref: number
  readonly tags: Tags
  readonly groups: readonly RowGroup[]
}

/** Half-open. */
export interface TimeRange {
  start: bigint
  end: bigint
}

/** Groups that have times in a range. */
export function meeting(range: TimeRange, groups: readonly RowGroup[] = []): readonly RowGroup[] {
  return groups.filter(({ minTime, maxTime }) => minTime < range.end && maxTime >= range.start)
}

export const NO_GROUPS: readonly RowGroup[] = []

/** Groups of a series and newer ones. */
export function joinedGroups(older: readonly RowGroup[], newer: readonly RowGroup[]): readonly RowGroup[] {
  if (older.length === 0) return newer
  return newer.length === 0 ? older : [...older, ...newer]
}

/** First time and number of rows of some groups, without their bytes. */
export interface Outline {
  minTimes: bigint[]
  rows: number[]
}

/** Rows by series, in the order of `refs`, with the named fields' bytes in memory. */
export interface GroupSource {
  outline(refs: Uint32Array, range: TimeRange): Promise<Outline>
  /** Groups that may have rows in `[start, end)`; some series at a time, so that memory stays bounded. */
  read(
    refs: Uint32Array,
    fields: readonly string[],
    range: TimeRange,
    use?: ScanUse,
  ): AsyncIterable<readonly SeriesRows[]>
}
