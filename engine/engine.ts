import type { Changeable } from './core/changeable.ts'
import { type Clock, systemClock } from './core/clock.ts'
import { TidemarkError } from './core/errors.ts'
import type { Literal } from './core/expression.ts'
import type { Matcher } from './core/matcher.ts'
import type { Catalog } from './core/plan.ts'
import { isReservedName, type RollupRule } from './core/rollup.ts'
import type { ColumnRows, KeptRejection, Producer, RejectedRow } from './core/rows.ts'
import { MAX_TIME, MIN_TIME } from './core/time.ts'
import { checkQueryLimits, type QueryLimits, type QueryRules } from './query/run/query-limits.ts'
import { QueryRegistry } from './query/run/query-registry.ts'
import { type QueryOptions, runRegistered } from './query/run/registered-statement.ts'
import type { QueryResult } from './query/run/result.ts'
import { subscribeLoaded } from './stream/loaded-subscription.ts'
import type { LiveObserver, Subscription } from './stream/subscription.ts'
import { LoadedViews } from './view/loaded-views.ts'
import { loadPlatform } from './worker/load-platform.ts'
import { ownedBytes } from './worker/owned-bytes.ts'
import type { StoreLocation } from './worker/platform.ts'
import { checkRollups, rollupRetention } from './worker/rollup/rollup-rules.ts'
import { openThreads, type Shards } from './worker/shard/shards.ts'
import { ShardedQueryable } from './worker/sharded-queryable.ts'
import { type StoreStatistics, storeStatistics } from './worker/store-statistics.ts'
import type { Tiers } from './worker/tiers.ts'
import { checkLimits, type SeriesLimits } from './worker/write/series-limits.ts'
import { checkSpace, type SpaceLimit } from './worker/write/space-limit.ts'

export { type Batch, type Column, type ColumnType, type FieldType, isValid, valueAt } from './core/batch.ts'
export type { Clock } from './core/clock.ts'
export { type ErrorKind, TidemarkError } from './core/errors.ts'
export type { Literal } from './core/expression.ts'
export type { FileAccess, FilePart, FileRequest } from './core/file-access.ts'
export type { Matcher } from './core/matcher.ts'
export type { Catalog, TableInfo } from './core/plan.ts'
export type { RollupRule } from './core/rollup.ts'
export type { ColumnRows, KeptRejection, Producer, RejectedRow } from './core/rows.ts'
export { parseDuration, parseTimestamp, printTimestamp } from './core/time.ts'
export type { QueryLimits } from './query/run/query-limits.ts'
export type { QueryOptions } from './query/run/registered-statement.ts'
export { collectRows, type QueryResult, type ResultColumn } from './query/run/result.ts'
export type { LiveUpdate } from './stream/live-answer.ts'
export type { LiveObserver, Subscription } from './stream/subscription.ts'
export { inspectStore } from './worker/inspect-store.ts'
export type { BrowserEngine, StoreLocation } from './worker/platform.ts'
export { restoreStore } from './worker/restore.ts'
export type { RestoreOptions } from './worker/restore-store.ts'
export type { StoreReport } from './worker/store-report.ts'
export type { StoreStatistics } from './worker/store-statistics.ts'
export type { Tiers } from './worker/tiers.ts'
export type { SeriesLimits } from './worker/write/series-limits.ts'
export type { SpaceLimit } from './worker/write/space-limit.ts'

export interface EngineOptions {
  store: StoreLocation
  /** Worker threads that hold the shards; 0 runs everything inline. A store in a folder has one more, for its writer. Default 1. */
  workers?: number
  clock?: Clock
  /** How long rows of a table are kept, in milliseconds, by the table's name or by a prefix that ends in `*`. */
  retentionMs?: Readonly<Record<string, number>>
  /**
   * Windows of a table that are kept beside its rows, by the table's name or by a prefix that ends in `*`: count, sum, least,
   * greatest, first and last of its numbers by series. Queries by windows that these add up to use them by themselves,
   * also for times of which `retentionMs` has let the rows go.
   */
  rollups?: Readonly<Record<string, readonly RollupRule[]>>
  /**
   * Where days that are no longer hot lie as Parquet, an S3-compatible store or a published folder, and when they go there.
   * Queries read them by themselves.
   */
  tiers?: Tiers
  /**
   * How many series there may be, `total` in the store and in `tables` by the table's name or by a prefix that ends in `*`.
   * Rows of further ones are rejected with the reason; those of series that are there go on. Default: no limit.
   */
  maxSeries?: SeriesLimits
  /**
   * How many bytes the store may take. When an append would make it more, the oldest rows of tables that may go do; where that is
   * not enough it fails with `quota`. Default: what the platform gives.
   */
  space?: SpaceLimit
  /** Bytes of stored blocks that are kept in memory. Default 256 MiB. */
  cacheBytes?: number
  /**
   * Bytes of aggregates by windows of time that are kept from answers, so that a statement that is asked again reads only
   * windows whose rows have changed and those that it did not ask for before. 0 keeps none. Default 64 MiB.
   */
  answerCacheBytes?: number
  /** What queries may take: how many run and wait, for how long, with how much memory. */
  queries?: Partial<QueryLimits>
}

