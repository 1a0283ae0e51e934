const FIRST_LENGTH = 1024

/** A list of u32 that grows at its end. */
export class WordList {
  #words = new Uint32Array(FIRST_LENGTH)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(word: number): void {
    if (this.#length === this.#words.length) this.#reserve(1)
    this.#words[this.#length++] = word
  }

  pushAll(words: Uint32Array): void {
    this.#reserve(words.length)
    this.#words.set(words, this.#length)
    this.#length += words.length
  }

  /** Adds a word some times. */
  pushTimes(word: number, times: number): void {
    this.#reserve(times)
    this.#words.fill(word, this.#length, this.#length + times)
    this.#length += times
  }

  /** What is there: a view, until more is added. */
  get words(): Uint32Array {
    return this.#words.subarray(0, this.#length)
  }

  /** Forgets what is there; its memory is used again. */
  clear(): void {
    this.#length = 0
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#words.length) return
    const grown = new Uint32Array(Math.max(this.#length + count, 2 * this.#words.length))
    grown.set(this.words)
    this.#words = grown
  }
}
