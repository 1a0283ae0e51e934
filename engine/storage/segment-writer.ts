import type { SeriesIndex } from '../index/series-index.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import {
  blockEncoding,
  blockMaxI64,
  blockMinI64,
  blockNulls,
  blockPayloadBytes,
  blockRows,
  HEADER_BYTES,
} from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'
import { ByteWriter } from './byte-writer.ts'
import { columnOrder, type SeriesLayout } from './column-order.ts'
import type { EncodedGroup, EncodedRun } from './encoded-group.ts'
import { CHUNK_BLOCKS } from './header-chunks.ts'
import { writePackedWords } from './packed-column.ts'
import { writeModels, writePackedHeaders } from './packed-headers.ts'
import { PackedWords } from './packed-words.ts'
import {
  SEGMENT_FOOTER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  type SegmentInfo,
  type TableRange,
} from './segment-format.ts'
import { SegmentNames } from './segment-names.ts'
import { type BlobHash, PIECE_BYTES } from './store.ts'
import { WordList } from './word-list.ts'

/** Bytes that are hashed at once, at least: less than a millisecond. */
const HASHED_BYTES = 1 << 16
/** wasm/codec/header.ts */
const DECIMALS_FAMILY = 2

/** Puts a segment together, a series after the other in the order of (shard, canonical key). */
export class SegmentWriter {
  readonly #kernel: Kernel
  readonly #index: SeriesIndex
  /** What was not taken yet. */
  readonly #out = new ByteWriter(1 << 16)
  /** Bytes of the segment that were. */
  #taken = 0
  readonly #hash: BlobHash
  /** Headers of the chunk that is being filled; those of the chunks before are packed already. */
  readonly #headers = new ByteWriter(1 << 16)
  readonly #packed = new ByteWriter(1 << 12)
  readonly #chunks: WrittenChunks = { bytes: [], payloadBytes: [], checksums: [] }
  readonly #names: SegmentNames
  readonly #refs = new WordList()
  readonly #schemas = new Map<string, number>()
  /** By series of the chunk; those that are alike are one object. */
  #layouts: SeriesLayout[] = []
  /** By series. */
  readonly #schemaOf: PackedWords
  readonly #groupsOf: PackedWords
  readonly #distinct = new Map<string, SeriesLayout>()
  readonly #models = new Map<DenseModel, number>()
  /** By block of the chunk: 0, or 1 and the number of its model. */
  readonly #modelOf = new WordList()
  /** By block of the chunk: how many decimal places where it is of decimals, else 0. */
  readonly #places = new ByteWriter(1 << 12)
  readonly #tables = new Map<string, TableRange>()

  /** `index` has the series; `hash` names the segment. */
  constructor(kernel: Kernel, index: SeriesIndex, hash: BlobHash = kernel.hash()) {
    this.#kernel = kernel
    this.#index = index
    this.#names = new SegmentNames(index, kernel)
    this.#schemaOf = new PackedWords(kernel)
    this.#groupsOf = new PackedWords(kernel)
    this.#hash = hash
    this.#out.u32(SEGMENT_MAGIC)
    this.#out.u16(SEGMENT_VERSION)
    this.#out.u16(0)
  }

  get seriesCount(): number {
    return this.#refs.length
  }

  /** Refs of the series, in their order. */
  get refs(): Uint32Array {
    return this.#refs.words
  }

  /** Bytes so far, without the index. */
  get bytes(): number {
    return this.#taken + this.#out.length + this.#packed.length + this.#headers.length / 4
  }

  /** The bytes that are there but not taken, as far as they are whole pieces: a view, until something else is called. */
  get pieces(): Uint8Array {
    return this.#out.written(0, this.#out.length - (this.#out.length % PIECE_BYTES))
  }

  /** Forgets what `pieces` has. */
  take(): void {
    const { pieces } = this
    this.#hash.take(pieces.subarray(this.#hash.taken - this.#taken))
    this.#taken += pieces.length
    this.#out.drop(pieces.length)
  }

