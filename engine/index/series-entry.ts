/** Room in front of the codes for the shard and the shape. */
const HEAD_BYTES = 8
const MAX_VARINT_BYTES = 5

/** Makes the entry of a series: its shard (a byte), its shape and the code of each tag's value (varints). */
export class EntryWriter {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(256)
  /** Where the finished entry begins and ends in `bytes`. */
  start = 0
  end: number = HEAD_BYTES
  codes: Uint32Array<ArrayBuffer> = new Uint32Array(16)
  count = 0

  begin(): void {
    this.end = HEAD_BYTES
    this.count = 0
  }

  code(code: number): void {
    if (this.count === this.codes.length) this.codes = grown(this.codes)
    this.codes[this.count++] = code
    if (this.end + MAX_VARINT_BYTES > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2)
      larger.set(this.bytes)
      this.bytes = larger
    }
    let left = code
    for (; left >= 0x80; left >>>= 7) this.bytes[this.end++] = left | 0x80
    this.bytes[this.end++] = left
  }

  /** Puts shard and shape in front of the codes. */
  finish(shard: number, shape: number): void {
    let bytes = 1
    for (let left = shape; left >= 0x80; left >>>= 7) bytes++
    let at = HEAD_BYTES - bytes
    this.start = at - 1
    this.bytes[this.start] = shard
    let left = shape
    for (; left >= 0x80; left >>>= 7) this.bytes[at++] = left | 0x80
    this.bytes[at] = left
  }
}

/** Reads entries that `EntryWriter` made, one at a time. */
export class EntryReader {
  shard = 0
  codes: Uint32Array<ArrayBuffer> = new Uint32Array(16)
  #page: Uint8Array = new Uint8Array(0)
  #at = 0

  /** Begins to read an entry; returns its shape. */
  open(page: Uint8Array, start: number): number {
    this.#page = page
    this.#at = start + 1
    this.shard = page[start] as number
    return this.#varint()
  }

  /** Puts the first codes of the entry into `codes`. Once for an entry. */
  readCodes(count: number): Uint32Array {
    while (count > this.codes.length) this.codes = grown(this.codes)
    for (let i = 0; i < count; i++) this.codes[i] = this.#varint()
    return this.codes
  }

  #varint(): number {
    let byte = this.#page[this.#at++] as number
    let value = byte & 0x7f
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = this.#page[this.#at++] as number
      value |= (byte & 0x7f) << shift
    }
    return value >>> 0
  }
}

function grown(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(words.length * 2)
  larger.set(words)
  return larger
}
