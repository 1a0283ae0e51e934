import type { ColdFileInfo } from '../../cold/cold-manifest.ts'
import type { ColdSource } from '../../cold/cold-source.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { withoutHidden } from '../../scan/hidden-rows.ts'
import type { GroupSource, Outline, RowGroup, SeriesRows, TimeRange } from '../../scan/row-group.ts'
import type { BlockCache } from '../../storage/block-cache.ts'
import { Head } from '../../storage/head.ts'
import { HeadMemories } from '../../storage/head-memories.ts'
import { MeantSeries } from '../../storage/meant-series.ts'
import { Segment } from '../../storage/segment.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { LoadedRuns } from '../../storage/segment-group.ts'
import type { PlacesParts } from '../../storage/segment-places.ts'
import type { BlobStore } from '../../storage/store.ts'
import type { Tombstone } from '../../storage/tombstone.ts'
import { Tombstones } from '../../storage/tombstones.ts'
import { deletesIn, meeting, rangeOf, runsOf } from './segment-ranges.ts'

/** Series that are read at a time: bounds the bytes that a scan holds. */
const SERIES_AT_A_TIME = 512
/** Series whose first and last times are looked up one by one. */
const MAX_BOUNDED = 1024

interface Place {
  blobs: BlobStore
  cache: BlockCache
  kernel: Kernel
}

/** All that a host knows of its series: segments in the order of their age, rows set aside to be written, newest rows. */
export class ShardSource implements GroupSource {
  readonly #place: Place
  readonly #index: SeriesIndex
  readonly #adopts: (shard: number) => boolean
  #segments: readonly Segment[] = []
  readonly #heads: HeadMemories
  #frozen: Head | undefined
  #head: Head
  /** Above the numbers of the deletes that came before the rows were set aside; those are carried out in them. */
  #frozenDeletes = 0
  readonly #tombstones = new Tombstones()
  #heldFrom = Number.POSITIVE_INFINITY
  readonly #quarantined = new Map<string, string>()
  /** What is older than all of it, where there is a cold tier. */
  cold: ColdSource | undefined
  /** Scans that are under way. */
  readonly #reads = new Set<Promise<unknown>>()

  constructor(place: Place, index: SeriesIndex, adopts: (shard: number) => boolean) {
    this.#place = place
    this.#index = index
    this.#adopts = adopts
    this.#heads = new HeadMemories(place.kernel)
    this.#head = new Head(place.kernel, this.#heads.take())
  }

  get head(): Head {
    return this.#head
  }

  get frozen(): Head | undefined {
    return this.#frozen
  }

  get cacheBytes(): number {
    return this.#place.cache.bytes
  }

