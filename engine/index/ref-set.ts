const PAGE_BITS = 14
const PAGE = 1 << PAGE_BITS
const NO_PAGE = new Uint32Array()

/** A set of u32: a bit for each, in pages of 2 KiB where there is one. */
export class RefSet {
  readonly #pages = new Map<number, Uint32Array>()
  /** The page that was used last. */
  #number = -1
  #page: Uint32Array | undefined

  get bytes(): number {
    return this.#pages.size * (PAGE >> 3)
  }

  has(ref: number): boolean {
    const page = this.#find(ref)
    return page !== undefined && ((page[(ref & (PAGE - 1)) >>> 5] as number) & (1 << (ref & 31))) !== 0
  }

  /** Adds a ref; false where it is there. */
  add(ref: number): boolean {
    const page = this.#find(ref) ?? this.#addPage(ref)
    const word = (ref & (PAGE - 1)) >>> 5
    const bit = 1 << (ref & 31)
    if (((page[word] as number) & bit) !== 0) return false
    page[word] = (page[word] as number) | bit
    return true
  }

  /** Adds some refs; returns those that were not there, each once. */
  addAll(refs: Uint32Array): number[] {
    const added: number[] = []
    let number = -1
    let page: Uint32Array = NO_PAGE
    for (let i = 0; i < refs.length; i++) {
      const ref = refs[i] as number
      if (ref >>> PAGE_BITS !== number) {
        page = this.#find(ref) ?? this.#addPage(ref)
        number = ref >>> PAGE_BITS
      }
      const word = (ref & (PAGE - 1)) >>> 5
      const bits = page[word] as number
      const bit = 1 << (ref & 31)
      if ((bits & bit) !== 0) continue
      page[word] = bits | bit
      added.push(ref)
    }
    return added
  }

  remove(ref: number): void {
    const page = this.#find(ref)
    if (page === undefined) return
    const word = (ref & (PAGE - 1)) >>> 5
    page[word] = (page[word] as number) & ~(1 << (ref & 31))
  }

  clear(): void {
    this.#pages.clear()
    this.#number = -1
  }

  #find(ref: number): Uint32Array | undefined {
    const number = ref >>> PAGE_BITS
    if (number !== this.#number) {
      this.#number = number
      this.#page = this.#pages.get(number)
    }
    return this.#page
  }

  #addPage(ref: number): Uint32Array {
    const page = new Uint32Array(PAGE >> 5)
    this.#pages.set(ref >>> PAGE_BITS, page)
    this.#page = page
    return page
  }
}