export type Precision = 'ns' | 'us' | 'ms' | 's' | 'm' | 'h'

export type AppendInput =
  /** Influx line protocol, as text or UTF-8 bytes. Bytes are transferred where they own their buffer. */
  { kind: 'line-protocol'; body: string | Uint8Array; precision?: Precision } | { kind: 'columns'; rows: ColumnRows }

export interface AppendOptions {
  /**
   * Makes a repeated append a no-op: one whose sequence is not above the last one committed of its producer. What is known
   * lasts over restarts and crashes, for 100,000 producers, and for 7 days after the last append of each.
   */
  producer?: Producer
}

export interface DeleteOptions {
  table: string
  /** Tests of tags; only series that pass every one are meant. Default: all. */
  matchers?: readonly Matcher[]
  /** Times in `[start, end)`, in nanoseconds since 1970 UTC. Default: all. */
  start?: bigint
  end?: bigint
}

export interface AppendResult {
  /** Rows that are durable now. */
  rows: number
  /** How many rows were rejected, and the first of them (100 at most), in their order. */
  rejectedCount: number
  rejected: readonly RejectedRow[]
  /** What looks wrong but was taken as it is. */
  warnings: readonly string[]
  /** There where the append had been committed before; nothing was stored now. */
  duplicate?: true
}

export interface RejectedRows {
  total: number
  rows: readonly KeptRejection[]
}

export interface BackupOptions {
  /** What it has of cold rows: where they are, as they are when it is restored (default), or their files. */
  cold?: 'reference' | 'include'
}

export interface SubscribeOptions {
  params?: Readonly<Record<string, Literal>>
  /** Updates come at most this often. Default 250. */
  minIntervalMs?: number
  /** Who asks, for SHOW QUERIES. Default `local`. */
  client?: string
}

export interface Engine {
  /**
   * Stores rows and resolves once they are durable and visible to queries. The valid rows of one call commit together;
   * the others come back in the result. Throws a `TidemarkError` of kind `io`, `quota` or `closed`, and then none of the
   * rows was acknowledged.
   */
  append(input: AppendInput, options?: AppendOptions): Promise<AppendResult>
  /**
   * Deletes rows that were committed before, by range of time and tags; rows that come later stay, whatever their times. Durable
   * and in effect when it resolves; compactions then take the rows off the disk, `compact()` at once, also off a cold tier. Throws
   * `invalid`, also where rows that are meant lie in a cold tier that cannot be written, and `quota` where too many deletes wait
   * for a compaction.
   */
  delete(options: DeleteOptions): Promise<void>
  /**
   * Runs one TSQL statement when it is its turn; INSERT and DELETE answer once what they did is durable. Throws a `TidemarkError` of
   * kind `query` with a position where the text is wrong, `quota` where too many queries wait or it needs more memory than it
   * may have, `cancelled` where its signal, its time or KILL ended it.
   */
  query(text: string, options?: QueryOptions): Promise<QueryResult>
  /**
   * Keeps a query's answer up to date: `next` gets the whole answer first, then deltas, at most every `minIntervalMs`, or when a
   * SUBSCRIBE says.
   */
  subscribe(text: string, observer: LiveObserver, options?: SubscribeOptions): Subscription
  catalog(): Promise<Catalog>
  statistics(): Promise<StoreStatistics>
  /** Writes rows in memory to segments and shortens the log. Never needed for durability. */
  flush(): Promise<void>
  /**
   * Does what `flush` does, and brings all segments into their smallest form: few of them, densely encoded. Throws `corrupt`
   * where one of them is damaged, `io` or `quota` where the store fails; what is there then stays as it is.
   */
  compact(): Promise<void>
  /**
   * Moves the days to the cold tier that its rules ask for now; without a call that happens by itself, some days a minute. Throws
   * `io`, `auth` or `locked` where the place fails; what was not moved then stays where it is.
   */
  moveToCold(): Promise<void>
  /** The rows that were rejected last, newest first, 1000 at most, and how many there were ever. Kept over restarts, as well as can be. */
  rejectedRows(): Promise<RejectedRows>
  /**
   * Every row that is visible when the first chunk is asked for, as one file of Tidemark's own form; appends go on meanwhile.
   * `restoreStore` makes a store of it again. Of cold rows it has where they are, or their files, of the same moment. Throws
   * `quota` where too many backups are under way, `io` where the place of the cold files fails.
   */
  backup(options?: BackupOptions): AsyncIterable<Uint8Array<ArrayBuffer>>
  /** Finishes what was begun and releases the store. Later calls throw `closed`. */
  close(): Promise<void>
}

