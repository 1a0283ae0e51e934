import type { Clock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Catalog, Change } from '../../core/plan.ts'
import { isReservedName } from '../../core/rollup.ts'
import type { ColumnRows, Producer, ResolvedRows, TableRows } from '../../core/rows.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { LinePrecision } from '../../kernel/line-parser.ts'
import { RowBuffers } from '../../kernel/row-buffers.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { bytesOf } from '../../storage/compaction.ts'
import { type Manifest, readManifest, removeOrphans } from '../../storage/manifest.ts'
import type { LogPosition, Store } from '../../storage/store.ts'
import { encodeDelete, rowsOf, type Tombstone } from '../../storage/tombstone.ts'
import type { ColdMover } from '../cold/cold-mover.ts'
import type { ColdPin } from '../cold/cold-tier.ts'
import { Faults } from '../faults.ts'
import { nextTurn } from '../next-turn.ts'
import { openedTiers } from '../opened-tiers.ts'
import { expiryOf, type Retention } from '../retention.ts'
import { RollupRefresh } from '../rollup/rollup-refresh.ts'
import { Rollups } from '../rollup/rollups.ts'
import { HeadFlush } from '../shard/head-flush.ts'
import { HostHeads } from '../shard/host-heads.ts'
import { type Pin, SegmentSet } from '../shard/segment-set.ts'
import { SeriesUpkeep } from '../shard/series-upkeep.ts'
import { AppendQueue, type Pause, type Prepared } from './append-queue.ts'
import { bytesOfRows, resolveRows } from './column-rows.ts'
import { CommitOrder, type SentRows } from './commit-order.ts'
import { checkDelete, type DeleteRange, Deletes, MANY_WAITING_DELETES } from './deletes.ts'
import { FlushDue } from './flush-due.ts'
import { IdleMemory } from './idle-memory.ts'
import { type ReplayTarget, replayLog } from './log-replay.ts'
import { Producers } from './producers.ts'
import { type NamedRows, RowIntake, type TakenRows } from './row-intake.ts'
import { SeriesQuota } from './series-limits.ts'
import { SeriesRegistry } from './series-registry.ts'
import { changesOf } from './share-rows.ts'
import { Space } from './space.ts'
import { DUPLICATE, type WriteListener, type WriteResult, type WriterStatistics } from './write-result.ts'
import type { WriterOptions } from './writer-options.ts'

