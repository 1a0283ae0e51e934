/** A plain reading of the planes of wasm/codec/FORMAT.md, one value at a time. It trusts its bytes. */
import type { Reader } from './byte-steps.ts'

export interface PlaneShape {
  lanes: boolean
  bits: number
}

/** Lanes of 32 bits in natural order. */
const WORDS: PlaneShape = { lanes: false, bits: 32 }

function packedBytes(count: number, width: number, bits: number): number {
  const rows = Math.ceil((count % 128) / (128 / bits))
  return Math.floor(count / 128) * 16 * width + Math.ceil((rows * width) / bits) * 16
}

/** `width` bits from `bit` on of one of the lanes of `bits` bits that begin at `start`. */
function laneBits(bytes: Uint8Array, start: number, bits: number, lane: number, bit: number, width: number): bigint {
  let value = 0n
  for (let i = 0; i < width; i++) {
    const inLane = (bit + i) % bits
    const byte = bytes[start + Math.floor((bit + i) / bits) * 16 + (lane * bits + inLane) / 8 - (inLane % 8) / 8] ?? 0
    value |= BigInt((byte >> (inLane % 8)) & 1) << BigInt(i)
  }
  return value
}

/** Integers packed to one width, in lanes of `bits` bits; in lane order with `lanes`. */
export function readPacked(reader: Reader, count: number, width: number, { lanes, bits }: PlaneShape): bigint[] {
  const start = reader.at
  reader.at += packedBytes(count, width, bits)
  if (width === 0) return Array.from({ length: count }, () => 0n)
  return Array.from({ length: count }, (_, index) => {
    const group = Math.floor(index / 128)
    const inside = index % 128
    const transposed = lanes && (group + 1) * 128 <= count
    const lane = transposed ? Math.floor(inside / bits) : inside % (128 / bits)
    const row = transposed ? inside % bits : Math.floor(inside / (128 / bits))
    return laneBits(reader.bytes, start + group * 16 * width, bits, lane, row * width, width)
  })
}

/** A plane; one of 64 bits has lanes of 32 too. */
export function readPlane(reader: Reader, count: number, shape: PlaneShape = WORDS): bigint[] {
  const width = reader.byte()
  const patchBytes = reader.byte()
  const patches = patchBytes === 0 ? 0 : Number(reader.little(2))
  const values = readPacked(reader, count, Math.min(width, 32), shape)
  if (width > 32) {
    readPacked(reader, count, width - 32, WORDS).forEach((high, i) => {
      values[i] = (values[i] ?? 0n) | (high << 32n)
    })
  }
  const positions = Array.from({ length: patches }, () => Number(reader.little(2)))
  for (const position of positions)
    values[position] = (values[position] ?? 0n) | (reader.little(patchBytes) << BigInt(width))
  return values
}
