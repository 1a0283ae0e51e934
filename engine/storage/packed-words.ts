import type { Kernel } from '../kernel/kernel.ts'
import { ByteWriter } from './byte-writer.ts'
import { PACKED_WORDS, writePackedWords } from './packed-column.ts'

/** A column of words that grows at its end, packed as it grows: as `writePackedWords` writes all of them. */
export class PackedWords {
  readonly #kernel: Kernel
  readonly #packed = new ByteWriter(1 << 12)
  /** Those that are not packed yet. */
  readonly #words = new Uint32Array(PACKED_WORDS)
  #count = 0

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  push(word: number): void {
    if (this.#count === this.#words.length) this.#pack()
    this.#words[this.#count++] = word
  }

  /** Adds a word some times. */
  pushTimes(word: number, times: number): void {
    for (let left = times; left > 0; ) {
      if (this.#count === this.#words.length) this.#pack()
      const end = Math.min(this.#words.length, this.#count + left)
      this.#words.fill(word, this.#count, end)
      left -= end - this.#count
      this.#count = end
    }
  }

  /** Writes all; nothing may be added then. */
  write(out: ByteWriter): void {
    this.#pack()
    out.bytes(this.#packed.written())
  }

  #pack(): void {
    writePackedWords(this.#packed, this.#words.subarray(0, this.#count), this.#kernel)
    this.#count = 0
  }
}
