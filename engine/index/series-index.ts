import { TidemarkError } from '../core/errors.ts'
import type { Matcher } from '../core/matcher.ts'
import type { TableCardinality, TagCardinality } from '../core/plan.ts'
import { compareUtf8, type Series, type Tags } from '../core/series.ts'
import { hashBytes, mixBits } from './byte-hash.ts'
import { EMPTY, MAX_REFS, PostingPool } from './posting-pool.ts'
import { noPostings, type Postings } from './postings.ts'
import { RecentCache } from './recent-cache.ts'
import { NONE, RefTable } from './ref-table.ts'
import { SeriesEntries } from './series-entries.ts'
import { EntryReader, EntryWriter } from './series-entry.ts'
import { isSeriesKey, textBytesAt } from './series-key.ts'
import { SeriesShape, type TableIndex } from './series-shape.ts'
import { SymbolTable } from './symbol-table.ts'
import { TagColumn } from './tag-column.ts'
import { compileMatcher } from './tag-predicate.ts'
import { type SelectionSource, selectRefs } from './tag-selection.ts'

/** Series, and pairs of a tag and a value, that are kept as texts. */
const MAX_CACHED_TAGS = 8192
const MAX_CACHED_PAIRS = 32_768
/** Different lists of tags. */
export const MAX_SHAPES: number = 1 << 20

/** Bytes of memory that an index takes, by part. */
export interface IndexBytes {
  symbols: number
  values: number
  postings: number
  entries: number
  table: number
}

/** The high bits of a hash of 53 bits, which a double holds. */
const MASK_21 = 0x1fffff

/** The values of a tag in one index, with hashes of them where asked for. */
export interface TagValueCount extends TagCardinality {
  hashes?: Float64Array
}

/**
 * The series of one shard host: a dense ref for each, and for each tag value the refs that have it. A series is its shard,
 * its shape and the code of each tag's value, in a few bytes; a text is there once, as a symbol, and becomes a string when
 * somebody asks for it.
 */
export class SeriesIndex implements SelectionSource {
  readonly symbols: SymbolTable = new SymbolTable()
  readonly pool: PostingPool = new PostingPool()
  readonly #entries = new SeriesEntries()
  readonly #refs = new RefTable({ hashOf: (ref) => this.#hashOf(ref), isSought: (ref) => this.#isMade(ref) })
  readonly #tables = new Map<string, TableIndex>()
  /** By the symbol of the table: the shape of its series without tags. */
  readonly #roots = new Map<number, SeriesShape>()
  readonly #shapes: SeriesShape[] = []
  #columns = 0
  readonly #made = new EntryWriter()
  #shape: SeriesShape | undefined
  readonly #read = new EntryReader()
  /** Of two series that are compared, the second. */
  readonly #other = new EntryReader()
  readonly #tags = new RecentCache<number, Tags>(MAX_CACHED_TAGS)
  readonly #pairs = new RecentCache<number, readonly [string, string]>(MAX_CACHED_PAIRS)
  readonly #byText = (a: number, b: number): number => this.symbols.compare(a, b)
  readonly #byKey = (a: number, b: number): number => this.symbols.compareInKeys(a, b)
  readonly #makeTags = (ref: number): Tags => this.#readTags(ref)

  /** Series that are known. */
  get size(): number {
    return this.#entries.size
  }

