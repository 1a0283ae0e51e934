import type { ColdLocation } from '../../cold/cold-location.ts'
import type { ColdFileInfo } from '../../cold/cold-manifest.ts'
import type { ColdSourceStatistics } from '../../cold/cold-source.ts'
import type { Batch, FieldType } from '../../core/batch.ts'
import type { Matcher } from '../../core/matcher.ts'
import type {
  AggregatePlan,
  EncodingUse,
  LatestPlan,
  RowsPlan,
  ScanEstimate,
  SubPlan,
  TableCardinality,
} from '../../core/plan.ts'
import type { ReadCounts } from '../../core/read-counts.ts'
import type { TableGroups, TableRows } from '../../core/rows.ts'
import type { Tags } from '../../core/series.ts'
import { SeriesIndex, type TagValueCount } from '../../index/series-index.ts'
import { compileMatcher, passesAll } from '../../index/tag-predicate.ts'
import { NONE } from '../../kernel/index-memory.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type KeyBatch, packKeys } from '../../kernel/key-batch.ts'
import type { TimeRange } from '../../scan/row-group.ts'
import { BlockCache } from '../../storage/block-cache.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { BlobStore } from '../../storage/store.ts'
import { spanOfGroups } from '../../storage/table-groups.ts'
import { rowsOf, type Tombstone } from '../../storage/tombstone.ts'
import type { ColdHost, DayTask } from '../cold/cold-host.ts'
import type { AnswerCacheStatistics } from './answer-cache.ts'
import type { AppliedRows } from './applied-rows.ts'
import type { Stopwatch } from './host-reads.ts'
import { HostScans } from './host-scans.ts'
import { KeptAnswers } from './kept-answers.ts'
import { KeptIndex } from './kept-index.ts'
import type { RowDays } from './row-days.ts'
import { SegmentWriting, type SeriesToWrite } from './segment-writing.ts'
import type { RowsPage, ShardPartial } from './shard-shares.ts'
import { ShardSource } from './shard-source.ts'
import { UnusedSeries } from './unused-series.ts'

/** Virtual shards of every store. A series belongs to the one that the first byte of its id names. */
export const SHARDS = 64
/** To encode the chunks that appends filled goes on with the next append after so long. */
const SEAL_MS = 2

export interface HostOptions {
  blobs: BlobStore
  kernel: Kernel
  /** This host's number, of how many. */
  number: number
  hosts: number
  /** Bytes of blocks that are kept in memory. */
  cacheBytes: number
  /** Measures how long queries take. */
  stopwatch?: Stopwatch
  /** Bytes of aggregate states of answers that are kept in memory; 0 keeps none. */
  answerCacheBytes?: number
  /** Answers that take less are not kept; 0 keeps all that are asked again. */
  leastKeptMs?: number
  /** As `leastSeries` of `KeptIndex`. */
  keptSeries?: number
}

export interface HostStatistics {
  series: number
  headRows: number
  headBytes: number
  cacheBytes: number
  answers: AnswerCacheStatistics
  /** What this host has asked of the cold tier and keeps of it, where there is one. */
  cold: ColdSourceStatistics | undefined
  quarantined: readonly { name: string; reason: string }[]
}

/** A share of the shards: their series, their newest rows, their segments, and the scans over them. */
export class ShardHost {
  readonly #kernel: Kernel
  readonly #blobs: BlobStore
  /** This host, of how many. */
  readonly #owner: { readonly number: number; readonly hosts: number }
  readonly #index: SeriesIndex
  readonly #unused: UnusedSeries
  readonly #source: ShardSource
  readonly #cache: BlockCache
  readonly #answers: KeptAnswers
  #cold: ColdHost | undefined
  readonly #scans: HostScans
  readonly #writing: SegmentWriting
  readonly #kept: KeptIndex

