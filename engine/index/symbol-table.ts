import { ByteArena, PAGE_BYTES, pageOf, placeOf } from './byte-arena.ts'
import { hashBytes } from './byte-hash.ts'
import { RecentCache } from './recent-cache.ts'
import { NONE, RefTable } from './ref-table.ts'
import { U32List } from './u32-list.ts'

/** Texts that are kept decoded. */
const MAX_STRINGS = 32_768
/** Longer texts are left to the platform's decoder. */
const SHORT_BYTES = 32
/** Below so much of its bytes in use, the texts of a page move to another one. */
const MIN_PAGE_USE = 0.5

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Each text once, as UTF-8, and a number for it. */
export class SymbolTable {
  readonly #arena = new ByteArena()
  /** By symbol: where the varint of the text's length is, and behind it the text. */
  readonly #addresses = new U32List()
  /** Symbols whose texts were dropped. */
  readonly #free: number[] = []
  readonly #table = new RefTable({
    hashOf: (symbol) => this.#hashOf(symbol),
    isSought: (symbol) => this.is(symbol, this.#sought, this.#from, this.#to),
  })
  readonly #strings = new RecentCache<number, string>(MAX_STRINGS)
  readonly #make = (symbol: number): string => this.#decode(symbol)
  #sought: Uint8Array = new Uint8Array(0)
  #from = 0
  #to = 0
  /** Where the text of `#open` is. */
  #page: Uint8Array = this.#sought
  #start = 0
  #length = 0

  /** Different texts. */
  get size(): number {
    return this.#table.size
  }

  get bytes(): number {
    return this.#arena.bytes + this.#addresses.bytes + this.#table.bytes
  }

  /** The symbol of a text, `NONE` where it has none. */
  find(bytes: Uint8Array, from: number, to: number): number {
    return this.#find(hashBytes(bytes, from, to), bytes, from, to)
  }

  /** The symbol of a text, a new one where it has none. The bytes are UTF-8. */
  intern(bytes: Uint8Array, from: number, to: number): number {
    const hash = hashBytes(bytes, from, to)
    const known = this.#find(hash, bytes, from, to)
    if (known !== NONE) return known
    const address = this.#put(bytes, from, to)
    const reused = this.#free.pop()
    if (reused !== undefined) this.#addresses.set(reused, address)
    const symbol = reused ?? this.#addresses.push(address)
    this.#table.add(hash, symbol)
    return symbol
  }

  /** Whether a symbol is that of a text. */
  is(symbol: number, bytes: Uint8Array, from: number, to: number): boolean {
    this.#open(symbol)
    const length = to - from
    if (this.#length !== length) return false
    const page = this.#page
    const offset = this.#start - from
    for (let i = from; i < to; i++) if (page[offset + i] !== bytes[i]) return false
    return true
  }

  text(symbol: number): string {
    return this.#strings.get(symbol, this.#make)
  }

  /** A text that is not likely to be asked for again soon. */
  textOnce(symbol: number): string {
    return this.#decode(symbol)
  }

  /** The bytes of a text. */
  utf8(symbol: number): Uint8Array {
    this.#open(symbol)
    return this.#page.subarray(this.#start, this.#start + this.#length)
  }

  /** Whether a text begins with some bytes. */
  startsWith(symbol: number, prefix: Uint8Array): boolean {
    this.#open(symbol)
    if (this.#length < prefix.length) return false
    for (let i = 0; i < prefix.length; i++) if (this.#page[this.#start + i] !== prefix[i]) return false
    return true
  }

  /** Order of the texts' bytes. */
  compare(a: number, b: number): number {
    if (a === b) return 0
    this.#open(a)
    const page = this.#page
    const start = this.#start
    const length = this.#length
    this.#open(b)
    const shared = Math.min(length, this.#length)
    for (let i = 0; i < shared; i++) {
      const order = (page[start + i] as number) - (this.#page[this.#start + i] as number)
      if (order !== 0) return order
    }
    return length - this.#length
  }

  /** Order of the texts as canonical keys have them: first by the bytes of their lengths, little-endian. */
  compareInKeys(a: number, b: number): number {
    if (a === b) return 0
    this.#open(a)
    const length = this.#length
    this.#open(b)
    return length === this.#length ? this.compare(a, b) : swapped(length) - swapped(this.#length)
  }

  /** Drops the texts of all symbols but those that are chosen; new texts may get their numbers. */
  retain(isKept: (symbol: number) => boolean): void {
    const before = this.#table.size
    this.#table.retain(isKept)
    if (this.#table.size === before) return
    this.#strings.clear()
    const isFree = new Uint8Array(this.#addresses.length)
    for (const symbol of this.#free) isFree[symbol] = 1
    const usedBytes = new Map<number, number>()
    for (let symbol = 0; symbol < isFree.length; symbol++) {
      if (isFree[symbol] === 1) continue
      if (isKept(symbol)) {
        this.#open(symbol)
        const page = pageOf(this.#addresses.at(symbol))
        usedBytes.set(page, (usedBytes.get(page) ?? 0) + this.#length)
      } else {
        isFree[symbol] = 1
        this.#free.push(symbol)
      }
    }
    this.#compact(isFree, usedBytes)
  }

  /** Gives back pages that are mostly unused; what is left on them moves to the end. */
  #compact(isFree: Uint8Array, usedBytes: ReadonlyMap<number, number>): void {
    const { filling } = this.#arena
    const isSparse = (page: number): boolean => {
      const bytes = this.#arena.page(page * PAGE_BYTES).length
      return page !== filling && (usedBytes.get(page) ?? 0) < bytes * MIN_PAGE_USE
    }
    const sparse = new Set(this.#arena.pages.filter(isSparse))
    for (let symbol = 0; symbol < isFree.length; symbol++) {
      if (isFree[symbol] === 1 || !sparse.has(pageOf(this.#addresses.at(symbol)))) continue
      const text = this.utf8(symbol)
      this.#addresses.set(symbol, this.#put(text, 0, text.length))
    }
    for (const page of sparse) this.#arena.release(page)
  }

  #put(bytes: Uint8Array, from: number, to: number): number {
    let prefix = 1
    for (let left = to - from; left >= 0x80; left >>>= 7) prefix++
    const address = this.#arena.take(prefix + to - from)
    const page = this.#arena.page(address)
    let at = placeOf(address)
    let left = to - from
    for (; left >= 0x80; left >>>= 7) page[at++] = left | 0x80
    page[at++] = left
    for (let i = from; i < to; i++) page[at++] = bytes[i] as number
    return address
  }

  #open(symbol: number): void {
    const address = this.#addresses.at(symbol)
    const page = this.#arena.page(address)
    let at = placeOf(address)
    let byte = page[at++] as number
    let length = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = page[at++] as number
      length |= (byte & 0x7f) << shift
    }
    this.#page = page
    this.#start = at
    this.#length = length
  }

  #find(hash: number, bytes: Uint8Array, from: number, to: number): number {
    this.#sought = bytes
    this.#from = from
    this.#to = to
    return this.#table.find(hash)
  }

  #hashOf(symbol: number): number {
    this.#open(symbol)
    return hashBytes(this.#page, this.#start, this.#start + this.#length)
  }

  /** Short texts of ASCII are put together here: a call of the decoder costs more than they do. */
  #decode(symbol: number): string {
    const bytes = this.utf8(symbol)
    if (bytes.length > SHORT_BYTES) return utf8.decode(bytes)
    for (const byte of bytes) if (byte >= 0x80) return utf8.decode(bytes)
    return String.fromCharCode(...bytes)
  }
}

/** A number whose order is that of the four bytes of another one, little-endian. */
function swapped(length: number): number {
  const high = ((length & 0xff) << 8) | ((length >>> 8) & 0xff)
  return high * 65536 + (((length >>> 16) & 0xff) << 8) + (length >>> 24)
}
