import type { Column } from '../core/batch.ts'
import { sliceColumn } from '../core/columns.ts'
import { TidemarkError } from '../core/errors.ts'
import { type ColdReadCounts, noCounts } from '../core/read-counts.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { isAscending, PlainGroup } from '../scan/merge-groups.ts'
import type { TimeRange } from '../scan/row-group.ts'
import type { BlockCache } from '../storage/block-cache.ts'
import type { Codecs } from './codecs.ts'
import type { ColdFileInfo } from './cold-manifest.ts'
import { FIRST_CHUNK, type FileIndex, readFileIndex } from './file-index.ts'
import type { KeptParts } from './kept-parts.ts'
import type { ObjectReader } from './object-store.ts'
import { decodeChunk, type FileColumn } from './parquet-chunk.ts'

/** Chunks that are needed and lie closer than this are read in one request, with what is between them. */
const MAX_GAP_BYTES = 256 << 10
/** Bytes of one request, about. */
const MAX_REQUEST_BYTES = 8 << 20
/** Requests of one file that are under way at a time. */
const REQUESTS_AT_A_TIME = 4
/** Kept chunks of one file that are read at a time. */
const KEPT_AT_A_TIME = 16

export interface FilePlace {
  objects: ObjectReader
  kernel: Kernel
  codecs: Codecs
  cache: BlockCache
  kept: KeptParts
}

/** Rows of one series in one row group. */
interface Extent {
  group: number
  /** Row in the group. */
  from: number
  rows: number
  minTime: bigint
  maxTime: bigint
}

/** A cold file, opened: its index is in memory, its chunks come through the cache. */
export class ColdFile {
  readonly info: ColdFileInfo
  readonly #index: FileIndex
  readonly #place: FilePlace
  /** Places of the extents of each ref that is this host's. */
  readonly #extentsOf = new Map<number, { first: number; end: number }>()
  /** By extent. */
  readonly #groupOf: Uint32Array
  readonly #fromOf: Uint32Array
  /** Where each chunk starts, and where the last one ends. */
  readonly #offsets: Float64Array

  private constructor(info: ColdFileInfo, index: FileIndex, place: FilePlace) {
    this.info = info
    this.#index = index
    this.#place = place
    const { extents, groupRows, chunkBytes } = index
    this.#groupOf = new Uint32Array(extents.series.length)
    this.#fromOf = new Uint32Array(extents.series.length)
    let group = 0
    let from = 0
    for (let i = 0; i < extents.series.length; i++) {
      this.#groupOf[i] = group
      this.#fromOf[i] = from
      from += extents.rows[i] as number
      if (from < (groupRows[group] as number)) continue
      group++
      from = 0
    }
    this.#offsets = new Float64Array(chunkBytes.length + 1)
    this.#offsets[0] = FIRST_CHUNK
    for (let i = 0; i < chunkBytes.length; i++) {
      this.#offsets[i + 1] = (this.#offsets[i] as number) + (chunkBytes[i] as number)
    }
  }

  /**
   * Reads and checks the index; `adopt` gives the ref of a series, `undefined` where it is another host's. Throws `corrupt`,
   * `truncated`, `io` or `auth`.
   */
  static async open(
    info: ColdFileInfo,
    place: FilePlace,
    adopt: (key: Uint8Array) => number | undefined,
    counts: ColdReadCounts = noCounts(),
  ): Promise<ColdFile> {
    const what = `index of cold file ${info.key}`
    const index = readFileIndex(await readIndex(info, place, counts), place.kernel, what)
    const file = new ColdFile(info, index, place)
    if (index.table !== info.table || file.#offsets[file.#offsets.length - 1] !== info.indexStart) {
      throw new TidemarkError('corrupt', `${what} is not the one of the manifest`)
    }
    file.#adopt(adopt)
    return file
  }

  get refs(): Iterable<number> {
    return this.#extentsOf.keys()
  }

  get columns(): readonly FileColumn[] {
    return this.#index.columns
  }

  /** About the bytes that the index takes in memory. */
  get indexBytes(): number {
    return 64 * this.#extentsOf.size + 32 * this.#groupOf.length + 16 * this.#offsets.length
  }

