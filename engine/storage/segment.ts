import { TidemarkError } from '../core/errors.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import { blockNulls, blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block, RowGroup, TimeRange } from '../scan/row-group.ts'
import type { BlockCache, CachedRun } from './block-cache.ts'
import { ByteReader } from './byte-reader.ts'
import {
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  type SegmentInfo,
} from './segment-format.ts'
import { readSegmentIndex, type SegmentIndex } from './segment-index.ts'
import type { BlobStore } from './store.ts'

const HEADER_WORDS = HEADER_BYTES / 8
/** Words of a header that hold the first and the last of a time block. */
const MIN_WORD = 2
const MAX_WORD = 3

/** Where the blocks of one series are: first those of its times, then those of each field, a block a group. */
export interface SegmentSeries {
  ref: number
  fields: readonly string[]
  groups: number
  firstBlock: number
}

/** What a series becomes when a segment is opened: its ref, or `undefined` where it belongs to another host. */
export type RegisterSeries = (key: Uint8Array, shard: number) => number | undefined

/** An immutable file of blocks, opened: its index is in memory, its blocks come through the cache. */
export class Segment {
  readonly info: SegmentInfo
  readonly #series: ReadonlyMap<number, SegmentSeries>
  readonly #headers: Uint8Array
  readonly #words: BigInt64Array
  readonly #headerView: DataView
  readonly #models: readonly DenseModel[]
  readonly #modelOf: Uint32Array
  /** Where each block's payload starts, and where the last one ends. */
  readonly #offsets: Float64Array
  readonly #blobs: BlobStore
  readonly #cache: BlockCache
  readonly #kernel: Kernel

  private constructor(parts: SegmentParts) {
    this.info = parts.info
    this.#series = parts.series
    this.#headers = parts.headers
    this.#words = new BigInt64Array(parts.headers.buffer)
    this.#headerView = new DataView(parts.headers.buffer)
    this.#models = parts.models
    this.#modelOf = parts.modelOf
    this.#offsets = parts.offsets
    this.#blobs = parts.place.blobs
    this.#cache = parts.place.cache
    this.#kernel = parts.place.kernel
  }

  /** Reads and checks the index. Throws `corrupt`, `truncated` or `io`. */
  static async open(info: SegmentInfo, place: SegmentPlace, register: RegisterSeries): Promise<Segment> {
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
    const parts = readSegmentIndex(source, place.kernel, register)
    const offsets = payloadOffsets(parts.headers)
    if (offsets[offsets.length - 1] !== indexStart) throw reader.corrupt('blocks and index do not meet')
    return new Segment({ info, ...parts, offsets, place })
  }

  get refs(): Iterable<number> {
    return this.#series.keys()
  }

  has(ref: number): boolean {
    return this.#series.has(ref)
  }

  fieldsOf(ref: number): readonly string[] {
    return this.#series.get(ref)?.fields ?? []
  }

  /** Calls back with rows and times of each group of a series, or of each that meets the range. */
  eachGroup(
    ref: number,
    range: TimeRange | undefined,
    visit: (group: number, minTime: bigint, rows: number, maxTime: bigint) => void,
  ): void {
    const series = this.#series.get(ref)
    if (series === undefined) return
    for (let group = 0; group < series.groups; group++) {
      const block = series.firstBlock + group
      const minTime = this.minTimeOf(block)
      const maxTime = this.maxTimeOf(block)
      if (range && (minTime >= range.end || maxTime < range.start)) continue
      visit(group, minTime, this.rowsOf(block), maxTime)
    }
  }

  /** First and last time of a series, `undefined` where it is not here. */
  bounds(ref: number): TimeRange | undefined {
    const series = this.#series.get(ref)
    if (series === undefined) return undefined
    const last = series.firstBlock + series.groups - 1
    return {
      start: this.#words[series.firstBlock * HEADER_WORDS + MIN_WORD] as bigint,
      end: this.#words[last * HEADER_WORDS + MAX_WORD] as bigint,
    }
  }

