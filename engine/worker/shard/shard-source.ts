import type { ColdFileInfo } from '../../cold/cold-manifest.ts'
import type { ColdSource } from '../../cold/cold-source.ts'
import type { ReadCounts } from '../../core/read-counts.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import { visibleGroups } from '../../scan/hidden-rows.ts'
import type { NewestSource } from '../../scan/latest-scan.ts'
import { NewestRows } from '../../scan/newest-rows.ts'
import {
  joinedGroups,
  NO_GROUPS,
  type Outline,
  type RowGroup,
  type SeriesRows,
  type TimeRange,
} from '../../scan/row-group.ts'
import { freeUse, type ScanUse } from '../../scan/scan-use.ts'
import { Head } from '../../storage/head.ts'
import { HeadMemories } from '../../storage/head-memories.ts'
import { MeantSeries } from '../../storage/meant-series.ts'
import type { Segment } from '../../storage/segment.ts'
import type { SegmentInfo } from '../../storage/segment-format.ts'
import type { LoadedRuns } from '../../storage/segment-group.ts'
import type { PlacesParts } from '../../storage/segment-places.ts'
import type { Tombstone } from '../../storage/tombstone.ts'
import { Tombstones } from '../../storage/tombstones.ts'
import { adderTo, rangeOf, spanOf } from './group-choice.ts'
import { HostSeries } from './host-series.ts'
import { OpenSegments, type SegmentPlace } from './open-segments.ts'
import type { SeriesToWrite } from './segment-writing.ts'

/** Series that are read at a time: bounds the bytes that a scan holds. */
const SERIES_AT_A_TIME = 512
/** Series whose first and last times are looked up one by one. */
const MAX_BOUNDED = 1024

/** All that a host knows of its series: segments in the order of their age, rows set aside to be written, newest rows. */
export class ShardSource implements NewestSource {
  readonly #place: SegmentPlace
  readonly #index: SeriesIndex
  readonly #segments: OpenSegments
  readonly #heads: HeadMemories
  #frozen: Head | undefined
  #head: Head
  /** Above the numbers of the deletes that came before the rows were set aside; those are carried out in them. */
  #frozenDeletes = 0
  readonly #tombstones = new Tombstones()
  #heldFrom = Number.POSITIVE_INFINITY
  /** What is older than all of it, where there is a cold tier. */
  cold: ColdSource | undefined
  /** How often anything but the head has changed. */
  #changes = 0
  readonly #newest = new NewestRows({ changes: () => this.#changes, isInHead: (ref) => this.#head.holds(ref) })
  /** Scans that are under way. */
  readonly #reads = new Set<Promise<unknown>>()

