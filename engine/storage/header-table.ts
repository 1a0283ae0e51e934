import type { I64Column } from '../core/batch.ts'
import { HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import { readColumn } from './column-bytes.ts'

/**
 * The header table of segments of version 1: headers of all blocks, 64 bytes each in memory, as columns. Fields of a header
 * are found at these places:
 */
const PARTS = {
  encoding: { at: 0, bytes: 1 },
  type: { at: 1, bytes: 1 },
  rows: { at: 2, bytes: 2 },
  nulls: { at: 4, bytes: 2 },
  flags: { at: 6, bytes: 1 },
  payloadBytes: { at: 8, bytes: 4 },
  checksum: { at: 12, bytes: 4 },
} as const
/** min, max, sumHigh, sumLow, first, last. */
const WORDS = [16, 24, 32, 40, 48, 56] as const
const SUMS: readonly number[] = [32, 40]
const TYPE_F64 = 1

/** Most blocks of a segment: what a segment of the greatest length could hold. */
export const MAX_BLOCKS: number = 1 << 24

export function readHeaderTable(reader: ByteReader, kernel: Kernel): Uint8Array<ArrayBuffer> {
  const count = reader.varint()
  if (count > MAX_BLOCKS || count > reader.remaining * 1024) throw reader.corrupt(`a table of ${count} block headers`)
  const headers = new Uint8Array(count * HEADER_BYTES)
  const view = new DataView(headers.buffer)
  for (const { at, bytes } of Object.values(PARTS)) {
    const values = readIntegers(reader, count, kernel)
    for (let i = 0; i < count; i++) writeUnsigned(view, i * HEADER_BYTES + at, bytes, Number(values[i]))
  }
  const doubles = rowsOfDoubles(headers)
  const others = complement(doubles, count)
  for (const at of WORDS) {
    const isSum = SUMS.includes(at)
    const chosen = isSum ? allRows(count) : doubles
    const column = readColumn(reader, '', 'f64', chosen.length, kernel)
    if (column.type !== 'f64') throw reader.corrupt('a column of another type')
    chosen.forEach((i, k) => {
      view.setFloat64(i * HEADER_BYTES + at, column.values[k] as number, true)
    })
    if (isSum) continue
    const values = readIntegers(reader, others.length, kernel)
    others.forEach((i, k) => {
      view.setBigInt64(i * HEADER_BYTES + at, values[k] as bigint, true)
    })
  }
  return headers
}

export function readIntegers(reader: ByteReader, count: number, kernel: Kernel): I64Column['values'] {
  const column = readColumn(reader, '', 'i64', count, kernel)
  if (column.type !== 'i64') throw reader.corrupt('a column of another type')
  return column.values
}

function writeUnsigned(view: DataView, at: number, bytes: 1 | 2 | 4, value: number): void {
  if (bytes === 1) view.setUint8(at, value)
  else if (bytes === 2) view.setUint16(at, value, true)
  else view.setUint32(at, value, true)
}

/** Blocks whose statistics are doubles. */
function rowsOfDoubles(headers: Uint8Array): number[] {
  const rows: number[] = []
  for (let i = 0; i * HEADER_BYTES < headers.length; i++) {
    if (headers[i * HEADER_BYTES + PARTS.type.at] === TYPE_F64) rows.push(i)
  }
  return rows
}

function complement(rows: readonly number[], count: number): number[] {
  const inside = new Uint8Array(count)
  for (const row of rows) inside[row] = 1
  return allRows(count).filter((row) => inside[row] === 0)
}

function allRows(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i)
}