const UPKEEP_MS = 60_000
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
  readonly #retention: Retention
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
  readonly #headFlush: HeadFlush
  readonly #seriesUpkeep: SeriesUpkeep
  /** Flushes and compactions go one after the other: each changes the manifest that the next one starts from. */
  #reorganised: Promise<unknown> = Promise.resolve()
  #maintaining: Promise<void> | undefined
  #upkeep: ReturnType<typeof setInterval> | undefined
  #closed = false

  private constructor(options: WriterOptions, manifest: Manifest) {
    this.#store = options.store
    this.#buffers = options.buffers ?? new RowBuffers()
    this.#idle = new IdleMemory(options.hosts, this.#buffers)
    this.#kernel = options.kernel
    this.#clock = options.clock
    this.#retention = options.retention
    this.#rollups = new Rollups(options.rollups)
    this.#refresh = new RollupRefresh({
      ...{ rollups: this.#rollups, hosts: options.hosts },
      append: (rows) => this.#appendRows(resolveRows(rows)),
      applied: () => this.#order.applied,
      now: () => this.#clock.now(),
      table: (name) => this.catalog().tables.find((table) => table.name === name),
      expiry: (table) => expiryOf(this.#retention, table, this.#clock.now()),
    })
    this.#producers = new Producers(manifest.producers)
    this.#deletes = new Deletes(options.hosts, manifest.deletes)
    const parts = { ...options, blobs: options.store.blobs, deletes: this.#deletes }
    this.#segments = new SegmentSet({ ...parts, described: () => this.#described() }, manifest)
    this.#registry = new SeriesRegistry(options.kernel, options.hosts, new SeriesQuota(options.maxSeries ?? {}))
    const { hosts, kernel, seed } = options
    this.#heads = new HostHeads({
      ...{ hosts, registry: this.#registry, buffers: this.#buffers },
      onRows: (host, headBytes) => this.#flushDue.rowsCame(host, headBytes, this.#clock.now()),
    })
    this.#intake = new RowIntake({ kernel, registry: this.#registry, seed, buffers: this.#buffers })
    this.#space = new Space(options.space, {
      ...{ clock: this.#clock, log: this.#store.log, segments: this.#segments },
      flush: () => this.#reorganise(() => this.#headFlush.run()),
      delete: (range) => this.delete(range),
      compact: () => this.#reorganise(() => this.#segments.compact()),
    })
    this.#order = new CommitOrder(manifest.logStart)
    const own = { hosts, order: this.#order, registry: this.#registry, segments: this.#segments }
    this.#headFlush = new HeadFlush({ ...own, log: this.#store.log, deletes: this.#deletes, flushDue: this.#flushDue })
    this.#seriesUpkeep = new SeriesUpkeep({ ...own, queue: this.#queue, intake: this.#intake })
  }

  /** Opens what the manifest names, replays the log, removes what neither knows. */
  static async open(options: WriterOptions): Promise<Writer> {
    const { store, kernel, hosts } = options
    const manifest = await readManifest(store.blobs, (bytes) => kernel.checksum(bytes))
    const writer = new Writer(options, manifest)
    writer.#intake.columns.restore(manifest.tables)
    await Promise.all(hosts.map((host) => host.openSegments(manifest.segments)))
    await writer.#openCold(options)
    writer.#rollups.restore(manifest.staleWindows, [...rowsOf(manifest.segments), ...(writer.#cold?.files ?? [])])
    await writer.#deletes.restore()
    await writer.#replay()
    await removeOrphans(store.blobs, manifest)
    writer.#upkeep = setInterval(() => void writer.#maintain(), UPKEEP_MS)
    if (typeof writer.#upkeep === 'object') writer.#upkeep.unref()
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

  /** Stores rows by column as one commit. Throws `invalid` where a column does not fit the table. */
  async appendColumns(rows: ColumnRows, producer?: Producer): Promise<WriteResult> {
    return this.appendResolved(resolveRows(rows), producer)
  }

  /** The same of rows whose series are told apart. */
  async appendResolved(rows: ResolvedRows, producer?: Producer): Promise<WriteResult> {
    return this.#space.within(bytesOfRows(rows), () => this.#appendRows(rows, producer))
  }

  #appendRows(rows: ResolvedRows, producer?: Producer): Promise<WriteResult> {
    return this.#inTurn(bytesOfRows(rows), producer, async (pause) =>
      this.#prepared(await this.#intake.takeColumns(rows, pause), producer),
    )
  }

  /** Hides what was committed before and is in a range; compactions take it off the disk. Throws `invalid` or `quota`. */
  async delete(range: DeleteRange): Promise<void> {
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
    if (this.#deletes.waiting.length > MANY_WAITING_DELETES) void this.#flushAndCompact()
  }

  catalog(): Catalog {
    return { tables: this.#intake.catalog().tables.filter(({ name }) => !isReservedName(name)) }
  }

  /** Windows of a rollup that no longer agree with the rows; new ones are told before the rows are visible. */
  staleWindows(table: string, width: bigint): readonly TimeRange[] {
    return this.#rollups.stale(table, width)
  }

  statistics(): WriterStatistics {
    const { segments, written } = this.#segments.manifest
    return {
      segments: segments.length,
      segmentBytes: bytesOf(segments),
      logBytes: this.#store.log.bytes,
      written,
      waitingDeletes: this.#deletes.waiting.length,
      compacting: this.#segments.progress,
      damaged: this.#faults.list,
      ...(this.#cold && { cold: this.#cold.statistics }),
      space: this.#space.statistics,
    }
  }

  /** Calls back after each append has become visible. Never unsubscribed: who watches lives as long. */
  watch(listener: WriteListener): void {
    this.#listeners.add(listener)
  }

  /** Writes rows in memory to segments and shortens the log; then merges segments where there are many. */
  async flush(): Promise<void> {
    const { end } = this.#order
    await this.#reorganise(() => this.#headFlush.run())
    const compacted = this.#reorganise(() => this.#segments.compact())
    await compacted.catch((error: unknown) => this.#faults.report('compaction', error))
    await this.#refresh.run()
    await this.#seriesUpkeep.run()
    if (this.#order.end === end) await this.#idle.rest()
  }

  /** Writes rows in memory to segments, makes one settled segment of all neighbours that fit into one, and takes deleted rows off what is cold. */
  async compact(): Promise<void> {
    await this.#reorganise(() => this.#headFlush.run())
    await this.#refresh.run()
    await this.#reorganise(() => this.#headFlush.run())
    await this.#reorganise(() => this.#segments.settle())
    await this.#cold?.carryOutDeletes()
    await this.#seriesUpkeep.run()
  }

  /** Moves what the rules of the cold tier ask for now. */
  async moveToCold(): Promise<void> {
    await this.#reorganise(() => this.#headFlush.run())
    while (await this.#cold?.round()) await nextTurn()
  }

  /** Writes rows in memory to segments, and keeps the files of all segments, and those that are cold, until they are released. */
  async pin(): Promise<Pin & { cold: ColdPin | undefined }> {
    return this.#reorganise(async () => {
      await this.#headFlush.run()
      return { ...this.#segments.pin(), cold: this.#cold?.pin() }
    })
  }

  /** Finishes the appends and flushes that were called; a compaction is finished too. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#segments.stop()
    clearInterval(this.#upkeep)
    await this.#producers.idle
    await this.#queue.prepared
    await this.#order.applied
    await this.#refresh.settled()
    await this.#cold?.stop()
    await this.#reorganised
    // What is not kept is made anew when the store is opened. A limit of space is for what nothing else can give.
    if (!this.#space.isLimited) await Promise.allSettled(this.#heads.hosts.map((host) => host.keepIndex()))
    await this.#store.close()
  }

  async #inTurn<T>(
    bytes: number,
    producer: Producer | undefined,
    prepare: (pause: Pause) => Promise<Prepared<T>>,
  ): Promise<T | typeof DUPLICATE> {
    if (this.#closed) throw new TidemarkError('closed', 'the engine is closed')
    const run = () =>
      this.#queue.run(bytes, async (pause) => {
        await this.#flushDue.room(
          () => this.#clock.now(),
          () => void this.#flushAndCompact(),
        )
        return prepare(pause)
      })
    return producer === undefined ? run() : ((await this.#producers.once(producer, run)) ?? DUPLICATE)
  }

  #reorganise<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#reorganised.then(task)
    this.#reorganised = done.catch(() => undefined)
    return done
  }

  /** Rows on their way to the log, with the keys that it has to name. */
  async #prepared({ rows, result }: TakenRows, from?: Producer): Promise<Prepared<WriteResult>> {
    for (;;) {
      const newSeries = this.#registry.takeUnnamed(rows.tables)
      if (newSeries) return { answer: result, done: this.#commit({ rows, newSeries }, result.newColumns, from) }
      await this.#registry.loadKeys(rows.tables)
    }
  }

  /** Makes rows durable, then visible, in the order of calls. */
  async #commit({ rows, newSeries }: NamedRows, newColumns: boolean, from?: Producer): Promise<void> {
    if (rows.tables.length === 0) return
    const producer = from && { ...from, time: this.#clock.now() }
    const durable = this.#log(() => rows.encode(newSeries, producer))
    const changes = changesOf(rows.tables)
    await this.#order.apply(durable, () => {
      if (producer) this.#producers.committed(producer, producer.time)
      return this.#apply(rows.tables, changes)
    })
    for (const listener of this.#listeners) listener(changes, newColumns)
    if (this.#flushDue.isFull(this.#clock.now(), this.#store.log.bytes)) void this.#flushAndCompact()
  }

  #delete(tombstone: Tombstone): Promise<void> {
    const { tables } = this.#intake.catalog()
    return this.#deletes.apply(tombstone, tables, (range) => this.#rollups.touch(tombstone.table, range))
  }

  /** Has the record appended before it first waits. */
  async #log(encode: () => Uint8Array): Promise<LogPosition> {
    try {
      return await this.#store.log.append(encode())
    } catch (error) {
      // The log lacks the keys that this record was to name.
      this.#registry.forgetNamed()
      throw error
    }
  }

  #apply(tables: readonly TableRows[], changes: readonly Change[]): Promise<SentRows> {
    for (const { table, ...range } of changes) this.#rollups.touch(table, range)
    return this.#heads.send(tables)
  }

  /** One at a time; whoever calls meanwhile gets the one that is under way. */
  #flushAndCompact(): Promise<void> {
    this.#maintaining ??= this.#reorganise(async () => {
      await this.#headFlush.run()
      await this.#segments.compact()
    })
      .catch((error: unknown) => {
        // Nothing is lost: the rows are in the log and in memory.
        this.#flushDue.failed(this.#clock.now())
        this.#faults.report('flush', error)
      })
      .finally(() => {
        this.#maintaining = undefined
        this.#flushDue.ended()
      })
    return this.#maintaining
  }

  async #maintain(): Promise<void> {
    await this.#idle.look(this.#order.end)
    if (this.#flushDue.isDue(this.#clock.now(), this.#store.log.bytes)) await this.#flushAndCompact()
    await this.#refresh.run().catch((error: unknown) => this.#faults.report('rollup', error))
    await this.#cold?.round().catch((error: unknown) => this.#faults.report('cold tier', error))
    await this.#seriesUpkeep.run().catch((error: unknown) => this.#faults.report('index', error))
  }

  #described(): Pick<Manifest, 'tables' | 'staleWindows' | 'producers'> {
    const producers = this.#producers.states(this.#clock.now())
    return { tables: this.#intake.columns.kept(), staleWindows: this.#rollups.kept(), producers }
  }

  async #openCold(options: WriterOptions): Promise<void> {
    const tiers = await openedTiers(options)
    if (tiers === undefined) return
    const { openColdMover } = await import('../cold/cold-mover.ts')
    this.#cold = await openColdMover({
      ...{ ...options, tiers, segments: this.#segments, faults: this.#faults, deletes: this.#deletes },
      tables: () => this.#intake.columns.kept(),
      reorganise: (task) => this.#reorganise(task),
    })
    this.#intake.columns.restore(this.#cold.tables)
  }

  /** Brings back the rows of the log that no segment has. */
  async #replay(): Promise<void> {
    const { log } = this.#store
    const { logStart } = this.#segments.manifest
    const target: ReplayTarget = {
      numbersOfKeys: (keys) => this.#registry.numbersOfKeys(keys),
      declareTag: (table, tag) => this.#intake.columns.addTag(table, tag),
      declareFields: (table, fields) => this.#intake.columns.addFields(table, fields),
      apply: async (tables) => void (await (await this.#apply(tables, changesOf(tables))).visible),
      delete: (tombstone) => this.#delete(tombstone),
      committed: (producer) => this.#producers.committed(producer, producer.time),
    }
    const { damage, nextNumber } = await replayLog(log, logStart, { kernel: this.#kernel, target })
    for (const reason of damage) this.#faults.report('log', reason)
    this.#registry.startNumbersAt(nextNumber)
    if (log.next < logStart) {
      const reason = `the log ends before record ${log.next}; records up to ${logStart} are in segments, later ones may be lost`
      this.#faults.report('log', reason)
      await this.#segments.moveLogStart(log.next)
    }
    this.#order.replayed(log.next)
  }
}