  get bytes(): IndexBytes {
    let values = 0
    for (const { columns } of this.#tables.values()) for (const column of columns.values()) values += column.bytes
    return {
      symbols: this.symbols.bytes,
      values,
      postings: this.pool.bytes,
      entries: this.#entries.bytes,
      table: this.#refs.bytes,
    }
  }

  /**
   * The ref of a canonical key, a new one where it is not known yet. Refs rise, and none is given out twice. Throws
   * `corrupt` where the bytes are no key, `quota` where there are too many series.
   */
  register(key: Uint8Array, shard: number): number {
    if (!isSeriesKey(key)) throw new TidemarkError('corrupt', 'a series key does not have the form of one')
    let at = endOfText(key, 0)
    this.begin(this.symbols.intern(key, 4, at))
    while (at < key.length) {
      const name = at
      const value = endOfText(key, name)
      at = endOfText(key, value)
      this.tag(this.#nameSymbol(key, name + 4, value), this.#valueSymbol(key, value + 4, at))
    }
    return this.finish(shard)
  }

  /** The symbol of the next tag's name: most series have the tags of the one before. */
  #nameSymbol(key: Uint8Array, from: number, to: number): number {
    const likely = this.#shape?.last?.symbol ?? NONE
    return likely !== NONE && this.symbols.is(likely, key, from, to) ? likely : this.symbols.intern(key, from, to)
  }

  /** The symbol of that tag's value: many have the value of the series before. */
  #valueSymbol(key: Uint8Array, from: number, to: number): number {
    const column = this.#shape?.last?.columns.at(-1)
    const likely = column === undefined || column.last === NONE ? NONE : column.valueOf(column.last)
    return likely !== NONE && this.symbols.is(likely, key, from, to) ? likely : this.symbols.intern(key, from, to)
  }

  /** The ref of a canonical key, `NONE` where it is not known. */
  find(key: Uint8Array, shard: number): number {
    if (!isSeriesKey(key)) return NONE
    const symbolAt = (at: number): number => this.symbols.find(key, at + 4, endOfText(key, at))
    let shape = this.#roots.get(symbolAt(0))
    this.#made.begin()
    for (let at = endOfText(key, 0); at < key.length && shape; ) {
      const value = endOfText(key, at)
      shape = shape.next(symbolAt(at))
      const symbol = symbolAt(value)
      const code = symbol === NONE ? NONE : (shape?.columns.at(-1)?.find(symbol) ?? NONE)
      if (code === NONE) return NONE
      this.#made.code(code)
      at = endOfText(key, value)
    }
    if (shape === undefined) return NONE
    this.#made.finish(shard, shape.id)
    return this.#refs.find(this.#hashOfMade())
  }

  /** Begins a series by the symbol of its table; `tag` for each tag and `finish` follow. */
  begin(table: number): void {
    this.#shape = this.#roots.get(table) ?? this.#addRoot(table)
    this.#made.begin()
  }

  /** Adds a tag by the symbols of its name and its value. Throws `corrupt` where tags do not ascend. */
  tag(name: number, value: number): void {
    const shape = this.#shape as SeriesShape // `begin` came before
    const next = shape.next(name) ?? this.#addShape(shape, name)
    this.#shape = next
    this.#made.code((next.columns[this.#made.count] as TagColumn).intern(value))
  }

