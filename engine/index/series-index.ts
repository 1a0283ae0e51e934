import type { Matcher } from '../core/matcher.ts'
import type { TableCardinality, TagCardinality } from '../core/plan.ts'
import type { Series, Tags } from '../core/series.ts'
import { type IndexBytes, type IndexColumn, IndexMemory, NONE, ORDER, type TextList } from '../kernel/index-memory.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { type KeyBatch, packKeys } from '../kernel/key-batch.ts'
import { RecentCache } from './recent-cache.ts'
import { compileMatcher } from './tag-predicate.ts'
import { TagSelection } from './tag-selection.ts'
import { decodeText } from './text.ts'

/** Series, and pairs of a tag and a value, that are kept as texts. */
const MAX_CACHED_TAGS = 8192
const MAX_CACHED_PAIRS = 32_768
/** Values that are looked at in one call. */
const VALUES_AT_A_TIME = 1 << 16
/** The shard of an entry has a byte, whose uppermost bit says something else. */
const MOST_SHARDS = 128

/** The values of a tag in one index, with hashes of them where asked for. */
export interface TagValueCount extends TagCardinality {
  hashes?: Float64Array
}

const utf8 = new TextEncoder()

/**
 * The series of one shard host: a dense ref for each, and for each tag value the refs that have it. All of it is in the memory
 * of an instance of the core; a text becomes a string when somebody asks for it.
 */
export class SeriesIndex {
  readonly #memory: IndexMemory
  readonly #selection: TagSelection
  readonly #tags = new RecentCache<number, Tags>(MAX_CACHED_TAGS)
  readonly #pairs = new RecentCache<number, readonly [string, string]>(MAX_CACHED_PAIRS)
  readonly #makeTags = (ref: number): Tags => this.#readTags(ref)

  constructor(kernel: Kernel) {
    this.#memory = new IndexMemory(kernel)
    this.#selection = new TagSelection(this.#memory)
  }

  /** Series that are known. */
  get size(): number {
    return this.#memory.size
  }

  /** Refs that were given out are below. */
  get refLimit(): number {
    return this.#memory.refLimit
  }

  get bytes(): IndexBytes {
    return this.#memory.bytes
  }

  /**
   * The ref of a canonical key, a new one where it is not known yet. Refs rise, and none is given out twice. Throws
   * `corrupt` where the bytes are no key, `quota` where there are too many series.
   */
  register(key: Uint8Array, shard: number): number {
    return this.registerKeys(packKeys([key]), Uint8Array.of(shard))[0] as number
  }

  /** The same of many. */
  registerKeys(keys: KeyBatch, shards: Uint8Array): Uint32Array {
    return this.#memory.register(keys, shards)
  }

  /** Refs of canonical keys, `NONE` where they are not known. */
  findKeys(keys: KeyBatch, shards: Uint8Array): Uint32Array {
    return this.#memory.find(keys, shards)
  }

  /** The ref of a canonical key, `NONE` where it is not known. */
  find(key: Uint8Array, shard: number): number {
    return this.findKeys(packKeys([key]), Uint8Array.of(shard))[0] as number
  }

  /** Symbols of some texts of a list, which `registerSymbols` takes; they last as long as a series has them. Throws `quota`. */
  intern(texts: TextList, places: Uint32Array): Uint32Array {
    return this.#memory.intern(texts, places)
  }

  /**
   * Refs of series by how many tags each has, their shards, and, series after series, the symbols of table, names and values, names ascending.
   * Throws `quota`, and `corrupt` where they do not ascend.
   */
  registerSymbols(tags: Uint32Array, shards: Uint32Array, names: Uint32Array): Uint32Array {
    return this.#memory.registerSymbols(tags, shards, names)
  }

  /** Refs of series that have no bit in a set, in which bit `ref & 7` of byte `ref >> 3` stands for a ref. */
  refsWithout(bits: Uint8Array): Uint32Array {
    return this.#memory.refsWithout(bits)
  }

  /**
   * Takes series out of what finds them; returns how many there were. Who has a ref of theirs may ask about it until `free`. Refs
   * are not given out again.
   */
  unlink(refs: Uint32Array): number {
    return this.#memory.unlink(refs)
  }

  /** Gives back the memory of series that were unlinked, ascending, but for their places in lists, which `sweep` gives back. */
  free(refs: Uint32Array): void {
    this.#tags.clear()
    this.#forgetSymbols()
    this.#memory.free(refs)
  }

  /** Gives back memory in lists, until about so many refs of them are done; whether there is more to do. All that was unlinked has been freed. */
  sweep(refs: number): boolean {
    this.#forgetSymbols()
    return this.#memory.sweep(refs)
  }

  /** All that it is as bytes, for the same build of the core: a view, until it is asked anything else. Throws `quota`. */
  image(): Uint8Array {
    return this.#memory.image()
  }

  /** The memory of the image that was made, or where one of so many bytes is to be put for `loadImage`. Throws `quota`. */
  imageRoom(bytes: number): Uint8Array {
    return this.#memory.imageRoom(bytes)
  }

  /** Makes it what the image is. */
  loadImage(bytes: number): void {
    this.#memory.loadImage(bytes)
  }

  /** Makes it empty, when no series was asked about yet. */
  clear(): void {
    this.#memory.clear()
  }

