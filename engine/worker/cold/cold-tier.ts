import { type ColdObjects, openObjects } from '../../cold/cold-location.ts'
import {
  COLD_MANIFEST,
  type ColdFileInfo,
  type ColdManifest,
  DAY_NS,
  dayOf,
  encodeColdManifest,
  FILE_KEY,
} from '../../cold/cold-manifest.ts'
import { type LocalTable, type Move, planExpiry, planMoves, planRewrites, type TierRule } from '../../cold/move-plan.ts'
import type { Traffic } from '../../cold/object-store.ts'
import type { Clock } from '../../core/clock.ts'
import { TidemarkError } from '../../core/errors.ts'
import { parseRollupTable } from '../../core/rollup.ts'
import { MIN_TIME } from '../../core/time.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { COLD_MANIFEST_COPY, type TableColumns } from '../../storage/manifest.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { BlobStore } from '../../storage/store.ts'
import { fittingName } from '../rollup/rollup-rules.ts'
import type { HostPort } from '../shard/host-port.ts'
import type { OpenedTiers } from '../tiers.ts'
import type { DeleteRange, Deletes } from '../write/deletes.ts'
import { DayReads } from './day-reads.ts'
import { type KnownManifest, readManifests } from './known-manifest.ts'

export interface ColdTierOptions {
  tiers: OpenedTiers
  store: { readonly blobs: BlobStore }
  kernel: Kernel
  clock: Clock
  hosts: readonly HostPort[]
  /** Rows of a table before this time have expired. */
  expiry(table: string): bigint | undefined
  deletes: Pick<Deletes, 'applied' | 'hidesOf' | 'hold' | 'setCold'>
  /** Columns of the tables as they are now. */
  tables(): ReadonlyMap<string, TableColumns>
}

/** What a round moves out of some segments: files are written and named, rows are still where they were. */
export interface Moved {
  /** Segments out of which rows went, in their order: the oldest of all. */
  from: readonly SegmentInfo[]
  days: ReadonlyMap<string, ReadonlySet<number>>
  /** Files that count no more and can be removed. */
  replaced: readonly ColdFileInfo[]
}

/** What is cold at one moment; its files stay until they are released. */
export interface ColdPin {
  manifest: ColdManifest
  /** How errors and people call the place. */
  place: string
  /** Bytes of a file. Throws what the place throws, `corrupt` where the file is missing. */
  read(key: string, from: number, to: number): Promise<Uint8Array>
  release(): void
}

export interface ColdStatistics {
  files: number
  bytes: number
  rows: number
  traffic: Traffic
}

/**
 * The writer's side of the cold tier: its manifest, and what becomes cold when. A day is first written and read back, then
 * named by the manifest in the object store, then by the copy beside the segments, and only then dropped here.
 */
export class ColdTier {
  readonly #options: ColdTierOptions
  readonly #objects: ColdObjects
  readonly #reads: DayReads
  #manifest: ColdManifest
  /** Of the manifest in the object store; `undefined` where there is none, or where it is not known. */
  #etag: string | undefined
  #isKnown: boolean
  /** Whether there is nothing in the place that neither counts nor is being written. */
  #isClean: boolean
  /** Keys of files that are pinned. */
  readonly #pins = new Set<ReadonlySet<string>>()
  /** Whether the copy beside the segments, and the hosts, say what the manifest says. */
  #isSpread = true
  /** Why the copy of the manifest is used. */
  readonly problem: string | undefined

  private constructor(
    options: ColdTierOptions,
    { objects, reads }: { objects: ColdObjects; reads: DayReads },
    known: KnownManifest,
  ) {
    this.#options = options
    this.#objects = objects
    this.#reads = reads
    this.#manifest = known.manifest
    this.#etag = known.etag
    this.#isKnown = known.isCurrent
    this.problem = known.problem
    // Without rules what is there is another store's, until something is deleted.
    this.#isClean = !this.hasRules
  }

  /**
   * Reads the manifest of the object store, or, where that cannot be had, the copy beside the segments. Throws `io`, `auth` or
   * `corrupt` where there is neither.
   */
  static async open(options: ColdTierOptions): Promise<ColdTier> {
    const objects = await openObjects(options.tiers.cold, options.clock)
    const known = await readManifests(objects, { blobs: options.store.blobs, kernel: options.kernel })
    const reads = await DayReads.open(options.store.blobs, options.clock.now())
    return new ColdTier(options, { objects, reads }, known)
  }