  /** Calls back with the first time and the rows of each run of rows of a series that meets the range. */
  eachExtent(ref: number, range: TimeRange, visit: (minTime: bigint, rows: number) => void): void {
    for (const { minTime, rows } of this.#extents(ref, range)) visit(minTime, rows)
  }

  /** Groups of series with rows in the range, with the named fields, by ref; what is fetched is kept here for a query, which has counts. */
  async groups(
    refs: Iterable<number>,
    fields: readonly string[],
    range: TimeRange,
    counts?: ColdReadCounts,
  ): Promise<ReadonlyMap<number, readonly PlainGroup[]>> {
    const wanted: [ref: number, extents: Extent[]][] = []
    const groups = new Set<number>()
    for (const ref of refs) {
      const extents = this.#extents(ref, range)
      if (extents.length === 0) continue
      wanted.push([ref, extents])
      for (const { group } of extents) groups.add(group)
    }
    const columns = this.#columnPlaces(fields)
    const chunks = [...groups].flatMap((group) => columns.map((column) => group * this.#index.columns.length + column))
    const loaded = await this.#load(chunks, counts)
    const decoded = new Map<number, Column>()
    const decode = (group: number, column: number): Column => {
      const chunk = group * this.#index.columns.length + column
      const known = decoded.get(chunk)
      if (known) return known
      const made = this.#decode(group, column, loaded.get(chunk) as Uint8Array)
      decoded.set(chunk, made)
      return made
    }
    const found = new Map<number, PlainGroup[]>()
    for (const [ref, extents] of wanted) {
      found.set(
        ref,
        extents.flatMap((extent) => this.#slices(extent, columns, decode)),
      )
    }
    return found
  }

  #adopt(adopt: (key: Uint8Array) => number | undefined): void {
    const { keys, extents } = this.#index
    for (let first = 0; first < extents.series.length; ) {
      const series = extents.series[first] as number
      let end = first + 1
      while (extents.series[end] === series) end++
      const ref = adopt(keys[series] as Uint8Array)
      if (ref !== undefined) this.#extentsOf.set(ref, { first, end })
      first = end
    }
  }

  #extents(ref: number, range: TimeRange): Extent[] {
    const place = this.#extentsOf.get(ref)
    if (place === undefined) return []
    const { rows, minTimes, maxTimes } = this.#index.extents
    const found: Extent[] = []
    for (let i = place.first; i < place.end; i++) {
      const minTime = minTimes[i] as bigint
      const maxTime = maxTimes[i] as bigint
      if (minTime >= range.end || maxTime < range.start) continue
      const [group, from] = [this.#groupOf[i] as number, this.#fromOf[i] as number]
      found.push({ group, from, rows: rows[i] as number, minTime, maxTime })
    }
    return found
  }

  /** Places of the times and of those fields that the file has. */
  #columnPlaces(fields: readonly string[]): number[] {
    const places = [0]
    this.#index.columns.forEach(({ name, kind }, place) => {
      if (kind === 'field' && fields.includes(name)) places.push(place)
    })
    return places
  }

