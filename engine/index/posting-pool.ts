import { ByteArena, placeOf } from './byte-arena.ts'
import { U32List } from './u32-list.ts'

/** Bytes of the first piece of a list; each further one is twice as long, up to the most. */
const FIRST_BYTES = 8
const MOST_BYTES = 2048
/** Behind each piece is the address of the next one. */
const LINK_BYTES = 4

/** Numbers of a list: where it begins, where it goes on, where its piece ends, its last ref, how many it has. */
const HEAD = 0
const AT = 1
const END = 2
const LAST = 3
const COUNT = 4
const FIELDS = 5

/** A posting list by its handle: 0 is the empty one, `ref + 1` is one with that ref alone, and with the high bit it has a number. */
export type Posting = number

export const EMPTY: Posting = 0
const IS_LIST = 0x80000000
/** Most refs that lists can hold. */
export const MAX_REFS: number = IS_LIST - 2

/**
 * Ascending lists of refs that grow at their ends: the differences as varints in pieces of memory that double (Lucene's
 * byte slices), about a byte a ref where one series in less than 128 has the value. A list of one ref takes no memory.
 */
export class PostingPool {
  #arena = new ByteArena()
  #lists = new U32List()
  /** Where the next varint is read. */
  #page: Uint8Array = new Uint8Array(0)
  #at = 0
  #end = 0
  #size = 0

  get bytes(): number {
    return this.#arena.bytes + this.#lists.bytes
  }

  /** The list with one more ref, which is greater than all that it has. */
  add(posting: Posting, ref: number): Posting {
    if (posting === EMPTY) return ref + 1
    if (posting < IS_LIST) return this.#addTo(this.#open(posting - 1), ref)
    return this.#addTo(posting - IS_LIST, ref)
  }

  count(posting: Posting): number {
    if (posting < IS_LIST) return posting === EMPTY ? 0 : 1
    return this.#lists.at((posting - IS_LIST) * FIELDS + COUNT)
  }

  /** Puts the refs of a list behind each other from a place on; returns the place behind them. */
  copy(posting: Posting, to: Uint32Array, at: number): number {
    if (posting === EMPTY) return at
    if (posting < IS_LIST) {
      to[at] = posting - 1
      return at + 1
    }
    const list = posting - IS_LIST
    const count = this.#lists.at(list * FIELDS + COUNT)
    this.#begin(this.#lists.at(list * FIELDS + HEAD))
    let ref = 0
    for (let i = 0; i < count; i++) {
      ref += this.#readVarint()
      to[at + i] = ref
    }
    return at + count
  }

  refs(posting: Posting): Uint32Array {
    const refs = new Uint32Array(this.count(posting))
    this.copy(posting, refs, 0)
    return refs
  }

  #open(first: number): number {
    const address = this.#arena.take(FIRST_BYTES + LINK_BYTES)
    const list = this.#lists.length / FIELDS
    this.#lists.push(address)
    this.#lists.push(address)
    this.#lists.push(address + FIRST_BYTES)
    this.#lists.push(0)
    this.#lists.push(0)
    this.#addTo(list, first)
    return list
  }

  #addTo(list: number, ref: number): Posting {
    const fields = list * FIELDS
    let left = ref - this.#lists.at(fields + LAST)
    for (; left >= 0x80; left >>>= 7) this.#putByte(fields, (left & 0x7f) | 0x80)
    this.#putByte(fields, left)
    this.#lists.set(fields + LAST, ref)
    this.#lists.set(fields + COUNT, this.#lists.at(fields + COUNT) + 1)
    return IS_LIST + list
  }

  #putByte(fields: number, byte: number): void {
    let at = this.#lists.at(fields + AT)
    const end = this.#lists.at(fields + END)
    if (at === end) {
      at = this.#addPiece(fields, end)
    }
    this.#arena.page(at)[placeOf(at)] = byte
    this.#lists.set(fields + AT, at + 1)
  }

  #addPiece(fields: number, end: number): number {
    const bytes = this.#nextBytes(fields, end)
    const address = this.#arena.take(bytes + LINK_BYTES)
    writeLink(this.#arena.page(end), placeOf(end), address)
    this.#lists.set(fields + END, address + bytes)
    return address
  }

  /** Bytes of the piece behind the one that ends at `end`. */
  #nextBytes(fields: number, end: number): number {
    let address = this.#lists.at(fields + HEAD)
    let bytes = FIRST_BYTES
    while (address + bytes !== end && bytes < MOST_BYTES) {
      address = readLink(this.#arena.page(address), placeOf(address) + bytes)
      bytes *= 2
    }
    return Math.min(bytes * 2, MOST_BYTES)
  }

  #begin(head: number): void {
    this.#page = this.#arena.page(head)
    this.#at = placeOf(head)
    this.#size = FIRST_BYTES
    this.#end = this.#at + FIRST_BYTES
  }

  #readVarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      if (this.#at === this.#end) this.#follow()
      const byte = this.#page[this.#at++] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }

  #follow(): void {
    const address = readLink(this.#page, this.#end)
    this.#size = Math.min(this.#size * 2, MOST_BYTES)
    this.#page = this.#arena.page(address)
    this.#at = placeOf(address)
    this.#end = this.#at + this.#size
  }
}

function readLink(page: Uint8Array, at: number): number {
  const low = (page[at] as number) | ((page[at + 1] as number) << 8)
  return (low | ((page[at + 2] as number) << 16) | ((page[at + 3] as number) << 24)) >>> 0
}

function writeLink(page: Uint8Array, at: number, address: number): void {
  page[at] = address
  page[at + 1] = address >>> 8
  page[at + 2] = address >>> 16
  page[at + 3] = address >>> 24
}