  /** The ref of the series that was begun, a new one where it is not known yet. Throws `quota`. */
  finish(shard: number): number {
    const shape = this.#shape as SeriesShape // `begin` came before
    this.#made.finish(shard, shape.id)
    const hash = this.#hashOfMade()
    const known = this.#refs.find(hash)
    if (known !== NONE) return known
    if (this.#entries.length > MAX_REFS) throw new TidemarkError('quota', `a host numbers ${MAX_REFS} series at most`)
    const { bytes, start, end, codes } = this.#made
    const ref = this.#entries.add(bytes, start, end)
    this.#refs.add(hash, ref)
    const { table, columns } = shape
    table.series = this.pool.add(table.series, ref)
    for (let i = 0; i < columns.length; i++) (columns[i] as TagColumn).add(codes[i] as number, ref)
    return ref
  }

  series(ref: number): Series {
    return { table: this.tableOf(ref), tags: this.tags(ref) }
  }

  tags(ref: number): Tags {
    return this.#tags.get(ref, this.#makeTags)
  }

  tableOf(ref: number): string {
    return this.#open(ref, this.#read).table.name
  }

  /** The canonical key of a series. */
  key(ref: number): Uint8Array {
    const { table, columns } = this.#open(ref, this.#read)
    const codes = this.#read.readCodes(columns.length)
    const symbols = [table.symbol]
    for (const [i, column] of columns.entries()) symbols.push(column.symbol, column.valueOf(codes[i] as number))
    const texts = symbols.map((symbol) => this.symbols.utf8(symbol))
    const key = new Uint8Array(texts.reduce((bytes, text) => bytes + 4 + text.length, 0))
    const view = new DataView(key.buffer)
    let at = 0
    for (const text of texts) {
      view.setUint32(at, text.length, true)
      key.set(text, at + 4)
      at += 4 + text.length
    }
    return key
  }

  shard(ref: number): number {
    this.#open(ref, this.#read)
    return this.#read.shard
  }

  /** Refs of the series of a table that pass every matcher, in canonical order of their tags. */
  async select(table: string, matchers: readonly Matcher[]): Promise<Uint32Array> {
    const tests = await Promise.all(matchers.map(compileMatcher))
    const index = this.#tables.get(table)
    return index === undefined ? noPostings : this.#inCanonicalOrder(selectRefs(this, index, tests))
  }

  /** Names of the tags of a table, unsorted. */
  tagNames(table: string): string[] {
    return Array.from(this.#tables.get(table)?.columns.values() ?? [], ({ name }) => name)
  }

  /** Different values of a tag in the order of their bytes, at most `limit`. */
  tagValues(table: string, tag: string, limit: number): string[] {
    const columns = [...(this.#tables.get(table)?.columns.values() ?? [])]
    const column = columns.find(({ name }) => name === tag)
    if (column === undefined) return []
    const symbols: number[] = []
    column.eachCode((code) => symbols.push(column.valueOf(code)))
    symbols.sort((a, b) => this.symbols.compare(a, b))
    return symbols.slice(0, limit).map((symbol) => this.symbols.textOnce(symbol))
  }

  /** How many series each table has. */
  tableCardinality(): TableCardinality[] {
    return Array.from(this.#tables.values(), ({ name, series }) => ({ table: name, series: this.pool.count(series) }))
  }

  /** How many values each tag of a table has, and series; with hashes of the values where those of several indexes are to be united. */
  tagCardinality(table: string, withHashes: boolean): TagValueCount[] {
    return Array.from(this.#tables.get(table)?.columns.values() ?? [], (column) => {
      const count = { tag: column.name, values: column.size, series: column.rows }
      return withHashes ? { ...count, hashes: this.#hashesOf(column) } : count
    })
  }

  #hashesOf(column: TagColumn): Float64Array {
    const hashes = new Float64Array(column.size)
    let at = 0
    column.eachCode((code) => {
      const text = this.symbols.utf8(column.valueOf(code))
      const low = hashBytes(text, 0, text.length)
      hashes[at++] = low + (mixBits(hashBytes(text, 0, text.length, low)) & MASK_21) * 2 ** 32
    })
    return hashes
  }

  /** The code of a series' value in a column of its table, `NONE` where it lacks the tag. */
  codeOf(ref: number, column: TagColumn): number {
    const place = this.#open(ref, this.#read).columns.indexOf(column)
    return place < 0 ? NONE : (this.#read.readCodes(place + 1)[place] as number)
  }

  /** Order of the tags of two series of one table: tag by tag, name before value. */
  compareTags(a: number, b: number): number {
    return this.#compare(a, b, this.#byText)
  }

  /** Order of the bytes of the canonical keys of two series. */
  compareKeys(a: number, b: number): number {
    return this.#compare(a, b, this.#byKey)
  }

  #compare(a: number, b: number, compare: (a: number, b: number) => number): number {
    const left = this.#open(a, this.#read)
    const right = this.#open(b, this.#other)
    if (left.table !== right.table) return compare(left.table.symbol, right.table.symbol)
    const shared = Math.min(left.columns.length, right.columns.length)
    const p = this.#read.readCodes(shared)
    const q = this.#other.readCodes(shared)
    for (let i = 0; i < shared; i++) {
      const column = left.columns[i] as TagColumn
      const other = right.columns[i] as TagColumn
      if (column !== other) return compare(column.symbol, other.symbol)
      if (p[i] !== q[i]) return compare(column.valueOf(p[i] as number), column.valueOf(q[i] as number))
    }
    return left.columns.length - right.columns.length
  }

  #inCanonicalOrder(refs: Postings): Uint32Array {
    for (let i = 1; i < refs.length; i++) {
      if (this.compareTags(refs[i - 1] as number, refs[i] as number) < 0) continue
      return Uint32Array.from(Array.from(refs).sort((a, b) => this.compareTags(a, b)))
    }
    return refs
  }

  #addRoot(symbol: number): SeriesShape {
    const name = this.symbols.text(symbol)
    const table: TableIndex = { name, symbol, columns: new Map(), series: EMPTY }
    const root = this.#newShape(table, [])
    this.#tables.set(name, table)
    this.#roots.set(symbol, root)
    return root
  }

  #addShape(parent: SeriesShape, symbol: number): SeriesShape {
    const { table, columns } = parent
    const last = columns.at(-1)
    if (last && this.symbols.compare(last.symbol, symbol) >= 0) {
      throw new TidemarkError('corrupt', `a series key has its tag '${this.symbols.text(symbol)}' out of order`)
    }
    const column =
      table.columns.get(symbol) ??
      new TagColumn(this.#columns++, this.symbols.text(symbol), { symbol, pool: this.pool })
    const shape = this.#newShape(table, [...columns, column])
    table.columns.set(symbol, column)
    parent.add(symbol, shape)
    return shape
  }

  #newShape(table: TableIndex, columns: readonly TagColumn[]): SeriesShape {
    if (this.#shapes.length >= MAX_SHAPES) {
      throw new TidemarkError('quota', `series have more than ${MAX_SHAPES} different lists of tags`)
    }
    const shape = new SeriesShape(this.#shapes.length, table, columns)
    this.#shapes.push(shape)
    return shape
  }

  #open(ref: number, reader: EntryReader): SeriesShape {
    const entries = this.#entries
    if (!entries.open(ref)) throw new RangeError(`there is no series with ref ${ref}`)
    return this.#shapes[reader.open(entries.page, entries.start)] as SeriesShape
  }

  #readTags(ref: number): Tags {
    const { columns } = this.#open(ref, this.#read)
    const codes = this.#read.readCodes(columns.length)
    return columns.map((column, i) => this.#pair(column, codes[i] as number))
  }

  #pair(column: TagColumn, code: number): readonly [string, string] {
    return this.#pairs.get(column.number * 2 ** 32 + code, () => [
      column.name,
      this.symbols.textOnce(column.valueOf(code)),
    ])
  }

  #hashOfMade(): number {
    return hashBytes(this.#made.bytes, this.#made.start, this.#made.end)
  }

  #hashOf(ref: number): number {
    this.#entries.open(ref)
    return hashBytes(this.#entries.page, this.#entries.start, this.#entries.end)
  }

  /** Whether a ref's entry is the one that was made last. */
  #isMade(ref: number): boolean {
    const entries = this.#entries
    const { bytes, start, end } = this.#made
    if (!entries.open(ref) || entries.end - entries.start !== end - start) return false
    for (let i = start; i < end; i++) if (entries.page[entries.start + i - start] !== bytes[i]) return false
    return true
  }
}

function endOfText(key: Uint8Array, at: number): number {
  return at + 4 + textBytesAt(key, at)
}

/** Order of the canonical keys of two series of one table, without making the keys: by tag, name before value. */
export function compareTags(a: Tags, b: Tags): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const [nameA, valueA] = a[i] as readonly [string, string]
    const [nameB, valueB] = b[i] as readonly [string, string]
    const order = compareUtf8(nameA, nameB) || compareUtf8(valueA, valueB)
    if (order !== 0) return order
  }
  return a.length - b.length
}
