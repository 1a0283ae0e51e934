import type { Series } from '../core/series.ts'
import type { DenseModel } from '../kernel/dense-models.ts'
import type { Sha256 } from '../kernel/digest.ts'
import { blockNulls, blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Block } from '../scan/row-group.ts'
import { ByteWriter } from './byte-writer.ts'
import { columnOrder, type SeriesLayout } from './column-order.ts'
import type { EncodedGroup } from './encoded-group.ts'
import { chunksOf } from './header-chunks.ts'
import { writePackedIntegers } from './packed-column.ts'
import { writeModels, writePackedHeaders } from './packed-headers.ts'
import {
  SEGMENT_FOOTER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  type SegmentInfo,
  type TableRange,
} from './segment-format.ts'

/** Bytes that are hashed at once, at least: less than a millisecond. */
const HASHED_BYTES = 1 << 16

/** Puts a segment together, a series after the other in the order of (shard, canonical key). */
export class SegmentWriter {
  readonly #kernel: Kernel
  readonly #out = new ByteWriter(1 << 16)
  readonly #hash: Sha256
  readonly #headers = new ByteWriter(1 << 16)
  readonly #symbols = new Map<string, number>()
  readonly #schemas = new Map<string, number>()
  readonly #layouts: SeriesLayout[] = []
  readonly #models = new Map<DenseModel, number>()
  /** By block: 0, or 1 and the number of its model; and of blocks of decimals how many places they have. */
  readonly #modelOf: number[] = []
  readonly #placesOf: number[] = []
  readonly #tagsOf: number[] = []
  readonly #shardOf: number[] = []
  readonly #names: number[] = []
  readonly #tables = new Map<string, TableRange>()

  constructor(kernel: Kernel) {
    this.#kernel = kernel
    this.#hash = kernel.hash()
    this.#out.u32(SEGMENT_MAGIC)
    this.#out.u16(SEGMENT_VERSION)
    this.#out.u16(0)
  }

  get seriesCount(): number {
    return this.#layouts.length
  }

  /** Bytes so far, without the index. */
  get bytes(): number {
    return this.#out.length + this.#headers.length / 4
  }

  /** Adds a series. Its groups ascend without overlap and are at least one; `fields` are all that any of them has. */
  add(series: Series, shard: number, fields: readonly string[], groups: readonly EncodedGroup[]): void {
    for (const group of groups) this.#addBlock(group.time)
    for (const field of fields)
      for (const group of groups) this.#addBlock(group.field(field) ?? absentBlock(group.rows))
    this.#layouts.push({ schema: this.#schema(fields), columns: 1 + fields.length, groups: groups.length })
    this.#tagsOf.push(series.tags.length)
    this.#shardOf.push(shard)
    this.#names.push(this.#symbol(series.table))
    for (const [key, value] of series.tags) this.#names.push(this.#symbol(key), this.#symbol(value))
    this.#addRange(series.table, groups)
    // Now and not at the end, where all bytes at once would take a second.
    const { taken } = this.#hash
    if (this.#out.length - taken >= HASHED_BYTES) this.#hash.take(this.#out.written(taken, this.#out.length & ~63))
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

  #addBlock({ headers, view, block, payload, model }: Block): void {
    this.#modelOf.push(model === undefined ? 0 : this.#model(model) + 1)
    const bitmapBytes = blockNulls(view, block) > 0 ? (blockRows(view, block) + 7) >> 3 : 0
    this.#placesOf.push(payload[bitmapBytes] ?? 0)
    this.#headers.bytes(headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES))
    this.#out.bytes(payload)
  }

  #model(model: DenseModel): number {
    const known = this.#models.get(model)
    if (known !== undefined) return known
    this.#models.set(model, this.#models.size)
    return this.#models.size - 1
  }

  #symbol(text: string): number {
    const known = this.#symbols.get(text)
    if (known !== undefined) return known
    this.#symbols.set(text, this.#symbols.size)
    return this.#symbols.size - 1
  }

  #schema(fields: readonly string[]): number {
    const key = fields.map((field) => this.#symbol(field)).join(' ')
    const known = this.#schemas.get(key)
    if (known !== undefined) return known
    this.#schemas.set(key, this.#schemas.size)
    return this.#schemas.size - 1
  }

  #addRange(table: string, groups: readonly EncodedGroup[]): void {
    const range = this.#tables.get(table) ?? {
      rows: 0,
      minTime: groups[0]?.minTime ?? 0n,
      maxTime: groups[0]?.maxTime ?? 0n,
    }
    for (const { rows, minTime, maxTime } of groups) {
      range.rows += rows
      if (minTime < range.minTime) range.minTime = minTime
      if (maxTime > range.maxTime) range.maxTime = maxTime
    }
    this.#tables.set(table, range)
  }

  /** Writes the headers in chunks of series that follow each other; returns what the index says of these. */
  #writeHeaderChunks(): WrittenChunks {
    const headers = this.#headers.finish()
    const layouts = this.#layouts
    const found: WrittenChunks = { bytes: [], payloadBytes: [], checksums: [] }
    let [first, firstBlock] = [0, 0]
    for (const { end, blocks } of chunksOf(layouts.map(({ columns, groups }) => columns * groups))) {
      const endBlock = firstBlock + blocks
      const start = this.#out.length
      const table = {
        headers: headers.subarray(firstBlock * HEADER_BYTES, endBlock * HEADER_BYTES),
        modelOf: Uint32Array.from(this.#modelOf.slice(firstBlock, endBlock)),
      }
      const base = firstBlock
      const placesOf = (block: number): number => this.#placesOf[base + block] ?? 0
      writePackedHeaders(this.#out, table, columnOrder(layouts.slice(first, end)), { kernel: this.#kernel, placesOf })
      const written = this.#out.written(start)
      found.bytes.push(written.length)
      found.checksums.push(this.#kernel.checksum(written))
      found.payloadBytes.push(payloadBytesOf(table.headers))
      first = end
      firstBlock = endBlock
    }
    return found
  }

  #writeIndex(chunks: WrittenChunks): void {
    const out = this.#out
    out.varint(this.#symbols.size)
    for (const text of this.#symbols.keys()) out.text(text)
    out.varint(this.#schemas.size)
    for (const key of this.#schemas.keys()) {
      const symbols = key === '' ? [] : key.split(' ').map(Number)
      out.varint(symbols.length)
      for (const symbol of symbols) out.varint(symbol)
    }
    const layouts = this.#layouts
    out.varint(layouts.length)
    const [schemas, groups] = [layouts.map(({ schema }) => schema), layouts.map((layout) => layout.groups)]
    for (const values of [this.#shardOf, schemas, groups, this.#tagsOf, this.#names]) {
      writePackedIntegers(out, BigInt64Array.from(values, BigInt), this.#kernel)
    }
    writeModels(out, [...this.#models.keys()])
    for (const values of [chunks.bytes, chunks.payloadBytes, chunks.checksums]) {
      writePackedIntegers(out, BigInt64Array.from(values, BigInt), this.#kernel)
    }
  }
}

/** Of each chunk of headers. */
interface WrittenChunks {
  bytes: number[]
  /** Bytes of the payloads of its blocks. */
  payloadBytes: number[]
  checksums: number[]
}

function payloadBytesOf(headers: Uint8Array): number {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  let bytes = 0
  for (let block = 0; block * HEADER_BYTES < headers.length; block++) bytes += blockPayloadBytes(view, block)
  return bytes
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
