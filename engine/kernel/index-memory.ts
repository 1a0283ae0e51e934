import { type IndexExports, isIndex } from './index-exports.ts'
import { checkRegistered, indexFull } from './index-failure.ts'
import { joinWords } from './joined-words.ts'
import type { Kernel } from './kernel.ts'
import type { KeyBatch } from './key-batch.ts'
import type { CoreInstance } from './memory.ts'

/** No ref, symbol, code or number of a table. */
export const NONE = 0xffffffff

/** Keys, texts and series of one call, and about the bytes of keys: bounds what stays on the desk. */
const BATCH = 4096
const BATCH_BYTES = 1 << 19
const COLUMN_WORDS = 6
/** Refs of a set that are looked at in one call. */
const SOUGHT_REFS = 1 << 18
const noBytes = new Uint8Array(0)

/** Bytes of memory that an index uses, by part. */
export interface IndexBytes {
  symbols: number
  values: number
  postings: number
  entries: number
  table: number
}

/** Texts of UTF-8: each from its start to its end in the bytes. */
export interface TextList {
  bytes: Uint8Array
  starts: Uint32Array
  ends: Uint32Array
}

/** A tag of a table. */
export interface IndexColumn {
  number: number
  /** Symbol of the name. */
  symbol: number
  /** Different values. */
  values: number
  /** Series that have the tag. */
  rows: number
  /** Codes are below. */
  codeLimit: number
  /** How often a code was given to another value. */
  reused: number
}

/** By what refs are sorted: by tags, or by the bytes of the canonical keys; or symbols by their texts. */
export const ORDER = { tags: 0, keys: 1, texts: 2 } as const

/** An instance of the core that holds an index of series in a memory of its own; wasm/index says how. */
export class IndexMemory {
  readonly #instance: CoreInstance
  readonly #core: IndexExports

  constructor(kernel: Kernel) {
    this.#instance = kernel.another()
    const { exports } = this.#instance
    if (!isIndex(exports)) throw new Error('this WebAssembly module has no index')
    this.#core = exports
    this.#core.indexCreate()
  }

  /** Series that are known. */
  get size(): number {
    return this.#core.indexSize()
  }

  /** Refs that were given out are below. */
  get refLimit(): number {
    return this.#core.indexRefLimit() >>> 0
  }

