import { type Column, emptyValidity, type StringColumn } from '../core/batch.ts'
import { concatColumns } from '../core/columns.ts'
import { type Effort, encodeColumn } from '../kernel/block-run.ts'
import { BLOCK_ROWS, blockPayloadBytes, HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'

/** Below so many rows a column is written plain: a block's header would be longer. */
const PLAIN_ROWS = 24

/** Writes a column's values as blocks, each behind its header and its length; few rows plain. */
export function writeColumn(out: ByteWriter, column: Column, kernel: Kernel, effort: Effort = 'thorough'): void {
  const rows = column.values.length
  if (rows < PLAIN_ROWS) writePlain(out, column)
  else if (column.type === 'string') writeStrings(out, column, kernel)
  else encodeColumn(kernel.instance, column, effort, (bytes) => out.bytes(bytes))
}

/** Writes unsigned numbers as a column of i64. */
export function writeNumbers(out: ByteWriter, numbers: Uint32Array, kernel: Kernel, effort: Effort): void {
  if (numbers.length >= PLAIN_ROWS) {
    encodeColumn(kernel.instance, numbers, effort, (bytes) => out.bytes(bytes))
    return
  }
  writePlain(out, { name: '', type: 'i64', values: BigInt64Array.from(numbers, BigInt) })
}

function writeStrings(out: ByteWriter, column: StringColumn, kernel: Kernel): void {
  const { headers, count, payloads } = kernel.encodeBlocks(column)
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  let at = 0
  for (let block = 0; block < count; block++) {
    const bytes = blockPayloadBytes(view, block)
    out.bytes(headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES))
    out.varint(bytes)
    out.bytes(payloads.subarray(at, at + bytes))
    at += bytes
  }
}

function writePlain(out: ByteWriter, column: Column): void {
  const { validity, values } = column
  out.u8(validity ? 1 : 0)
  if (validity) out.bytes(validity.subarray(0, (values.length + 7) >> 3))
  if (column.type === 'string') for (const code of column.values) out.text(column.dictionary[code] ?? '')
  else out.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
}

/** Reads `rows` values of a column that `writeColumn` wrote, from bytes that are not trusted. */
export function readColumn(
  reader: ByteReader,
  name: string,
  type: Column['type'],
  rows: number,
  kernel: Kernel,
): Column {
  if (!(rows >= 0)) throw reader.corrupt(`a column of ${rows} rows`)
  if (rows < PLAIN_ROWS) return readPlain(reader, name, type, rows)
  const parts: { rows: number; column: Column }[] = []
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const header = reader.bytes(HEADER_BYTES)
    const payload = reader.bytes(reader.varint())
    kernel.verify(header, 0, payload)
    const column = kernel.decode(header, 0, payload, name)
    const expected = Math.min(BLOCK_ROWS, rows - from)
    if (column.type !== type || column.values.length !== expected)
      throw reader.corrupt('a block of another type or length')
    parts.push({ rows: expected, column })
  }
  const joined = concatColumns(name, parts)
  if (joined === undefined) throw reader.corrupt('a column without blocks')
  return joined
}

function readPlain(reader: ByteReader, name: string, type: Column['type'], rows: number): Column {
  const validity = emptyValidity(rows)
  const complete = reader.u8() === 0
  if (!complete) validity.set(reader.bytes(validity.length))
  const bits = complete ? {} : { validity }
  if (type === 'string') {
    const dictionary = Array.from({ length: rows }, () => reader.text())
    return { name, type, values: Uint32Array.from(dictionary.keys()), dictionary, ...bits }
  }
  if (type === 'bool') return { name, type, values: reader.bytes(rows).slice(), ...bits }
  const bytes = reader.bytes(8 * rows).slice()
  if (type === 'f64') return { name, type, values: new Float64Array(bytes.buffer), ...bits }
  return { name, type, values: new BigInt64Array(bytes.buffer), ...bits }
}
