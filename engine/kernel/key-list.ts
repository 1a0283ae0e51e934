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

  /** Adds bytes `[from, to)` as a key. */
  add(bytes: Uint8Array, from = 0, to: number = bytes.length): void {
    this.#reserve(1, to - from)
    this.#bytes.set(bytes.subarray(from, to), this.#end)
    this.#end += to - from
    this.#ends[this.#count++] = this.#end
  }

  /** Adds keys `[from, to)` of a batch. */
  addAll({ bytes, ends }: KeyBatch, from = 0, to: number = ends.length): void {
    if (from === to) return
    const start = from === 0 ? 0 : (ends[from - 1] as number)
    const end = ends[to - 1] as number
    this.#reserve(to - from, end - start)
    this.#bytes.set(bytes.subarray(start, end), this.#end)
    const shift = this.#end - start
    for (let i = from; i < to; i++) this.#ends[this.#count++] = (ends[i] as number) + shift
    this.#end += end - start
  }

  /** Makes room for so many more keys of so many bytes in all. */
  #reserve(keys: number, bytes: number): void {
    const [count, end] = [this.#count + keys, this.#end + bytes]
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length, FIRST_BYTES))
      grown.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = grown
    }
    if (count > this.#ends.length) {
      const grown = new Uint32Array(Math.max(count, 2 * this.#ends.length, FIRST_KEYS))
      grown.set(this.#ends.subarray(0, this.#count))
      this.#ends = grown
    }
  }
}
