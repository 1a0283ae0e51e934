import type { DenseModel } from '../kernel/dense-models.ts'
import { BLOCK_ROWS, blockNulls, blockPayloadBytes, blockRows, blockType, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ByteReader } from './byte-reader.ts'
import { columnOrder } from './column-order.ts'
import { readHeaderTable } from './header-table.ts'
import { type HeaderTable, readPackedHeaders } from './packed-headers.ts'
import { SEGMENT_HEADER_BYTES, type SegmentInfo } from './segment-format.ts'
import type { SegmentSeries, SeriesLayouts } from './segment-places.ts'

const HEADER_WORDS = HEADER_BYTES / 8
/** Words of a header that hold the first and the last of a time block. */
const MIN_WORD = 2
const MAX_WORD = 3

/** What the headers are read from. */
export interface PackedHeaders {
  info: SegmentInfo
  version: number
  bytes: Uint8Array
  /** Where the payloads end in the file. */
  indexStart: number
}

/** The headers of a segment's blocks, 64 bytes each, and where their payloads are. */
export class SegmentHeaders {
  readonly headers: Uint8Array<ArrayBuffer>
  readonly view: DataView
  readonly #words: BigInt64Array
  readonly #models: readonly DenseModel[]
  readonly #modelOf: Uint32Array
  /** The model of a block, where any is dense. */
  readonly modelOf: ((block: number) => DenseModel | undefined) | undefined
  /** Where each block's payload starts, and where the last one ends. */
  readonly offsets: Float64Array

  private constructor({ headers, models, modelOf }: HeaderTable) {
    this.headers = headers
    this.view = new DataView(headers.buffer)
    this.#words = new BigInt64Array(headers.buffer)
    this.#models = models
    this.#modelOf = modelOf
    this.modelOf = models.length === 0 ? undefined : (block) => this.modelAt(block)
    this.offsets = payloadOffsets(headers)
  }

  /** Decodes and checks a segment's header table. Throws `corrupt` or `truncated`. */
  static read(
    { info, version, bytes, indexStart }: PackedHeaders,
    layouts: SeriesLayouts,
    kernel: Kernel,
  ): SegmentHeaders {
    const reader = new ByteReader(bytes, `index of segment ${info.name}`)
    const table = version === 1 ? readUnpacked(reader, kernel) : readPackedHeaders(reader, orderOf(layouts), kernel)
    reader.end()
    const headers = new SegmentHeaders(table)
    if (table.headers.length !== layouts.blocks * HEADER_BYTES || !headers.#fit(layouts)) {
      throw reader.corrupt('series and blocks do not match')
    }
    if (headers.offsets.at(-1) !== indexStart) throw reader.corrupt('blocks and index do not meet')
    return headers
  }

  get bytes(): number {
    return this.headers.length + this.offsets.byteLength + this.#modelOf.byteLength
  }

  rowsOf(block: number): number {
    return blockRows(this.view, block)
  }

  minTimeOf(block: number): bigint {
    return this.#words[block * HEADER_WORDS + MIN_WORD] as bigint
  }

  maxTimeOf(block: number): bigint {
    return this.#words[block * HEADER_WORDS + MAX_WORD] as bigint
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
    const model = this.#modelOf[block]
    return model === undefined || model === 0 ? undefined : this.#models[model - 1]
  }

  isAbsent(block: number): boolean {
    return blockNulls(this.view, block) === blockRows(this.view, block)
  }

  /** Bytes of the payloads of blocks `[first, end)`. */
  payloadBytes(first: number, end: number): number {
    return (this.offsets[end] as number) - (this.offsets[first] as number)
  }

  /** Whether the blocks of each group fit each other, and times rise over the groups of a series. */
  #fit(layouts: SeriesLayouts): boolean {
    let first = 0
    for (let series = 0; series < layouts.count; series++) {
      const { fields, groups } = layouts.of(series)
      for (let group = first; group < first + groups; group++) {
        const rows = blockRows(this.view, group)
        const isTime = blockType(this.view, group) === 'time' && blockNulls(this.view, group) === 0
        if (!isTime || rows < 1 || rows > BLOCK_ROWS || this.minTimeOf(group) > this.maxTimeOf(group)) return false
        if (group > first && this.minTimeOf(group) <= this.maxTimeOf(group - 1)) return false
        for (let field = 1; field <= fields.length; field++) {
          if (blockRows(this.view, group + field * groups) !== rows) return false
        }
      }
      first += groups * (1 + fields.length)
    }
    return true
  }
}

function readUnpacked(reader: ByteReader, kernel: Kernel): HeaderTable {
  return { headers: readHeaderTable(reader, kernel), models: [], modelOf: new Uint32Array() }
}

function orderOf(layouts: SeriesLayouts): Uint32Array {
  const all = Array.from({ length: layouts.count }, (_, series) => layouts.of(series))
  return columnOrder(all.map(({ schema, fields, groups }) => ({ schema, columns: 1 + fields.length, groups })))
}

function payloadOffsets(headers: Uint8Array): Float64Array {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const count = headers.length / HEADER_BYTES
  const offsets = new Float64Array(count + 1)
  offsets[0] = SEGMENT_HEADER_BYTES
  for (let i = 0; i < count; i++) offsets[i + 1] = (offsets[i] as number) + blockPayloadBytes(view, i)
  return offsets
}