  /** Symbols and codes that nothing has any more may be given to other texts. */
  #forgetSymbols(): void {
    this.#pairs.clear()
    this.#selection.forget()
  }

  /** Whether `series` can say what a ref is of. */
  has(ref: number): boolean {
    return this.#memory.has(ref)
  }

  series(ref: number): Series {
    return { table: this.tableOf(ref), tags: this.tags(ref) }
  }

  tags(ref: number): Tags {
    return this.#tags.get(ref, this.#makeTags)
  }

  tableOf(ref: number): string {
    return this.#text(this.#memory.open(ref)[1] as number)
  }

  /** Of series, one after the other: shard, symbol of the table, number of tags, and symbols of each tag's name and value: a view, until it is asked anything else. */
  describe(refs: Uint32Array): Uint32Array {
    return this.#memory.describe(refs)
  }

  /** The texts of symbols as UTF-8, each behind the LEB128 of its bytes: a view, until it is asked anything else. */
  texts(symbols: Uint32Array): Uint8Array {
    return this.#memory.texts(symbols)
  }

  /** The symbol of a text, `NONE` where nothing has it. */
  symbolOf(text: string): number {
    return this.#memory.findText(utf8.encode(text))
  }

  /** The canonical key of a series. */
  key(ref: number): Uint8Array {
    return this.#memory.key(ref)
  }

  shard(ref: number): number {
    return this.#memory.open(ref)[0] as number
  }

  /** Shards of series. */
  shards(refs: Uint32Array): Uint32Array {
    return this.#memory.shards(refs)
  }

  /** Refs in the order of the bytes of the canonical keys. */
  inKeyOrder(refs: Uint32Array): Uint32Array {
    return this.#memory.sorted(refs, ORDER.keys)
  }

  /** Refs by shard, then by canonical key, in which order the same series come in the same order on every host. */
  inSegmentOrder(refs: Uint32Array): Uint32Array {
    const shards = this.#memory.shards(refs)
    const ends = new Uint32Array(MOST_SHARDS)
    for (const shard of shards) ends[shard] = (ends[shard] as number) + 1
    let start = 0
    for (const [shard, count] of ends.entries()) {
      ends[shard] = start
      start += count
    }
    const sorted = new Uint32Array(refs.length)
    for (let i = 0; i < refs.length; i++) {
      const shard = shards[i] as number
      const at = ends[shard] as number
      sorted[at] = refs[i] as number
      ends[shard] = at + 1
    }
    let from = 0
    for (const to of ends) {
      if (to > from) sorted.set(this.inKeyOrder(sorted.subarray(from, to)), from)
      from = to
    }
    return sorted
  }

  /** Refs of the series of a table that pass every matcher, in canonical order of their tags. */
  async select(table: string, matchers: readonly Matcher[]): Promise<Uint32Array> {
    const tests = await Promise.all(matchers.map(compileMatcher))
    const number = this.#memory.findTable(utf8.encode(table))
    if (number === NONE) return new Uint32Array()
    return this.#memory.sorted(this.#selection.refs(number, tests), ORDER.tags)
  }

  /** Names of the tags of a table, unsorted. */
  tagNames(table: string): string[] {
    return this.#columns(table).map(({ symbol }) => this.#text(symbol))
  }

  /** Different values of a tag in the order of their bytes, at most `limit`. */
  tagValues(table: string, tag: string, limit: number): string[] {
    const column = this.#columns(table).find(({ symbol }) => this.#text(symbol) === tag)
    if (column === undefined) return []
    const sorted = this.#memory.sorted(this.#symbolsOf(column), ORDER.texts)
    return Array.from(sorted.subarray(0, limit), (symbol) => this.#text(symbol))
  }

  /** How many series each table has. */
  tableCardinality(): TableCardinality[] {
    return this.#memory.tables().map(([symbol, series]) => ({ table: this.#text(symbol), series }))
  }

  /** How many values each tag of a table has, and series; with hashes of the values where those of several indexes are to be united. */
  tagCardinality(table: string, withHashes: boolean): TagValueCount[] {
    return this.#columns(table).map((column) => {
      const { symbol, values, rows } = column
      if (!withHashes) return { tag: this.#text(symbol), values, series: rows }
      const hashes = this.#memory.hashes(this.#symbolsOf(column))
      return { tag: this.#text(symbol), values: hashes.length, series: rows, hashes }
    })
  }

  #columns(table: string): IndexColumn[] {
    const number = this.#memory.findTable(utf8.encode(table))
    return number === NONE ? [] : this.#memory.columns(number)
  }

  /** Symbols of the values that series have. */
  #symbolsOf({ number, values, codeLimit }: IndexColumn): Uint32Array {
    const symbols = new Uint32Array(values)
    let count = 0
    for (let from = 0; from < codeLimit; from += VALUES_AT_A_TIME) {
      const pairs = this.#memory.values(number, from, Math.min(codeLimit, from + VALUES_AT_A_TIME))
      for (let i = 1; i < pairs.length; i += 2) symbols[count++] = pairs[i] as number
    }
    return symbols.subarray(0, count)
  }

  #text(symbol: number): string {
    return decodeText(this.#memory.text(symbol))
  }

  #readTags(ref: number): Tags {
    const words = this.#memory.open(ref).slice()
    return Array.from({ length: words[2] as number }, (_, i) =>
      this.#pair(words[3 + 2 * i] as number, words[4 + 2 * i] as number),
    )
  }

  #pair(name: number, value: number): readonly [string, string] {
    return this.#pairs.get(name * 2 ** 32 + value, () => [this.#text(name), this.#text(value)])
  }
}
