import type { ColumnType } from '../core/batch.ts'
import type { Clock } from '../core/clock.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Catalog, Change } from '../core/plan.ts'
import type { ColumnRows, RejectedRow, TableRows } from '../core/rows.ts'
import { decodeSeriesKey } from '../core/series.ts'
import { Schemas } from '../index/table-schema.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { LineParser } from '../kernel/line-parser.ts'
import { planCompaction } from '../storage/compaction.ts'
import { type Manifest, readManifest, type TableColumns, writeManifest } from '../storage/manifest.ts'
import { decodeRecord, encodeRecord } from '../storage/record.ts'
import type { SegmentInfo } from '../storage/segment-format.ts'
import type { LogPosition, Store } from '../storage/store.ts'
import { checkColumns, resolveColumns } from './column-rows.ts'
import type { HostPort } from './host-port.ts'
import { expiryOf, type Retention } from './retention.ts'
import { SeriesRegistry } from './series-registry.ts'
import { changesOf, shareRows } from './share-rows.ts'

/** Rows in memory, or bytes of log, that call for a flush; and the age of the oldest row. */
const FLUSH_HEAD_BYTES = 64 << 20
const FLUSH_LOG_BYTES = 96 << 20
const FLUSH_AGE_MS = 3_600_000
const UPKEEP_MS = 60_000
/** Bytes of appends that wait for the log; further ones wait their turn before they are parsed. */
const MAX_WAITING_BYTES = 64 << 20

export interface WriterOptions {
  store: Store
  kernel: Kernel
  hosts: readonly HostPort[]
  clock: Clock
  retention: Retention
}

export interface WriteResult {
  rows: number
  rejectedCount: number
  rejected: RejectedRow[]
  warnings: string[]
  /** Whether a table or a column is new. */
  newColumns: boolean
}

