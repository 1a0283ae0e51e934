const PAGE_BITS = 10
const PAGE = 1 << PAGE_BITS
const FIRST_BYTES = 4096

/** Entries of 1024 refs: their bytes behind each other, and where each ends. One that was dropped has no bytes. */
interface Page {
  bytes: Uint8Array
  ends: Uint32Array | Uint16Array
}

/** What is known of each series by its ref: some bytes. Refs are given out in ascending order and never again. */
export class SeriesEntries {
  readonly #pages: (Page | undefined)[] = []
  /** Of the page that is being filled; the last of `#pages`. */
  readonly #ends: Uint32Array<ArrayBuffer> = new Uint32Array(PAGE)
  #filling: Uint8Array = new Uint8Array(FIRST_BYTES)
  #fillingEnd = 0
  #length = 0
  #size = 0
  /** The entry that was opened last. */
  page: Uint8Array = this.#filling
  start = 0
  end = 0

  /** Refs that were given out. */
  get length(): number {
    return this.#length
  }

  /** Entries that were not dropped. */
  get size(): number {
    return this.#size
  }

  /** Bytes of memory, used or not. */
  get bytes(): number {
    let bytes = this.#filling.length + this.#ends.byteLength + this.#pages.length * 8
    for (const page of this.#pages) if (page) bytes += page.bytes.length + page.ends.byteLength + PAGE_OBJECT_BYTES
    return bytes
  }

  /** Adds an entry of at least one byte and returns its ref. */
  add(entry: Uint8Array, from: number, to: number): number {
    const ref = this.#length++
    const place = ref & (PAGE - 1)
    if (place === 0) this.#fillingEnd = 0
    const start = this.#fillingEnd
    const end = start + to - from
    if (end > this.#filling.length) this.#filling = grown(this.#filling, end)
    for (let i = from; i < to; i++) this.#filling[start + i - from] = entry[i] as number
    this.#ends[place] = end
    this.#fillingEnd = end
    this.#size++
    if (place === PAGE - 1) this.#seal()
    return ref
  }

  /** Points `page`, `start` and `end` at an entry; false where it was dropped or never was. */
  open(ref: number): boolean {
    const number = ref >>> PAGE_BITS
    const place = ref & (PAGE - 1)
    if (ref >= this.#length) return false
    if (number === this.#pages.length) {
      this.page = this.#filling
      this.#point(this.#ends, place)
    } else {
      const page = this.#pages[number]
      if (page === undefined) return false
      this.page = page.bytes
      this.#point(page.ends, place)
    }
    return this.end > this.start
  }

  #point(ends: Uint32Array | Uint16Array, place: number): void {
    this.start = place === 0 ? 0 : (ends[place - 1] as number)
    this.end = ends[place] as number
  }

  #seal(): void {
    this.#pages.push(pageOf(this.#filling, this.#fillingEnd, this.#ends))
  }
}

/** What a page takes beside its bytes and ends: an object, two typed arrays and their buffers. */
const PAGE_OBJECT_BYTES = 400

function pageOf(bytes: Uint8Array, end: number, ends: Uint32Array): Page {
  return { bytes: bytes.slice(0, end), ends: end < 1 << 16 ? Uint16Array.from(ends) : ends.slice() }
}

function grown(bytes: Uint8Array, least: number): Uint8Array {
  const larger = new Uint8Array(Math.max(least, bytes.length * 2))
  larger.set(bytes)
  return larger
}
