import { TidemarkError } from '../core/errors.ts'
import type { TextList } from '../kernel/index-memory.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const MAX_VARINT_BYTES = 8

/** Reads what `ByteWriter` wrote out of bytes that are not trusted: a read past the end throws `truncated`. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #what: string
  #at = 0

  /** `what` names the bytes in messages, as in `segment footer`. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#what = what
  }

  get at(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break
        return value
      }
      scale *= 0x80
    }
    throw this.corrupt('a number is too long')
  }

  /** A count of things that take at least `bytesEach` each, so that it can be allocated for without harm. */
  count(bytesEach: number): number {
    const count = this.varint()
    if (count * bytesEach > this.remaining) throw this.corrupt(`a count of ${count} does not fit in what is left`)
    return count
  }

  /** A view of the next bytes. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  text(): string {
    return this.#decode(this.bytes(this.varint()))
  }

  /** The next texts, checked. */
  texts(count: number): TextList {
    const starts = new Uint32Array(count)
    const ends = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const length = this.varint()
      const start = this.#take(length)
      starts[i] = start
      ends[i] = start + length
      for (let at = start; at < start + length; at++) {
        if ((this.#bytes[at] as number) < 0x80) continue
        this.#decode(this.#bytes.subarray(start, start + length))
        break
      }
    }
    return { bytes: this.#bytes, starts, ends }
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.remaining !== 0) throw this.corrupt(`${this.remaining} bytes are left over`)
  }

  corrupt(reason: string, cause?: unknown): TidemarkError {
    return new TidemarkError('corrupt', `${this.#what}: ${reason} (at byte ${this.#at})`, { cause })
  }

  #decode(bytes: Uint8Array): string {
    try {
      return utf8.decode(bytes)
    } catch (cause) {
      throw this.corrupt('a text is not UTF-8', cause)
    }
  }

  #take(count: number): number {
    if (!(count >= 0 && count <= this.remaining)) {
      const message = `${this.#what} ends at byte ${this.#bytes.length}, ${count} more were expected at ${this.#at}`
      throw new TidemarkError('truncated', message)
    }
    const at = this.#at
    this.#at += count
    return at
  }
}