  constructor(options: HostOptions) {
    this.#kernel = options.kernel
    this.#blobs = options.blobs
    this.#owner = { number: options.number, hosts: options.hosts }
    this.#index = new SeriesIndex(options.kernel)
    this.#unused = new UnusedSeries(this.#index)
    const { blobs, kernel, keptSeries: leastSeries } = options
    this.#writing = new SegmentWriting({ blobs, kernel, index: this.#index })
    this.#kept = new KeptIndex({ blobs, kernel, index: this.#index, owner: this.#owner, leastSeries })
    this.#cache = new BlockCache(options.cacheBytes)
    this.#answers = new KeptAnswers({
      budgetBytes: options.answerCacheBytes ?? 0,
      leastMs: options.leastKeptMs,
      now: options.stopwatch ?? (() => performance.now()),
    })
    const place = { blobs, cache: this.#cache, kernel }
    this.#source = new ShardSource(place, this.#index, (shard) => this.#isOwn(shard))
    const { number, stopwatch } = options
    const [index, source, answers] = [this.#index, this.#source, this.#answers]
    this.#scans = new HostScans({ kernel, number, stopwatch, index, source, answers })
  }

  /** Opens the segments of the store, once; one that fails its checks is left out and reported. */
  async openSegments(infos: readonly SegmentInfo[]): Promise<void> {
    const known = await this.#kept.read()
    await this.#source.open(infos, (name) => known?.get(name))
    // The snapshot may have series of segments that are gone.
    if (known) await this.#unused.forgetAll(this.#source.refsInUse())
  }

  /**
   * Keeps the index for the next opening, where it is large and more than a share of the series in segments are in some that came since.
   * `isInUse` where it is not for the end. Throws `io` or `quota`.
   */
  async keepIndex(share: number, isInUse: boolean): Promise<void> {
    if (!isInUse) await this.#kept.settled()
    await this.#unused.reclaimed
    const places = new Map(this.#source.segments.map(({ info, parts }) => [info.name, parts]))
    if (this.#kept.isDue(places, share)) await this.#kept.write(places, isInUse)
  }

  /** Refs of canonical keys by their shards, which are this host's; new ones where the keys are not known. */
  register(keys: KeyBatch, shards: Uint8Array): Uint32Array {
    return this.#index.registerKeys(keys, shards)
  }

  /** Which canonical keys have a series, 1 or 0. */
  knows(keys: KeyBatch, shards: Uint8Array): Uint8Array {
    return Uint8Array.from(this.#index.findKeys(keys, shards), (ref) => (ref === NONE ? 0 : 1))
  }

  keysOf(refs: Uint32Array): KeyBatch {
    return packKeys(Array.from(refs, (ref) => this.#index.key(ref)))
  }

  /** Forgets series without rows, where they are many; returns how many. Nobody else may know of a series that has no rows yet. */
  forgetUnused(): number {
    // A cold file names its series by the refs that they had when it was opened.
    return this.#cold ? 0 : this.#unused.forget(this.#source.refsInUse(), () => this.#source.readsEnd())
  }

  /** Makes rows visible; `series` holds refs. */
  apply(tables: readonly TableRows[]): AppliedRows {
    const { head } = this.#source
    for (const rows of tables) {
      head.append(rows)
      this.#answers.append(rows)
    }
    const begun = performance.now()
    head.seal(() => performance.now() - begun > SEAL_MS)
    return { headBytes: head.bytes, memory: tables.flatMap(({ memory }) => memory ?? []) }
  }

  /** Makes groups visible, whose `series` holds refs; returns the bytes that all rows in memory take. */
  applyGroups(groups: TableGroups): number {
    const { head } = this.#source
    head.appendGroups(groups)
    this.#answers.touch(groups.table, spanOfGroups(groups))
    return head.bytes
  }

  /**
   * Hides older rows from now on. Resolves with the times between which the series that are meant had rows; `undefined` where
   * they had none.
   */
  async delete(tombstone: Tombstone): Promise<TimeRange | undefined> {
    const [{ table, matchers }, known] = [tombstone, this.#index.refLimit]
    const tests = await Promise.all(matchers.map(compileMatcher))
    const refs = await this.#index.select(table, matchers)
    const bounds = await this.#source.bounds(table, refs)
    const isMeant = (ref: number) =>
      this.#index.has(ref) && this.#index.tableOf(ref) === table && passesAll(this.#index.tags(ref), tests)
    this.#source.delete(tombstone, refs, { known, isMeant })
    this.#answers.touch(table, tombstone)
    return bounds && { start: bounds.start, end: bounds.end + 1n }
  }

  /** The times between which a table has rows, the end not included. */
  async bounds(table: string): Promise<TimeRange | undefined> {
    const bounds = await this.#source.bounds(table, await this.#index.select(table, []))
    return bounds && { start: bounds.start, end: bounds.end + 1n }
  }

  /** Sets the rows in memory aside to be written; later rows go to a new head. Nothing where some are aside already. */
  freeze(): void {
    this.#source.freeze()
  }

  /** Gives up memory that a peak has left; for when no rows come. */
  async rest(): Promise<void> {
    await this.#source.rest()
  }

  /** Writes the rows that were set aside as segments and returns those; they count once `replace` says so. */
  async writeFrozen(): Promise<SegmentInfo[]> {
    const { frozen } = this.#source
    return frozen === undefined ? [] : this.#writing.writeHead(frozen)
  }

  /**
   * Merges this host's share of segments that are neighbours in age, settled where asked for; the answer takes their place
   * through `replace`.
   */
  async compact(names: readonly string[], settle: boolean): Promise<SegmentInfo[]> {
    return this.#writing.write(this.#source.refsIn(names), settle, this.#source.seriesOf(names))
  }

  /**
   * Puts segments in place of others, or of the rows that were set aside where `removed` is empty. Resolves once nobody
   * reads the removed ones any more.
   */
  async replace(removed: readonly string[], added: readonly SegmentInfo[]): Promise<void> {
    await this.#source.replace(removed, added, (name) => this.#writing.takePlaces(name))
    for (const { table, minTime, maxTime } of rowsOf(added)) {
      this.#answers.move(table, { start: minTime, end: maxTime + 1n })
    }
  }

  /** Keeps deletes from a number on, whatever they hide. */
  holdDeletes(from: number): void {
    this.#source.holdDeletes(from)
  }

  /** Opens the cold tier, with the budget of `KeptParts`; which files count, `setColdFiles` says. */
  async openCold(location: ColdLocation | { kind: 'closed' }, budgetBytes: number | undefined): Promise<void> {
    const { ColdHost } = await import('../cold/cold-host.ts')
    const adopt = (key: Uint8Array) => this.#adoptSeries(key, shardOf(key, this.#kernel))
    const parts = { kernel: this.#kernel, cache: this.#cache, index: this.#index, source: this.#source, adopt }
    this.#cold = await ColdHost.open(location, parts, { blobs: this.#blobs, budgetBytes, owner: this.#owner })
    this.#source.cold = this.#cold.source
  }

  /** Says which cold files count. Resolves once nobody reads the others any more. */
  async setColdFiles(files: readonly ColdFileInfo[]): Promise<void> {
    await this.#source.setColdFiles(files)
    this.#answers.clear()
  }

  /** Times of which queries have asked for rows since the last call, by table, where there is a cold tier. */
  takeReads(): Map<string, readonly TimeRange[]> {
    return this.#scans.takeTimes()
  }

  /** Rows in segments of some tables by day, about. */
  async rowDays(tables: readonly string[]): Promise<RowDays> {
    const { rowDays } = await import('./row-days.ts')
    return this.#source.reading(() => rowDays(this.#source.segments, new Set(tables), this.#index))
  }

  /** Writes this host's share of a day into the cold tier; the files count once `setColdFiles` names them. */
  async writeColdDay(task: DayTask): Promise<ColdFileInfo[]> {
    if (this.#cold === undefined) throw new Error('the cold tier was not opened')
    return this.#cold.writeDay(task)
  }

  /** Writes this host's share of a segment without some days of tables; the answer takes its place through `replace`. */
  async withoutDays(
    { name, settled = false }: SegmentInfo,
    days: ReadonlyMap<string, ReadonlySet<number>>,
  ): Promise<SegmentInfo[]> {
    const { withoutDays } = await import('../cold/day-groups.ts')
    const series = this.#source.seriesOf([name])
    const read: SeriesToWrite['read'] = async (refs) => {
      const whole = new Map(await series.read(refs))
      for (const [ref, [groups, fields]] of whole) {
        const ofTable = days.get(this.#index.tableOf(ref))
        if (ofTable) whole.set(ref, [withoutDays(groups, ofTable, { fields, kernel: this.#kernel }), fields])
      }
      return whole
    }
    return this.#writing.write(this.#source.refsIn([name]), settled, { ...series, read })
  }

  /** The partials of an aggregate, one or more. Throws `cancelled` once `cancelRead` names the plan's reader. */
  aggregate(plan: AggregatePlan): Promise<ShardPartial[]> {
    return this.#scans.aggregate(plan)
  }

  latest(plan: LatestPlan, types: ReadonlyMap<string, FieldType>): Promise<Batch> {
    return this.#scans.latest(plan, types)
  }

  /** Runs a rows plan to its first batch; further ones are taken with `nextRows` until there are none, or given up. */
  openRows(plan: RowsPlan, types: ReadonlyMap<string, FieldType>): Promise<RowsPage> {
    return this.#scans.openRows(plan, types)
  }

  nextRows(cursor: number): Promise<RowsPage> {
    return this.#scans.nextRows(cursor)
  }

  closeRows(cursor: number): void {
    this.#scans.closeRows(cursor)
  }

  /** Ends the scans of a query. */
  cancelRead(reader: string): void {
    this.#scans.reads.cancel(reader)
  }

  /** What scans will meet, by estimation. */
  estimate(plans: readonly SubPlan[]): Promise<ScanEstimate[]> {
    return this.#scans.estimate(plans)
  }

  /** What was done for queries so far; of those whose work has ended that is known for a while. */
  readCounts(readers: readonly string[]): (ReadCounts | undefined)[] {
    return this.#scans.reads.counts(readers)
  }

  /** Tag sets of the series that pass, in canonical order. */
  async series(table: string, matchers: readonly Matcher[], limit: number): Promise<Tags[]> {
    return this.#source.reading(async () => {
      const refs = await this.#scans.select({ table, matchers })
      return Array.from(refs.subarray(0, limit), (ref) => this.#index.tags(ref))
    })
  }

  /** Different values of a tag in the order of their bytes. */
  async tagValues(table: string, tag: string, limit: number): Promise<string[]> {
    await this.#source.cold?.prepare(table)
    return this.#index.tagValues(table, tag, limit)
  }

  tableCardinality(): TableCardinality[] {
    return this.#index.tableCardinality()
  }

  /** Values and series of each tag; with hashes of the values where there are other hosts, which may have the same. */
  tagCardinality(table: string): TagValueCount[] {
    return this.#index.tagCardinality(table, this.#owner.hosts > 1)
  }

  /** How this host's segments keep the columns of a table. */
  async encodings(table: string): Promise<EncodingUse[]> {
    const { usesOf } = await import('./encoding-uses.ts')
    const refs = await this.#scans.select({ table, matchers: [] })
    return this.#source.reading(() => usesOf(this.#source.segments, refs))
  }

  statistics(): HostStatistics {
    const { head, frozen, quarantined, cacheBytes } = this.#source
    return {
      series: this.#index.size,
      headRows: head.rows + (frozen?.rows ?? 0),
      headBytes: head.bytes + (frozen?.bytes ?? 0),
      cacheBytes,
      answers: this.#answers.statistics,
      cold: this.#source.cold?.statistics,
      quarantined,
    }
  }

  #isOwn(shard: number): boolean {
    return shard % this.#owner.hosts === this.#owner.number
  }

  #adoptSeries(key: Uint8Array, shard: number): number | undefined {
    return this.#isOwn(shard) ? this.#index.register(key, shard) : undefined
  }
}

export function shardOf(key: Uint8Array, kernel: Kernel): number {
  return (kernel.sha256(key)[0] as number) % SHARDS
}
