import { TidemarkError } from '../core/errors.ts'

const PAGE_BITS = 16
export const PAGE_BYTES: number = 1 << PAGE_BITS
/** The first page begins so small and doubles: most stores have few series. */
const FIRST_PAGE_BYTES = 1 << 10
/** An address is 32 bits: the number of a page and a place in it. */
const MAX_PAGES = 1 << 16

/**
 * Bytes that are handed out and given back by the page. A piece lies in one page; one that is larger than 64 KiB has a page of its own. The
 * address of a piece is `page * 65536 + place`.
 */
export class ByteArena {
  readonly #pages: (Uint8Array | undefined)[] = []
  readonly #free: number[] = []
  /** Number of the page that is being filled, and how far it is. */
  #page = 0
  #at = 0
  #bytes = FIRST_PAGE_BYTES

  constructor() {
    this.#pages.push(new Uint8Array(FIRST_PAGE_BYTES))
  }

  /** Bytes of memory, used or not. */
  get bytes(): number {
    return this.#bytes
  }

  /** Room for some bytes, filled with 0. Throws `quota` past 4 GiB. */
  take(bytes: number): number {
    if (this.#at + bytes > PAGE_BYTES) {
      const page = this.#addPage(Math.max(bytes, PAGE_BYTES))
      if (bytes > PAGE_BYTES) return page * PAGE_BYTES
      this.#page = page
      this.#at = 0
    }
    if (this.#at + bytes > this.page(this.#page * PAGE_BYTES).length) this.#growFirst(this.#at + bytes)
    const address = this.#page * PAGE_BYTES + this.#at
    this.#at += bytes
    return address
  }

  /** The page of an address. */
  page(address: number): Uint8Array {
    return this.#pages[address >>> PAGE_BITS] as Uint8Array
  }

  /** Numbers of the pages that were not given back. */
  get pages(): number[] {
    return [...this.#pages.keys()].filter((number) => this.#pages[number] !== undefined)
  }

  /** Number of the page that is being filled. */
  get filling(): number {
    return this.#page
  }

  /** Gives a page back that is not being filled. */
  release(number: number): void {
    this.#bytes -= this.page(number * PAGE_BYTES).length
    this.#pages[number] = undefined
    this.#free.push(number)
  }

  #growFirst(least: number): void {
    const first = this.page(0)
    let bytes = first.length
    while (bytes < least) bytes *= 2
    const grown = new Uint8Array(bytes)
    grown.set(first)
    this.#pages[0] = grown
    this.#bytes += bytes - first.length
  }

  #addPage(bytes: number): number {
    const number = this.#free.pop() ?? this.#pages.length
    if (number >= MAX_PAGES) throw new TidemarkError('quota', 'the index of series has reached 4 GiB of texts or lists')
    this.#pages[number] = new Uint8Array(bytes)
    this.#bytes += bytes
    return number
  }
}

/** Place of an address in its page. */
export function placeOf(address: number): number {
  return address & (PAGE_BYTES - 1)
}

/** Number of the page of an address. */
export function pageOf(address: number): number {
  return address >>> PAGE_BITS
}
