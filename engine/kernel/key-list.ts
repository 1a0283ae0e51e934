import { type KeyBatch, noKeys } from './key-batch.ts'

const FIRST_KEYS = 16
const FIRST_BYTES = 1024
const KEPT_BYTES = 8 << 20

/** Series keys that come one by one, in one piece of memory. */
export class KeyList {
  #bytes: Uint8Array = noKeys.bytes
  #ends: Uint32Array = noKeys.ends
  #count = 0
  #end = 0

  get length(): number {
    return this.#count
  }

  /** The keys: views, until more are added. */
  get batch(): KeyBatch {
    return { bytes: this.#bytes.subarray(0, this.#end), ends: this.#ends.subarray(0, this.#count) }
  }

  /** Makes it empty. What was handed out is overwritten by what is added next; memory up to a limit is kept. */
  clear(): void {
    this.#count = 0
    this.#end = 0
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = noKeys.bytes
  }

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.#end + bytes > this.#bytes.length) this.#growBytes(this.#end + bytes)
  }

  /** Adds bytes `[from, to)` as a key. */
  add(bytes: Uint8Array, from = 0, to: number = bytes.length): void {
    const end = this.#end + to - from
    if (end > this.#bytes.length) this.#growBytes(end)
    if (this.#count === this.#ends.length) this.#growEnds()
    this.#bytes.set(bytes.subarray(from, to), this.#end)
    this.#end = end
    this.#ends[this.#count++] = end
  }

  /** Adds one key of a batch. */
  addOf({ bytes, ends }: KeyBatch, key: number): void {
    this.add(bytes, key === 0 ? 0 : ends[key - 1], ends[key])
  }

  #growBytes(least: number): void {
    const grown = new Uint8Array(Math.max(least, 2 * this.#bytes.length, FIRST_BYTES))
    grown.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = grown
  }

  #growEnds(): void {
    const grown = new Uint32Array(Math.max(2 * this.#ends.length, FIRST_KEYS))
    grown.set(this.#ends)
    this.#ends = grown
  }
}
