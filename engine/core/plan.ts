import type { Batch, Column, FieldType } from './batch.ts'
import type { TableDefinition, ViewInfo } from './definition.ts'
import type { Expression, Literal } from './expression.ts'
import type { Matcher } from './matcher.ts'
import type { ReadCounts } from './read-counts.ts'
import type { RollupRule } from './rollup.ts'
import type { TimeRange } from './time-window.ts'
import type { ViewState } from './view.ts'

/** Rows of one table: series that pass every matcher, times in `[start, end)`, rows where `filter` is true. */
export interface Selection {
  table: string
  matchers: readonly Matcher[]
  start: bigint
  end: bigint
  /** Over fields, tags and time; a row passes where it is true, not where it is false or null. */
  filter?: Expression
  /** The query that asks; no part of what is asked. */
  reader?: ReaderMark
}

/** A query, for hosts: they count what they do for it, end it when they are told, and keep to its limit of bytes. */
export interface ReaderMark {
  /** No other query that reads from the store has it. */
  id: string
  /** Most bytes of states that a host holds for it at a time. */
  maxBytes: number
}

/** What a partial aggregate keeps of its input. `count` is always kept. */
export type Measure = 'sum' | 'min' | 'max' | 'first' | 'last' | 'moments'

export interface AggregateInput {
  /** What is aggregated; absent for the rows themselves, as in `count(*)`. */
  expression?: Expression
  measures: readonly Measure[]
}

/** A call of an aggregate that keeps states of its own kind, in place of measures. */
export interface AccumulatorInput {
  /** Its name among the stateful aggregates. */
  aggregate: string
  /** The arguments that differ from row to row; a row that lacks one of them is not taken. */
  inputs: readonly Expression[]
  /** The constant arguments, complete and checked. */
  parameters: readonly Literal[]
}

export interface AggregatePlan extends Selection {
  kind: 'aggregate'
  /** Windows `[origin + k * width, origin + (k + 1) * width)`; absent: one window, stamped `start`. */
  window?: { origin: bigint; width: bigint }
  /** Tags whose values tell groups apart; none: one group. */
  by: readonly string[]
  inputs: readonly AggregateInput[]
  accumulators?: readonly AccumulatorInput[]
  /** How far before `start`, in ns, rows are read that only tell ordered accumulators what came before. */
  lookBack?: bigint
  /** Rows before this time have expired and are not looked back at. */
  rowsFrom?: bigint
  /** Where this range is what is left of another: that one, whose ends cut the windows that accumulators see. */
  asked?: { start: bigint; end: bigint }
  /** Answer from the table's windows of this many ns instead of its rows; the range ends at windows. */
  rollup?: bigint
}

export interface RowsPlan extends Selection {
  kind: 'rows'
  tags: readonly string[]
  fields: readonly string[]
  /** By time, then by the series' canonical key order. */
  order: 'asc' | 'desc'
  limit?: number
}

/** The newest row of each partition: of the series that share the values of the tags `by`. */
export interface LatestPlan extends Selection {
  kind: 'latest'
  by: readonly string[]
  tags: readonly string[]
  fields: readonly string[]
}

export type SubPlan = AggregatePlan | RowsPlan | LatestPlan

/**
 * State of one input in every cell, by column. Sums are an unevaluated pair `sumHigh + sumLow`: exact for i64 (two
 * doubles hold 106 bits), compensated for f64. `mean` and `m2` (the sum of squared deviations) are Welford's.
 * `count` is the number of values, without the missing; where it is 0 the rest means nothing.
 */
export interface InputStates {
  type: FieldType
  count: Float64Array
  sumHigh?: Float64Array
  sumLow?: Float64Array
  min?: Column
  max?: Column
  first?: Column
  firstTime?: BigInt64Array
  last?: Column
  lastTime?: BigInt64Array
  mean?: Float64Array
  m2?: Float64Array
}

/** What an accumulator keeps: of each cell some rows of a small table, as Arrow lays out lists. */
export interface StateTable {
  /** Rows of cell i are `[offsets[i], offsets[i + 1])`; one more than there are cells. */
  offsets: Uint32Array
  columns: readonly Column[]
}