  /** Adds a series. Its groups ascend without overlap and are at least one; `fields` are all that any of them has. */
  add(ref: number, fields: readonly string[], groups: readonly EncodedGroup[]): void {
    for (const group of groups) this.#addBlock(group.time)
    for (const field of fields)
      for (const group of groups) this.#addBlock(group.field(field) ?? absentBlock(group.rows))
    this.#addLayout(this.#layout(fields, groups.length), 1)
    this.#addName(Uint32Array.of(ref))
    const range = this.#rangeOf(this.#index.tableOf(ref), groups[0]?.minTime ?? 0n)
    for (const { rows, minTime, maxTime } of groups) widen(range, rows, minTime, maxTime)
    this.#packChunk(CHUNK_BLOCKS)
    this.#takeHash()
  }

  /** Adds series of one group each. */
  addRun({ refs, fields, headers, payloads }: EncodedRun): void {
    const layout = this.#layout(fields, 1)
    const columns = 1 + fields.length
    const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
    let payload = 0
    for (let from = 0; from < refs.length; ) {
      // As many as fill the chunk.
      const to = Math.min(refs.length, from + Math.ceil((CHUNK_BLOCKS - this.#modelOf.length) / columns))
      for (let block = from * columns; block < to * columns; block++) {
        this.#places.u8(decimalsOf(view, block, payloads, payload))
        payload += blockPayloadBytes(view, block)
      }
      this.#headers.bytes(headers.subarray(from * columns * HEADER_BYTES, to * columns * HEADER_BYTES))
      this.#modelOf.pushTimes(0, (to - from) * columns)
      this.#addLayout(layout, to - from)
      this.#packChunk(CHUNK_BLOCKS)
      from = to
    }
    this.#out.bytes(payloads)
    this.#addName(refs)
    const range = this.#rangeOf(this.#index.tableOf(refs[0] as number), blockMinI64(view, 0))
    for (let block = 0; block < refs.length * columns; block += columns)
      widen(range, blockRows(view, block), blockMinI64(view, block), blockMaxI64(view, block))
    this.#takeHash()
  }

  /** The rest of the segment's bytes, and what a manifest says of it. */
  finish(): { rest: Uint8Array; info: SegmentInfo } {
    this.#packChunk(1)
    this.#out.bytes(this.#packed.written())
    const indexStart = this.#out.length
    this.#writeIndex(this.#chunks)
    const index = this.#out.written(indexStart)
    const checksum = this.#kernel.checksum(index)
    this.#out.u32(this.#taken + indexStart)
    this.#out.u32(index.length)
    this.#out.u32(checksum)
    this.#out.u32(SEGMENT_MAGIC)
    const rest = this.#out.written()
    if (rest.length !== indexStart + index.length + SEGMENT_FOOTER_BYTES)
      throw new Error('the footer has another length')
    const name = `${hex(this.#hash.end(rest.subarray(this.#hash.taken - this.#taken)))}.seg`
    return { rest, info: { name, bytes: this.#taken + rest.length, tables: this.#tables } }
  }

  #addName(refs: Uint32Array): void {
    this.#refs.pushAll(refs)
    this.#names.add(refs)
  }

  /** Notes the layout of some more series. */
  #addLayout(layout: SeriesLayout, series: number): void {
    this.#schemaOf.pushTimes(layout.schema, series)
    this.#groupsOf.pushTimes(layout.groups, series)
    for (let i = 0; i < series; i++) this.#layouts.push(layout)
  }

  /** Now and not at the end, where all bytes at once would take a second. */
  #takeHash(): void {
    const hashed = this.#hash.taken - this.#taken
    if (this.#out.length - hashed >= HASHED_BYTES) this.#hash.take(this.#out.written(hashed, this.#out.length & ~63))
  }

  #addBlock({ headers, view, block, payload, model }: Block): void {
    this.#modelOf.push(model === undefined ? 0 : this.#model(model) + 1)
    this.#headers.bytes(headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES))
    this.#places.u8(decimalsOf(view, block, payload, 0))
    this.#out.bytes(payload)
  }

  #model(model: DenseModel): number {
    const known = this.#models.get(model)
    if (known !== undefined) return known
    this.#models.set(model, this.#models.size)
    return this.#models.size - 1
  }

  #layout(fields: readonly string[], groups: number): SeriesLayout {
    const schema = this.#schema(fields)
    const key = `${schema} ${groups}`
    const known = this.#distinct.get(key)
    if (known) return known
    const layout = { schema, columns: 1 + fields.length, groups }
    this.#distinct.set(key, layout)
    return layout
  }

