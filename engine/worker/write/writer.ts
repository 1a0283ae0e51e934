import type { Clock } from '../../core/clock.ts'
import type { TableChange } from '../../core/definition.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Catalog, Change } from '../../core/plan.ts'
import type { ColumnRows, Producer, ResolvedRows } from '../../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { LinePrecision } from '../../kernel/line-parser.ts'
import { RowBuffers } from '../../kernel/row-buffers.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { type Manifest, readManifest, removeOrphans } from '../../storage/manifest.ts'
import type { RecordedRows } from '../../storage/record.ts'
import type { LogPosition, Store } from '../../storage/store.ts'
import { encodeDelete, rowsOf, type Tombstone } from '../../storage/tombstone.ts'
import type { ColdMover } from '../cold/cold-mover.ts'
import type { ColdPin } from '../cold/cold-tier.ts'
import { Faults } from '../faults.ts'
import { openedCold } from '../opened-tiers.ts'
import { RollupRefresh } from '../rollup/rollup-refresh.ts'
import { Rollups } from '../rollup/rollups.ts'
import { HeadFlush } from '../shard/head-flush.ts'
import { HostHeads } from '../shard/host-heads.ts'
import { type Described, type Pin, SegmentSet } from '../shard/segment-set.ts'
import { SeriesUpkeep } from '../shard/series-upkeep.ts'
import { StoreViews } from '../view/store-views.ts'
import { Views } from '../view/views.ts'
import { AppendQueue, type Pause, type Prepared } from './append-queue.ts'
import { changesOf } from './changed-times.ts'
import { bytesOfRows, resolveRows } from './column-rows.ts'
import { CommitOrder, type SentRows } from './commit-order.ts'
import { DefinitionChanges } from './definition-changes.ts'
import { checkDelete, type DeleteRange, Deletes, MANY_WAITING_DELETES } from './deletes.ts'
import { FlushDue } from './flush-due.ts'
import { IdleMemory } from './idle-memory.ts'
import { recoverLog } from './log-recovery.ts'
import { Producers } from './producers.ts'
import { type NamedRows, RowIntake, type TakenRows } from './row-intake.ts'
import { describedCatalog, RulesInForce } from './rules-in-force.ts'
import type { SeriesQuota } from './series-quota.ts'
import { SeriesRegistry } from './series-registry.ts'
import { Space } from './space.ts'
import { StoreDefinitions } from './store-definitions.ts'
import { StoreUpkeep } from './store-upkeep.ts'
import { ViewGuard } from './view-guard.ts'
import { DUPLICATE, type WriteListener, type WriteResult, type WriterStatistics } from './write-result.ts'
import type { WriterOptions } from './writer-options.ts'
import { writerStatistics } from './writer-statistics.ts'

/** Bytes of appends that wait for the log; further ones wait their turn before they are parsed. */
const MAX_WAITING_BYTES = 64 << 20

/**
 * The one writer of a store. It numbers series, keeps the schema, makes rows durable in the log and hands them to their
 * hosts; it has hosts write segments and says in the manifest what counts.
 */
export class Writer {
  readonly #store: Store
  readonly #kernel: Kernel
  readonly #clock: Clock
  readonly #definitions: StoreDefinitions
  readonly #rules: RulesInForce
  readonly #rollups: Rollups
  readonly #refresh: RollupRefresh
  readonly #registry: SeriesRegistry
  readonly #heads: HostHeads
  readonly #intake: RowIntake
  readonly #deletes: Deletes
  readonly #segments: SegmentSet
  readonly #producers: Producers
  readonly #faults = new Faults()
  readonly #buffers: RowBuffers
  readonly #idle: IdleMemory
  #cold: ColdMover | undefined
  readonly #space: Space
  readonly #listeners = new Set<WriteListener>()
  readonly #queue = new AppendQueue(MAX_WAITING_BYTES)
  readonly #order: CommitOrder
  readonly #flushDue = new FlushDue()
  readonly #changes: DefinitionChanges
  readonly #upkeep: StoreUpkeep
  readonly #views = new Views()
  readonly #guard: ViewGuard
  /** What is stale of the views, for whoever computes it. */
  readonly views: StoreViews
  #closed = false