  get manifest(): ColdManifest {
    return this.#manifest
  }

  get statistics(): ColdStatistics {
    const { files } = this.#manifest
    return {
      files: files.length,
      bytes: files.reduce((total, { bytes }) => total + bytes, 0),
      rows: files.reduce((total, { rows }) => total + rows, 0),
      traffic: { ...this.#objects.reader.traffic },
    }
  }

  /** Whether a table's days may ever be moved. */
  get hasRules(): boolean {
    return this.#objects.store !== undefined && Object.keys(this.#options.tiers.rules ?? {}).length > 0
  }

  /**
   * Writes and names what the rules ask for, a bounded number of days; and names no longer what has expired. `undefined`
   * where there is nothing to do.
   */
  async move(segments: readonly SegmentInfo[]): Promise<Moved | undefined> {
    if (!this.hasRules) return undefined
    const { expiry, clock, hosts } = this.#options
    await this.#prepare()
    await this.#reads.collect(hosts, segments, clock.now())
    const moves = planMoves(await this.#localTables(segments), (table) => this.#ruleOf(table), clock.now())
    const expired = planExpiry(this.#manifest.files, expiry)
    if (moves.length === 0 && expired.length === 0) return undefined
    // Of a day that has expired nothing is written: it only goes from here.
    const kept = moves.filter(({ table, day }) => BigInt(day + 1) * DAY_NS > (expiry(table) ?? MIN_TIME))
    const replaced = await this.#replaceDays(kept, segments, expired)
    const days = new Map<string, Set<number>>()
    for (const { table, day } of moves) days.set(table, (days.get(table) ?? new Set()).add(day))
    for (const [table, gone] of days) this.#reads.forget(table, gone)
    return { from: segments, days, replaced }
  }

  /**
   * Writes a bounded number of days anew that have rows which deletes hide; and removes what an earlier change may have left.
   * Files that are replaced can be removed. `undefined` where there are none. Throws `invalid` where the place cannot be written.
   */
  async carryOutDeletes(): Promise<readonly ColdFileInfo[] | undefined> {
    const isDue = (file: ColdFileInfo): boolean => this.#options.deletes.hidesOf(file)
    if (this.#isClean && !this.#manifest.files.some(isDue)) return undefined
    await this.#prepare()
    const days = planRewrites(this.#manifest.files, isDue)
    return days.length === 0 ? undefined : this.#replaceDays(days, [], [])
  }

  /** Whether a table, or the windows of one, has been cold. */
  has(table: string): boolean {
    return [...this.#manifest.tables.keys()].some((name) => isOf(name, table))
  }

  /**
   * Names the files and columns of a table and of its windows no longer, once all rows of it are hidden. Resolves with the files that
   * count no more. Throws what the place throws.
   */
  async forgetTable(table: string): Promise<readonly ColdFileInfo[]> {
    await this.#prepare()
    this.#isClean = false
    const { files } = this.#manifest
    const gone = files.filter((file) => isOf(file.table, table))
    await this.#commit(
      files.filter((file) => !gone.includes(file)),
      (name) => isOf(name, table),
    )
    this.#reads.forgetTable(table)
    return gone
  }

  /** Throws `invalid` where a table cannot be dropped. */
  checkDrop(table: string): void {
    if (this.#objects.store !== undefined || !this.has(table)) return
    throw new TidemarkError('invalid', `table '${table}' is in a cold tier that cannot be written`)
  }

  /** Throws `invalid` where a delete would hide rows that are never taken away. */
  checkDelete({ table, start, end }: DeleteRange): void {
    if (this.#objects.store !== undefined) return
    const isMeant = this.#manifest.files.some((one) => one.table === table && one.minTime < end && one.maxTime >= start)
    if (!isMeant) return
    throw new TidemarkError(
      'invalid',
      `rows of table '${table}' at these times are in a cold tier that cannot be written`,
    )
  }

  /** Keeps what is known of reads for the next opening. */
  async close(segments: readonly SegmentInfo[]): Promise<void> {
    if (!this.hasRules) return
    const { hosts, clock } = this.#options
    await this.#reads.collect(hosts, segments, clock.now())
    await this.#reads.save(clock.now())
  }

  /** Whether the place may have files, or a manifest, that this one does not know of: those of a change that did not end. */
  get mayHaveMore(): boolean {
    return !this.#isKnown || !this.#isClean
  }

  pin(): ColdPin {
    const { reader } = this.#objects
    const manifest = this.#manifest
    const keys = new Set(manifest.files.map(({ key }) => key))
    this.#pins.add(keys)
    const read = async (key: string, start: number, end: number): Promise<Uint8Array> => {
      const object = await reader.get(key, { start, end })
      if (object === undefined) throw new TidemarkError('corrupt', `cold file ${key} is missing in ${reader.place}`)
      return object.bytes
    }
    return { manifest, place: reader.place, read, release: () => void this.#pins.delete(keys) }
  }

  /** Removes files that nobody reads any more; what is pinned, and what stays behind, is removed by a later run. */
  async remove(files: readonly ColdFileInfo[]): Promise<void> {
    const free = files.filter(({ key }) => !this.#isPinned(key))
    for (const { key } of free) await this.#objects.store?.delete(key)
    this.#isClean = free.length === files.length
  }

  #isPinned(key: string): boolean {
    return [...this.#pins].some((keys) => keys.has(key))
  }

  async #prepare(): Promise<void> {
    await this.#refresh()
    if (!this.#isSpread) await this.#spread()
    await this.#clean()
    await this.#options.deletes.hold(Number.POSITIVE_INFINITY)
  }

  /**
   * Puts what is cold of some days, with what segments have of them, into new files, and names these in place of the old ones
   * and of those that have expired. Resolves with the files that count no more.
   */
  async #replaceDays(
    days: readonly Move[],
    segments: readonly SegmentInfo[],
    expired: readonly ColdFileInfo[],
  ): Promise<ColdFileInfo[]> {
    if (days.length + expired.length === 0) return []
    // What it leaves where it fails is removed before the next change.
    this.#isClean = false
    const { deletes } = this.#options
    await deletes.hold(deletes.applied)
    const written: ColdFileInfo[] = []
    for (const day of days) written.push(...(await this.#writeDay(day, segments)))
    const isReplaced = (file: ColdFileInfo): boolean =>
      expired.includes(file) || days.some(({ table, day }) => table === file.table && day === file.day)
    const before = this.#manifest.files
    const kept = before.filter((file) => !isReplaced(file))
    await this.#commit([...kept, ...written].filter((file) => !expired.includes(file)))
    await deletes.hold(Number.POSITIVE_INFINITY)
    const live = new Set(this.#manifest.files.map(({ key }) => key))
    return before.filter(({ key }) => !live.has(key))
  }

  async #writeDay({ table, day }: Move, segments: readonly SegmentInfo[]): Promise<ColdFileInfo[]> {
    const columns = this.#options.tables().get(table)
    if (columns === undefined) throw new Error(`table '${table}' has rows but no columns`)
    const names = segments.filter((segment) => segment.tables.has(table)).map(({ name }) => name)
    const task = { table, day, segments: names, columns, deletes: this.#options.deletes.applied }
    return (await Promise.all(this.#options.hosts.map((host) => host.writeColdDay(task)))).flat()
  }

  /** Tables with a rule that may ask for something, by what the manifest says; the hosts are asked for the days of these alone. */
  async #localTables(segments: readonly SegmentInfo[]): Promise<LocalTable[]> {
    const bytes = new Map<string, number>()
    for (const { bytes: all, tables } of segments) {
      const rows = [...tables.values()].reduce((total, range) => total + range.rows, 0)
      for (const [table, range] of tables) bytes.set(table, (bytes.get(table) ?? 0) + (all * range.rows) / rows)
    }
    const now = this.#options.clock.now()
    const asked = [...bytes].filter(([table, size]) => {
      const starts = segments.flatMap(({ tables }) => tables.get(table)?.minTime ?? [])
      const days = starts.map((time) => ({ day: dayOf(time), rows: 1 }))
      return planMoves([{ table, bytes: size, days }], (name) => this.#ruleOf(name), now).length > 0
    })
    if (asked.length === 0) return []
    const found = await Promise.all(this.#options.hosts.map((host) => host.rowDays(asked.map(([table]) => table))))
    return asked.map(([table, size]) => {
      const days = new Map<number, number>()
      for (const host of found) {
        for (const [day, rows] of host.get(table) ?? []) days.set(day, (days.get(day) ?? 0) + rows)
      }
      const ascending = [...days]
        .sort(([a], [b]) => a - b)
        .map(([day, rows]) => {
          return { day, rows, lastRead: this.#reads.lastRead(table, day) }
        })
      return { table, bytes: size, days: ascending }
    })
  }

  #ruleOf(table: string): TierRule | undefined {
    const { rules = {} } = this.#options.tiers
    const name = fittingName(Object.keys(rules), table)
    return name === undefined ? undefined : rules[name]
  }

  /** The manifest as it is in the object store, where that could not be read at opening. */
  async #refresh(): Promise<void> {
    if (this.#isKnown) return
    const { store, kernel } = this.#options
    const known = await readManifests(this.#objects, { blobs: store.blobs, kernel })
    if (!known.isCurrent) throw new TidemarkError('io', known.problem ?? 'the cold tier cannot be reached')
    const isNewer = known.manifest.generation > this.#manifest.generation
    this.#manifest = known.manifest
    this.#etag = known.etag
    this.#isKnown = true
    if (isNewer) this.#isSpread = false
  }

  /**
   * Removes files that no manifest names: those of a move that did not finish. The manifest is put anew first: a writer that
   * has lost its place to this one can from then on name none of them.
   */
  async #clean(): Promise<void> {
    const { store } = this.#objects
    if (this.#isClean || store === undefined) return
    const live = new Set(this.#manifest.files.map(({ key }) => key))
    const orphans: string[] = []
    for await (const { key } of store.list('table=')) if (FILE_KEY.test(key) && !live.has(key)) orphans.push(key)
    const free = orphans.filter((key) => !this.#isPinned(key))
    if (free.length > 0) await this.#commit(this.#manifest.files)
    for (const key of free) await store.delete(key)
    this.#isClean = free.length === orphans.length
  }

  async #commit(files: readonly ColdFileInfo[], isForgotten?: (table: string) => boolean): Promise<void> {
    const { store } = this.#objects
    if (store === undefined) throw new TidemarkError('invalid', 'this cold tier cannot be written')
    const { kernel } = this.#options
    const tables = new Map([...this.#manifest.tables].filter(([table]) => !isForgotten?.(table)))
    for (const [table, columns] of this.#options.tables()) {
      if (files.some((file) => file.table === table)) tables.set(table, columns)
    }
    const manifest = { generation: this.#manifest.generation + 1, files, tables }
    const bytes = encodeColdManifest(manifest, (part) => kernel.checksum(part))
    const condition = this.#etag === undefined ? 'absent' : { ifMatch: this.#etag }
    // Where the answer is lost, nobody knows whether it was carried out.
    this.#isKnown = false
    const etag = await store.put(COLD_MANIFEST, bytes, condition)
    if (etag === undefined) {
      throw new TidemarkError('locked', `another store has written to ${store.place}`, {
        hint: 'Give each store a prefix of its own.',
      })
    }
    this.#isKnown = true
    this.#etag = etag
    this.#manifest = manifest
    this.#isSpread = false
    await this.#spread()
  }

  /** Puts the copy of the manifest, then says to hosts what counts: who has read of a file that goes is waited for. */
  async #spread(): Promise<void> {
    const { store, kernel } = this.#options
    await store.blobs.put(
      COLD_MANIFEST_COPY,
      encodeColdManifest(this.#manifest, (part) => kernel.checksum(part)),
    )
    await Promise.all(this.#options.hosts.map((host) => host.setColdFiles(this.#manifest.files)))
    this.#options.deletes.setCold(this.#manifest.files)
    this.#isSpread = true
  }
}

/** Whether a name is that of a table or of windows of it. */
function isOf(name: string, table: string): boolean {
  return name === table || parseRollupTable(name)?.table === table
}
