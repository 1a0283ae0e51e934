import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Catalog } from '../core/plan.ts'
import { isReservedName } from '../core/rollup.ts'
import type { ColumnRows, Producer, TableRows } from '../core/rows.ts'
import { Schemas } from '../index/table-schema.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { LineParser, type LinePrecision } from '../kernel/line-parser.ts'
import type { TimeRange } from '../scan/row-group.ts'
import { bytesOf } from '../storage/compaction.ts'
import { type Manifest, readManifest, removeOrphans } from '../storage/manifest.ts'
import { encodeRecord, type RowsRecord } from '../storage/record.ts'
import type { LogPosition, Store } from '../storage/store.ts'
import { encodeDelete, type Tombstone } from '../storage/tombstone.ts'
import { AppendQueue, LARGE_BYTES, type Prepared } from './append-queue.ts'
import type { ColdMover } from './cold-mover.ts'
import { checkColumns, resolveColumns } from './column-rows.ts'
import { CommitOrder } from './commit-order.ts'
import { DeclaredColumns } from './declared-columns.ts'
import { checkDelete, type DeleteRange, Deletes, MANY_WAITING_DELETES } from './deletes.ts'
import { FlushDue } from './flush-due.ts'
import type { HostPort } from './host-port.ts'
import { gatherNumbers, KeyNumbers } from './key-numbers.ts'
import { type ReplayTarget, replayLog } from './log-replay.ts'
import { nextTurn } from './next-turn.ts'
import { openedTiers } from './opened-tiers.ts'
import { ProblemList } from './problem-list.ts'
import { Producers } from './producers.ts'
import { expiryOf, type Retention } from './retention.ts'
import { RollupRefresh } from './rollup-refresh.ts'
import { Rollups } from './rollups.ts'
import { type Cut, SegmentSet } from './segment-set.ts'
import { SeriesRegistry } from './series-registry.ts'
import { changesOf, shareRows } from './share-rows.ts'
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
  readonly #hosts: readonly HostPort[]
  readonly #clock: Clock
  readonly #retention: Retention
  readonly #rollups: Rollups
  readonly #refresh: RollupRefresh
  readonly #schemas = new Schemas()
  readonly #registry: SeriesRegistry
  readonly #parser: LineParser
  readonly #columns: DeclaredColumns
  readonly #keyNumbers = new KeyNumbers()
  readonly #deletes: Deletes
  readonly #segments: SegmentSet
  readonly #producers: Producers
  readonly #problems = new ProblemList()
  #cold: ColdMover | undefined
  readonly #listeners = new Set<WriteListener>()
  readonly #queue = new AppendQueue(MAX_WAITING_BYTES)
  readonly #order: CommitOrder
  readonly #flushDue = new FlushDue()
  /** Of the rows that are set aside but not in segments yet. */
  #cut: Cut | undefined
  /** Flushes and compactions go one after the other: each changes the manifest that the next one starts from. */
  #reorganised: Promise<unknown> = Promise.resolve()
  #maintaining: Promise<void> | undefined
  #upkeep: ReturnType<typeof setInterval> | undefined
  #closed = false

  private constructor(options: WriterOptions, manifest: Manifest) {
    this.#store = options.store
    this.#kernel = options.kernel
    this.#hosts = options.hosts
    this.#clock = options.clock
    this.#retention = options.retention
    this.#rollups = new Rollups(options.rollups)
    this.#refresh = new RollupRefresh({
      rollups: this.#rollups,
      hosts: options.hosts,
      append: (rows) => this.appendColumns(rows),
      applied: () => this.#order.applied,
      now: () => this.#clock.now(),
      table: (name) => this.catalog().tables.find((table) => table.name === name),
      expiry: (table) => expiryOf(this.#retention, table, this.#clock.now()),
    })
    this.#producers = new Producers(manifest.producers)
    this.#deletes = new Deletes(options.hosts, manifest.deletes)
    const parts = { ...options, blobs: options.store.blobs, deletes: this.#deletes }
    this.#segments = new SegmentSet({ ...parts, described: () => this.#described() }, manifest)
    this.#registry = new SeriesRegistry(options.kernel, options.hosts)
    this.#parser = new LineParser(options.kernel, { seed: options.seed })
    this.#columns = new DeclaredColumns(this.#schemas, this.#parser)
    this.#order = new CommitOrder(manifest.logStart)
  }

  /** Opens what the manifest names, replays the log, removes what neither knows. */
  static async open(options: WriterOptions): Promise<Writer> {
    const { store, kernel, hosts } = options
    const manifest = await readManifest(store.blobs, (bytes) => kernel.checksum(bytes))
    const writer = new Writer(options, manifest)
    writer.#columns.restore(manifest.tables)
    writer.#rollups.restore(manifest)
    await Promise.all(hosts.map((host) => host.openSegments(manifest.segments)))
    await writer.#openCold(options)
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
    return this.#inTurn(body.length, producer, async () => {
      const { tables, newKeys, newTags, firstKey, ...report } = this.#parser.parse(body, { precision, now })
      const { version } = this.#schemas
      for (const { table, tag } of newTags) this.#schemas.addTag(table, tag)
      this.#keyNumbers.forgetBefore(firstKey)
      if (body.length >= LARGE_BYTES) await nextTurn()
      if (newKeys.length > 0) {
        const numbers = await this.#registry.numbersOfKeys(newKeys.map(({ canonical }) => canonical))
        for (const [i, { key }] of newKeys.entries()) this.#keyNumbers.set(key, numbers[i] as number)
      }
      const logged = tables.map(({ table, keys, time, fields }): TableRows => {
        for (const { name, type } of fields) if (type !== 'time') this.#schemas.addField(table, name, type)
        return { table, series: this.#keyNumbers.ofKeys(keys), time, fields }
      })
      return this.#prepared(logged, { ...report, newColumns: this.#schemas.version !== version }, producer)
    })
  }

  /** Stores rows by column as one commit. Throws `invalid` where a column does not fit the table. */
  async appendColumns(rows: ColumnRows, producer?: Producer): Promise<WriteResult> {
    const bytes = rows.time.byteLength * (1 + rows.fields.length)
    return this.#inTurn(bytes, producer, async () => {
      const fields = checkColumns(rows, this.#schemas)
      const report = { rows: rows.time.length, rejectedCount: 0, rejected: [], warnings: [] }
      if (report.rows === 0) return { answer: { ...report, newColumns: false }, done: Promise.resolve() }
      const { series, distinct } = resolveColumns(rows)
      const numbers = await this.#registry.numbersOf(distinct)
      const { version } = this.#schemas
      for (const { name } of rows.tags) this.#columns.addTag(rows.table, name)
      this.#columns.addFields(rows.table, fields)
      const logged = { table: rows.table, series: gatherNumbers(numbers, series), time: rows.time, fields }
      return this.#prepared([logged], { ...report, newColumns: this.#schemas.version !== version }, producer)
    })
  }

  /** Hides what was committed before and is in a range; compactions take it off the disk. Throws `invalid` or `quota`. */
  async delete(range: DeleteRange): Promise<void> {
    await checkDelete(range)
    if (this.#cold) throw new TidemarkError('invalid', 'rows of a store with a cold tier cannot be deleted')
    await this.#refresh.without(() =>
      this.#inTurn(0, undefined, async () => {
        if (!this.catalog().tables.some(({ name }) => name === range.table)) {
          throw new TidemarkError('invalid', `there is no table '${range.table}'`)
        }
        const tombstone = this.#deletes.number(range)
        const durable = this.#store.log.append(encodeDelete(tombstone))
        return { answer: undefined, done: this.#order.apply(durable, () => this.#delete(tombstone)) }
      }),
    )
    for (const listener of this.#listeners) listener([range], false)
    if (this.#deletes.waiting.length > MANY_WAITING_DELETES) void this.#flushAndCompact()
  }

  catalog(): Catalog {
    return { tables: this.#schemas.catalog().tables.filter(({ name }) => !isReservedName(name)) }
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
      damaged: this.#problems.list,
      ...(this.#cold && { cold: this.#cold.statistics }),
    }
  }

  /** Calls back after each append has become visible. Never unsubscribed: who watches lives as long. */
  watch(listener: WriteListener): void {
    this.#listeners.add(listener)
  }

  /** Writes rows in memory to segments and shortens the log; then merges segments where there are many. */
  async flush(): Promise<void> {
    await this.#reorganise(() => this.#flush())
    const compacted = this.#reorganise(() => this.#segments.compact())
    await compacted.catch((error: unknown) => this.#problems.addError('compaction', error))
    await this.#refresh.run()
  }

  /** Writes rows in memory to segments, and makes one settled segment of all neighbours that fit into one. */
  async compact(): Promise<void> {
    await this.#reorganise(() => this.#flush())
    await this.#refresh.run()
    await this.#reorganise(() => this.#flush())
    await this.#reorganise(() => this.#segments.settle())
  }

  /** Moves what the rules of the cold tier ask for now. */
  async moveToCold(): Promise<void> {
    await this.#reorganise(() => this.#flush())
    while (await this.#cold?.round()) await nextTurn()
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
    await this.#store.close()
  }

  async #inTurn<T>(
    bytes: number,
    producer: Producer | undefined,
    prepare: () => Promise<Prepared<T>>,
  ): Promise<T | typeof DUPLICATE> {
    if (this.#closed) throw new TidemarkError('closed', 'the engine is closed')
    const run = () => this.#queue.run(bytes, prepare)
    return producer === undefined ? run() : ((await this.#producers.once(producer, run)) ?? DUPLICATE)
  }

  #reorganise(task: () => Promise<void>): Promise<void> {
    const done = this.#reorganised.then(task)
    this.#reorganised = done.catch(() => undefined)
    return done
  }

  /** Rows on their way to the log, with the keys that it has to name. */
  async #prepared(tables: readonly TableRows[], answer: WriteResult, from?: Producer): Promise<Prepared<WriteResult>> {
    for (;;) {
      const newSeries = this.#registry.takeUnnamed(tables)
      if (newSeries) return { answer, done: this.#commit({ newSeries, tables }, answer.newColumns, from) }
      await this.#registry.loadKeys(tables)
    }
  }

  /** Makes rows durable, then visible, in the order of calls. */
  async #commit(rows: RowsRecord, newColumns: boolean, from?: Producer): Promise<void> {
    const { tables } = rows
    if (tables.length === 0) return
    const producer = from && { ...from, time: this.#clock.now() }
    const durable = this.#log({ ...rows, ...(producer && { producer }) })
    await this.#order.apply(durable, () => {
      if (producer) this.#producers.committed(producer, producer.time)
      return this.#apply(tables)
    })
    this.#notify(tables, newColumns)
    if (this.#flushDue.isFull(this.#clock.now(), this.#store.log.bytes)) void this.#flushAndCompact()
  }

  #delete(tombstone: Tombstone): Promise<void> {
    const { tables } = this.#schemas.catalog()
    return this.#deletes.apply(tombstone, tables, (range) => this.#rollups.touch(tombstone.table, range))
  }

  /** Has the record appended before it first waits. */
  async #log(record: RowsRecord): Promise<LogPosition> {
    try {
      return await this.#store.log.append(encodeRecord(record, this.#kernel))
    } catch (error) {
      // The log lacks the keys that this record was to name.
      this.#registry.forgetNamed()
      throw error
    }
  }

  async #apply(tables: readonly TableRows[]): Promise<void> {
    for (const { table, ...range } of changesOf(tables)) this.#rollups.touch(table, range)
    const shares = shareRows(tables, this.#registry, this.#hosts.length)
    await Promise.all(
      shares.map(async (share, host) => {
        if (share.length === 0) return
        const headBytes = (await this.#hosts[host]?.apply(share)) ?? 0
        this.#flushDue.rowsCame(host, headBytes, this.#clock.now())
      }),
    )
  }

  #notify(tables: readonly TableRows[], newColumns: boolean): void {
    const changes = this.#listeners.size === 0 ? [] : changesOf(tables)
    for (const listener of this.#listeners) listener(changes, newColumns)
  }

  async #flush(): Promise<void> {
    // Left by a flush that failed.
    if (this.#cut !== undefined) await this.#writeFrozen(this.#cut)
    // At once, not when the chain gets there: records that are made from now on lie behind the cut.
    this.#registry.forgetNamed()
    await this.#order.between(async () => {
      if (this.#order.end === this.#segments.manifest.logStart) return
      await Promise.all(this.#hosts.map((host) => host.freeze()))
      this.#cut = { position: this.#order.end, deletes: this.#deletes.applied }
      this.#flushDue.setAside()
    })
    if (this.#cut !== undefined) await this.#writeFrozen(this.#cut)
  }

  /** Has the rows that are set aside written; those of the log before the cut are then in segments. */
  async #writeFrozen(cut: Cut): Promise<void> {
    const written = await Promise.all(this.#hosts.map((host) => host.writeFrozen()))
    await this.#segments.add(written, cut)
    this.#cut = undefined
    await this.#store.log.truncate(cut.position)
  }

  /** One at a time; whoever calls meanwhile gets the one that is under way. */
  #flushAndCompact(): Promise<void> {
    this.#maintaining ??= this.#reorganise(async () => {
      await this.#flush()
      await this.#segments.compact()
    })
      .catch((error: unknown) => {
        // Nothing is lost: the rows are in the log and in memory.
        this.#flushDue.failed(this.#clock.now())
        this.#problems.addError('flush', error)
      })
      .finally(() => {
        this.#maintaining = undefined
      })
    return this.#maintaining
  }

  async #maintain(): Promise<void> {
    if (this.#flushDue.isDue(this.#clock.now(), this.#store.log.bytes)) await this.#flushAndCompact()
    await this.#refresh.run().catch((error: unknown) => this.#problems.addError('rollup', error))
    await this.#cold?.round().catch((error: unknown) => this.#problems.addError('cold tier', error))
  }

  #described(): Pick<Manifest, 'tables' | 'staleWindows' | 'producers'> {
    const producers = this.#producers.states(this.#clock.now())
    return { tables: this.#columns.kept(), staleWindows: this.#rollups.kept(), producers }
  }

  async #openCold(options: WriterOptions): Promise<void> {
    const tiers = await openedTiers(options)
    if (tiers === undefined) return
    const { openColdMover } = await import('./cold-mover.ts')
    this.#cold = await openColdMover({
      ...{ ...options, tiers, segments: this.#segments, problems: this.#problems },
      tables: () => this.#columns.kept(),
      reorganise: (task) => this.#reorganise(task),
    })
    this.#columns.restore(this.#cold.tables)
  }

  /** Brings back the rows of the log that no segment has. */
  async #replay(): Promise<void> {
    const { log } = this.#store
    const { logStart } = this.#segments.manifest
    const target: ReplayTarget = {
      numbersOfKeys: (keys) => this.#registry.numbersOfKeys(keys),
      declareTag: (table, tag) => this.#columns.addTag(table, tag),
      declareFields: (table, fields) => this.#columns.addFields(table, fields),
      apply: (tables) => this.#apply(tables),
      delete: (tombstone) => this.#delete(tombstone),
      committed: (producer) => this.#producers.committed(producer, producer.time),
    }
    const { damage, nextNumber } = await replayLog(log, logStart, { kernel: this.#kernel, target })
    for (const reason of damage) this.#problems.add('log', reason)
    this.#registry.startNumbersAt(nextNumber)
    if (log.next < logStart) {
      const reason = `the log ends before record ${log.next}; records up to ${logStart} are in segments, later ones may be lost`
      this.#problems.add('log', reason)
      await this.#segments.moveLogStart(log.next)
    }
    this.#order.replayed(log.next)
  }
}
