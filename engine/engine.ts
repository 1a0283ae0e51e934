import type { Batch, ColumnType } from './core/batch.ts'
import type { Clock } from './core/clock.ts'
import type { Literal } from './core/expression.ts'
import type { Catalog } from './core/plan.ts'
import type { ColumnRows, RejectedRow } from './core/rows.ts'

/** Where a store lives. Plain data, since the store is opened inside a worker. */
export type StoreLocation =
  | { kind: 'memory' }
  /** A folder of files; Node only. */
  | { kind: 'files'; directory: string }
  /** A database of IndexedDB; browsers only. */
  | { kind: 'indexeddb'; database: string }

export interface EngineOptions {
  store: StoreLocation
  /** Worker threads that hold the shards; 0 runs everything inline. Default 1. */
  workers?: number
  clock?: Clock
  /** How long rows of a table are kept, in milliseconds, by the table's name or by a prefix that ends in `*`. */
  retentionMs?: Readonly<Record<string, number>>
}

export type Precision = 'ns' | 'us' | 'ms' | 's'

export type AppendInput =
  /** Influx line protocol, as text or UTF-8 bytes. Bytes are transferred where they own their buffer. */
  | { kind: 'line-protocol'; body: string | Uint8Array; precision?: Precision }
  | { kind: 'columns'; rows: ColumnRows }

export interface AppendResult {
  /** Rows that are durable now. */
  rows: number
  /** How many rows were rejected, and the first of them (100 at most), in their order. */
  rejectedCount: number
  rejected: readonly RejectedRow[]
  /** What looks wrong but was taken as it is. */
  warnings: readonly string[]
}

export interface ResultColumn {
  name: string
  type: ColumnType
  unit?: string
}

export interface QueryOptions {
  /** Values of the parameters `$name` in the text. */
  params?: Readonly<Record<string, Literal>>
  signal?: AbortSignal
}

export interface QueryResult {
  columns: readonly ResultColumn[]
  /** The columns that tell rows apart: `time` and tags. Empty where the answer is one row. */
  keys: readonly string[]
  /** The rows, in order. To be read once. */
  batches: AsyncIterable<Batch>
}

/** What a subscription says: the whole answer first, afterwards what changed in it. */
export type LiveUpdate =
  | { kind: 'result'; columns: readonly ResultColumn[]; keys: readonly string[]; rows: Batch }
  /** Rows that are new or have changed, in whole, and the keys of rows that are gone. */
  | { kind: 'delta'; changed: Batch; removed: Batch }

export interface SubscribeOptions {
  params?: Readonly<Record<string, Literal>>
  /** Updates come at most this often. Default 250. */
  minIntervalMs?: number
}

export interface Subscription {
  unsubscribe(): void
}

export interface StoreStatistics {
  series: number
  segments: number
  /** Bytes of the segments, of the log, and of rows in memory that no segment holds yet. */
  segmentBytes: number
  logBytes: number
  headBytes: number
  /** Names of segments that failed their checks and are left out of answers, with the reason. */
  quarantined: readonly { name: string; reason: string }[]
}

export interface Engine {
  /**
   * Stores rows and resolves once they are durable and visible to queries. The valid rows of one call commit together;
   * the others come back in the result. Throws a `TidemarkError` of kind `io`, `quota` or `closed`, and then none of the
   * rows was acknowledged.
   */
  append(input: AppendInput): Promise<AppendResult>
  /** Runs one TSQL statement. Throws a `TidemarkError` of kind `query` with a position where the text is wrong. */
  query(text: string, options?: QueryOptions): Promise<QueryResult>
  /** Keeps a query's answer up to date: `next` gets the whole answer first, then deltas, at most every `minIntervalMs`. */
  subscribe(
    text: string,
    observer: { next(update: LiveUpdate): void; error(error: Error): void },
    options?: SubscribeOptions,
  ): Subscription
  catalog(): Promise<Catalog>
  statistics(): Promise<StoreStatistics>
  /** Writes rows in memory to segments and shortens the log. Never needed for durability. */
  flush(): Promise<void>
  /** Finishes what was begun and releases the store. Later calls throw `closed`. */
  close(): Promise<void>
}
