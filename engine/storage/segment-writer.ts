import type { SeriesIndex } from '../index/series-index.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import type { Sha256 } from '../kernel/digest.ts'
import { blockMaxI64, blockMinI64, blockNulls, blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'
import { ByteWriter } from './byte-writer.ts'
import { columnOrder, type SeriesLayout } from './column-order.ts'
import type { EncodedGroup, EncodedRun } from './encoded-group.ts'
import { chunksOf } from './header-chunks.ts'
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
  readonly #headers = new ByteWriter(1 << 16)
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
    return this.#out.length + this.#headers.length / 4
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
    this.#takeHash()
  }

  /** Adds series of one group each. */
  addRun({ refs, fields, headers, payloads }: EncodedRun): void {
    this.#headers.bytes(headers)
    this.#out.bytes(payloads)
    this.#modelOf.pushTimes(0, headers.length / HEADER_BYTES)
    const layout = this.#layout(fields, 1)
    for (let i = 0; i < refs.length; i++) this.#layouts.push(layout)
    this.#addName(refs)
    const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
    const range = this.#rangeOf(this.#index.tableOf(refs[0] as number), blockMinI64(view, 0))
    for (let block = 0; block * HEADER_BYTES < headers.length; block += 1 + fields.length)
      widen(range, blockRows(view, block), blockMinI64(view, block), blockMaxI64(view, block))
    this.#takeHash()
  }

  /** The segment's bytes, and what a manifest says of it. */
  finish(): { bytes: Uint8Array<ArrayBuffer>; info: SegmentInfo } {
    const chunks = this.#writeHeaderChunks()
    const indexStart = this.#out.length
    this.#writeIndex(chunks)
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

  /** Writes the headers in chunks of series that follow each other; returns what the index says of these. */
  #writeHeaderChunks(): WrittenChunks {
    const headers = this.#headers.finish()
    const layouts = this.#layouts
    const found: WrittenChunks = { bytes: [], payloadBytes: [], checksums: [] }
    let [first, firstBlock, payload] = [0, 0, SEGMENT_HEADER_BYTES]
    for (const { end, blocks } of chunksOf(layouts.map(({ columns, groups }) => columns * groups))) {
      const endBlock = firstBlock + blocks
      const start = this.#out.length
      const own = headers.subarray(firstBlock * HEADER_BYTES, endBlock * HEADER_BYTES)
      const table = { headers: own, modelOf: this.#modelOf.words.subarray(firstBlock, endBlock) }
      const offsets = payloadOffsets(own, payload)
      const places = decimalsOf(own, offsets, this.#out.written())
      writePackedHeaders(this.#out, table, columnOrder(layouts.slice(first, end)), { kernel: this.#kernel, places })
      const written = this.#out.written(start)
      found.bytes.push(written.length)
      found.checksums.push(this.#kernel.checksum(written))
      found.payloadBytes.push((offsets.at(-1) as number) - payload)
      payload = offsets.at(-1) as number
      first = end
      firstBlock = endBlock
    }
    return found
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