  rowsOf(block: number): number {
    return blockRows(this.#headerView, block)
  }

  minTimeOf(block: number): bigint {
    return this.#words[block * HEADER_WORDS + MIN_WORD] as bigint
  }

  maxTimeOf(block: number): bigint {
    return this.#words[block * HEADER_WORDS + MAX_WORD] as bigint
  }

  /** Blocks `[first, end)` of the columns of a series: its times and the fields that it has. */
  columnRuns(ref: number, fields: readonly string[]): [first: number, end: number][] {
    const series = this.#series.get(ref)
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
      else if (this.#bytesOf(first, end) > 0) missing.push([first, end])
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
    const series = this.#series.get(ref)
    if (series === undefined) throw new Error(`series ${ref} is not in the segment`)
    return new SegmentGroup(this, series, { group, loaded })
  }

  /** A block of a run; `undefined` where no row has a value. */
  block(run: number, block: number, loaded: LoadedRuns): Block | undefined {
    if (this.#isAbsent(block)) return undefined
    const start = this.#offsets[block] as number
    const end = this.#offsets[block + 1] as number
    if (start === end) return { headers: this.#headers, view: this.#headerView, block, payload: NO_BYTES }
    const bytes = loaded.get(run)?.bytes
    if (bytes === undefined) throw new Error(`blocks from ${run} on were not loaded`)
    const from = start - (this.#offsets[run] as number)
    const payload = bytes.subarray(from, from + end - start)
    return { headers: this.#headers, view: this.#headerView, block, payload, model: this.#modelAt(block) }
  }

  #modelAt(block: number): DenseModel | undefined {
    return this.#models[(this.#modelOf[block] ?? 0) - 1]
  }

  #isAbsent(block: number): boolean {
    return blockNulls(this.#headerView, block) === blockRows(this.#headerView, block)
  }

  #bytesOf(first: number, end: number): number {
    return (this.#offsets[end] as number) - (this.#offsets[first] as number)
  }

  /** Reads runs in ascending order, several that lie close in one request, and checks their blocks. */
  async #read(runs: readonly [number, number][]): Promise<Map<number, Uint8Array>> {
    const read = new Map<number, Uint8Array>()
    for (let i = 0; i < runs.length; ) {
      const begin = runs[i]?.[0] as number
      let next = i + 1
      while (next < runs.length && this.#bytesOf(begin, runs[next]?.[1] as number) <= MAX_READ_BYTES) next++
      await this.#readTogether(runs.slice(i, next), read)
      i = next
    }
    return read
  }

  async #readTogether(runs: readonly [number, number][], read: Map<number, Uint8Array>): Promise<void> {
    const begin = this.#offsets[runs[0]?.[0] as number] as number
    const end = this.#offsets[runs[runs.length - 1]?.[1] as number] as number
    const bytes = await this.#blobs.get(this.info.name, begin, end)
    for (const [first, last] of runs) {
      const from = (this.#offsets[first] as number) - begin
      const run = bytes.slice(from, from + this.#bytesOf(first, last))
      this.#verify(first, last, run)
      read.set(first, run)
    }
  }

  #verify(first: number, end: number, run: Uint8Array): void {
    try {
      const modelOf = (block: number): DenseModel | undefined => this.#modelAt(block)
      this.#kernel.verifyBlocks({ headers: this.#headers, first, count: end - first, payloads: run, modelOf })
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

interface SegmentParts extends SegmentIndex {
  info: SegmentInfo
  offsets: Float64Array
  place: SegmentPlace
}

const NO_BYTES = new Uint8Array(0)
/** Runs that lie close are read in one request, with what is between them, up to so many bytes. */
const MAX_READ_BYTES = 4 << 20

/** Bytes of runs of blocks by their first block. */
export type LoadedRuns = ReadonlyMap<number, { readonly bytes: Uint8Array }>

/** A group that lies in a segment. */
class SegmentGroup implements RowGroup {
  readonly rows: number
  readonly minTime: bigint
  readonly maxTime: bigint
  readonly #segment: Segment
  readonly #series: SegmentSeries
  readonly #group: number
  readonly #loaded: LoadedRuns

  constructor(segment: Segment, series: SegmentSeries, place: { group: number; loaded: LoadedRuns }) {
    this.#segment = segment
    this.#series = series
    this.#group = place.group
    this.#loaded = place.loaded
    const block = series.firstBlock + place.group
    this.rows = segment.rowsOf(block)
    this.minTime = segment.minTimeOf(block)
    this.maxTime = segment.maxTimeOf(block)
  }

  get time(): Block {
    const { firstBlock } = this.#series
    const block = this.#segment.block(firstBlock, firstBlock + this.#group, this.#loaded)
    if (block === undefined) throw new Error('a time block is empty')
    return block
  }

  field(name: string): Block | undefined {
    const { firstBlock, groups, fields } = this.#series
    const place = fields.indexOf(name)
    if (place < 0) return undefined
    const run = firstBlock + (1 + place) * groups
    return this.#segment.block(run, run + this.#group, this.#loaded)
  }
}

/** The version, which is checked, and with it the magic. */
function readVersion(bytes: Uint8Array, name: string): number {
  const reader = new ByteReader(bytes, `segment ${name}`)
  if (reader.u32() !== SEGMENT_MAGIC) throw reader.corrupt('it does not start as a segment')
  const version = reader.u16()
  if (version < 1 || version > SEGMENT_VERSION) throw reader.corrupt(`version ${version} is not known`)
  return version
}

function payloadOffsets(headers: Uint8Array): Float64Array {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const count = headers.length / HEADER_BYTES
  const offsets = new Float64Array(count + 1)
  offsets[0] = SEGMENT_HEADER_BYTES
  for (let i = 0; i < count; i++) offsets[i + 1] = (offsets[i] as number) + blockPayloadBytes(view, i)
  return offsets
}
