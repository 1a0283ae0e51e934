const utf8 = new TextEncoder()
/** Of 32 bits. */
const MOST_VARINT_BYTES = 5

/** Bytes that grow at their end; integers are little-endian. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  /** Begins with room for so many bytes, or in memory that is there. */
  constructor(room: number | ArrayBufferLike = 1024) {
    this.#bytes = typeof room === 'number' ? new Uint8Array(room) : new Uint8Array(room)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  /** What the bytes lie in, for who is done with them. */
  get memory(): ArrayBufferLike {
    return this.#bytes.buffer
  }

  u8(value: number): void {
    const at = this.#take(1)
    this.#view.setUint8(at, value)
  }

  u16(value: number): void {
    const at = this.#take(2)
    this.#view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.#take(4)
    this.#view.setUint32(at, value, true)
  }

  u64(value: bigint): void {
    const at = this.#take(8)
    this.#view.setBigUint64(at, value, true)
  }

  i64(value: bigint): void {
    const at = this.#take(8)
    this.#view.setBigInt64(at, value, true)
  }

  /** LEB128 of an integer in [0, 2^53). */
  varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** Parts of some bytes, by where they end: before each a number of 32 bits and its length, as varints. */
  numbered(numbers: Uint32Array, bytes: Uint8Array, ends: Uint32Array): void {
    const room = bytes.length + 2 * MOST_VARINT_BYTES * numbers.length
    let at = this.#take(room)
    const all = this.#bytes
    // At the end of the room, from where the parts move to their places: that takes no view of each.
    const shift = at + room - bytes.length
    all.set(bytes, shift)
    let start = 0
    for (let i = 0; i < numbers.length; i++) {
      const end = ends[i] as number
      at = putVarint(all, at, numbers[i] as number)
      at = putVarint(all, at, end - start)
      all.copyWithin(at, shift + start, shift + end)
      at += end - start
      start = end
    }
    this.#length = at
  }

  /** Varint length and UTF-8 bytes. */
  text(text: string): void {
    const bytes = utf8.encode(text)
    this.varint(bytes.length)
    this.bytes(bytes)
  }

  /** What was written between two places: a view, until more is written. */
  written(from = 0, to: number = this.#length): Uint8Array {
    return this.#bytes.subarray(from, Math.min(to, this.#length))
  }

  /** Forgets what was written; its memory is used again. */
  clear(): void {
    this.#length = 0
  }

  /** Forgets the first bytes; the others move to the beginning. */
  drop(count: number): void {
    this.#bytes.copyWithin(0, count, this.#length)
    this.#length -= count
  }

  /** What was written, as a copy with a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length)
  }

  #take(count: number): number {
    const at = this.#length
    const needed = at + count
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
      grown.set(this.#bytes.subarray(0, at))
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    this.#length = needed
    return at
  }
}

/** Puts the LEB128 of a number of 32 bits; returns where it ends. */
function putVarint(bytes: Uint8Array, at: number, value: number): number {
  for (; value >= 0x80; value >>>= 7) bytes[at++] = value | 0x80
  bytes[at++] = value
  return at
}
