import type { DenseModel } from '../kernel/dense-models.ts'
import {
  BLOCK_ROWS,
  blockEncoding,
  blockNulls,
  blockPayloadBytes,
  blockRows,
  blockType,
  HEADER_BYTES,
} from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ByteReader } from './byte-reader.ts'
import { columnOrder } from './column-order.ts'
import type { HeaderChunks } from './header-chunks.ts'
import { readHeaderTable } from './header-table.ts'
import { type HeaderTable, readPackedHeaders } from './packed-headers.ts'
import type { SegmentSeries, SeriesLayouts } from './segment-places.ts'

const HEADER_WORDS = HEADER_BYTES / 8
/** Words of a header that hold the first and the last of a time block. */
const MIN_WORD = 2
const MAX_WORD = 3

/** What the headers of a chunk are read from. */
export interface PackedHeaders {
  /** What the bytes are of, for messages. */
  what: string
  /** Of the segment. */
  version: number
  bytes: Uint8Array
}

/** How a block is kept. */
export interface KeptAs {
  /** The first byte of its header. */
  encoding: number
  /** Of a dense block. */
  model: Uint8Array | undefined
  values: number
  bytes: number
}

/** The headers of a chunk of a segment's blocks, 64 bytes each, and where their payloads are. Blocks are numbered in the segment. */
export class SegmentHeaders {
  readonly headers: Uint8Array<ArrayBuffer>
  readonly view: DataView
  /** Number of the block of the first header. */
  readonly first: number
  readonly #words: BigInt64Array
  readonly #models: readonly DenseModel[]
  readonly #modelOf: Uint32Array
  /** The model of a block by its place among the headers, where any is dense. */
  readonly modelOf: ((place: number) => DenseModel | undefined) | undefined
  /** Where each block's payload starts in the file, and where the last one ends. */
  readonly #offsets: Float64Array

  private constructor({ headers, models, modelOf }: HeaderTable, first: number, payloadsStart: number) {
    this.headers = headers
    this.view = new DataView(headers.buffer)
    this.first = first
    this.#words = new BigInt64Array(headers.buffer)
    this.#models = models
    this.#modelOf = modelOf
    this.modelOf = models.length === 0 ? undefined : (place) => this.#modelAt(place)
    this.#offsets = payloadOffsets(headers, payloadsStart)
  }

  /** Decodes and checks the headers of a chunk. Throws `corrupt` or `truncated`. */
  static read(
    { what, version, bytes }: PackedHeaders,
    layouts: SeriesLayouts,
    place: { chunks: HeaderChunks; chunk: number },
    kernel: Kernel,
  ): SegmentHeaders {
    const { chunks, chunk } = place
    const [from, to] = [chunks.series[chunk] as number, chunks.series[chunk + 1] as number]
    const [first, end] = [chunks.blocks[chunk] as number, chunks.blocks[chunk + 1] as number]
    const reader = new ByteReader(bytes, what)
    const table =
      version === 1
        ? readUnpacked(reader, kernel)
        : readPackedHeaders(reader, orderOf(layouts, from, to), kernel, version === 2 ? undefined : chunks.models)
    reader.end()
    const headers = new SegmentHeaders(table, first, chunks.payloads[chunk] as number)
    if (table.headers.length !== (end - first) * HEADER_BYTES || !headers.#fit(layouts, from, to)) {
      throw reader.corrupt('series and blocks do not match')
    }
    if (headers.offset(end) !== chunks.payloads[chunk + 1]) throw reader.corrupt('blocks and index do not meet')
    return headers
  }

  get bytes(): number {
    return this.headers.length + this.#offsets.byteLength + this.#modelOf.byteLength
  }

  /** Place of a block among the headers. */
  place(block: number): number {
    return block - this.first
  }

  rowsOf(block: number): number {
    return blockRows(this.view, block - this.first)
  }

  minTimeOf(block: number): bigint {
    return this.#words[(block - this.first) * HEADER_WORDS + MIN_WORD] as bigint
  }

  maxTimeOf(block: number): bigint {
    return this.#words[(block - this.first) * HEADER_WORDS + MAX_WORD] as bigint
  }

  /** First group of a series that does not end before a time. */
  firstGroup({ firstBlock, groups }: SegmentSeries, time: bigint): number {
    let low = 0
    let high = groups
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.maxTimeOf(firstBlock + middle) < time) low = middle + 1
      else high = middle
    }
    return low
  }

  modelAt(block: number): DenseModel | undefined {
    return this.#modelAt(block - this.first)
  }

  #modelAt(place: number): DenseModel | undefined {
    const model = this.#modelOf[place]
    return model === undefined || model === 0 ? undefined : this.#models[model - 1]
  }

  /** Whether some of blocks `[first, end)` are dense. */
  hasDense(first: number, end: number): boolean {
    for (let place = first - this.first; place < end - this.first; place++) if (this.#modelOf[place]) return true
    return false
  }

  isAbsent(block: number): boolean {
    const place = block - this.first
    return blockNulls(this.view, place) === blockRows(this.view, place)
  }

  /** Where the payload of a block begins in the file; of the one behind the last one, where that ends. */
  offset(block: number): number {
    return this.#offsets[block - this.first] as number
  }

  /** Bytes of the payloads of blocks `[first, end)`. */
  payloadBytes(first: number, end: number): number {
    return this.offset(end) - this.offset(first)
  }

  keptAs(block: number): KeptAs {
    const place = this.place(block)
    const values = blockRows(this.view, place) - blockNulls(this.view, place)
    const [encoding, bytes] = [blockEncoding(this.view, place), this.payloadBytes(block, block + 1)]
    return { encoding, model: this.modelAt(block)?.bytes, values, bytes }
  }

  /** Whether the blocks of each group fit each other, and times rise over the groups of a series. */
  #fit(layouts: SeriesLayouts, from: number, to: number): boolean {
    let first = 0
    for (let series = from; series < to; series++) {
      const { fields, groups } = layouts.of(series)
      for (let group = first; group < first + groups; group++)
        if (!this.#fitsGroup(group, first, fields.length, groups)) return false
      first += groups * (1 + fields.length)
    }
    return true
  }

  #fitsGroup(group: number, first: number, fields: number, groups: number): boolean {
    const block = this.first + group
    const rows = blockRows(this.view, group)
    const isTime = blockType(this.view, group) === 'time' && blockNulls(this.view, group) === 0
    if (!isTime || rows < 1 || rows > BLOCK_ROWS || this.minTimeOf(block) > this.maxTimeOf(block)) return false
    if (group > first && this.minTimeOf(block) <= this.maxTimeOf(block - 1)) return false
    for (let field = 1; field <= fields; field++)
      if (blockRows(this.view, group + field * groups) !== rows) return false
    return true
  }
}

function readUnpacked(reader: ByteReader, kernel: Kernel): HeaderTable {
  return { headers: readHeaderTable(reader, kernel), models: [], modelOf: new Uint32Array() }
}

function orderOf(layouts: SeriesLayouts, from: number, to: number): Uint32Array {
  const some = Array.from({ length: to - from }, (_, i) => layouts.of(from + i))
  return columnOrder(some.map(({ schema, fields, groups }) => ({ schema, columns: 1 + fields.length, groups })))
}

function payloadOffsets(headers: Uint8Array, start: number): Float64Array {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const count = headers.length / HEADER_BYTES
  const offsets = new Float64Array(count + 1)
  offsets[0] = start
  for (let i = 0; i < count; i++) offsets[i + 1] = (offsets[i] as number) + blockPayloadBytes(view, i)
  return offsets
}
