import { TidemarkError } from '../core/errors.ts'
import type { EncodingUse } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import { encodingName } from '../kernel/encoding-name.ts'
import { blockEncoding, blockNulls, blockRows } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { RowGroup, TimeRange } from '../scan/row-group.ts'
import type { BlockCache, CachedRun } from './block-cache.ts'
import { ByteReader } from './byte-reader.ts'
import {
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  type SegmentInfo,
} from './segment-format.ts'
import { type LoadedRuns, SegmentGroup } from './segment-group.ts'
import { type PackedHeaders, SegmentHeaders } from './segment-headers.ts'
import { readSegmentIndex, type SeriesAdopter } from './segment-index.ts'
import type { SegmentPlaces } from './segment-places.ts'
import type { BlobStore } from './store.ts'

/** An immutable file of blocks, opened: its index is in memory, its blocks come through the cache. */
export class Segment {
  readonly info: SegmentInfo
  readonly #places: SegmentPlaces
  readonly #packed: PackedHeaders
  /** Decoded when they are first asked for, and again after the cache has let go of them. */
  #decoded: SegmentHeaders | undefined
  readonly #blobs: BlobStore
  readonly #cache: BlockCache
  readonly #kernel: Kernel

  private constructor(places: SegmentPlaces, packed: PackedHeaders, place: SegmentPlace) {
    this.info = packed.info
    this.#places = places
    this.#packed = packed
    this.#blobs = place.blobs
    this.#cache = place.cache
    this.#kernel = place.kernel
  }