  get bytes(): IndexBytes {
    const [symbols, values, postings, entries, table] = [0, 1, 2, 3, 4].map((part) => this.#core.indexBytes(part) >>> 0)
    return {
      ...{ symbols: symbols as number, values: values as number, postings: postings as number },
      ...{ entries: entries as number, table: table as number },
    }
  }

  /**
   * Refs of canonical keys with their shards, new ones where they are not known. Throws `corrupt` where one is no key and `quota`
   * where there are too many; those before it are registered.
   */
  register(keys: KeyBatch, shards: Uint8Array): Uint32Array {
    return this.#keys(keys, shards, (count) => checkRegistered(this.#core.indexRegister(count) >>> 0))
  }

  /** Refs of canonical keys, `NONE` where they are not known. */
  find(keys: KeyBatch, shards: Uint8Array): Uint32Array {
    return this.#keys(keys, shards, (count) => this.#core.indexFind(count))
  }

  #keys({ bytes, ends }: KeyBatch, shards: Uint8Array, call: (count: number) => void): Uint32Array {
    const refs = new Uint32Array(ends.length)
    for (let from = 0; from < ends.length; ) {
      const start = from === 0 ? 0 : (ends[from - 1] as number)
      let to = from + 1
      while (to < ends.length && to - from < BATCH && (ends[to] as number) - start <= BATCH_BYTES) to++
      const count = to - from
      const head = 4 * count + ((count + 3) & ~3)
      const desk = this.#desk(head + (ends[to - 1] as number) - start)
      const words = this.#words(desk, count)
      for (let i = 0; i < count; i++) words[i] = (ends[from + i] as number) - start
      this.#instance.u8.set(shards.subarray(from, to), desk + 4 * count)
      this.#instance.u8.set(bytes.subarray(start, ends[to - 1]), desk + head)
      call(count)
      refs.set(this.#words(this.#desk(0), count), from)
      from = to
    }
    return refs
  }

  /** Symbols of some texts of a list, new ones where they have none. Throws `quota`. */
  intern(texts: TextList, places: Uint32Array): Uint32Array {
    const symbols = new Uint32Array(places.length)
    for (let from = 0; from < places.length; )
      from += this.#internSome(texts, places.subarray(from, from + BATCH), symbols.subarray(from))
    return symbols
  }

  #internSome({ bytes, starts, ends }: TextList, places: Uint32Array, symbols: Uint32Array): number {
    let room = 0
    let count = 0
    for (; count < places.length && (count === 0 || room <= BATCH_BYTES); count++) {
      const place = places[count] as number
      room += (ends[place] as number) - (starts[place] as number)
    }
    const desk = this.#desk(4 * count + room)
    const words = this.#words(desk, count)
    const { u8 } = this.#instance
    const texts = desk + 4 * count
    let end = 0
    for (let i = 0; i < count; i++) {
      const place = places[i] as number
      for (let at = starts[place] as number; at < (ends[place] as number); at++) u8[texts + end++] = bytes[at] as number
      words[i] = end
    }
    if (this.#core.indexIntern(count) === 0) throw indexFull()
    symbols.set(this.#words(this.#desk(0), count))
    return count
  }

  /**
   * Refs of series by how many tags each has, their shards, and, series after series, the symbols of table, names and values. Throws as
   * `register`.
   */
  registerSymbols(tags: Uint32Array, shards: Uint32Array, names: Uint32Array): Uint32Array {
    const count = tags.length
    const desk = this.#desk(4 * (2 * count + names.length))
    const words = this.#words(desk, 2 * count + names.length)
    words.set(tags)
    words.set(shards, count)
    words.set(names, 2 * count)
    checkRegistered(this.#core.indexRegisterSymbols(count) >>> 0)
    return this.#words(this.#desk(0), count).slice()
  }

  /** The symbol of a text, `NONE` where it has none. */
  findText(text: Uint8Array): number {
    this.#putBytes(text)
    return this.#core.indexFindText(text.length) >>> 0
  }

  /** The text of a symbol: a view, until anything is registered. */
  text(symbol: number): Uint8Array {
    const at = this.#core.indexText(symbol) >>> 0
    return this.#instance.u8.subarray(at, at + this.#core.indexTextBytes())
  }

  /** Shard, symbol of the table, number of tags and the symbols of each one's name and value: a view, until the next call. Throws a `RangeError`. */
  open(ref: number): Uint32Array {
    if (this.#core.indexOpen(ref) === 0) throw new RangeError(`there is no series with ref ${ref}`)
    const desk = this.#desk(0)
    return this.#words(desk, 3 + 2 * (this.#words(desk, 3)[2] as number))
  }

  /** What `open` says of series, one after the other: a view, until the next call. Throws a `RangeError`. */
  describe(refs: Uint32Array): Uint32Array {
    this.#put(refs)
    const words = this.#core.indexDescribe(refs.length)
    if (words === 0 && refs.length > 0) throw new RangeError('there is no series with one of the refs')
    return this.#words(this.#desk(0), words)
  }

  /** The texts of symbols, each behind the LEB128 of its bytes: a view, until the next call. */
  texts(symbols: Uint32Array): Uint8Array {
    this.#put(symbols)
    const bytes = this.#core.indexTexts(symbols.length)
    const desk = this.#desk(0)
    return this.#instance.u8.subarray(desk, desk + bytes)
  }

  has(ref: number): boolean {
    return this.#core.indexOpen(ref) !== 0
  }

  /** The canonical key of a series. Throws a `RangeError`. */
  key(ref: number): Uint8Array {
    const bytes = this.#core.indexKey(ref)
    if (bytes === 0) throw new RangeError(`there is no series with ref ${ref}`)
    const desk = this.#desk(0)
    return this.#instance.u8.slice(desk, desk + bytes)
  }

  /** Shards of series. */
  shards(refs: Uint32Array): Uint32Array {
    return this.#replaced(refs, (count) => this.#core.indexShards(count))
  }

  /** Codes of the values of series in a column of their table, `NONE` where they lack the tag. */
  codes(refs: Uint32Array, column: number): Uint32Array {
    return this.#replaced(refs, (count) => this.#core.indexCodes(count, column))
  }

  /** Words in an order of `ORDER`. */
  sorted(words: Uint32Array, order: number): Uint32Array {
    return this.#replaced(words, (count) => this.#core.indexSort(count, order))
  }

  /** The number of a table by its name, `NONE` where there is none. */
  findTable(name: Uint8Array): number {
    const symbol = this.findText(name)
    return symbol === NONE ? NONE : this.#core.indexFindTable(symbol) >>> 0
  }

  /** The symbol of its name and the number of series of each table. */
  tables(): [symbol: number, series: number][] {
    return Array.from({ length: this.#core.indexTableCount() }, (_, i) => [
      this.#core.indexTableSymbol(i) >>> 0,
      this.#core.indexTableRows(i) >>> 0,
    ])
  }

  tableRows(table: number): number {
    return this.#core.indexTableRows(table) >>> 0
  }

  columns(table: number): IndexColumn[] {
    const count = this.#core.indexColumns(table)
    const words = this.#words(this.#desk(0), count * COLUMN_WORDS)
    return Array.from({ length: count }, (_, i) => {
      const [number = 0, symbol = 0, values = 0, rows = 0, codeLimit = 0, reused = 0] = words.subarray(i * COLUMN_WORDS)
      return { number, symbol, values, rows, codeLimit, reused }
    })
  }

  /** The code of a value by its symbol, `NONE` where no series has it. */
  code(column: number, symbol: number): number {
    return this.#core.indexCode(column, symbol) >>> 0
  }

  /** Series that have one of some values. */
  count(column: number, codes: Uint32Array): number {
    this.#put(codes)
    return this.#core.indexCount(column, codes.length) >>> 0
  }

  /** Ascending refs of the series that have one of some values; each value once. */
  pick(column: number, codes: Uint32Array): Uint32Array {
    this.#put(codes)
    const refs = this.#taken(this.#core.indexPick(column, codes.length))
    return codes.length > 1 ? refs.sort() : refs
  }

  /** Ascending refs of the series of a table. */
  pickTable(table: number): Uint32Array {
    return this.#taken(this.#core.indexPickTable(table))
  }

  /**
   * Codes `[from, to)` of a column that series have, and the symbols of their values, in pairs; where there is a text only those whose values
   * begin with it, or have it somewhere. A view, until the next call.
   */
  values(column: number, from: number, to: number, text?: { bytes: Uint8Array; isPrefix: boolean }): Uint32Array {
    if (text) this.#putBytes(text.bytes)
    const count = this.#core.indexValues(column, from, to, text?.bytes.length ?? 0, text?.isPrefix ? 1 : 0)
    return this.#words(this.#desk(0), 2 * count)
  }

  /** The same of some codes that series have; those and their symbols in a copy. */
  valuesOf(column: number, codes: Uint32Array, text?: { bytes: Uint8Array; isPrefix: boolean }): Uint32Array {
    const bytes = text?.bytes ?? noBytes
    const desk = this.#desk(4 * codes.length + bytes.length)
    this.#words(desk, codes.length).set(codes)
    this.#instance.u8.set(bytes, desk + 4 * codes.length)
    return this.#taken(2 * this.#core.indexValuesOf(column, codes.length, bytes.length, text?.isPrefix ? 1 : 0))
  }

  /** Of ascending refs of series those that have one of some values, by their codes, or those that have none of them. */
  narrow(refs: Uint32Array, column: number, codes: Uint32Array, isKept: boolean): Uint32Array {
    const words = this.#words(this.#desk(4 * (refs.length + codes.length)), refs.length + codes.length)
    words.set(refs)
    words.set(codes, refs.length)
    return this.#taken(this.#core.indexNarrow(column, refs.length, codes.length, isKept ? 1 : 0))
  }

  /** 53 bits of hash of the texts of symbols, the same in every index. */
  hashes(symbols: Uint32Array): Float64Array {
    const desk = this.#desk(8 * symbols.length)
    this.#words(desk, symbols.length).set(symbols)
    this.#core.indexHashes(symbols.length)
    const bytes = this.#instance.u8.slice(desk, desk + 8 * symbols.length)
    return new Float64Array(bytes.buffer)
  }

  /** Refs of series that have no bit in a set, in which bit `ref & 7` of byte `ref >> 3` stands for a ref. */
  refsWithout(bits: Uint8Array): Uint32Array {
    const found: Uint32Array[] = []
    // The desk must not grow with all refs that ever were: what a smaller one leaves is of no use for it.
    for (let from = 0; from < this.refLimit; from += SOUGHT_REFS) {
      this.#putBytes(bits.subarray(from >> 3, (from + SOUGHT_REFS) >> 3), SOUGHT_REFS >> 3)
      found.push(this.#taken(this.#core.indexRefsWithout(from, from + SOUGHT_REFS)))
    }
    return joinWords(found)
  }

  /** Takes series out of what finds them; returns how many there were. Their refs can be read until `free`, and are not given out again. */
  unlink(refs: Uint32Array): number {
    let unlinked = 0
    for (const some of piecesOf(refs)) {
      this.#put(some)
      unlinked += this.#core.indexUnlink(some.length)
    }
    return unlinked
  }

  /** Gives back the memory of series that were unlinked, ascending, but for their places in lists. */
  free(refs: Uint32Array): void {
    for (const some of piecesOf(refs)) {
      this.#put(some)
      this.#core.indexFree(some.length)
    }
  }

  /** Takes series that were freed out of lists, until about so many refs are done; whether there is more to do. */
  sweep(refs: number): boolean {
    return this.#core.indexSweep(refs) !== 0
  }

  /** All that the index is, for the same build of the core: a view, until the next call. Throws `quota`. */
  image(): Uint8Array {
    const bytes = this.#core.indexSaveImage() >>> 0
    if (bytes === 0) throw indexFull()
    const start = this.#core.indexImageStart() >>> 0
    return this.#instance.u8.subarray(start, start + bytes)
  }

  /** Where an image of so many bytes is to be put for `loadImage`; nothing else may be asked until then. Throws `quota`. */
  imageRoom(bytes: number): Uint8Array {
    if (this.#core.indexImageRoom(bytes) === 0) throw indexFull()
    const start = this.#core.indexImageStart() >>> 0
    return this.#instance.u8.subarray(start, start + bytes)
  }

  /** Makes the index what the image is. */
  loadImage(bytes: number): void {
    this.#core.indexLoadImage(bytes)
  }

  /** Makes the index empty; its memory stays as large as it is. */
  clear(): void {
    this.#core.indexCreate()
  }

  #replaced(words: Uint32Array, call: (count: number) => void): Uint32Array {
    this.#put(words)
    call(words.length)
    return this.#taken(words.length)
  }

  #put(words: Uint32Array): void {
    this.#words(this.#desk(4 * words.length), words.length).set(words)
  }

  #putBytes(bytes: Uint8Array, least = 0): void {
    // First: a larger desk may grow the memory, which takes the views away.
    const desk = this.#desk(Math.max(bytes.length, least))
    this.#instance.u8.set(bytes, desk)
  }

  #taken(count: number): Uint32Array {
    return this.#words(this.#desk(0), count >>> 0).slice()
  }

  #desk(bytes: number): number {
    return this.#core.indexDesk(bytes) >>> 0
  }

  #words(at: number, count: number): Uint32Array {
    return new Uint32Array(this.#instance.exports.memory.buffer, at, count)
  }
}

function* piecesOf(refs: Uint32Array): Generator<Uint32Array> {
  for (let from = 0; from < refs.length; from += BATCH) yield refs.subarray(from, from + BATCH)
}