  #slices(extent: Extent, columns: readonly number[], decode: (group: number, column: number) => Column): PlainGroup[] {
    const times = decode(extent.group, 0)
    if (times.type !== 'time') throw new Error('the times have another type')
    const slices: PlainGroup[] = []
    const end = extent.from + extent.rows
    for (let from = extent.from; from < end; from += BLOCK_ROWS) {
      const to = Math.min(from + BLOCK_ROWS, end)
      const own = times.values.subarray(from, to)
      if (!isAscending(own)) throw this.#corrupt('times of a series do not ascend')
      const fields = new Map<string, Column>()
      for (const place of columns.slice(1)) {
        const column = sliceColumn(decode(extent.group, place), from, to)
        if (!column.validity?.every((bits) => bits === 0)) fields.set(column.name, column)
      }
      slices.push(new PlainGroup(own, fields))
    }
    const [first, last] = [slices[0], slices[slices.length - 1]]
    if (first?.minTime !== extent.minTime || last?.maxTime !== extent.maxTime) {
      throw this.#corrupt('times of a series are not those of the index')
    }
    return slices
  }

  #decode(group: number, place: number, bytes: Uint8Array): Column {
    const { columns, groupRows, codec } = this.#index
    const column = columns[place] as FileColumn
    try {
      return decodeChunk({ bytes, rows: groupRows[group] as number, codec }, column, this.#place.codecs)
    } catch (cause) {
      if (cause instanceof TidemarkError && cause.kind === 'corrupt') throw this.#corrupt(cause.message)
      throw cause
    }
  }

  /** Chunks from memory, from what is kept here, or fetched; all are checked, and who holds the answer holds the bytes. */
  async #load(chunks: readonly number[], query: ColdReadCounts | undefined): Promise<Map<number, Uint8Array>> {
    const { cache } = this.#place
    const counts = query ?? noCounts()
    const cached = cache.runs(this)
    const loaded = new Map<number, Uint8Array>()
    const others: number[] = []
    for (const chunk of chunks) {
      const known = cached.get(chunk)
      if (known === undefined) others.push(chunk)
      else {
        cache.touch([known])
        counts.coldCachedBytes += known.length
        loaded.set(chunk, known.bytes)
      }
    }
    const take = (read: ReadonlyMap<number, Uint8Array>): void => {
      cache.add(this, read)
      for (const [chunk, bytes] of read) loaded.set(chunk, bytes)
    }
    const kept = await this.#readKept(others)
    for (const bytes of kept.values()) counts.coldKeptBytes += bytes.length
    take(kept)
    const spans = this.#spansOf(others.filter((chunk) => !kept.has(chunk)).sort((a, b) => a - b))
    for (let i = 0; i < spans.length; i += REQUESTS_AT_A_TIME) {
      const some = spans.slice(i, i + REQUESTS_AT_A_TIME)
      for (const read of await Promise.all(some.map((span) => this.#fetchSpan(span, query)))) take(read)
    }
    return loaded
  }

  async #readKept(chunks: readonly number[]): Promise<Map<number, Uint8Array>> {
    const read = new Map<number, Uint8Array>()
    const readOne = async (chunk: number): Promise<void> => {
      const range = { start: this.#offset(chunk), end: this.#offset(chunk + 1) }
      const bytes = await this.#place.kept.read(this.info.key, range, (found) => this.#isWhole(chunk, found))
      if (bytes) read.set(chunk, bytes)
    }
    for (let i = 0; i < chunks.length; i += KEPT_AT_A_TIME) {
      await Promise.all(chunks.slice(i, i + KEPT_AT_A_TIME).map(readOne))
    }
    return read
  }

  /** Ascending chunks by requests. */
  #spansOf(chunks: readonly number[]): number[][] {
    const spans: number[][] = []
    for (const chunk of chunks) {
      const span = spans[spans.length - 1]
      const last = span?.[span.length - 1]
      const first = span?.[0]
      if (span === undefined || last === undefined || first === undefined) {
        spans.push([chunk])
        continue
      }
      const gap = this.#offset(chunk) - this.#offset(last + 1)
      const isNear = gap <= MAX_GAP_BYTES && this.#offset(chunk + 1) - this.#offset(first) <= MAX_REQUEST_BYTES
      if (isNear) span.push(chunk)
      else spans.push([chunk])
    }
    return spans
  }

  async #fetchSpan(span: readonly number[], query: ColdReadCounts | undefined): Promise<Map<number, Uint8Array>> {
    const start = this.#offset(span[0] as number)
    const end = this.#offset((span[span.length - 1] as number) + 1)
    const whole = await fetchPart(this.info, this.#place, { start, end }, query ?? noCounts())
    const read = new Map<number, Uint8Array>()
    for (const chunk of span) {
      const bytes = whole.slice(this.#offset(chunk) - start, this.#offset(chunk + 1) - start)
      if (!this.#isWhole(chunk, bytes)) throw this.#corrupt(`chunk ${chunk} does not have its checksum`)
      read.set(chunk, bytes)
    }
    if (query) this.#place.kept.keep(this.info.key, start, whole)
    return read
  }

  #isWhole(chunk: number, bytes: Uint8Array): boolean {
    return this.#place.kernel.checksum(bytes) === this.#index.chunkChecksums[chunk]
  }

  #offset(chunk: number): number {
    return this.#offsets[chunk] as number
  }

  #corrupt(reason: string): TidemarkError {
    return new TidemarkError('corrupt', `cold file ${this.info.key}: ${reason}`)
  }
}

async function readIndex(info: ColdFileInfo, place: FilePlace, counts: ColdReadCounts): Promise<Uint8Array> {
  const range = { start: info.indexStart, end: info.indexStart + info.indexBytes }
  const isWhole = (bytes: Uint8Array): boolean => place.kernel.checksum(bytes) === info.indexChecksum
  const kept = await place.kept.read(info.key, range, isWhole)
  if (kept) {
    counts.coldKeptBytes += kept.length
    return kept
  }
  const bytes = await fetchPart(info, place, range, counts)
  if (!isWhole(bytes)) throw new TidemarkError('corrupt', `index of cold file ${info.key} does not have its checksum`)
  place.kept.keep(info.key, range.start, bytes)
  return bytes
}

async function fetchPart(
  info: ColdFileInfo,
  { objects }: FilePlace,
  range: { start: number; end: number },
  counts: ColdReadCounts,
): Promise<Uint8Array> {
  counts.coldRequests++
  const object = await objects.get(info.key, range)
  if (object === undefined) {
    throw new TidemarkError('corrupt', `cold file ${info.key} is missing from ${objects.place}`)
  }
  counts.coldFetchedBytes += object.bytes.length
  return object.bytes
}