  constructor(place: SegmentPlace, index: SeriesIndex, adopts: (shard: number) => boolean) {
    this.#place = place
    this.#index = index
    this.#segments = new OpenSegments(place, { index, adopts, onDamage: () => this.#changes++ })
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
    return [...this.#segments.quarantined, ...(this.cold?.quarantined ?? [])]
  }

  get segments(): readonly Segment[] {
    return this.#segments.all
  }

  /** Refs of the series that have rows, of segments, rows that are set aside, and the head; some more than once. */
  *refsInUse(): Generator<Iterable<number>> {
    for (const { refs } of this.#segments.all) yield refs
    for (const head of [this.#frozen, this.#head]) if (head) yield head.refs
  }

  /** `known` is where the series of a segment are in the index, where they are registered already. */
  async open(infos: readonly SegmentInfo[], known: (name: string) => PlacesParts | undefined): Promise<void> {
    await this.#segments.add(infos, known)
    this.#changes++
  }

  freeze(): void {
    if (this.#frozen) return
    this.#changes++
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
    this.#changes++
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
    this.#changes++
    this.#pruneTombstones()
    await this.readsEnd()
  }

  /** `known` is where the series of a segment are in the index, where it is known. */
  async replace(
    removed: readonly string[],
    added: readonly SegmentInfo[],
    known: (name: string) => PlacesParts | undefined,
  ): Promise<void> {
    const opened = await this.#segments.open(added, known)
    const gone = this.#segments.replace(removed, opened)
    const written = removed.length === 0 ? this.#frozen : undefined
    if (written) this.#frozen = undefined
    this.#changes++
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
    const isLetGo = this.#head.rows === 0 && this.#heads.isLarge(this.#head.memory)
    const freed = this.#heads.trim(isLetGo ? this.#head.memory : undefined)
    if (isLetGo) this.#head = new Head(this.#place.kernel, this.#heads.take())
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

  newest: NewestSource['newest'] = (table, fields) => this.#newest.of(table, fields)

  /** Between which times some series of a table may have rows; of many it says where the table has some. */
  async bounds(table: string, refs: Uint32Array): Promise<TimeRange | undefined> {
    return this.reading(() => this.#bounds(table, refs))
  }

  async #bounds(table: string, refs: Uint32Array): Promise<TimeRange | undefined> {
    // What is in memory before the first wait: a flush may move it to a segment meanwhile.
    const ranges = [this.cold?.bounds(table), this.#frozen?.bounds(refs), this.#head.bounds(refs)]
    if (refs.length <= MAX_BOUNDED) {
      for (const segment of await this.#segments.having(table, refs))
        for (const ref of refs) ranges.push(segment.bounds(ref))
    } else for (const { info } of this.#segments.all) ranges.push(rangeOf(info, table))
    return spanOf(ranges)
  }

  async outline(asked: Uint32Array, range: TimeRange): Promise<Outline> {
    const outline: Outline = { minTimes: [], rows: [] }
    await this.eachExtent(asked, range, adderTo(outline))
    return outline
  }

  /** Calls back with the first time, the rows and, where it is known, the last time of each group that meets a range. */
  async eachExtent(
    asked: Uint32Array,
    range: TimeRange,
    add: (minTime: bigint, rows: number, maxTime?: bigint) => void,
  ): Promise<void> {
    const refs = this.#known(asked)
    if (refs[0] !== undefined) this.cold?.outline(this.#index.tableOf(refs[0]), refs, range, add)
    for (const ref of refs) {
      for (const head of [this.#frozen, this.#head]) {
        for (const { minTime, rows, maxTime } of head?.groups(ref, [], range) ?? []) add(minTime, rows, maxTime)
      }
    }
    const segments = refs[0] === undefined ? [] : await this.#segments.having(this.#index.tableOf(refs[0]), refs, range)
    for (const ref of refs) {
      for (const segment of segments) segment.eachGroup(ref, range, (_group, ...extent) => add(...extent))
    }
  }

  /** Those of some refs whose series were not forgotten since they were selected. */
  #known(refs: Uint32Array): Uint32Array {
    return refs.filter((ref) => this.#index.has(ref))
  }

  async *read(
    refs: Uint32Array,
    fields: readonly string[],
    range: TimeRange,
    { counts }: ScanUse = freeUse(),
  ): AsyncGenerator<readonly SeriesRows[]> {
    for (let from = 0; from < refs.length; from += SERIES_AT_A_TIME) {
      const known = this.#known(refs.subarray(from, from + SERIES_AT_A_TIME))
      yield await this.#readSome(known, fields, { range, counts })
    }
  }

  /** Refs of the series of some segments, ascending. Throws `corrupt` where one of them is damaged. */
  refsIn(names: readonly string[]): Uint32Array {
    const isIn = new Uint8Array(this.#index.refLimit)
    for (const { refs } of this.#segments.named(names)) for (const ref of refs) isIn[ref] = 1
    const refs = new Uint32Array(isIn.reduce((count, one) => count + one, 0))
    let count = 0
    for (let ref = 0; ref < isIn.length; ref++) if (isIn[ref] === 1) refs[count++] = ref
    return refs
  }

  /**
   * The groups of some series in some segments, those that meet a range where there is one, with the fields that the series has in
   * them. Throws `corrupt` where one of them is damaged: what is made of the others must not take its place.
   */
  async readWhole(
    names: readonly string[],
    asked: Iterable<number>,
    range?: TimeRange,
  ): Promise<Map<number, [RowGroup[], string[]]>> {
    // A scan, so that what is made ready stays until it is read.
    return this.reading(() => this.#readWhole(names, [...asked], range))
  }

  async #readWhole(
    names: readonly string[],
    asked: readonly number[],
    range: TimeRange | undefined,
  ): Promise<Map<number, [RowGroup[], string[]]>> {
    const segments = this.#segments.named(names)
    const merged = new Map<number, [RowGroup[], string[]]>()
    for (const segment of segments) {
      const refs = asked.filter((ref) => segment.has(ref))
      await this.#segments.reading(segment, () => segment.prepare(refs))
      const runs = refs.flatMap((ref) => segment.columnRuns(ref, segment.fieldsOf(ref)))
      const loaded = await this.#segments.reading(segment, () => segment.loadOnce(runs))
      for (const ref of refs) {
        const [groups, fields] = merged.get(ref) ?? [[], []]
        const own = segment.fieldsOf(ref)
        const mask = this.#tombstones.of(this.#index.tableOf(ref))
        const found: RowGroup[] = []
        segment.eachGroup(ref, range, (group) => found.push(segment.group(ref, group, loaded)))
        for (const group of visibleGroups(found, mask?.ranges(ref, segment.info.deletes ?? 0), own, this.#place.kernel))
          groups.push(group)
        merged.set(ref, [groups, [...new Set([...fields, ...own])]])
      }
    }
    return merged
  }

  /** All of the series of some segments, to be written anew. */
  seriesOf(names: readonly string[]): SeriesToWrite {
    const segments = this.#segments.named(names)
    return {
      bytesOf: (ref) => segments.reduce((bytes, segment) => bytes + segment.bytesOf(ref), 0),
      read: (refs) => this.readWhole(names, refs),
    }
  }

  /** What is cold of some series in a range by ref, oldest rows first, without hidden rows. */
  async readCold(
    table: string,
    refs: Iterable<number>,
    fields: readonly string[],
    { range, counts }: { range: TimeRange; counts?: ReadCounts },
  ): Promise<Map<number, RowGroup[]>> {
    const found = new Map<number, RowGroup[]>()
    // Before the first wait, as the files are chosen: what a file lacks later it may still have now.
    const mask = this.#tombstones.of(table)
    for (const { deletes, bySeries } of await (this.cold?.read(table, refs, fields, { range, counts }) ?? [])) {
      for (const [ref, groups] of bySeries) {
        const visible = visibleGroups(groups, mask?.ranges(ref, deletes), fields, this.#place.kernel)
        found.set(ref, [...(found.get(ref) ?? []), ...visible])
      }
    }
    return found
  }

  async #readSome(
    refs: Uint32Array,
    fields: readonly string[],
    { range, counts }: { range: TimeRange; counts: ReadCounts },
  ): Promise<SeriesRows[]> {
    const first = refs[0]
    if (first === undefined) return []
    // What is in memory is taken before the first wait: rows that a flush moves to a segment meanwhile are then here.
    const table = this.#index.tableOf(first)
    const mask = this.#tombstones.of(table)
    const frozen = this.#frozenDeletes
    const inMemory =
      this.#frozen === undefined && this.#head.rows === 0
        ? []
        : Array.from(refs, (ref) => {
            const older = this.#frozen?.groups(ref, fields, range) ?? NO_GROUPS
            const visible =
              older.length === 0 ? older : visibleGroups(older, mask?.ranges(ref, frozen), fields, this.#place.kernel)
            return joinedGroups(visible, this.#head.groups(ref, fields, range))
          })
    const segments = await this.#segments.having(table, refs, range)
    const cold = await this.readCold(table, refs, fields, { range, counts })
    const loaded: LoadedRuns[] = []
    for (const segment of segments) {
      loaded.push(await this.#segments.reading(segment, () => segment.loadQuick(refs, fields, { range, counts })))
    }
    return Array.from(refs, (ref, i) => {
      let groups = NO_GROUPS
      for (const [k, segment] of segments.entries()) {
        const found: RowGroup[] = []
        const all = segment.takeGroups(ref, range, loaded[k] as LoadedRuns, found)
        counts.outsideGroups += all - found.length
        groups = joinedGroups(
          groups,
          visibleGroups(found, mask?.ranges(ref, segment.info.deletes ?? 0), fields, this.#place.kernel),
        )
      }
      const [older, newer] = [cold.get(ref) ?? NO_GROUPS, inMemory[i] ?? NO_GROUPS]
      counts.coldGroups += older.length
      counts.segmentGroups += groups.length
      counts.headGroups += newer.length
      const whole = joinedGroups(joinedGroups(older, groups), newer)
      for (const { rows } of whole) counts.rows += rows
      return new HostSeries(this.#index, ref, whole)
    })
  }

  #trim(): void {
    this.#place.cache.trim()
    this.cold?.trim()
  }

  #pruneTombstones(): void {
    const segments = this.#segments.all.map(({ info }) => info)
    const heldFrom = this.#frozen ? Math.min(this.#frozenDeletes, this.#heldFrom) : this.#heldFrom
    this.#tombstones.prune({ segments, cold: this.cold?.files ?? [], heldFrom })
  }
}