  /** Reads and checks the index, all but the headers of blocks. Throws `corrupt`, `truncated` or `io`. */
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
    const source = { reader: new ByteReader(index, `index of segment ${info.name}`), version }
    const { places, packedHeaders } = readSegmentIndex(source, place.kernel, adopter)
    return new Segment(places, { info, version, bytes: packedHeaders, indexStart }, place)
  }

  /** Makes the headers of blocks ready. Throws `corrupt` or `truncated` where they are damaged. */
  prepare(): void {
    if (this.#decoded === undefined) this.#decode()
    this.#cache.touchHeld(this)
  }

  /** Bytes of memory that stay as long as the segment is open. */
  get indexBytes(): number {
    return this.#places.bytes + this.#packed.bytes.length
  }

  get refs(): Iterable<number> {
    return this.#places.refs()
  }

  has(ref: number): boolean {
    return this.#places.has(ref)
  }

  fieldsOf(ref: number): readonly string[] {
    return this.#places.get(ref)?.fields ?? []
  }

  /** Calls back with rows and times of each group of a series, or of each that meets the range. */
  eachGroup(
    ref: number,
    range: TimeRange | undefined,
    visit: (group: number, minTime: bigint, rows: number, maxTime: bigint) => void,
  ): void {
    const series = this.#places.get(ref)
    if (series === undefined) return
    const headers = this.#headers
    const first = range ? headers.firstGroup(series, range.start) : 0
    for (let group = first; group < series.groups; group++) {
      const block = series.firstBlock + group
      const minTime = headers.minTimeOf(block)
      if (range && minTime >= range.end) return
      visit(group, minTime, headers.rowsOf(block), headers.maxTimeOf(block))
    }
  }

  /** Encodings of the blocks of some series, for each block one use. */
  *uses(refs: Iterable<number>): Generator<EncodingUse> {
    const { view, offsets } = this.#headers
    for (const ref of refs) {
      const series = this.#places.get(ref)
      if (series === undefined) continue
      const columns = [TIME_COLUMN, ...series.fields]
      for (let i = 0; i < columns.length * series.groups; i++) {
        const block = series.firstBlock + i
        const values = blockRows(view, block) - blockNulls(view, block)
        if (values === 0) continue
        const bytes = (offsets[block + 1] as number) - (offsets[block] as number)
        const encoding = encodingName(blockEncoding(view, block), this.#headers.modelAt(block)?.bytes)
        yield { column: columns[Math.floor(i / series.groups)] as string, encoding, blocks: 1, values, bytes }
      }
    }
  }

  /** First and last time of a series, `undefined` where it is not here. */
  bounds(ref: number): TimeRange | undefined {
    const series = this.#places.get(ref)
    if (series === undefined) return undefined
    const last = series.firstBlock + series.groups - 1
    const headers = this.#headers
    return { start: headers.minTimeOf(series.firstBlock), end: headers.maxTimeOf(last) }
  }

  /** Blocks `[first, end)` of the columns of a series: its times and the fields that it has. */
  columnRuns(ref: number, fields: readonly string[]): [first: number, end: number][] {
    const series = this.#places.get(ref)
    if (series === undefined) return []
    const { firstBlock, groups } = series
    const runs: [number, number][] = [[firstBlock, firstBlock + groups]]
    for (const field of fields) {
      const place = series.fields.indexOf(field)
      if (place < 0) continue
      const first = firstBlock + (1 + place) * groups
      runs.push([first, first + groups])
    }
    return runs
  }

  /**
   * The bytes of runs of blocks, by their first block: from the cache, or read and checked. Who holds the answer holds the
   * bytes, whatever the cache forgets meanwhile. Throws `corrupt`, `truncated` or `io`.
   */
  async load(runs: readonly [first: number, end: number][]): Promise<LoadedRuns> {
    const cached = this.#cache.runs(this)
    const used: CachedRun[] = []
    const missing: [number, number][] = []
    for (const [first, end] of runs) {
      const known = cached.get(first)
      if (known) used.push(known)
      else if (this.#headers.payloadBytes(first, end) > 0) missing.push([first, end])
    }
    this.#cache.touch(used)
    if (missing.length === 0) return cached
    const added = await this.#read(missing.sort(([a], [b]) => a - b))
    this.#cache.add(this, added)
    const loaded = new Map<number, { readonly bytes: Uint8Array }>(cached)
    for (const [first, bytes] of added) loaded.set(first, { bytes })
    return loaded
  }

  /** A group of a series whose runs of times and fields are in `loaded`. */
  group(ref: number, group: number, loaded: LoadedRuns): RowGroup {
    const series = this.#places.get(ref)
    if (series === undefined) throw new Error(`series ${ref} is not in the segment`)
    return new SegmentGroup(this.#headers, series, { group, loaded })
  }

  get #headers(): SegmentHeaders {
    return this.#decoded ?? this.#decode()
  }

  #decode(): SegmentHeaders {
    const headers = SegmentHeaders.read(this.#packed, this.#places.layouts, this.#kernel)
    this.#decoded = headers
    this.#cache.hold(this, headers.bytes, () => {
      this.#decoded = undefined
    })
    return headers
  }

  /** Reads runs in ascending order, several that lie close in one request, and checks their blocks. */
  async #read(runs: readonly [number, number][]): Promise<Map<number, Uint8Array>> {
    const read = new Map<number, Uint8Array>()
    const headers = this.#headers
    for (let i = 0; i < runs.length; ) {
      const begin = runs[i]?.[0] as number
      let next = i + 1
      while (next < runs.length && headers.payloadBytes(begin, runs[next]?.[1] as number) <= MAX_READ_BYTES) next++
      await this.#readTogether(runs.slice(i, next), headers, read)
      i = next
    }
    return read
  }

  async #readTogether(
    runs: readonly [number, number][],
    headers: SegmentHeaders,
    read: Map<number, Uint8Array>,
  ): Promise<void> {
    const begin = headers.offsets[runs[0]?.[0] as number] as number
    const end = headers.offsets[runs[runs.length - 1]?.[1] as number] as number
    const bytes = await this.#blobs.get(this.info.name, begin, end)
    for (const [first, last] of runs) {
      const from = (headers.offsets[first] as number) - begin
      const run = bytes.slice(from, from + headers.payloadBytes(first, last))
      this.#verify(first, last, headers, run)
      read.set(first, run)
    }
  }

  #verify(first: number, end: number, headers: SegmentHeaders, payloads: Uint8Array): void {
    try {
      const modelOf = (block: number): DenseModel | undefined => headers.modelAt(block)
      this.#kernel.verifyBlocks({ headers: headers.headers, first, count: end - first, payloads, modelOf })
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new TidemarkError('corrupt', `segment ${this.info.name}, ${reason}`, { cause })
    }
  }
}

interface SegmentPlace {
  blobs: BlobStore
  cache: BlockCache
  kernel: Kernel
}

/** Runs that lie close are read in one request, with what is between them, up to so many bytes. */
const MAX_READ_BYTES = 4 << 20

/** The version, which is checked, and with it the magic. */
function readVersion(bytes: Uint8Array, name: string): number {
  const reader = new ByteReader(bytes, `segment ${name}`)
  if (reader.u32() !== SEGMENT_MAGIC) throw reader.corrupt('it does not start as a segment')
  const version = reader.u16()
  if (version < 1 || version > SEGMENT_VERSION) throw reader.corrupt(`version ${version} is not known`)
  return version
}
