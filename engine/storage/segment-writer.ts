import type { SeriesIndex } from '../index/series-index.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import type { Sha256 } from '../kernel/digest.ts'
import { blockMaxI64, blockMinI64, blockNulls, blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'
import { ByteWriter } from './byte-writer.ts'
import { columnOrder, type SeriesLayout } from './column-order.ts'
import type { EncodedGroup, EncodedRun } from './encoded-group.ts'
import { CHUNK_BLOCKS } from './header-chunks.ts'
import { writePackedWords } from './packed-column.ts'
import { writeModels, writePackedHeaders } from './packed-headers.ts'
import {
  SEGMENT_FOOTER_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  type SegmentInfo,
  type TableRange,
} from './segment-format.ts'
import { SegmentNames } from './segment-names.ts'
import { WordList } from './word-list.ts'

/** Bytes that are hashed at once, at least: less than a millisecond. */
const HASHED_BYTES = 1 << 16

/** Puts a segment together, a series after the other in the order of (shard, canonical key). */
export class SegmentWriter {
  readonly #kernel: Kernel
  readonly #index: SeriesIndex
  readonly #out = new ByteWriter(1 << 16)
  readonly #hash: Sha256
  /** Headers of the chunk that is being filled; those of the chunks before are packed already. */
  readonly #headers = new ByteWriter(1 << 16)
  readonly #packed = new ByteWriter(1 << 12)
  readonly #chunks: WrittenChunks = { bytes: [], payloadBytes: [], checksums: [] }
  /** First series of that chunk, and where its payloads begin. */
  #chunkSeries = 0
  #chunkPayload = SEGMENT_HEADER_BYTES
  readonly #names: SegmentNames
  readonly #refs = new WordList()
  readonly #schemas = new Map<string, number>()
  /** By series; those that are alike are one object. */
  readonly #layouts: SeriesLayout[] = []
  readonly #distinct = new Map<string, SeriesLayout>()
  readonly #models = new Map<DenseModel, number>()
  /** By block: 0, or 1 and the number of its model. */
  readonly #modelOf = new WordList()
  readonly #tables = new Map<string, TableRange>()

  /** `index` has the series. */
  constructor(kernel: Kernel, index: SeriesIndex) {
    this.#kernel = kernel
    this.#index = index
    this.#names = new SegmentNames(index)
    this.#hash = kernel.hash()
    this.#out.u32(SEGMENT_MAGIC)
    this.#out.u16(SEGMENT_VERSION)
    this.#out.u16(0)
  }

  get seriesCount(): number {
    return this.#layouts.length
  }

  /** Refs of the series, in their order. */
  get refs(): Uint32Array {
    return this.#refs.words
  }

  /** Bytes so far, without the index. */
  get bytes(): number {
    return this.#out.length + this.#packed.length + this.#headers.length / 4
  }

  /** Adds a series. Its groups ascend without overlap and are at least one; `fields` are all that any of them has. */
  add(ref: number, fields: readonly string[], groups: readonly EncodedGroup[]): void {
    for (const group of groups) this.#addBlock(group.time)
    for (const field of fields)
      for (const group of groups) this.#addBlock(group.field(field) ?? absentBlock(group.rows))
    this.#layouts.push(this.#layout(fields, groups.length))
    this.#addName(Uint32Array.of(ref))
    const range = this.#rangeOf(this.#index.tableOf(ref), groups[0]?.minTime ?? 0n)
    for (const { rows, minTime, maxTime } of groups) widen(range, rows, minTime, maxTime)
    this.#packChunk(CHUNK_BLOCKS)
    this.#takeHash()
  }

  /** Adds series of one group each. */
  addRun({ refs, fields, headers, payloads }: EncodedRun): void {
    this.#out.bytes(payloads)
    const layout = this.#layout(fields, 1)
    const seriesBytes = (1 + fields.length) * HEADER_BYTES
    for (let at = 0; at < headers.length; at += seriesBytes) {
      this.#headers.bytes(headers.subarray(at, at + seriesBytes))
      this.#modelOf.pushTimes(0, 1 + fields.length)
      this.#layouts.push(layout)
      this.#packChunk(CHUNK_BLOCKS)
    }
    this.#addName(refs)
    const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
    const range = this.#rangeOf(this.#index.tableOf(refs[0] as number), blockMinI64(view, 0))
    for (let block = 0; block * HEADER_BYTES < headers.length; block += 1 + fields.length)
      widen(range, blockRows(view, block), blockMinI64(view, block), blockMaxI64(view, block))
    this.#takeHash()
  }

  /** The segment's bytes, and what a manifest says of it. */
  finish(): { bytes: Uint8Array<ArrayBuffer>; info: SegmentInfo } {
    this.#packChunk(1)
    this.#out.bytes(this.#packed.written())
    const indexStart = this.#out.length
    this.#writeIndex(this.#chunks)
    const index = this.#out.written(indexStart)
    const checksum = this.#kernel.checksum(index)
    this.#out.u32(indexStart)
    this.#out.u32(index.length)
    this.#out.u32(checksum)
    this.#out.u32(SEGMENT_MAGIC)
    const bytes = this.#out.finish()
    if (bytes.length !== indexStart + index.length + SEGMENT_FOOTER_BYTES)
      throw new Error('the footer has another length')
    const name = `${hex(this.#hash.end(bytes.subarray(this.#hash.taken)))}.seg`
    return { bytes, info: { name, bytes: bytes.length, tables: this.#tables } }
  }

  #addName(refs: Uint32Array): void {
    for (const ref of refs) this.#refs.push(ref)
    this.#names.add(refs)
  }

  /** Now and not at the end, where all bytes at once would take a second. */
  #takeHash(): void {
    const { taken } = this.#hash
    if (this.#out.length - taken >= HASHED_BYTES) this.#hash.take(this.#out.written(taken, this.#out.length & ~63))
  }

  #addBlock({ headers, block, payload, model }: Block): void {
    this.#modelOf.push(model === undefined ? 0 : this.#model(model) + 1)
    this.#headers.bytes(headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES))
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
    const offsets = payloadOffsets(headers, this.#chunkPayload)
    const places = decimalsOf(headers, offsets, this.#out.written())
    const order = columnOrder(this.#layouts.slice(this.#chunkSeries))
    const start = this.#packed.length
    writePackedHeaders(this.#packed, { headers, modelOf: this.#modelOf.words }, order, { kernel: this.#kernel, places })
    const written = this.#packed.written(start)
    const end = offsets.at(-1) as number
    this.#chunks.bytes.push(written.length)
    this.#chunks.checksums.push(this.#kernel.checksum(written))
    this.#chunks.payloadBytes.push(end - this.#chunkPayload)
    this.#chunkSeries = this.#layouts.length
    this.#chunkPayload = end
    this.#headers.clear()
    this.#modelOf.clear()
  }

  #writeIndex(chunks: WrittenChunks): void {
    const [out, names, layouts, kernel] = [this.#out, this.#names, this.#layouts, this.#kernel]
    names.writeTexts(out)
    out.varint(this.#schemas.size)
    for (const key of this.#schemas.keys()) {
      const symbols = key === '' ? [] : key.split(' ').map(Number)
      out.varint(symbols.length)
      for (const symbol of symbols) out.varint(symbol)
    }
    out.varint(layouts.length)
    const schemas = Uint32Array.from(layouts, ({ schema }) => schema)
    const groups = Uint32Array.from(layouts, (layout) => layout.groups)
    for (const words of [names.shards.words, schemas, groups, names.tags.words, names.names.words])
      writePackedWords(out, words, kernel)
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

/** Where the payload of each block begins in the file, and behind the last one where that ends. */
function payloadOffsets(headers: Uint8Array, start: number): Float64Array {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const offsets = new Float64Array(headers.length / HEADER_BYTES + 1)
  offsets[0] = start
  for (let block = 0; block < offsets.length - 1; block++)
    offsets[block + 1] = (offsets[block] as number) + blockPayloadBytes(view, block)
  return offsets
}

/** What blocks of decimals have behind the bitmap of rows that have a value: how many places; of other blocks it means nothing. */
function decimalsOf(headers: Uint8Array, offsets: Float64Array, file: Uint8Array): Uint8Array {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  return Uint8Array.from({ length: offsets.length - 1 }, (_, block) => {
    const bitmapBytes = blockNulls(view, block) > 0 ? (blockRows(view, block) + 7) >> 3 : 0
    return file[(offsets[block] as number) + bitmapBytes] ?? 0
  })
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