  private constructor(options: WriterOptions, manifest: Manifest, quota: SeriesQuota | undefined) {
    this.#store = options.store
    this.#buffers = options.buffers ?? new RowBuffers()
    this.#idle = new IdleMemory(options.hosts, this.#buffers, () => this.#intake.rest())
    this.#kernel = options.kernel
    this.#clock = options.clock
    this.#definitions = new StoreDefinitions(manifest.definitions)
    this.#rules = new RulesInForce(options, this.#definitions)
    this.#guard = new ViewGuard(this.#definitions)
    this.#rollups = new Rollups((table) => this.#rules.widths(table))
    this.#refresh = new RollupRefresh({
      ...{ rollups: this.#rollups, hosts: options.hosts },
      append: (rows) => this.#appendRows(resolveRows(rows)),
      applied: () => this.#order.applied,
      now: () => this.#clock.now(),
      table: (name) => this.catalog().tables.find((table) => table.name === name),
      expiry: (table) => this.#expiry(table),
    })
    this.#producers = new Producers(manifest.producers)
    this.#deletes = new Deletes(options.hosts, manifest.deletes)
    const parts = { ...options, blobs: options.store.blobs, deletes: this.#deletes }
    const said = { described: () => this.#described(), expiry: (table: string) => this.#expiry(table) }
    this.#segments = new SegmentSet({ ...parts, ...said }, manifest)
    this.#registry = new SeriesRegistry(options.kernel, options.hosts, quota)
    const { hosts, kernel, seed } = options
    this.#heads = new HostHeads({
      ...{ hosts, registry: this.#registry, buffers: this.#buffers },
      onRows: (host, headBytes) => this.#flushDue.rowsCame(host, headBytes, this.#clock.now()),
    })
    const intake = { registry: this.#registry, buffers: this.#buffers, guard: this.#guard }
    this.#intake = new RowIntake({ ...intake, kernel, seed })
    this.#space = new Space(options.space, {
      ...{ clock: this.#clock, log: this.#store.log, segments: this.#segments },
      flush: () => this.#upkeep.flushHeads(),
      delete: (range) => {
        this.#views.evicted(range.table, range.end)
        return this.#deleteRows(range)
      },
      compact: () => this.#upkeep.reorganise(() => this.#segments.compact()),
    })
    this.#order = new CommitOrder(manifest.logStart)
    const own = { ...options, log: this.#store.log, order: this.#order, queue: this.#queue, segments: this.#segments }
    const shared = { ...own, registry: this.#registry, deletes: this.#deletes, flushDue: this.#flushDue }
    const headFlush = new HeadFlush({ ...shared, views: this.#views })
    const seriesUpkeep = new SeriesUpkeep({ ...shared, intake: this.#intake, views: this.#views })
    const done = { refresh: this.#refresh, rollups: this.#rollups, idle: this.#idle, faults: this.#faults }
    const kept = { ...done, space: this.#space, cold: () => this.#cold }
    this.#upkeep = new StoreUpkeep({ ...shared, ...kept, headFlush, seriesUpkeep })
    const described = { definitions: this.#definitions, rules: this.#rules, intake: this.#intake, views: this.#views }
    const flushHeads = (): Promise<void> => this.#upkeep.flushHeads()
    this.#changes = new DefinitionChanges({ ...shared, ...kept, ...described, flushHeads })
    this.views = new StoreViews({
      ...{ ...shared, views: this.#views, expiry: said.expiry },
      append: (rows) => this.#storeRows(resolveRows(rows)),
      delete: (range) => this.#deleteRows(range),
    })
  }

  /** Opens what the manifest names, replays the log, removes what neither knows. */
  static async open(options: WriterOptions): Promise<Writer> {
    const { store, kernel, hosts, maxSeries } = options
    const manifest = await readManifest(store.blobs, (bytes) => kernel.checksum(bytes))
    const quota = maxSeries && new (await import('./series-quota.ts')).SeriesQuota(maxSeries)
    const writer = new Writer(options, manifest, quota)
    writer.#intake.columns.restore(manifest.tables)
    await Promise.all(hosts.map((host) => host.openSegments(manifest.segments)))
    await writer.#openCold(options)
    writer.#rollups.restore(manifest.staleWindows, [...rowsOf(manifest.segments), ...(writer.#cold?.files ?? [])])
    writer.#views.restore(manifest.definitions.views, manifest.staleWindows)
    await writer.#deletes.restore()
    await writer.#recover()
    await removeOrphans(store.blobs, manifest)
    writer.#upkeep.start()
    return writer
  }

  /** Parses line protocol and stores its valid rows as one commit. Rows without a time get `now`. */
  async appendLines(
    body: Uint8Array,
    precision: LinePrecision,
    producer?: Producer,
    now: bigint = this.#clock.now(),
  ): Promise<WriteResult> {
    return this.#space.within(body.length, () =>
      this.#inTurn(body.length, producer, async (pause) =>
        this.#prepared(await this.#intake.takeLines(body, { precision, now }, pause), producer),
      ),
    )
  }

  /** Stores rows by column as one commit. Throws `invalid` where a column does not fit the table, or that is a view. */
  async appendColumns(rows: ColumnRows, producer?: Producer): Promise<WriteResult> {
    return this.appendResolved(resolveRows(rows, this.#kernel), producer)
  }

  /** The same of rows whose series are told apart. */
  async appendResolved(rows: ResolvedRows, producer?: Producer): Promise<WriteResult> {
    this.#guard.check(rows.table)
    return this.#storeRows(rows, producer)
  }

  #storeRows(rows: ResolvedRows, producer?: Producer): Promise<WriteResult> {
    return this.#space.within(bytesOfRows(rows), () => this.#appendRows(rows, producer))
  }

  #appendRows(rows: ResolvedRows, producer?: Producer): Promise<WriteResult> {
    return this.#inTurn(bytesOfRows(rows), producer, async (pause) =>
      this.#prepared(await this.#intake.takeColumns(rows, pause), producer),
    )
  }

  /** Hides what was committed before and is in a range; compactions take it off the disk. Throws `invalid` or `quota`. */
  async delete(range: DeleteRange): Promise<void> {
    this.#guard.check(range.table)
    await this.#deleteRows(range)
  }

  async #deleteRows(range: DeleteRange): Promise<void> {
    await checkDelete(range)
    this.#cold?.checkDelete(range)
    await this.#refresh.without(() =>
      this.#inTurn(0, undefined, async () => {
        if (!this.catalog().tables.some(({ name }) => name === range.table)) {
          throw new TidemarkError('invalid', `there is no table '${range.table}'`)
        }
        const tombstone = this.#deletes.number(range)
        const durable = this.#store.log.append(encodeDelete(tombstone))
        return { answer: undefined, done: this.#order.applyAlone(durable, () => this.#delete(tombstone)) }
      }),
    )
    for (const listener of this.#listeners) listener([range], false)
    if (this.#deletes.waiting.length > MANY_WAITING_DELETES) void this.#upkeep.flushAndCompact()
  }

  /** Changes what statements say of a table; durable and in force when it resolves. Throws `invalid`. */
  async changeTable(name: string, change: TableChange): Promise<boolean> {
    this.#checkOpen()
    const changed = await this.#changes.changeTable(name, change)
    if (changed) this.#notify(change.kind === 'drop' ? [{ table: name, start: MIN_TIME, end: MAX_TIME }] : [])
    return changed
  }

  /** Defines a view, by JSON that it does not read, or gives its name free; durable when it resolves. */
  async defineView(name: string, definition?: string): Promise<void> {
    this.#checkOpen()
    await this.#changes.defineView(name, definition)
    this.#notify([])
  }

  catalog(): Catalog {
    return describedCatalog(this.#intake.catalog(), this.#definitions, this.#rules)
  }

  /** Windows of a rollup that no longer agree with the rows; new ones are told before the rows are visible. */
  staleWindows(table: string, width: bigint): readonly TimeRange[] {
    return this.#rollups.stale(table, width)
  }

  statistics(): WriterStatistics {
    const own = { segments: this.#segments, deletes: this.#deletes, faults: this.#faults, space: this.#space }
    return writerStatistics({ ...own, log: this.#store.log, cold: this.#cold })
  }

  /** Calls back after each append has become visible. Never unsubscribed: who watches lives as long. */
  watch(listener: WriteListener): void {
    this.#listeners.add(listener)
  }

  /** Writes rows in memory to segments and shortens the log; then merges segments where there are many. */
  async flush(): Promise<void> {
    await this.#upkeep.flush()
  }

  /** Brings all segments into their smallest form, and takes deleted rows off what is cold. */
  async compact(): Promise<void> {
    await this.#upkeep.compact()
  }

  /** Moves what the rules of the cold tier ask for now. */
  async moveToCold(): Promise<void> {
    await this.#upkeep.moveToCold()
  }

  /** Writes rows in memory to segments, and keeps the files of all segments, and those that are cold, until they are released. */
  async pin(): Promise<Pin & { cold: ColdPin | undefined }> {
    return this.#upkeep.pinned(() => ({ ...this.#segments.pin(), cold: this.#cold?.pin() }))
  }

  /** Finishes the appends and flushes that were called; a compaction is finished too. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#segments.stop()
    this.#upkeep.stop()
    await this.#producers.idle
    await this.#queue.prepared
    await this.#order.applied
    await this.#refresh.settled()
    await this.#cold?.stop()
    await this.#upkeep.settled
    await this.#upkeep.keepIndex()
    await this.#store.close()
  }

  async #inTurn<T>(
    bytes: number,
    producer: Producer | undefined,
    prepare: (pause: Pause) => Promise<Prepared<T>>,
  ): Promise<T | typeof DUPLICATE> {
    this.#checkOpen()
    const run = () =>
      this.#queue.run(bytes, async (pause) => {
        await this.#flushDue.room(
          () => this.#clock.now(),
          () => void this.#upkeep.flushAndCompact(),
        )
        return prepare(pause)
      })
    return producer === undefined ? run() : ((await this.#producers.once(producer, run)) ?? DUPLICATE)
  }

  /** Rows on their way to the log, with the keys that it has to name. */
  async #prepared({ rows, result }: TakenRows, from?: Producer): Promise<Prepared<WriteResult>> {
    for (;;) {
      const newSeries = this.#registry.takeUnnamed(rows.all)
      if (newSeries) return { answer: result, done: this.#commit({ rows, newSeries }, result.newColumns, from) }
      await this.#registry.loadKeys(rows.all)
    }
  }

  /** Makes rows durable, then visible, in the order of calls. */
  async #commit({ rows, newSeries }: NamedRows, newColumns: boolean, from?: Producer): Promise<void> {
    if (rows.all.length === 0) return
    const producer = from && { ...from, time: this.#clock.now() }
    const durable = this.#log(() => rows.encode(newSeries, producer))
    const changes = changesOf(rows)
    await this.#order.apply(durable, () => {
      if (producer) this.#producers.committed(producer, producer.time)
      return this.#apply(rows, changes)
    })
    for (const listener of this.#listeners) listener(changes, newColumns)
    if (this.#flushDue.isFull(this.#clock.now(), this.#store.log.bytes)) void this.#upkeep.flushAndCompact()
  }

  #delete(tombstone: Tombstone): Promise<void> {
    const { tables } = this.#intake.catalog()
    const { table, matchers } = tombstone
    return this.#deletes.apply(tombstone, tables, {
      rows: (range) => this.#views.touchDeleted(table, matchers, range),
      windows: (range) => this.#rollups.touch(table, range),
    })
  }

  /** Has the record appended before it first waits. */
  async #log(encode: () => Uint8Array): Promise<LogPosition> {
    try {
      const record = encode()
      const position = await this.#store.log.append(record)
      this.#buffers.give(record.buffer)
      return position
    } catch (error) {
      this.#registry.forgetNamed() // The log lacks the keys that this record was to name.
      throw error
    }
  }

  #recover(): Promise<void> {
    const [store, segments, registry, intake] = [this.#store, this.#segments, this.#registry, this.#intake]
    return recoverLog({
      ...{ store, segments, registry, intake, kernel: this.#kernel, faults: this.#faults, order: this.#order },
      ...{ changes: this.#changes, producers: this.#producers, views: this.#views },
      apply: (rows) => this.#apply(rows, changesOf(rows)),
      delete: (tombstone) => this.#delete(tombstone),
    })
  }

  #apply(rows: RecordedRows, changes: readonly Change[]): Promise<SentRows> {
    for (const { table, ...range } of changes) this.#rollups.touch(table, range)
    this.#views.touchRows(rows)
    return this.#heads.send(rows)
  }

  /** Tables or columns are others now. */
  #notify(changes: readonly Change[]): void {
    for (const listener of this.#listeners) listener(changes, true)
  }

  #checkOpen(): void {
    if (this.#closed) throw new TidemarkError('closed', 'the engine is closed')
  }

  #expiry(table: string): bigint | undefined {
    return this.#rules.expiry(table, this.#clock.now())
  }

  #described(): Described {
    const producers = this.#producers.states(this.#clock.now())
    const tables = this.#intake.columns.kept()
    const staleWindows = new Map([...this.#rollups.kept(), ...this.#views.kept()])
    return { tables, staleWindows, producers, definitions: this.#definitions.kept() }
  }

  async #openCold(options: WriterOptions): Promise<void> {
    this.#cold = await openedCold({
      ...{ ...options, segments: this.#segments, faults: this.#faults, deletes: this.#deletes },
      tables: () => this.#intake.columns.kept(),
      expiry: (table) => this.#expiry(table),
      reorganise: (task) => this.#upkeep.reorganise(task),
    })
    if (this.#cold) this.#intake.columns.restore(this.#cold.tables)
  }
}
