/**
 * The series of a host that a delete means, by ref. Those that were known when it came were selected; one that came to be known
 * later, as cold files are opened, is looked at when it is first asked for.
 */
export class MeantSeries {
  /** A bit for each ref that is known. */
  #bits: Uint8Array
  #known: number
  readonly #isMeant: (ref: number) => boolean

  /** `selected` has every ref below `known` that is meant, and may have others. */
  constructor(selected: Iterable<number>, known: number, isMeant: (ref: number) => boolean) {
    this.#bits = new Uint8Array((known + 7) >> 3)
    this.#known = known
    this.#isMeant = isMeant
    for (const ref of selected) if (ref < known) this.#set(ref)
  }

  has(ref: number): boolean {
    if (ref >= this.#known) this.#lookUpTo(ref)
    return ((this.#bits[ref >> 3] as number) & (1 << (ref & 7))) !== 0
  }

  #lookUpTo(last: number): void {
    const bytes = (last >> 3) + 1
    if (bytes > this.#bits.length) {
      const grown = new Uint8Array(Math.max(bytes, 2 * this.#bits.length))
      grown.set(this.#bits)
      this.#bits = grown
    }
    for (; this.#known <= last; this.#known++) if (this.#isMeant(this.#known)) this.#set(this.#known)
  }

  #set(ref: number): void {
    this.#bits[ref >> 3] = (this.#bits[ref >> 3] as number) | (1 << (ref & 7))
  }
}
