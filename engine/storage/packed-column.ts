import type { F64Column, I64Column } from '../core/batch.ts'
import { BLOCK_ROWS, HEADER_BYTES, typeByte } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Words that are packed at a time: whole blocks. */
export const PACKED_WORDS: number = 16 * BLOCK_ROWS

/**
 * Columns of numbers without missing values, inside bytes that have a checksum: blocks of 1024 whose headers are left out,
 * since all that they say is known but the encoding.
 */
export function writePackedIntegers(out: ByteWriter, values: BigInt64Array, kernel: Kernel): void {
  writePacked(out, { name: '', type: 'i64', values }, kernel)
}

/** Made once: memory of so many columns has the collector look through everything. */
let widened: BigInt64Array<ArrayBuffer> | undefined

/** The same of numbers of 32 bits. */
export function writePackedWords(out: ByteWriter, words: Uint32Array | Int32Array, kernel: Kernel): void {
  widened ??= new BigInt64Array(PACKED_WORDS)
  const values = widened
  const halves = new Int32Array(values.buffer)
  const isSigned = words instanceof Int32Array
  for (let from = 0; from < words.length; from += PACKED_WORDS) {
    const count = Math.min(words.length - from, PACKED_WORDS)
    for (let i = 0; i < count; i++) {
      const word = words[from + i] as number
      halves[2 * i] = word
      halves[2 * i + 1] = isSigned && word < 0 ? -1 : 0
    }
    writePackedIntegers(out, values.subarray(0, count), kernel)
  }
}

export function writePackedDoubles(out: ByteWriter, values: Float64Array, kernel: Kernel): void {
  writePacked(out, { name: '', type: 'f64', values }, kernel)
}

/** Reads what `writePackedIntegers` wrote, from bytes that are not trusted. */
export function readPackedIntegers(reader: ByteReader, count: number, kernel: Kernel): BigInt64Array {
  const values = new BigInt64Array(admitted(reader, count))
  readPacked(reader, values, kernel)
  return values
}

/** Passes over what `writePackedIntegers` wrote of so many. */
export function skipPackedIntegers(reader: ByteReader, count: number): void {
  for (let left = admitted(reader, count); left > 0; left -= BLOCK_ROWS) {
    reader.u8()
    reader.bytes(reader.varint())
  }
}

export function readPackedDoubles(reader: ByteReader, count: number, kernel: Kernel): Float64Array {
  const values = new Float64Array(admitted(reader, count))
  readPacked(reader, values, kernel)
  return values
}

function writePacked(out: ByteWriter, column: F64Column | I64Column, kernel: Kernel): void {
  const header = new Uint8Array(HEADER_BYTES)
  for (let from = 0; from < column.values.length; from += BLOCK_ROWS) {
    const payload = kernel.encode(column, from, Math.min(column.values.length, from + BLOCK_ROWS), header, 0)
    out.u8(header[0] as number)
    out.varint(payload.length)
    out.bytes(payload)
  }
}

/** A block takes at least three bytes. */
function admitted(reader: ByteReader, count: number): number {
  if (!(count >= 0 && Math.ceil(count / BLOCK_ROWS) * 3 <= reader.remaining)) throw reader.corrupt(`${count} numbers`)
  return count
}

function readPacked(reader: ByteReader, values: BigInt64Array | Float64Array, kernel: Kernel): void {
  const header = new Uint8Array(HEADER_BYTES)
  const view = new DataView(header.buffer)
  for (let from = 0; from < values.length; from += BLOCK_ROWS) {
    view.setUint8(0, reader.u8())
    const payload = reader.bytes(reader.varint())
    view.setUint8(1, typeByte(values instanceof Float64Array ? 'f64' : 'i64'))
    view.setUint16(2, Math.min(BLOCK_ROWS, values.length - from), true)
    kernel.decodeInto(header, 0, payload, values, from)
  }
}
