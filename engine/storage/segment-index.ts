import type { SeriesIndex } from '../index/series-index.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import { MAX_BLOCKS, readIntegers } from './header-table.ts'
import { readPackedIntegers } from './packed-column.ts'
import { SegmentPlaces, type SeriesLayout, SeriesLayouts } from './segment-places.ts'

/** Where the series of a segment are registered when it is opened: those of some shards. */
export interface SeriesAdopter {
  index: SeriesIndex
  adopts(shard: number): boolean
}

export interface SegmentIndex {
  places: SegmentPlaces
  /** The header table as it is in the file. */
  packedHeaders: Uint8Array
}

/** An index and the version of the segment that it is of. */
export interface IndexSource {
  reader: ByteReader
  version: number
}

type FourColumns = [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
/** Most series of one segment. */
const MAX_SERIES = 1 << 24
const UNKNOWN = 0xffffffff

/**
 * Reads a segment's index, whose checksum has been checked, but for its header table. Throws `corrupt` or `truncated`, and then
 * has registered nothing.
 */
export function readSegmentIndex(source: IndexSource, kernel: Kernel, adopter: SeriesAdopter): SegmentIndex {
  const { reader, version } = source
  const integers = (count: number): Uint32Array =>
    narrowed(version === 1 ? readIntegers(reader, count, kernel) : readPackedIntegers(reader, count, kernel), reader)
  const texts = Array.from({ length: reader.count(1) }, () => reader.textBytes())
  const textAt = (symbol: number): Uint8Array => {
    const text = texts[symbol]
    if (text === undefined) throw reader.corrupt(`there is no symbol ${symbol}`)
    return text
  }
  const schemas = Array.from({ length: reader.count(1) }, () =>
    Array.from({ length: reader.count(1) }, () => utf8.decode(textAt(reader.varint()))),
  )
  const count = reader.varint()
  if (count > MAX_SERIES) throw reader.corrupt(`${count} series`)
  const [shards, schemaOf, groupsOf, tagsOf] = [1, 2, 3, 4].map(() => integers(count)) as FourColumns
  const names = integers(tagsOf.reduce((total, tags) => total + 1 + 2 * tags, 0))
  const layouts = readLayouts(schemas, schemaOf, groupsOf, reader)
  // The types of 1024 blocks take at least three bytes.
  const isPossible = layouts.blocks <= MAX_BLOCKS && layouts.blocks <= reader.remaining * BLOCK_ROWS
  if (!isPossible) throw reader.corrupt(`a table of ${layouts.blocks} block headers`)
  const packedHeaders = reader.bytes(reader.remaining).slice()
  const keys = { texts, names, tagsOf, shards }
  checkKeys(keys, reader)
  return { places: register(keys, layouts, adopter), packedHeaders }
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The keys of all series: the symbols of each one's table, then of each tag's name and value, one series after the other. */
interface SegmentKeys {
  texts: readonly Uint8Array[]
  names: Uint32Array
  tagsOf: Uint32Array
  shards: Uint32Array
}

/** The low halves of numbers that have nothing in the high ones. */
function narrowed(values: BigInt64Array, reader: ByteReader): Uint32Array {
  const halves = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length)
  const narrow = new Uint32Array(values.length)
  let high = 0
  for (let i = 0; i < narrow.length; i++) {
    narrow[i] = halves[2 * i] as number
    high |= halves[2 * i + 1] as number
  }
  if (high !== 0) throw reader.corrupt('a number is out of range')
  return narrow
}

function readLayouts(
  schemas: readonly (readonly string[])[],
  schemaOf: Uint32Array,
  groupsOf: Uint32Array,
  reader: ByteReader,
): SeriesLayouts {
  const distinct: SeriesLayout[] = []
  const known = new Map<number, number>()
  const layoutOf = new Uint32Array(schemaOf.length)
  for (let series = 0; series < schemaOf.length; series++) {
    const schema = schemaOf[series] as number
    const groups = groupsOf[series] as number
    const fields = schemas[schema]
    if (fields === undefined || groups < 1 || groups > MAX_BLOCKS) {
      throw reader.corrupt(`series ${series} has no columns or no groups`)
    }
    const key = schema * (MAX_BLOCKS + 1) + groups
    let layout = known.get(key)
    if (layout === undefined) {
      layout = distinct.push({ schema, fields, groups }) - 1
      known.set(key, layout)
    }
    layoutOf[series] = layout
  }
  return new SeriesLayouts(distinct, layoutOf)
}

/** Checks that symbols are there, tags ascend and values are not empty: what registering relies on. */
function checkKeys({ texts, names, tagsOf }: SegmentKeys, reader: ByteReader): void {
  /** By the first name's symbol: those that come after it. */
  const ascending = new Map<number, Set<number>>()
  const ascends = (a: number, b: number): boolean => {
    const after = ascending.get(a) ?? new Set()
    if (after.has(b)) return true
    if (compareBytes(texts[a] as Uint8Array, texts[b] as Uint8Array) >= 0) return false
    ascending.set(a, after.add(b))
    return true
  }
  for (const symbol of names) if (symbol >= texts.length) throw reader.corrupt(`there is no symbol ${symbol}`)
  let at = 0
  for (const tags of tagsOf) {
    for (let tag = 0; tag < tags; tag++) {
      const name = at + 1 + 2 * tag
      if (tag > 0 && !ascends(names[name - 2] as number, names[name] as number))
        throw reader.corrupt('tags do not ascend')
      if (texts[names[name + 1] as number]?.length === 0) throw reader.corrupt('a tag has no value')
    }
    at += 1 + 2 * tags
  }
}

function register(keys: SegmentKeys, layouts: SeriesLayouts, { index, adopts }: SeriesAdopter): SegmentPlaces {
  const { texts, names, tagsOf, shards } = keys
  /** The index's symbol by the segment's. */
  const symbols = new Uint32Array(texts.length).fill(UNKNOWN)
  const symbolAt = (place: number): number => {
    const own = names[place] as number
    if (symbols[own] === UNKNOWN) {
      const text = texts[own] as Uint8Array
      symbols[own] = index.symbols.intern(text, 0, text.length)
    }
    return symbols[own] as number
  }
  const refs = new Uint32Array(tagsOf.length)
  const numbers = new Uint32Array(tagsOf.length)
  let count = 0
  let at = 0
  for (let series = 0; series < tagsOf.length; series++) {
    const end = at + 1 + 2 * (tagsOf[series] as number)
    const shard = shards[series] as number
    if (adopts(shard)) {
      index.begin(symbolAt(at))
      for (let name = at + 1; name < end; name += 2) index.tag(symbolAt(name), symbolAt(name + 1))
      refs[count] = index.finish(shard)
      numbers[count++] = series
    }
    at = end
  }
  return new SegmentPlaces(layouts, refs.subarray(0, count), numbers.subarray(0, count))
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
  return a.length - b.length
}