export interface WriterStatistics {
  segments: number
  segmentBytes: number
  logBytes: number
  damaged: readonly { name: string; reason: string }[]
}

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
  readonly #schemas = new Schemas()
  readonly #registry: SeriesRegistry
  readonly #parser: LineParser
  /** The registry's number by the parser's. */
  #numberOfKey = new Uint32Array(1024)
  #manifest: Manifest
  readonly #damaged: { name: string; reason: string }[] = []
  readonly #listeners = new Set<(changes: readonly Change[]) => void>()
  /** Resolves when all appends so far are visible. */
  #applied: Promise<unknown> = Promise.resolve()
  /** Log position up to which rows are in the hosts. */
  #appliedEnd: LogPosition
  readonly #headBytes: number[] = []
  #oldestRow: bigint | undefined
  /** Where the log's rows start that were set aside but are not in segments yet. */
  #cut: LogPosition | undefined
  #flushing: Promise<void> | undefined
  #waitingBytes = 0
  #upkeep: ReturnType<typeof setInterval> | undefined
  #closed = false

  private constructor(options: WriterOptions, manifest: Manifest) {
    this.#store = options.store
    this.#kernel = options.kernel
    this.#hosts = options.hosts
    this.#clock = options.clock
    this.#retention = options.retention
    this.#manifest = manifest
    this.#registry = new SeriesRegistry(options.kernel, options.hosts)
    this.#parser = new LineParser(options.kernel)
    this.#appliedEnd = manifest.logStart
  }

  /** Opens what the manifest names, replays the log, removes what neither knows. */
  static async open(options: WriterOptions): Promise<Writer> {
    const manifest = await readManifest(options.store.blobs)
    const writer = new Writer(options, manifest)
    await removeOrphans(options.store, manifest)
    writer.#restoreSchema(manifest.tables)
    await Promise.all(options.hosts.map((host) => host.openSegments(manifest.segments)))
    await writer.#replay()
    writer.#upkeep = setInterval(() => void writer.#maintain(), UPKEEP_MS)
    if (typeof writer.#upkeep === 'object') writer.#upkeep.unref()
    return writer
  }

  /** Parses line protocol and stores its valid rows as one commit. */
  async appendLines(body: Uint8Array, precision: 'ns' | 'us' | 'ms' | 's'): Promise<WriteResult> {
    return this.#inTurn(body.length, async () => {
      const { tables, newKeys, rows, ...report } = this.#parser.parse(body, { precision, now: this.#clock.now() })
      if (newKeys.length > 0) {
        const numbers = await this.#registry.numbersOfKeys(newKeys.map(({ canonical }) => canonical))
        for (const [i, { key }] of newKeys.entries()) this.#setNumber(key, numbers[i] as number)
      }
      const { version } = this.#schemas
      for (const { table, tags } of newKeys) for (const [tag] of tags) this.#schemas.addTag(table, tag)
      const logged = tables.map(({ table, keys, time, fields }): TableRows => {
        for (const { name, type } of fields) if (type !== 'time') this.#schemas.addField(table, name, type)
        return { table, series: this.#numbersOfKeys(keys), time, fields }
      })
      await this.#commit(logged)
      return { rows, ...report, newColumns: this.#schemas.version !== version }
    })
  }

  /** Stores rows by column as one commit. Throws `invalid` where a column does not fit the table. */
  async appendColumns(rows: ColumnRows): Promise<WriteResult> {
    const bytes = rows.time.byteLength * (1 + rows.fields.length)
    return this.#inTurn(bytes, async () => {
      const fields = checkColumns(rows, this.#schemas)
      const { series, distinct } = resolveColumns(rows)
      const numbers = await this.#registry.numbersOf(distinct)
      const { version } = this.#schemas
      for (const { name } of rows.tags) this.#declareTag(rows.table, name)
      this.#declareFields(rows.table, fields)
      const logged = { table: rows.table, series: series.map((i) => numbers[i] as number), time: rows.time, fields }
      await this.#commit(rows.time.length > 0 ? [logged] : [])
      const newColumns = this.#schemas.version !== version
      return { rows: rows.time.length, rejectedCount: 0, rejected: [], warnings: [], newColumns }
    })
  }

  catalog(): Catalog {
    return this.#schemas.catalog()
  }

  statistics(): WriterStatistics {
    const { segments } = this.#manifest
    const segmentBytes = segments.reduce((bytes, segment) => bytes + segment.bytes, 0)
    return { segments: segments.length, segmentBytes, logBytes: this.#store.log.bytes, damaged: this.#damaged }
  }

  /** Calls back after each append has become visible. Never unsubscribed: who watches lives as long. */
  watch(listener: (changes: readonly Change[]) => void): void {
    this.#listeners.add(listener)
  }

  /** Writes rows in memory to segments and shortens the log. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#upkeep)
    await this.#applied
    await this.#flushing
    await this.#store.close()
  }

  async #inTurn(bytes: number, append: () => Promise<WriteResult>): Promise<WriteResult> {
    if (this.#closed) throw new TidemarkError('closed', 'the engine is closed')
    while (this.#waitingBytes > MAX_WAITING_BYTES) await this.#applied
    this.#waitingBytes += bytes
    try {
      return await append()
    } finally {
      this.#waitingBytes -= bytes
    }
  }

  #numbersOfKeys(keys: Uint32Array): Uint32Array {
    const numbers = new Uint32Array(keys.length)
    for (let i = 0; i < keys.length; i++) numbers[i] = this.#numberOfKey[keys[i] as number] as number
    return numbers
  }

  #setNumber(key: number, number: number): void {
    if (key >= this.#numberOfKey.length) {
      const grown = new Uint32Array(Math.max(key + 1, this.#numberOfKey.length * 2))
      grown.set(this.#numberOfKey)
      this.#numberOfKey = grown
    }
    this.#numberOfKey[key] = number
  }

  #declareTag(table: string, tag: string): void {
    if (this.#schemas.addTag(table, tag)) this.#parser.declareTag(table, tag)
  }

  /** Makes rows durable, then visible, in the order of calls. */
  async #commit(tables: readonly TableRows[]): Promise<void> {
    if (tables.length === 0) return
    const newSeries = tables.flatMap(({ series }) => this.#registry.takeUnnamed(series))
    const record = encodeRecord({ newSeries, tables }, this.#kernel)
    const durable = this.#store.log.append(record)
    const applied = this.#applied.then(async () => {
      const position = await durable
      await this.#apply(tables)
      this.#appliedEnd = position + 1
    })
    this.#applied = applied.catch(() => undefined)
    await applied
    this.#notify(tables)
    if (this.#needsFlush()) void this.#flushAndCompact()
  }

  async #apply(tables: readonly TableRows[]): Promise<void> {
    const shares = shareRows(tables, this.#registry, this.#hosts.length)
    await Promise.all(
      shares.map(async (share, host) => {
        if (share.length > 0) this.#headBytes[host] = (await this.#hosts[host]?.apply(share)) ?? 0
      }),
    )
    this.#oldestRow ??= this.#clock.now()
  }

  #notify(tables: readonly TableRows[]): void {
    if (this.#listeners.size === 0) return
    const changes = changesOf(tables)
    for (const listener of this.#listeners) listener(changes)
  }

  #needsFlush(): boolean {
    const headBytes = this.#headBytes.reduce((total, bytes) => total + bytes, 0)
    return headBytes > FLUSH_HEAD_BYTES || this.#store.log.bytes > FLUSH_LOG_BYTES
  }

  async #flush(): Promise<void> {
    if (this.#cut === undefined) {
      // At once, not when the chain gets there: records that are made from now on lie behind the cut.
      this.#registry.forgetNamed()
      const frozen = this.#applied.then(async () => {
        await Promise.all(this.#hosts.map((host) => host.freeze()))
        this.#cut = this.#appliedEnd
        this.#oldestRow = undefined
      })
      this.#applied = frozen.catch(() => undefined)
      await frozen
    }
    const written = await Promise.all(this.#hosts.map((host) => host.writeFrozen()))
    const cut = this.#cut as LogPosition
    await this.#commitManifest([...this.#manifest.segments, ...written.flat()], cut)
    this.#cut = undefined
    await Promise.all(this.#hosts.map((host, i) => host.replace([], written[i] ?? [])))
    await this.#store.log.truncate(cut)
  }

  async #commitManifest(segments: readonly SegmentInfo[], logStart: LogPosition): Promise<void> {
    const tables = new Map<string, TableColumns>()
    for (const { name, tags, fields } of this.#schemas.catalog().tables) {
      tables.set(name, { tags, fields: new Map(fields.map((field) => [field.name, field.type])) })
    }
    const manifest = { segments, logStart, tables }
    await writeManifest(this.#store.blobs, manifest)
    this.#manifest = manifest
  }

  async #flushAndCompact(): Promise<void> {
    try {
      await this.flush()
      await this.#compact()
    } catch (error) {
      // Nothing is lost: the rows are in the log and in memory. The next append or upkeep tries again.
      this.#report('flush', error)
    }
  }

  async #maintain(): Promise<void> {
    const age = this.#oldestRow === undefined ? 0n : this.#clock.now() - this.#oldestRow
    if (this.#closed || this.#flushing) return
    if (age > BigInt(FLUSH_AGE_MS) * 1_000_000n || this.#needsFlush()) await this.#flushAndCompact()
  }

  async #compact(): Promise<void> {
    const cutoffs = (table: string): bigint | undefined => expiryOf(this.#retention, table, this.#clock.now())
    const { merge, drop } = planCompaction(this.#manifest.segments, cutoffs)
    if (drop.length > 0) await this.#replaceSegments(drop, [])
    if (merge.length === 0) return
    const names = merge.map(({ name }) => name)
    const written = await Promise.all(this.#hosts.map((host) => host.compact(names)))
    await this.#replaceSegments(merge, written)
  }

  /** Segments in place of neighbours, in the manifest, then on the hosts; the old files go when nobody reads them. */
  async #replaceSegments(removed: readonly SegmentInfo[], written: readonly (readonly SegmentInfo[])[]): Promise<void> {
    const at = this.#manifest.segments.indexOf(removed[0] as SegmentInfo)
    const kept = this.#manifest.segments.filter((segment) => !removed.includes(segment))
    const segments = [...kept.slice(0, at), ...written.flat(), ...kept.slice(at)]
    await this.#commitManifest(segments, this.#manifest.logStart)
    const names = removed.map(({ name }) => name)
    await Promise.all(this.#hosts.map((host, i) => host.replace(names, written[i] ?? [])))
    const live = new Set(segments.map(({ name }) => name))
    for (const name of names) if (!live.has(name)) await this.#store.blobs.delete(name)
  }

  #restoreSchema(tables: ReadonlyMap<string, TableColumns>): void {
    for (const [table, { tags, fields }] of tables) {
      for (const tag of tags) this.#declareTag(table, tag)
      this.#declareFields(
        table,
        Array.from(fields, ([name, type]) => ({ name, type })),
      )
    }
  }

  /** Brings back the rows of the log that no segment has. Its series numbers are its own. */
  async #replay(): Promise<void> {
    const numberOfLogged = new Map<number, number>()
    await this.#store.log.replay(
      async (bytes, position) => {
        if (position < this.#manifest.logStart) return
        const { newSeries, tables } = decodeRecord(bytes, this.#kernel)
        const numbers = await this.#registry.numbersOfKeys(newSeries.map(({ key }) => key))
        for (const [i, { number, key }] of newSeries.entries()) {
          numberOfLogged.set(number, numbers[i] as number)
          const series = decodeSeriesKey(key)
          for (const [tag] of series?.tags ?? []) this.#declareTag(series?.table ?? '', tag)
        }
        for (const { table, fields } of tables) this.#declareFields(table, fields)
        await this.#apply(tables.map((rows) => ({ ...rows, series: renumbered(rows.series, numberOfLogged) })))
        this.#appliedEnd = position + 1
      },
      ({ message }) => this.#damaged.push({ name: 'log', reason: message }),
    )
  }

  #declareFields(table: string, fields: readonly { name: string; type: ColumnType }[]): void {
    for (const { name, type } of fields) {
      if (type !== 'time' && this.#schemas.addField(table, name, type)) this.#parser.declareField(table, name, type)
    }
  }

  #report(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (!this.#damaged.some((known) => known.name === what && known.reason === reason)) {
      this.#damaged.push({ name: what, reason })
    }
  }
}

/** Numbers of one log as the registry's. */
function renumbered(series: Uint32Array, numbers: ReadonlyMap<number, number>): Uint32Array {
  return series.map((logged) => {
    const number = numbers.get(logged)
    if (number === undefined) throw new TidemarkError('corrupt', `log record: series ${logged} was never named`)
    return number
  })
}

/** Segments that no manifest names were written by a flush that did not finish. */
async function removeOrphans(store: Store, manifest: Manifest): Promise<void> {
  const live = new Set(manifest.segments.map(({ name }) => name))
  for (const { name } of await store.blobs.list()) {
    if (name.endsWith('.seg') && !live.has(name)) await store.blobs.delete(name)
  }
}
