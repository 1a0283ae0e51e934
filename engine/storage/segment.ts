import { TidemarkError } from '../core/errors.ts'
import { countCached, countFetched, type ReadCounts } from '../core/read-counts.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { blockType } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { RowGroup, TimeRange } from '../scan/row-group.ts'
import type { BlockCache, CachedRun } from './block-cache.ts'
import { ByteReader } from './byte-reader.ts'
import { bytesOfBlock, chunkOf, type HeaderChunks } from './header-chunks.ts'
import { QuickRuns } from './quick-runs.ts'
import { MAX_READ_BYTES } from './read-requests.ts'
import { RunReader } from './run-reader.ts'
import {
  readVersion,
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  type SegmentInfo,
} from './segment-format.ts'
import { type LoadedRuns, SegmentGroup } from './segment-group.ts'
import { type KeptAs, SegmentHeaders } from './segment-headers.ts'
import { readSegmentIndex, type SegmentIndex, type SeriesAdopter } from './segment-index.ts'
import {
  type ColumnRun,
  columnRun,
  columnsOf,
  type PlacesParts,
  type SegmentPlaces,
  type SegmentSeries,
} from './segment-places.ts'
import type { BlobStore } from './store.ts'

/** An immutable file of blocks, opened: its index is in memory, its headers and blocks come through the cache. */
export class Segment {
  readonly info: SegmentInfo
  readonly #places: SegmentPlaces
  readonly #chunks: HeaderChunks
  readonly #version: number
  /** The headers of a segment that has all of them in its index. */
  readonly #packed: Uint8Array | undefined
  /** By chunk, decoded when they are asked for, and again after the cache has let go of them. */
  readonly #decoded = new Map<number, SegmentHeaders>()
  /** Runs of dense blocks that were read again and again, by their first block. */
  readonly #quick: QuickRuns
  readonly #blobs: BlobStore
  readonly #reader: RunReader
  readonly #cache: BlockCache
  readonly #kernel: Kernel

  private constructor(info: SegmentInfo, version: number, index: SegmentIndex, place: SegmentPlace) {
    this.info = info
    this.#version = version
    this.#places = index.places
    this.#chunks = index.chunks
    this.#packed = index.packedHeaders
    this.#blobs = place.blobs
    this.#cache = place.cache
    this.#kernel = place.kernel
    this.#quick = new QuickRuns(place.cache, place.kernel)
    this.#reader = new RunReader({ ...place, name: info.name, headersOf: (block) => this.#headersOf(block) })
  }

  /** Reads and checks the index, but no header of a block. Throws `corrupt`, `truncated` or `io`. */
  static async open(info: SegmentInfo, place: SegmentPlace, adopter: SeriesAdopter): Promise<Segment> {
    const footer = await place.blobs.get(info.name, info.bytes - SEGMENT_FOOTER_BYTES, info.bytes)
    const reader = new ByteReader(footer, `footer of segment ${info.name}`)
    const indexStart = reader.u32()
    const indexBytes = reader.u32()
    const checksum = reader.u32()
    if (reader.u32() !== SEGMENT_MAGIC || indexStart + indexBytes + SEGMENT_FOOTER_BYTES !== info.bytes) {
      throw reader.corrupt('it is not the end of a segment')
    }
    const start = await place.blobs.get(info.name, 0, SEGMENT_HEADER_BYTES)
    const version = readVersion(start, info.name)
    const index = await place.blobs.get(info.name, indexStart, indexStart + indexBytes)
    if (place.kernel.checksum(index) !== checksum) throw reader.corrupt('the index does not have its checksum')
    const source = { reader: new ByteReader(index, `index of segment ${info.name}`), indexStart, version }
    return new Segment(info, version, readSegmentIndex(source, place.kernel, adopter), place)
  }

