/**
 * A plain reading of wasm/codec/FORMAT.md, one value at a time, to compare the core with. It trusts its bytes.
 */
import { type Column, isValid } from '../../engine/core/batch.ts'
import { Reader } from './byte-steps.ts'
import { type PlainModel, referenceDense } from './dense-reference.ts'
import { readPlane } from './plane-reference.ts'

const i64 = (value: bigint): bigint => BigInt.asIntN(64, value)

function runs(reader: Reader): bigint[] {
  const count = Number(reader.varint())
  const low = reader.signed()
  const values = readPlane(reader, count)
  const lengths = readPlane(reader, count)
  return values.flatMap((value, i) => Array.from({ length: Number(lengths[i]) + 1 }, () => low + value))
}

function frame(reader: Reader, count: number, bits: number): bigint[] {
  const low = reader.signed()
  const base = reader.varint()
  return readPlane(reader, count, { lanes: false, bits }).map((value) => low + BigInt.asUintN(bits, base + value))
}

function wideFrame(reader: Reader, count: number): bigint[] {
  const base = reader.signed()
  return readPlane(reader, count).map((value) => base + value)
}

function delta(reader: Reader, count: number, bits: number): bigint[] {
  const low = reader.signed()
  const start = reader.varint()
  const step = reader.signed()
  let offset = start - step
  return readPlane(reader, count, { lanes: true, bits }).map((value) => {
    offset = BigInt.asUintN(bits, offset + step + value)
    return low + offset
  })
}

function wideDelta(reader: Reader, count: number): bigint[] {
  let value = reader.signed()
  const step = reader.signed()
  value -= step
  return readPlane(reader, count).map((distance) => {
    value += step + distance
    return value
  })
}

function secondDelta(reader: Reader, count: number): bigint[] {
  const first = reader.signed()
  const step = reader.signed()
  const bend = reader.signed()
  let rise = step - 2n * bend
  let value = first - step + bend
  return readPlane(reader, count).map((distance) => {
    rise += bend + distance
    value += rise
    return value
  })
}

/** The integers of one stream, by the mode byte that it begins with; `model` is the one of a dense stream. */
function integers(reader: Reader, count: number, model?: PlainModel): bigint[] {
  const repeat = (value: (row: number) => bigint): bigint[] => Array.from({ length: count }, (_, row) => value(row))
  const readers: Record<number, () => bigint[]> = {
    1: () => {
      const value = reader.signed()
      return repeat(() => value)
    },
    2: () => {
      const first = reader.signed()
      const step = reader.signed()
      return repeat((row) => first + BigInt(row) * step)
    },
    3: () => runs(reader),
    4: () => frame(reader, count, 32),
    5: () => wideFrame(reader, count),
    6: () => delta(reader, count, 32),
    7: () => wideDelta(reader, count),
    8: () => secondDelta(reader, count),
    9: () => repeat(() => reader.little(8)),
    10: () => {
      if (model === undefined) throw new RangeError('no model')
      return referenceDense(reader, count, model)
    },
    11: () => frame(reader, count, 8),
    12: () => delta(reader, count, 8),
    13: () => frame(reader, count, 16),
    14: () => delta(reader, count, 16),
  }
  const read = readers[reader.byte()]
  if (read === undefined) throw new RangeError('no such mode')
  return read().map(i64)
}

function decimals(reader: Reader, count: number, model?: PlainModel): Float64Array {
  const power = Number(10n ** BigInt(reader.byte()))
  const exceptions = Number(reader.varint())
  const values = Float64Array.from(integers(reader, count, model), (value) => Number(value) / power)
  const bits = new BigInt64Array(values.buffer)
  const positions = Array.from({ length: exceptions }, () => Number(reader.little(2)))
  for (const position of positions) bits[position] = i64(reader.little(8))
  return values
}

/** Integers whose upper twelve bits are a stream, and whose lower ones are a plane. */
function splitBits(reader: Reader, count: number): bigint[] {
  const tops = integers(reader, count)
  return readPlane(reader, count).map((low, i) => {
    const zigzag = BigInt.asUintN(64, tops[i] ?? 0n)
    const top = (zigzag >> 1n) ^ -(zigzag & 1n)
    return i64((top << 52n) + BigInt.asUintN(52, low))
  })
}

function floatsOf(folded: readonly bigint[]): Float64Array {
  const values = new BigInt64Array(folded.map((bits) => (bits < 0n ? bits ^ 0x7fffffffffffffffn : bits)))
  return new Float64Array(values.buffer)
}

function times(reader: Reader, count: number): BigInt64Array {
  const unit = 10n ** BigInt(reader.byte())
  const first = reader.signed()
  return BigInt64Array.from(integers(reader, count), (value) => first + value * unit)
}

function dictionary(reader: Reader, count: number): { values: Uint32Array; dictionary: string[] } {
  const values = Uint32Array.from(integers(reader, count), Number)
  const lengths = integers(reader, Number(reader.varint()))
  const texts = lengths.map((length) => {
    reader.at += Number(length)
    return new TextDecoder().decode(reader.bytes.subarray(reader.at - Number(length), reader.at))
  })
  return { values, dictionary: texts }
}

/** Decodes a block by the book. */
export function referenceDecode(header: Uint8Array, payload: Uint8Array, name: string, model?: PlainModel): Column {
  const view = new DataView(header.buffer, header.byteOffset, 64)
  const rows = view.getUint16(2, true)
  const reader = new Reader(payload)
  const bitmapBytes = view.getUint16(4, true) > 0 ? (rows + 7) >> 3 : 0
  const validity = bitmapBytes > 0 ? { validity: payload.slice(0, bitmapBytes) } : undefined
  reader.at = bitmapBytes
  const type = view.getUint8(1)
  if (type === 1) {
    const family = view.getUint8(0) >> 4
    if (family === 2) return { name, type: 'f64', values: decimals(reader, rows, model), ...validity }
    const folded = family === 6 ? splitBits(reader, rows) : integers(reader, rows, model)
    return { name, type: 'f64', values: floatsOf(folded), ...validity }
  }
  if (type === 2) return { name, type: 'i64', values: BigInt64Array.from(integers(reader, rows, model)), ...validity }
  if (type === 3)
    return { name, type: 'bool', values: Uint8Array.from(integers(reader, rows, model), Number), ...validity }
  if (type === 4) return { name, type: 'string', ...dictionary(reader, rows), ...validity }
  return { name, type: 'time', values: times(reader, rows), ...validity }
}

/** Values by row, floats by their bits, missing ones as null. */
export function bitsOf(column: Column): (bigint | string | null)[] {
  const bits = column.type === 'f64' ? new BigInt64Array(column.values.slice().buffer) : undefined
  return Array.from({ length: column.values.length }, (_, row) => {
    if (!isValid(column.validity, row)) return null
    if (column.type === 'string') return column.dictionary[column.values[row] ?? 0] ?? null
    return bits?.[row] ?? BigInt(column.values[row] ?? 0)
  })
}