  #schema(fields: readonly string[]): number {
    const key = fields.map((field) => this.#names.symbol(field)).join(' ')
    const known = this.#schemas.get(key)
    if (known !== undefined) return known
    this.#schemas.set(key, this.#schemas.size)
    return this.#schemas.size - 1
  }

  #rangeOf(table: string, time: bigint): TableRange {
    const known = this.#tables.get(table)
    if (known) return known
    const range = { rows: 0, minTime: time, maxTime: time }
    this.#tables.set(table, range)
    return range
  }

  /** Packs the headers of the chunk that is being filled, where it has so many blocks. */
  #packChunk(least: number): void {
    const blocks = this.#modelOf.length
    if (blocks < least) return
    const headers = this.#headers.written()
    const places = this.#places.written()
    const order = columnOrder(this.#layouts)
    const start = this.#packed.length
    writePackedHeaders(this.#packed, { headers, modelOf: this.#modelOf.words }, order, { kernel: this.#kernel, places })
    const written = this.#packed.written(start)
    this.#chunks.bytes.push(written.length)
    this.#chunks.checksums.push(this.#kernel.checksum(written))
    this.#chunks.payloadBytes.push(payloadBytes(headers))
    this.#layouts = []
    this.#headers.clear()
    this.#modelOf.clear()
    this.#places.clear()
  }

  #writeIndex(chunks: WrittenChunks): void {
    const [out, names, kernel] = [this.#out, this.#names, this.#kernel]
    names.writeTexts(out)
    out.varint(this.#schemas.size)
    for (const key of this.#schemas.keys()) {
      const symbols = key === '' ? [] : key.split(' ').map(Number)
      out.varint(symbols.length)
      for (const symbol of symbols) out.varint(symbol)
    }
    out.varint(this.seriesCount)
    for (const words of [names.shards, this.#schemaOf, this.#groupsOf, names.tags, names.names]) words.write(out)
    writeModels(out, [...this.#models.keys()])
    for (const numbers of [chunks.bytes, chunks.payloadBytes, chunks.checksums])
      writePackedWords(out, Uint32Array.from(numbers), kernel)
  }
}

/** Of each chunk of headers. */
interface WrittenChunks {
  bytes: number[]
  /** Bytes of the payloads of its blocks. */
  payloadBytes: number[]
  checksums: number[]
}

function payloadBytes(headers: Uint8Array): number {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  let bytes = 0
  for (let block = 0; block * HEADER_BYTES < headers.length; block++) bytes += blockPayloadBytes(view, block)
  return bytes
}

/** How many places a block of decimals has, which is behind the bitmap of rows that have a value; 0 of another block. */
function decimalsOf(headers: DataView, block: number, payloads: Uint8Array, at: number): number {
  if (blockEncoding(headers, block) >> 4 !== DECIMALS_FAMILY) return 0
  const bitmapBytes = blockNulls(headers, block) > 0 ? (blockRows(headers, block) + 7) >> 3 : 0
  return payloads[at + bitmapBytes] ?? 0
}

/** Takes rows between two times into a range. */
function widen(range: TableRange, rows: number, minTime: bigint, maxTime: bigint): void {
  range.rows += rows
  if (minTime < range.minTime) range.minTime = minTime
  if (maxTime > range.maxTime) range.maxTime = maxTime
}

/** The header of a block without one value: rows that all lack the field, and no payload. */
function absentBlock(rows: number): Block {
  const headers = new Uint8Array(HEADER_BYTES)
  const view = new DataView(headers.buffer)
  view.setUint16(2, rows, true)
  view.setUint16(4, rows, true)
  return { headers, view, block: 0, payload: new Uint8Array(0) }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
