/** Reads bytes that are trusted, a step after the other, as the formats' drawings have them. */
export class Reader {
  readonly bytes: Uint8Array
  at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  byte(): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw new RangeError(`no byte at ${this.at}`)
    this.at++
    return value
  }

  little(bytes: number): bigint {
    let value = 0n
    for (let i = 0; i < bytes; i++) value |= BigInt(this.byte()) << BigInt(8 * i)
    return value
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }

  signed(): bigint {
    const value = this.varint()
    return (value >> 1n) ^ -(value & 1n)
  }
}
