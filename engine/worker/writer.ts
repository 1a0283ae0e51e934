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
import type { LoggedProducer } from '../storage/producer-state.ts'
import { encodeRecord } from '../storage/record.ts'
import type { LogPosition, Store } from '../storage/store.ts'
import { encodeDelete, type Tombstone } from '../storage/tombstone.ts'
import { AppendQueue, LARGE_BYTES, type Prepared } from './append-queue.ts'
import { checkColumns, resolveColumns } from './column-rows.ts'
import { DeclaredColumns } from './declared-columns.ts'
import { checkDelete, type DeleteRange, Deletes, MANY_WAITING_DELETES } from './deletes.ts'
import { Faults } from './faults.ts'
import { FlushDue } from './flush-due.ts'
import type { HostPort } from './host-port.ts'
import { gatherNumbers, KeyNumbers } from './key-numbers.ts'
import { type ReplayTarget, replayLog } from './log-replay.ts'
import { nextTurn } from './next-turn.ts'
import { Producers } from './producers.ts'
import { expiryOf, type Retention } from './retention.ts'
import { RollupRefresh } from './rollup-refresh.ts'
import { Rollups } from './rollups.ts'
import { type Cut, type Pin, SegmentSet } from './segment-set.ts'
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
  readonly #keyNumbers = new KeyNumbers()
  readonly #columns: DeclaredColumns
  readonly #deletes: Deletes
  readonly #segments: SegmentSet
  readonly #producers: Producers
  readonly #faults = new Faults()
  readonly #listeners = new Set<WriteListener>()
  readonly #queue = new AppendQueue(MAX_WAITING_BYTES)
  /** Resolves when all appends so far are visible. */
  #applied: Promise<unknown> = Promise.resolve()
  /** Log position up to which rows are in the hosts. */
  #appliedEnd: LogPosition
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
      applied: () => this.#applied,
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
    this.#appliedEnd = manifest.logStart
  }

  /** Opens what the manifest names, replays the log, removes what neither knows. */
  static async open(options: WriterOptions): Promise<Writer> {
    const { store, kernel, hosts } = options
    const manifest = await readManifest(store.blobs, (bytes) => kernel.checksum(bytes))
    const writer = new Writer(options, manifest)
    writer.#columns.restore(manifest.tables)
    writer.#rollups.restore(manifest)
    await Promise.all(hosts.map((host) => host.openSegments(manifest.segments)))
    await writer.#deletes.restore()
    await writer.#replay()
    await removeOrphans(store.blobs, manifest)
    writer.#upkeep = setInterval(() => void writer.#maintain(), UPKEEP_MS)
    if (typeof writer.#upkeep === 'object') writer.#upkeep.unref()
    return writer
  }

  /** Parses line protocol and stores its valid rows as one commit. */
  async appendLines(body: Uint8Array, precision: LinePrecision, producer?: Producer): Promise<WriteResult> {
    return this.#inTurn(body.length, producer, async () => {
      const parsed = this.#parser.parse(body, { precision, now: this.#clock.now() })
      const { tables, newKeys, rows, rejectedCount, rejected, warnings } = parsed
      const { version } = this.#schemas
      for (const { table, tag } of parsed.newTags) this.#schemas.addTag(table, tag)
      this.#keyNumbers.forgetBefore(parsed.firstKey)
      if (body.length >= LARGE_BYTES) await nextTurn()
      if (newKeys.length > 0) {
        const numbers = await this.#registry.numbersOfKeys(newKeys.map(({ canonical }) => canonical))
        for (const [i, { key }] of newKeys.entries()) this.#keyNumbers.set(key, numbers[i] as number)
      }
      const logged = tables.map(({ table, keys, time, fields }): TableRows => {
        for (const { name, type } of fields) if (type !== 'time') this.#schemas.addField(table, name, type)
        return { table, series: this.#keyNumbers.ofKeys(keys), time, fields }
      })
      const newColumns = this.#schemas.version !== version
      const answer = { rows, rejectedCount, rejected, warnings, newColumns }
      return { answer, done: this.#commit(logged, newColumns, producer) }
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
      const newColumns = this.#schemas.version !== version
      return { answer: { ...report, newColumns }, done: this.#commit([logged], newColumns, producer) }
    })
  }

  /** Hides what was committed before and is in a range; compactions take it off the disk. Throws `invalid` or `quota`. */
  async delete(range: DeleteRange): Promise<void> {
    await checkDelete(range)
    await this.#refresh.without(() =>
      this.#inTurn(0, undefined, async () => {
        if (!this.catalog().tables.some(({ name }) => name === range.table)) {
          throw new TidemarkError('invalid', `there is no table '${range.table}'`)
        }
        const tombstone = this.#deletes.number(range)
        const durable = this.#store.log.append(encodeDelete(tombstone))
        return { answer: undefined, done: this.#makeVisible(durable, () => this.#delete(tombstone)) }
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
      damaged: this.#faults.list,
    }
  }

  /** Calls back after each append has become visible. Never unsubscribed: who watches lives as long. */
  watch(listener: WriteListener): void {
    this.#listeners.add(listener)
  }

  /** Writes rows in memory to segments and shortens the log; then merges segments where there are many. */
  async flush(): Promise<void> {
    await this.#reorganise(() => this.#flush())
    await this.#reorganise(() => this.#segments.compact()).catch((error: unknown) =>
      this.#faults.report('compaction', error),
    )
    await this.#refresh.run()
  }

  /** Writes rows in memory to segments, and makes one settled segment of all neighbours that fit into one. */
  async compact(): Promise<void> {
    await this.#reorganise(() => this.#flush())
    await this.#refresh.run()
    await this.#reorganise(() => this.#flush())
    await this.#reorganise(() => this.#segments.settle())
  }

  /** Writes rows in memory to segments, and keeps the files of all segments until they are released. */
  async pin(): Promise<Pin> {
    return this.#reorganise(async () => {
      await this.#flush()
      return this.#segments.pin()
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
    await this.#applied
    await this.#refresh.settled()
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

  #reorganise<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#reorganised.then(task)
    this.#reorganised = done.catch(() => undefined)
    return done
  }

  /** Makes rows durable, then visible, in the order of calls. */
  async #commit(tables: readonly TableRows[], newColumns: boolean, from?: Producer): Promise<void> {
    if (tables.length === 0) return
    const producer = from && { ...from, time: this.#clock.now() }
    const durable = this.#log(tables, producer)
    await this.#makeVisible(durable, () => {
      if (producer) this.#producers.committed(producer, producer.time)
      return this.#apply(tables)
    })
    this.#notify(tables, newColumns)
    if (this.#needsFlush()) void this.#flushAndCompact()
  }

  /** Applies a record once it is durable, in the order of calls. */
  async #makeVisible(durable: Promise<LogPosition>, apply: () => Promise<void>): Promise<void> {
    // Records before this one may still be on their way to the hosts when it fails.
    durable.catch(() => undefined)
    const applied = this.#applied.then(async () => {
      const position = await durable
      await apply()
      this.#appliedEnd = position + 1
    })
    this.#applied = applied.catch(() => undefined)
    await applied
  }

  #delete(tombstone: Tombstone): Promise<void> {
    const { tables } = this.#schemas.catalog()
    return this.#deletes.apply(tombstone, tables, (range) => this.#rollups.touch(tombstone.table, range))
  }

  /** Has the record appended before it first waits. */
  async #log(tables: readonly TableRows[], producer: LoggedProducer | undefined): Promise<LogPosition> {
    try {
      const newSeries = tables.flatMap(({ series }) => this.#registry.takeUnnamed(series))
      return await this.#store.log.append(
        encodeRecord({ newSeries, tables, ...(producer && { producer }) }, this.#kernel),
      )
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
    if (this.#listeners.size === 0) return
    const changes = changesOf(tables)
    for (const listener of this.#listeners) listener(changes, newColumns)
  }

  #needsFlush(): boolean {
    return this.#flushDue.isFull(this.#clock.now(), this.#store.log.bytes)
  }

  async #flush(): Promise<void> {
    // Left by a flush that failed.
    if (this.#cut !== undefined) await this.#writeFrozen(this.#cut)
    // At once, not when the chain gets there: records that are made from now on lie behind the cut.
    this.#registry.forgetNamed()
    const frozen = this.#applied.then(async () => {
      if (this.#appliedEnd === this.#segments.manifest.logStart) return
      await Promise.all(this.#hosts.map((host) => host.freeze()))
      this.#cut = { position: this.#appliedEnd, deletes: this.#deletes.applied }
      this.#flushDue.setAside()
    })
    this.#applied = frozen.catch(() => undefined)
    await frozen
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
        this.#faults.report('flush', error)
      })
      .finally(() => {
        this.#maintaining = undefined
      })
    return this.#maintaining
  }

  async #maintain(): Promise<void> {
    if (this.#flushDue.hasOldRows(this.#clock.now()) || this.#needsFlush()) await this.#flushAndCompact()
    await this.#refresh.run().catch((error: unknown) => this.#faults.report('rollup', error))
  }

  #described(): Pick<Manifest, 'tables' | 'staleWindows' | 'producers'> {
    const producers = this.#producers.states(this.#clock.now())
    return { tables: this.#columns.kept(), staleWindows: this.#rollups.kept(), producers }
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
    for (const reason of damage) this.#faults.report('log', reason)
    this.#registry.startNumbersAt(nextNumber)
    if (log.next < logStart) {
      const reason = `the log ends before record ${log.next}; records up to ${logStart} are in segments, later ones may be lost`
      this.#faults.report('log', reason)
      await this.#segments.moveLogStart(log.next)
    }
    this.#appliedEnd = log.next
  }
}
