import { encodeSeriesKey } from '../core/series.ts'
import { BLOCK_ROWS, blockNulls, blockRows, blockType, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import { columnOrder, type SeriesLayout } from './column-order.ts'
import { MAX_BLOCKS, readHeaderTable, readIntegers } from './header-table.ts'
import { readPackedIntegers } from './packed-column.ts'
import { type HeaderTable, readPackedHeaders } from './packed-headers.ts'
import type { RegisterSeries, SegmentSeries } from './segment.ts'

export interface SegmentIndex extends HeaderTable {
  /** By ref. */
  series: Map<number, SegmentSeries>
}

/** An index and the version of the segment that it is of. */
export interface IndexSource {
  reader: ByteReader
  version: number
}

type FourColumns = [BigInt64Array, BigInt64Array, BigInt64Array, BigInt64Array]
/** Most series of one segment. */
const MAX_SERIES = 1 << 24

/**
 * Reads a segment's index, whose checksum has been checked. Throws `corrupt` or `truncated`, and then has registered nothing.
 */
export function readSegmentIndex(
  { reader, version }: IndexSource,
  kernel: Kernel,
  register: RegisterSeries,
): SegmentIndex {
  const integers = version === 1 ? readIntegers : readPackedIntegers
  const symbols = Array.from({ length: reader.count(1) }, () => reader.text())
  const symbol = (code: bigint | number): string => {
    const text = symbols[Number(code)]
    if (text === undefined) throw reader.corrupt(`there is no symbol ${code}`)
    return text
  }
  const schemas = Array.from({ length: reader.count(1) }, () =>
    Array.from({ length: reader.count(1) }, () => symbol(reader.varint())),
  )
  const count = reader.varint()
  if (count > MAX_SERIES) throw reader.corrupt(`${count} series`)
  const [shards, schemaOf, groupsOf, tagsOf] = [1, 2, 3, 4].map(() => integers(reader, count, kernel)) as FourColumns
  if (tagsOf.some((tags) => tags < 0n)) throw reader.corrupt('a series has less than no tags')
  const nameCount = tagsOf.reduce((total, tags) => total + 1 + 2 * Number(tags), 0)
  const names = integers(reader, nameCount, kernel)
  const layouts = Array.from({ length: count }, (_, i): SeriesLayout => {
    const fields = schemas[Number(schemaOf[i])]
    if (fields === undefined) throw reader.corrupt(`series ${i} has no columns`)
    return { schema: Number(schemaOf[i]), columns: 1 + fields.length, groups: Number(groupsOf[i]) }
  })
  const table = version === 1 ? readUnpacked(reader, kernel) : readPacked(reader, layouts, kernel)
  const { headers } = table
  reader.end()
  const blocks = new BlockWalk(headers, reader)
  const found: (Omit<SegmentSeries, 'ref'> & { key: Uint8Array; shard: number })[] = []
  let name = 0
  for (let i = 0; i < count; i++) {
    const fields = schemas[Number(schemaOf[i])]
    const groups = Number(groupsOf[i])
    const texts = Array.from(names.subarray(name, name + 1 + 2 * Number(tagsOf[i])), symbol)
    name += texts.length
    if (fields === undefined) throw reader.corrupt(`series ${i} has no columns`)
    const firstBlock = blocks.take(groups, fields.length)
    found.push({ fields, groups, firstBlock, key: encodeKey(texts), shard: Number(shards[i]) })
  }
  blocks.end()
  const series = new Map<number, SegmentSeries>()
  for (const { key, shard, ...place } of found) {
    const ref = register(key, shard)
    if (ref !== undefined) series.set(ref, { ref, ...place })
  }
  return { series, ...table }
}

function readUnpacked(reader: ByteReader, kernel: Kernel): HeaderTable {
  return { headers: readHeaderTable(reader, kernel), models: [], modelOf: new Uint32Array() }
}

function readPacked(reader: ByteReader, layouts: readonly SeriesLayout[], kernel: Kernel): HeaderTable {
  const blocks = layouts.reduce((total, { columns, groups }) => total + columns * groups, 0)
  const isPossible = layouts.every(({ groups }) => groups >= 1) && blocks <= MAX_BLOCKS
  // The types of 1024 blocks take at least three bytes.
  if (!isPossible || blocks > reader.remaining * BLOCK_ROWS) throw reader.corrupt(`a table of ${blocks} block headers`)
  return readPackedHeaders(reader, columnOrder(layouts), kernel)
}

/** Hands out the blocks of one series after the other, and checks that those of a group fit each other. */
class BlockWalk {
  readonly #view: DataView
  readonly #count: number
  readonly #reader: ByteReader
  #next = 0

  constructor(headers: Uint8Array, reader: ByteReader) {
    this.#view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
    this.#count = headers.length / HEADER_BYTES
    this.#reader = reader
  }

  /** The first block of a series that has so many groups and fields. */
  take(groups: number, fields: number): number {
    const first = this.#next
    if (!(groups >= 1 && first + groups * (1 + fields) <= this.#count)) this.#fail()
    for (let group = first; group < first + groups; group++) {
      const rows = blockRows(this.#view, group)
      const isTime = blockType(this.#view, group) === 'time' && blockNulls(this.#view, group) === 0
      if (!isTime || rows < 1 || rows > BLOCK_ROWS) this.#fail()
      for (let field = 1; field <= fields; field++) {
        if (blockRows(this.#view, group + field * groups) !== rows) this.#fail()
      }
    }
    this.#next = first + groups * (1 + fields)
    return first
  }

  end(): void {
    if (this.#next !== this.#count) this.#fail()
  }

  #fail(): never {
    throw this.#reader.corrupt('series and blocks do not match')
  }
}

/** The canonical key of a table and its tags, one after the other. */
function encodeKey(names: readonly string[]): Uint8Array {
  const [table = '', ...rest] = names
  const tags: [string, string][] = []
  for (let i = 0; i + 1 < rest.length; i += 2) tags.push([rest[i] as string, rest[i + 1] as string])
  return encodeSeriesKey({ table, tags })
}