const DEFAULT_CACHE_BYTES = 256 << 20
const DEFAULT_ANSWER_CACHE_BYTES = 64 << 20
const MAX_WORKERS = 64

/**
 * Opens the store at a location, which is made where it is missing, and recovers what it acknowledged. Throws
 * `locked` where another process or tab has it open, `io` where the platform fails, `corrupt` where its manifest is
 * damaged.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { store: location, rollups = {}, clock = systemClock } = options
  const { cacheBytes = DEFAULT_CACHE_BYTES, answerCacheBytes = DEFAULT_ANSWER_CACHE_BYTES } = options
  checkRollups(rollups)
  const retentionMs = { ...options.retentionMs, ...rollupRetention(rollups) }
  const workers = options.workers ?? 1
  if (!Number.isInteger(workers) || workers < 0 || workers > MAX_WORKERS) {
    throw new TidemarkError('invalid', `workers is ${workers}, expected a whole number from 0 to ${MAX_WORKERS}`)
  }
  const { platform, spawn } = await loadPlatform()
  // A store in memory or in a browser cannot be opened from two threads.
  const inFolder = location.kind === 'files' && platform.hasFolders
  const threads = workers === 0 ? 0 : inFolder ? workers + 1 : 1
  const tiers = options.tiers && (await import('./worker/tiers.ts')).checkTiers(options.tiers)
  const limits = options.maxSeries && { maxSeries: checkLimits(options.maxSeries) }
  const space = options.space && { space: checkSpace(options.space, { isTiered: tiers !== undefined }) }
  const caches = { cacheBytes, answerCacheBytes }
  const queries = checkQueryLimits(options.queries)
  const shared = { platform, location, retentionMs, rollups, ...caches, ...(tiers && { tiers }), ...limits, ...space }
  const shards =
    threads === 0
      ? await (await import('./worker/shard/inline-shards.ts')).openInline({ ...shared, clock })
      : await openThreads(shared, Array.from({ length: threads }, spawn))
  return LocalEngine.open(shards, clock, { limits: queries, name: String(platform.randomSeed()[0]) })
}

class LocalEngine implements Engine {
  readonly #shards: Shards
  readonly #queryable: ShardedQueryable
  readonly #clock: Clock
  readonly #limits: QueryLimits
  readonly #registry: QueryRegistry
  readonly #subscriptions = new Set<Subscription>()
  readonly #changeable: Changeable = {
    append: (rows) => this.append({ kind: 'columns', rows }),
    appendLines: (body, precision) => this.append({ kind: 'line-protocol', body, precision }),
    delete: (rows) => this.delete(rows),
    changeTable: async (table, change) => this.#defined(await this.#shards.writer.changeTable(table, change)),
    defineView: async (name, definition) => this.#defined(await this.#shards.writer.defineView(name, definition)),
  }
  readonly #views: LoadedViews
  #closing: Promise<void> | undefined

  private constructor(shards: Shards, queryable: ShardedQueryable, clock: Clock, queries: QueryRules) {
    this.#shards = shards
    this.#queryable = queryable
    this.#clock = clock
    this.#limits = queries.limits
    this.#registry = new QueryRegistry({ ...queries, clock, readCounts: (readers) => queryable.readCounts(readers) })
    const readCatalog = async (): Promise<Catalog> => shards.writer.catalog()
    this.#views = new LoadedViews({ queryable, changeable: this.#changeable, store: shards.views, clock, readCatalog })
    this.#changeable.views = this.#views
  }

  static async open(shards: Shards, clock: Clock, queries: QueryRules): Promise<LocalEngine> {
    const queryable = new ShardedQueryable({
      hosts: shards.hosts,
      readCatalog: async () => shards.writer.catalog(),
      clock,
      staleWindows: async (table, width) => shards.writer.staleWindows(table, width),
      views: shards.views,
    })
    const engine = new LocalEngine(shards, queryable, clock, queries)
    await shards.watch((changes, newColumns) => {
      if (newColumns) engine.#defined(undefined)
      queryable.changed(changes)
    })
    void engine.#views.look()
    return engine
  }

  async append(input: AppendInput, { producer }: AppendOptions = {}): Promise<AppendResult> {
    this.#checkOpen()
    const { writer, moving } = this.#shards
    if (input.kind === 'columns' && isReservedName(input.rows.table)) {
      throw new TidemarkError('invalid', `the table's name ${JSON.stringify(input.rows.table)} has a line break in it`)
    }
    if (input.kind === 'columns') return this.#appended(await writer.appendColumns(input.rows, producer))
    const body = ownedBytes(input.body)
    return this.#appended(await writer.appendLines(moving(body, [body.buffer]), input.precision ?? 'ns', producer))
  }

  async delete({ table, matchers = [], start = MIN_TIME, end = MAX_TIME }: DeleteOptions): Promise<void> {
    this.#checkOpen()
    await this.#shards.writer.delete({ table, matchers, start, end })
  }

  async query(text: string, options: QueryOptions = {}): Promise<QueryResult> {
    const turn = this.#shards.turn?.()
    if (turn) await turn
    this.#checkOpen()
    return runRegistered(text, options, {
      queryable: this.#queryable,
      changeable: this.#changeable,
      registry: this.#registry,
      limits: this.#limits,
      clock: this.#clock,
    })
  }

  subscribe(text: string, observer: LiveObserver, options: SubscribeOptions = {}): Subscription {
    this.#checkOpen()
    const { timeoutMs, memoryBytes } = this.#limits
    const admit = { registry: this.#registry, timeoutMs, memoryBytes }
    const inner = subscribeLoaded(text, this.#queryable, observer, { clock: this.#clock, admit, ...options })
    const subscription = {
      unsubscribe: () => {
        this.#subscriptions.delete(subscription)
        inner.unsubscribe()
      },
    }
    this.#subscriptions.add(subscription)
    return subscription
  }

  async catalog(): Promise<Catalog> {
    this.#checkOpen()
    return this.#queryable.catalog()
  }

  async statistics(): Promise<StoreStatistics> {
    this.#checkOpen()
    const { writer, hosts } = this.#shards
    const [ofWriter, ...ofHosts] = await Promise.all([writer.statistics(), ...hosts.map((host) => host.statistics())])
    return storeStatistics(ofWriter, ofHosts)
  }

  async flush(): Promise<void> {
    this.#checkOpen()
    await this.#shards.writer.flush()
  }

  async compact(): Promise<void> {
    this.#checkOpen()
    await this.#shards.writer.compact()
  }

  async moveToCold(): Promise<void> {
    this.#checkOpen()
    await this.#shards.writer.moveToCold()
  }

  async rejectedRows(): Promise<RejectedRows> {
    this.#checkOpen()
    return this.#shards.files.rejectedRows()
  }

  async *backup({ cold = 'reference' }: BackupOptions = {}): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    this.#checkOpen()
    const { files } = this.#shards
    const backup = await files.openBackup(cold)
    try {
      for (let chunk = await files.nextChunk(backup); chunk; chunk = await files.nextChunk(backup)) yield chunk
    } finally {
      await files.closeBackup(backup)
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const { unsubscribe } of this.#subscriptions) unsubscribe()
    this.#registry.close()
    await this.#views.close()
    await this.#shards.files.close()
    await this.#shards.close()
  }

  #checkOpen(): void {
    if (this.#closing) throw new TidemarkError('closed', 'the engine is closed')
  }

  #defined<T>(answer: T): T {
    this.#queryable.forgetCatalog()
    void this.#views.look()
    return answer
  }

  async #appended({ newColumns, ...result }: AppendResult & { newColumns: boolean }): Promise<AppendResult> {
    if (newColumns) this.#queryable.forgetCatalog()
    const { rejected, rejectedCount } = result
    if (rejectedCount > 0) await this.#shards.files.addRejected(rejected, rejectedCount, this.#clock.now())
    return result
  }
}