  get quarantined(): { name: string; reason: string }[] {
    const own = [...this.#quarantined].map(([name, reason]) => ({ name, reason }))
    return [...own, ...(this.cold?.quarantined ?? [])]
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Refs of the series that have rows, of segments, rows that are set aside, and the head; some more than once. */
  *refsInUse(): Generator<Iterable<number>> {
    for (const { refs } of this.#segments) yield refs
    for (const head of [this.#frozen, this.#head]) if (head) yield head.refs
  }

  /** `known` is where its series are in the index, where they are registered already. */
  async open(info: SegmentInfo, known?: PlacesParts): Promise<void> {
    const segment = await this.#openSegment(info, known)
    if (segment) this.#segments = [...this.#segments, segment]
  }

  freeze(): void {
    if (this.#frozen) return
    this.#frozen = this.#head
    this.#frozenDeletes = this.#tombstones.next
    this.#head = new Head(this.#place.kernel, this.#heads.take())
  }

  /**
   * Hides rows that are here of some series: takes them out of the head, and remembers to leave them out of the rest. `refs`
   * are all that are meant of those below `known`; `isMeant` tells of the others.
   */
  delete(
    tombstone: Tombstone,
    refs: Uint32Array,
    { known, isMeant }: { known: number; isMeant(ref: number): boolean },
  ): void {
    this.#head.delete(refs, tombstone)
    this.#tombstones.add(tombstone, new MeantSeries(refs, known, isMeant))
    this.#pruneTombstones()
  }

  /** Keeps deletes from a number on, whatever they hide. */
  holdDeletes(from: number): void {
    this.#heldFrom = from
    this.#pruneTombstones()
  }

  /** Says which cold files count. Resolves once nobody reads the others any more. */
  async setColdFiles(files: readonly ColdFileInfo[]): Promise<void> {
    this.cold?.setFiles(files)
    this.#pruneTombstones()
    await this.readsEnd()
  }

  async replace(removed: readonly string[], added: readonly SegmentInfo[]): Promise<void> {
    const opened: Segment[] = []
    for (const info of added) {
      const segment = await this.#openSegment(info)
      if (segment) opened.push(segment)
    }
    // A segment of the same name has the same rows; the one that comes now is the later.
    const leaving = new Set([...removed, ...opened.map(({ info }) => info.name)])
    const gone = this.#segments.filter(({ info }) => leaving.has(info.name))
    const kept = this.#segments.filter(({ info }) => !leaving.has(info.name))
    const first = this.#segments.findIndex(({ info }) => removed.includes(info.name))
    const at = first < 0 ? kept.length : this.#segments.slice(0, first).filter((one) => kept.includes(one)).length
    this.#segments = [...kept.slice(0, at), ...opened, ...kept.slice(at)]
    const written = removed.length === 0 ? this.#frozen : undefined
    if (written) this.#frozen = undefined
    this.#pruneTombstones()
    await this.readsEnd()
    if (written) this.#heads.give(written.memory)
    for (const segment of gone) segment.drop()
  }

  /** Resolves when the scans have ended that are under way now. */
  async readsEnd(): Promise<void> {
    await Promise.allSettled(this.#reads)
  }

  /** Gives up memory that is there for more rows than there are; for when none come. */
  async rest(): Promise<void> {
    const isEmpty = this.#head.rows === 0
    const freed = this.#heads.trim(isEmpty ? this.#head.memory : undefined)
    if (isEmpty) this.#head = new Head(this.#place.kernel, this.#heads.take())
    await freed
  }

  /** Runs a scan; segments that it may read stay on disk until it ends. */
  async reading<T>(scan: () => Promise<T>): Promise<T> {
    const read = scan()
    this.#reads.add(read)
    try {
      return await read
    } finally {
      this.#reads.delete(read)
      if (this.#reads.size === 0) this.#trim()
    }
  }

  /** Between which times some series of a table may have rows; of many it says where the table has some. */
  async bounds(table: string, refs: Uint32Array): Promise<TimeRange | undefined> {
    return this.reading(() => this.#bounds(table, refs))
  }

  async #bounds(table: string, refs: Uint32Array): Promise<TimeRange | undefined> {
    let range: TimeRange | undefined
    const extend = (other: TimeRange | undefined): void => {
      if (other === undefined) return
      const start = range && range.start < other.start ? range.start : other.start
      const end = range && range.end > other.end ? range.end : other.end
      range = { start, end }
    }
    extend(this.cold?.bounds(table))
    // What is in memory before the first wait: a flush may move it to a segment meanwhile.
    if (this.#frozen) extend(this.#frozen.bounds(refs))
    extend(this.#head.bounds(refs))
    if (refs.length <= MAX_BOUNDED) {
      for (const segment of await this.#having(table, refs)) for (const ref of refs) extend(segment.bounds(ref))
    } else {
      for (const { info } of this.#segments) extend(rangeOf(info, table))
    }
    return range
  }

  async outline(asked: Uint32Array, range: TimeRange): Promise<Outline> {
    const refs = this.#known(asked)
    const outline: Outline = { minTimes: [], rows: [] }
    const add = (minTime: bigint, rows: number): void => {
      outline.minTimes.push(minTime)
      outline.rows.push(rows)
    }
    if (refs[0] !== undefined) this.cold?.outline(this.#index.tableOf(refs[0]), refs, range, add)
    for (const ref of refs) {
      for (const head of [this.#frozen, this.#head]) {
        for (const { minTime, rows } of meeting(range, head?.groups(ref, []))) add(minTime, rows)
      }
    }
    const segments = refs[0] === undefined ? [] : await this.#having(this.#index.tableOf(refs[0]), refs)
    for (const ref of refs) {
      for (const segment of segments) segment.eachGroup(ref, range, (_group, minTime, rows) => add(minTime, rows))
    }
    return outline
  }

  /** Those of some refs whose series were not forgotten since they were selected. */
  #known(refs: Uint32Array): Uint32Array {
    return refs.filter((ref) => this.#index.has(ref))
  }

  async *read(refs: Uint32Array, fields: readonly string[], range: TimeRange): AsyncGenerator<readonly SeriesRows[]> {
    for (let from = 0; from < refs.length; from += SERIES_AT_A_TIME) {
      yield await this.#readSome(this.#known(refs.subarray(from, from + SERIES_AT_A_TIME)), fields, range)
    }
  }

  /**
   * Every group of some segments by series, or those of some series that meet a range, with the fields that the series has in
   * them. Throws `corrupt` where one of them is damaged: what is made of the others must not take its place.
   */
  async readWhole(
    names: readonly string[],
    only?: { refs: ReadonlySet<number>; range: TimeRange },
  ): Promise<Map<number, [RowGroup[], string[]]>> {
    for (const name of names) {
      const reason = this.#quarantined.get(name)
      if (reason !== undefined) throw new TidemarkError('corrupt', `segment ${name} is damaged: ${reason}`)
    }
    const merged = new Map<number, [RowGroup[], string[]]>()
    for (const segment of this.#segments.filter(({ info }) => names.includes(info.name))) {
      const refs = [...(only?.refs ?? segment.refs)].filter((ref) => segment.has(ref))
      await this.#prepare(segment, refs)
      // All at once: every answer of the cache names all runs that it knows.
      const runs = refs.flatMap((ref) => segment.columnRuns(ref, segment.fieldsOf(ref)))
      const loaded = await this.#load(segment, runs)
      for (const ref of refs) {
        const [groups, fields] = merged.get(ref) ?? [[], []]
        const own = segment.fieldsOf(ref)
        const mask = this.#tombstones.of(this.#index.tableOf(ref))
        const found: RowGroup[] = []
        segment.eachGroup(ref, only?.range, (group) => found.push(segment.group(ref, group, loaded)))
        for (const group of this.#visible(found, mask?.ranges(ref, deletesIn(segment)), own)) groups.push(group)
        merged.set(ref, [groups, [...new Set([...fields, ...own])]])
      }
    }
    if (this.#reads.size === 0) this.#trim()
    return merged
  }

  /** What is cold of some series in a range by ref, oldest rows first, without hidden rows. */
  async readCold(
    table: string,
    refs: Iterable<number>,
    fields: readonly string[],
    range: TimeRange,
  ): Promise<Map<number, RowGroup[]>> {
    const found = new Map<number, RowGroup[]>()
    // Before the first wait, as the files are chosen: what a file lacks later it may still have now.
    const mask = this.#tombstones.of(table)
    for (const { deletes, bySeries } of await (this.cold?.read(table, refs, fields, range) ?? [])) {
      for (const [ref, groups] of bySeries) {
        const visible = this.#visible(groups, mask?.ranges(ref, deletes), fields)
        found.set(ref, [...(found.get(ref) ?? []), ...visible])
      }
    }
    return found
  }

  async #readSome(refs: Uint32Array, fields: readonly string[], range: TimeRange): Promise<SeriesRows[]> {
    const first = refs[0]
    if (first === undefined) return []
    // What is in memory is taken before the first wait: rows that a flush moves to a segment meanwhile are then here.
    const table = this.#index.tableOf(first)
    const mask = this.#tombstones.of(table)
    const frozen = this.#frozenDeletes
    const inMemory = Array.from(refs, (ref) => [
      ...this.#visible(meeting(range, this.#frozen?.groups(ref, fields)), mask?.ranges(ref, frozen), fields),
      ...meeting(range, this.#head.groups(ref, fields)),
    ])
    const segments = await this.#having(table, refs)
    const cold = await this.readCold(table, refs, fields, range)
    const loaded: LoadedRuns[] = []
    for (const segment of segments) loaded.push(await this.#load(segment, runsOf(segment, refs, fields, range)))
    return Array.from(refs, (ref, i) => {
      const groups: RowGroup[] = []
      segments.forEach((segment, k) => {
        const found: RowGroup[] = []
        segment.eachGroup(ref, range, (group) => found.push(segment.group(ref, group, loaded[k] as LoadedRuns)))
        for (const group of this.#visible(found, mask?.ranges(ref, deletesIn(segment)), fields)) groups.push(group)
      })
      const older = cold.get(ref) ?? []
      return { ref, tags: this.#index.tags(ref), groups: [...older, ...groups, ...(inMemory[i] ?? [])] }
    })
  }

  async #load(segment: Segment, runs: readonly [number, number][]): Promise<LoadedRuns> {
    try {
      return await segment.load(runs)
    } catch (error) {
      throw this.#withoutDamaged(segment, error)
    }
  }

  /** Leaves a segment out where the error says that it is damaged. */
  #withoutDamaged(segment: Segment, error: unknown): unknown {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) {
      this.#quarantine(segment.info.name, error.message)
      this.#segments = this.#segments.filter((other) => other !== segment)
    }
    return error
  }

  #trim(): void {
    this.#place.cache.trim()
    this.cold?.trim()
  }

  /** Segments that have one of some series of a table, with the headers of these ready. Throws `corrupt` where those are damaged. */
  async #having(table: string, refs: Uint32Array): Promise<readonly Segment[]> {
    const having = this.#segments
      .filter(({ info }) => info.tables.has(table))
      .filter((one) => refs.some((ref) => one.has(ref)))
    for (const segment of having) await this.#prepare(segment, refs)
    return having
  }

  async #prepare(segment: Segment, refs: Iterable<number>): Promise<void> {
    try {
      await segment.prepare(refs)
    } catch (error) {
      throw this.#withoutDamaged(segment, error)
    }
  }

  /** Groups without the rows at hidden times. */
  #visible(
    groups: readonly RowGroup[],
    hidden: readonly TimeRange[] | undefined,
    fields: readonly string[],
  ): readonly RowGroup[] {
    if (hidden === undefined || hidden.length === 0) return groups
    return groups.flatMap((group) => withoutHidden(group, hidden, fields, this.#place.kernel) ?? [])
  }

  #pruneTombstones(): void {
    const segments = this.#segments.map(({ info }) => info)
    const heldFrom = this.#frozen ? Math.min(this.#frozenDeletes, this.#heldFrom) : this.#heldFrom
    this.#tombstones.prune({ segments, cold: this.cold?.files ?? [], heldFrom })
  }

  async #openSegment(info: SegmentInfo, known?: PlacesParts): Promise<Segment | undefined> {
    try {
      return await Segment.open(info, this.#place, { index: this.#index, adopts: this.#adopts, known })
    } catch (error) {
      if (!(error instanceof TidemarkError)) throw error
      this.#quarantine(info.name, error.message)
      return undefined
    }
  }

  #quarantine(name: string, reason: string): void {
    this.#quarantined.set(name, reason)
  }
}