/** Aggregate states by cell; a cell is a group in a window that has at least one row. */
export interface PartialAggregate {
  /** Values of the tags `by` of each group, `''` where absent. */
  groups: readonly (readonly string[])[]
  /** Group and window start of each cell, sorted by (group, window). */
  cellGroup: Uint32Array
  cellWindow: BigInt64Array
  /** Rows in each cell. */
  rows: Float64Array
  inputs: readonly InputStates[]
  /** In the order of the plan's accumulators. */
  accumulated?: readonly StateTable[]
}

export interface TableInfo {
  name: string
  tags: readonly string[]
  fields: readonly { name: string; type: FieldType; unit?: string }[]
  /** How long rows are kept; absent where that is for ever. */
  retentionMs?: number
  /** Windows that are kept beside the rows, narrow ones first; absent where there are none. */
  rollups?: readonly RollupRule[]
  /** What statements have said of it; absent where none has. */
  defined?: TableDefinition
}

/** Tables by name, with tags and fields in the order of their names. */
export interface Catalog {
  tables: readonly TableInfo[]
  /** Absent where there are none. */
  views?: readonly ViewInfo[]
}

/** How many series a table has. */
export interface TableCardinality {
  table: string
  series: number
}

/** How many different values a tag has, and how many series have it. */
export interface TagCardinality {
  tag: string
  values: number
  series: number
}

/** How the segments keep a column of a table: blocks of one encoding, with their values and the bytes of their payloads. */
export interface EncodingUse {
  column: string
  encoding: string
  blocks: number
  values: number
  bytes: number
}

/** What a scan will meet, by the index of series and the headers of some of them; fractions are of samples. */
export interface ScanEstimate {
  /** Series that pass the matchers. */
  series: number
  /** Groups of blocks with rows in the range, and rows of these in it. The filter is not asked. */
  groups: number
  rows: number
  /** How long the part of a group in the range is, on average, in ns. */
  groupNs: number
  /** Different values of the tags `by` among the series. */
  partitions: number
}

/** What an append changed; `start` and `end` bound the times of its rows, half-open. */
export interface Change {
  table: string
  start: bigint
  end: bigint
}

/** Something that runs sub-plans over rows: a local engine, a remote one, a peer, a file, a fixture of a test. */
export interface Queryable {
  catalog(): Promise<Catalog>
  /** What there is now, where `catalog` may lag behind what others define; the same object where it does not. */
  freshCatalog?(): Promise<Catalog>
  /** The answer is the caller's, who may give its memory up. */
  aggregate(plan: AggregatePlan, signal?: AbortSignal): Promise<PartialAggregate>
  /** Batches in the plan's order; ends early when the consumer stops. */
  rows(plan: RowsPlan, signal?: AbortSignal): AsyncIterable<Batch>
  /** One batch: `time`, the plan's tags, the plan's fields; ordered by the values of `by`. */
  latest(plan: LatestPlan, signal?: AbortSignal): Promise<Batch>
  /** Tag sets of the series of a table that pass the matchers, in canonical order, at most `limit`. */
  series(
    table: string,
    matchers: readonly Matcher[],
    limit: number,
  ): Promise<readonly (readonly (readonly [string, string])[])[]>
  /** Distinct values of one tag, sorted, at most `limit`. */
  tagValues(table: string, tag: string, limit: number): Promise<readonly string[]>
  /** Tables with their series, those of most series first, then by name. */
  tableCardinality(): Promise<readonly TableCardinality[]>
  /** Tags of a table, those of most values first, then by name. Values are compared by 53 bits of hash where several threads have them. */
  tagCardinality(table: string): Promise<readonly TagCardinality[]>
  /** Encodings of a table's blocks in segments: by column, those of most bytes first. */
  encodings(table: string): Promise<readonly EncodingUse[]>
  /** What was read for each of some readers, by host; where scans do not count there is no such method. */
  readCounts?(readers: readonly string[]): Promise<readonly (readonly ReadCounts[])[]>
  /** What scans will meet, in their order; where that is not known there is no such method. */
  estimate?(plans: readonly SubPlan[]): Promise<readonly ScanEstimate[]>
  /** What there is to say of the views; absent where there can be none. */
  viewStates?(): Promise<readonly ViewState[]>
  /** Windows of a view that may not agree with its source, in order of time; absent where there can be no views. */
  staleView?(name: string): Promise<readonly TimeRange[]>
  /** Calls back after each append has become visible; returns how to stop. */
  watch(listener: (changes: readonly Change[]) => void): () => void
}