  /**
   * Makes the headers of some series ready, of all where none are named. What needs them, which is all that is asked by a
   * ref but whether it is here, comes before the cache is trimmed next. Throws `corrupt`, `truncated` or `io`.
   */
  async prepare(refs: Iterable<number> = this.refs): Promise<void> {
    const missing = new Set<number>()
    let last = -1
    for (const ref of refs) {
      const series = this.#places.get(ref)
      if (series === undefined) continue
      const chunk = chunkOf(this.#chunks, series.firstBlock)
      if (chunk === last) continue
      last = chunk
      const decoded = this.#decoded.get(chunk)
      if (decoded) this.#cache.touchHeld(decoded)
      else missing.add(chunk)
    }
    const sorted = [...missing].sort((a, b) => a - b)
    for (let i = 0; i < sorted.length; ) {
      let next = i + 1
      while (next < sorted.length && sorted[next] === (sorted[next - 1] as number) + 1 && this.#isNear(sorted, i, next))
        next++
      await this.#loadChunks(sorted[i] as number, (sorted[next - 1] as number) + 1)
      i = next
    }
  }

  /** Bytes of memory that stay as long as the segment is open. */
  get indexBytes(): number {
    return this.#places.bytes + (this.#packed?.length ?? 0) + this.#chunks.series.length * CHUNK_BYTES
  }

  get refs(): Iterable<number> {
    return this.#places.refs()
  }

  /** Where its series are in the index. */
  get parts(): PlacesParts {
    return this.#places.parts
  }

  has(ref: number): boolean {
    return this.#places.has(ref)
  }

  fieldsOf(ref: number): readonly string[] {
    return this.#places.get(ref)?.fields ?? []
  }

  /** Bytes that a series takes when it is read, about: its blocks as those of its chunk on average. */
  bytesOf(ref: number): number {
    const series = this.#places.get(ref)
    if (series === undefined) return 0
    return series.groups * (1 + series.fields.length) * bytesOfBlock(this.#chunks, series.firstBlock)
  }

  /** Calls back with rows and times of each group of a series, or of each that meets the range. Returns how many there are in all. */
  eachGroup(
    ref: number,
    range: TimeRange | undefined,
    visit: (group: number, minTime: bigint, rows: number, maxTime: bigint) => void,
  ): number {
    const series = this.#places.get(ref)
    if (series === undefined) return 0
    const headers = this.#headersOf(series.firstBlock)
    const first = range ? headers.firstGroup(series, range.start) : 0
    for (let group = first; group < series.groups; group++) {
      const block = series.firstBlock + group
      const minTime = headers.minTimeOf(block)
      if (range && minTime >= range.end) break
      visit(group, minTime, headers.rowsOf(block), headers.maxTimeOf(block))
    }
    return series.groups
  }

  /** How the blocks of some series are kept, but for those without a value. */
  *kept(refs: Iterable<number>): Generator<KeptAs & { column: string }> {
    for (const ref of refs) {
      const series = this.#places.get(ref)
      if (series === undefined) continue
      const headers = this.#headersOf(series.firstBlock)
      const columns = [TIME_COLUMN, ...series.fields]
      for (let i = 0; i < columns.length * series.groups; i++) {
        const kept = headers.keptAs(series.firstBlock + i)
        if (kept.values > 0) yield { ...kept, column: columns[Math.floor(i / series.groups)] as string }
      }
    }
  }

  /** First and last time of a series, `undefined` where it is not here. */
  bounds(ref: number): TimeRange | undefined {
    const series = this.#places.get(ref)
    if (series === undefined) return undefined
    const last = series.firstBlock + series.groups - 1
    const headers = this.#headersOf(series.firstBlock)
    return { start: headers.minTimeOf(series.firstBlock), end: headers.maxTimeOf(last) }
  }

  /** The columns of a series: its times and the fields of some that it has. */
  columnRuns(ref: number, fields: readonly string[]): ColumnRun[] {
    const series = this.#places.get(ref)
    return series ? columnsOf(series.fields, fields).map((column) => columnRun(series, column)) : []
  }

  /**
   * The bytes of runs of blocks, by their first block: from the cache, or read and checked. Who holds the answer holds the
   * bytes, whatever the cache forgets meanwhile. Throws `corrupt`, `truncated` or `io`.
   */
  async load(runs: readonly ColumnRun[], counts?: ReadCounts): Promise<LoadedRuns> {
    const cached = this.#cache.runs(this)
    const used: CachedRun[] = []
    const missing: ColumnRun[] = []
    for (const run of runs) {
      const { first, end } = run
      const known = cached.get(first)
      if (known) {
        used.push(known)
        if (counts) countCached(counts, end - first, known.length)
      } else if (this.#headersOf(first).payloadBytes(first, end) > 0) missing.push(run)
    }
    this.#cache.touch(used)
    if (missing.length === 0) return { stored: cached }
    const added = await this.#reader.read(missing.sort(inOrder), SHARED_BYTES)
    this.#cache.add(this, added)
    if (counts) for (const { first, end } of missing) countFetched(counts, end - first, added.get(first)?.length)
    const now = this.#cache.runs(this)
    if (used.length === 0 || now === cached) return { stored: now }
    // Some was evicted during the reading.
    const loaded = new Map<number, CachedRun>()
    for (const { first } of runs) {
      const run = now.get(first) ?? cached.get(first)
      if (run) loaded.set(first, run)
    }
    return { stored: loaded }
  }

  /**
   * The same of the times and some fields of those series that may have rows in a range, for who asks about the same blocks again:
   * some of the dense runs that are in the cache already are there in the fast family from then on, until there is no room.
   */
  async loadQuick(
    refs: Iterable<number>,
    fields: readonly string[],
    { range, counts }: QuickRead,
  ): Promise<LoadedRuns> {
    const mayBeQuick = !this.#quick.isEmpty || this.#mayBeDense
    const rest: ColumnRun[] = []
    let [own, columns]: [readonly string[] | undefined, number[]] = [undefined, []]
    for (const ref of refs) {
      const series = this.#places.get(ref)
      if (series === undefined || !this.#mayMeet(series, range)) continue
      // Most series have the same fields.
      if (series.fields !== own) columns = columnsOf(series.fields, fields)
      own = series.fields
      const kept = mayBeQuick ? this.#quick.use(series) : undefined
      for (const column of columns) {
        const bytes = kept?.bytesOf(column) ?? 0
        if (bytes === 0) rest.push(columnRun(series, column))
        else if (counts) countCached(counts, series.groups, bytes)
      }
    }
    if (!mayBeQuick) return this.load(rest, counts)
    const again = this.#toQuicken(rest)
    const { stored } = await this.load(rest, counts)
    for (const { series, column, first, end } of again) {
      const bytes = stored.get(first)?.bytes
      if (bytes === undefined) continue
      const chunk = this.#headersOf(first)
      const { headers, view, modelOf } = chunk
      const run = { headers, view, first: chunk.place(first), count: end - first, payloads: bytes, modelOf }
      this.#quick.add(series, column, run)
    }
    return { stored, quick: this.#quick }
  }

  /** Whether a series may have rows in a range. */
  #mayMeet(series: SegmentSeries, { start, end }: TimeRange): boolean {
    const headers = this.#headersOf(series.firstBlock)
    if (headers.minTimeOf(series.firstBlock) >= end) return false
    return headers.maxTimeOf(series.firstBlock + series.groups - 1) >= start
  }

  /** Of some runs those that are read again. */
  #toQuicken(runs: readonly ColumnRun[]): ColumnRun[] {
    const cached = this.#cache.runs(this)
    let left = QUICKENED_BLOCKS
    return runs.filter(({ first, end }) => {
      if (!cached.has(first) || end - first > left || !this.#mayQuicken(first, end)) return false
      left -= end - first
      return true
    })
  }

  /** Of the other versions only headers tell. */
  get #mayBeDense(): boolean {
    return this.#version < 3 || this.#chunks.models.length > 0
  }

  #mayQuicken(first: number, end: number): boolean {
    const headers = this.#headersOf(first)
    if (!headers.hasDense(first, end)) return false
    const type = blockType(headers.view, headers.place(first))
    return type === 'i64' || type === 'bool' || type === 'time'
  }

  /** Puts the groups of a series that meet a range among others, and returns how many there are in all; their bytes are in `loaded`. */
  takeGroups(ref: number, range: TimeRange, loaded: LoadedRuns, into: RowGroup[]): number {
    const series = this.#places.get(ref)
    if (series === undefined) return 0
    const headers = this.#headersOf(series.firstBlock)
    const kept = loaded.quick?.of(series)
    for (let group = headers.firstGroup(series, range.start); group < series.groups; group++) {
      const rows = new SegmentGroup(headers, series, { group, loaded, kept })
      if (rows.minTime >= range.end) break
      into.push(rows)
    }
    return series.groups
  }

  /** The same for who reads each block once: the cache is neither asked nor told. */
  async loadOnce(runs: readonly ColumnRun[]): Promise<LoadedRuns> {
    const stored = new Map<number, { readonly bytes: Uint8Array }>()
    const present = runs.filter(({ first, end }) => this.#headersOf(first).payloadBytes(first, end) > 0)
    for (const [first, bytes] of await this.#reader.read(present.sort(inOrder), MAX_READ_BYTES))
      stored.set(first, { bytes })
    return { stored }
  }

  /** A group of a series whose runs of times and fields are in `loaded`. */
  group(ref: number, group: number, loaded: LoadedRuns): RowGroup {
    const series = this.#places.get(ref)
    if (series === undefined) throw new Error(`series ${ref} is not in the segment`)
    return new SegmentGroup(this.#headersOf(series.firstBlock), series, {
      group,
      loaded,
      kept: loaded.quick?.of(series),
    })
  }

  /** The headers of the chunk of a block, which are ready. */
  #headersOf(block: number): SegmentHeaders {
    const headers = this.#decoded.get(chunkOf(this.#chunks, block))
    if (headers === undefined) throw new Error(`headers of block ${block} of segment ${this.info.name} are not ready`)
    return headers
  }

  #isNear(chunks: readonly number[], first: number, last: number): boolean {
    const { bytes } = this.#chunks
    return (
      (bytes[(chunks[last] as number) + 1] as number) - (bytes[chunks[first] as number] as number) <= MAX_READ_BYTES
    )
  }

  /** Reads and decodes chunks `[first, end)`. */
  async #loadChunks(first: number, end: number): Promise<void> {
    const { bytes, checksums } = this.#chunks
    const start = bytes[first] as number
    const read = this.#packed ?? (await this.#blobs.get(this.info.name, start, bytes[end] as number))
    const what = `headers of segment ${this.info.name}`
    for (let chunk = first; chunk < end; chunk++) {
      // Another read may have been quicker.
      if (this.#decoded.has(chunk)) continue
      const own = this.#packed ?? read.subarray((bytes[chunk] as number) - start, (bytes[chunk + 1] as number) - start)
      if (this.#packed === undefined && this.#kernel.checksum(own) !== checksums[chunk]) {
        throw new TidemarkError('corrupt', `${what}: chunk ${chunk} does not have its checksum`)
      }
      const place = { chunks: this.#chunks, chunk }
      const headers = SegmentHeaders.read(
        { what, version: this.#version, bytes: own },
        this.#places.layouts,
        place,
        this.#kernel,
      )
      this.#decoded.set(chunk, headers)
      this.#cache.hold(headers, headers.bytes, () => this.#decoded.delete(chunk))
    }
  }

  /** Lets go of everything that the cache keeps of it. */
  drop(): void {
    for (const headers of this.#decoded.values()) this.#cache.drop(headers)
    this.#decoded.clear()
    this.#quick.drop()
    this.#cache.drop(this)
  }
}

const inOrder = (a: ColumnRun, b: ColumnRun): number => a.first - b.first

interface QuickRead {
  range: TimeRange
  counts?: ReadCounts | undefined
}

interface SegmentPlace {
  blobs: BlobStore
  cache: BlockCache
  kernel: Kernel
}

/** Dense blocks that one load puts into the fast family: bounds how much longer it takes, to some ms. */
const QUICKENED_BLOCKS = 1024
/** Runs that are kept share memory up to so many bytes: one that is used keeps its neighbours. */
const SHARED_BYTES = 64 << 10
/** What is kept of a chunk of headers while they are not. */
const CHUNK_BYTES = 28
