import type { SeriesIndex } from '../index/series-index.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { TextList } from '../kernel/index-memory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import { chunksOf, type HeaderChunks, headerChunks, wholeChunk } from './header-chunks.ts'
import { MAX_BLOCKS, readIntegers } from './header-table.ts'
import { readPackedIntegers, skipPackedIntegers } from './packed-column.ts'
import { readModels } from './packed-headers.ts'
import { type PlacesParts, placesOf, SegmentPlaces, type SeriesLayout, SeriesLayouts } from './segment-places.ts'

/** Where the series of a segment are registered when it is opened: those of some shards. */
export interface SeriesAdopter {
  index: SeriesIndex
  adopts(shard: number): boolean
  /** What the segment's series are in the index, where they are registered. */
  known?: PlacesParts | undefined
}

export interface SegmentIndex {
  places: SegmentPlaces
  chunks: HeaderChunks
  /** The headers of a segment that has all of them in its index, as they are there. */
  packedHeaders: Uint8Array | undefined
}

/** An index, where it begins, and the version of the segment that it is of. */
export interface IndexSource {
  reader: ByteReader
  indexStart: number
  version: number
}

type FourColumns = [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
/** Most series of one segment. */
const MAX_SERIES = 1 << 24
const UNKNOWN = 0xffffffff
/** Series that are registered in one call. */
const SERIES_AT_A_TIME = 4096

/**
 * Reads a segment's index, whose checksum has been checked, but for its headers. Throws `corrupt`, `truncated` or `quota`; some of its
 * series may be registered then.
 */
export function readSegmentIndex(source: IndexSource, kernel: Kernel, adopter: SeriesAdopter): SegmentIndex {
  const { reader, version } = source
  const integers = (count: number): Uint32Array =>
    narrowed(version === 1 ? readIntegers(reader, count, kernel) : readPackedIntegers(reader, count, kernel), reader)
  const texts = reader.texts(reader.count(1))
  const textAt = (symbol: number): Uint8Array => {
    if (symbol >= texts.ends.length) throw reader.corrupt(`there is no symbol ${symbol}`)
    return textOf(texts, symbol)
  }
  const schemas = Array.from({ length: reader.count(1) }, () =>
    Array.from({ length: reader.count(1) }, () => utf8.decode(textAt(reader.varint()))),
  )
  const count = reader.varint()
  if (count > MAX_SERIES) throw reader.corrupt(`${count} series`)
  const [shards, schemaOf, groupsOf, tagsOf] = [1, 2, 3, 4].map(() => integers(count)) as FourColumns
  const nameCount = tagsOf.reduce((total, tags) => total + 1 + 2 * tags, 0)
  const known = version > 1 && adopter.known && isWithin(adopter.known, count) ? adopter.known : undefined
  if (known) skipPackedIntegers(reader, nameCount)
  const names = known ? new Uint32Array() : integers(nameCount)
  const layouts = readLayouts(schemas, schemaOf, groupsOf, reader)
  // The types of 1024 blocks take at least three bytes.
  const bytes = version < 3 ? reader.remaining : source.indexStart
  const isPossible = layouts.blocks <= MAX_BLOCKS && layouts.blocks <= bytes * BLOCK_ROWS
  if (!isPossible) throw reader.corrupt(`a table of ${layouts.blocks} block headers`)
  const packedHeaders = version < 3 ? reader.bytes(reader.remaining).slice() : undefined
  const chunks = packedHeaders ? wholeChunk(layouts, source.indexStart) : readChunks(source, layouts, integers)
  if (known) return { places: new SegmentPlaces(layouts, known), chunks, packedHeaders }
  const keys = { texts, names, tagsOf, shards }
  checkKeys(keys, reader)
  return { places: register(keys, layouts, adopter), chunks, packedHeaders }
}

/** Whether places are of series of a segment that has so many. */
function isWithin({ count, numbers }: PlacesParts, series: number): boolean {
  return count <= series && (numbers?.every((number) => number < series) ?? true)
}

function readChunks(
  { reader, indexStart }: IndexSource,
  layouts: SeriesLayouts,
  integers: (count: number) => Uint32Array,
): HeaderChunks {
  const models = readModels(reader)
  const runs = chunksOf(layouts.eachBlocks())
  const [bytes, payloadBytes, checksums] = [1, 2, 3].map(() => integers(runs.length)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ]
  reader.end()
  const chunks = headerChunks(runs, { bytes, payloadBytes, checksums }, models)
  if (chunks.bytes.at(-1) !== indexStart) throw reader.corrupt('headers and index do not meet')
  return chunks
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The keys of all series: the symbols of each one's table, then of each tag's name and value, one series after the other. */
interface SegmentKeys {
  texts: TextList
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

/** Checks that symbols are there and values are not empty. That names ascend shows when the series are registered. */
function checkKeys({ texts, names, tagsOf }: SegmentKeys, reader: ByteReader): void {
  const count = texts.ends.length
  for (const symbol of names) if (symbol >= count) throw reader.corrupt(`there is no symbol ${symbol}`)
  const isEmpty = texts.ends.map((end, symbol) => (end === texts.starts[symbol] ? 1 : 0))
  if (!isEmpty.includes(1)) return
  let at = 0
  for (const tags of tagsOf) {
    for (let value = at + 2; value <= at + 2 * tags; value += 2) {
      if (isEmpty[names[value] as number] === 1) throw reader.corrupt('a tag has no value')
    }
    at += 1 + 2 * tags
  }
}

function register(keys: SegmentKeys, layouts: SeriesLayouts, { index, adopts }: SeriesAdopter): SegmentPlaces {
  const { texts, tagsOf, shards } = keys
  const isOwn = Uint8Array.from({ length: 256 }, (_, shard) => (adopts(shard) ? 1 : 0))
  const symbols = new Uint32Array(texts.ends.length).fill(UNKNOWN)
  const refs = new Uint32Array(tagsOf.length)
  const numbers = new Uint32Array(tagsOf.length)
  let count = 0
  let at = 0
  for (let from = 0; from < tagsOf.length; from += SERIES_AT_A_TIME) {
    const to = Math.min(tagsOf.length, from + SERIES_AT_A_TIME)
    const { own, names, end } = ownNames(keys, isOwn, { from, to, at })
    at = end
    internMissing(names, symbols, texts, index)
    for (let i = 0; i < names.length; i++) names[i] = symbols[names[i] as number] as number
    const tags = own.map((series) => tagsOf[series] as number)
    const shardsOf = own.map((series) => shards[series] as number)
    refs.set(index.registerSymbols(tags, shardsOf, names), count)
    numbers.set(own, count)
    count += own.length
  }
  return new SegmentPlaces(layouts, placesOf(refs.subarray(0, count), numbers.subarray(0, count)))
}

/** Of series `[from, to)`, whose names begin at `at`: those that are adopted, their names, and where the names of all end. */
function ownNames(
  { names, tagsOf, shards }: SegmentKeys,
  isOwn: Uint8Array,
  { from, to, at }: { from: number; to: number; at: number },
): { own: Uint32Array; names: Uint32Array; end: number } {
  const own = new Uint32Array(to - from)
  let count = 0
  let end = at
  for (let series = from; series < to; series++) end += 1 + 2 * (tagsOf[series] as number)
  const found = new Uint32Array(end - at)
  let next = at
  let kept = 0
  for (let series = from; series < to; series++) {
    const last = next + 1 + 2 * (tagsOf[series] as number)
    if (isOwn[shards[series] as number] === 1) {
      own[count++] = series
      for (let name = next; name < last; name++) found[kept++] = names[name] as number
    }
    next = last
  }
  return { own: own.subarray(0, count), names: found.subarray(0, kept), end }
}

/** Fills in the index's symbols, by the segment's, that some names need. */
function internMissing(names: Uint32Array, symbols: Uint32Array, texts: TextList, index: SeriesIndex): void {
  const missing = new Uint32Array(names.length)
  let count = 0
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as number
    if (symbols[name] !== UNKNOWN) continue
    symbols[name] = 0
    missing[count++] = name
  }
  const places = missing.subarray(0, count)
  const found = index.intern(texts, places)
  for (let i = 0; i < count; i++) symbols[places[i] as number] = found[i] as number
}

function textOf({ bytes, starts, ends }: TextList, place: number): Uint8Array {
  return bytes.subarray(starts[place], ends[place])
}
