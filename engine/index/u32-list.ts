const CHUNK_BITS = 12
const CHUNK = 1 << CHUNK_BITS
const FIRST_CAPACITY = 4

/** A list of u32 that grows by pieces: nothing is copied but the first 4096, and little is kept that is not used. */
export class U32List {
  readonly #chunks: Uint32Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Bytes of memory, used or not. */
  get bytes(): number {
    return this.#chunks.reduce((bytes, chunk) => bytes + chunk.byteLength, 0)
  }

  at(i: number): number {
    return (this.#chunks[i >>> CHUNK_BITS] as Uint32Array)[i & (CHUNK - 1)] as number
  }

  set(i: number, value: number): void {
    ;(this.#chunks[i >>> CHUNK_BITS] as Uint32Array)[i & (CHUNK - 1)] = value
  }

  /** Adds a value behind the last one and returns its place. */
  push(value: number): number {
    const at = this.#length++
    const number = at >>> CHUNK_BITS
    const chunk = this.#chunks[number]
    if (chunk === undefined) this.#chunks.push(new Uint32Array(number === 0 ? FIRST_CAPACITY : CHUNK))
    else if ((at & (CHUNK - 1)) === chunk.length) {
      const grown = new Uint32Array(chunk.length * 2)
      grown.set(chunk)
      this.#chunks[number] = grown
    }
    this.set(at, value)
    return at
  }
}
