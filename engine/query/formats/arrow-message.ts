import { type Column, isValid } from '../../core/batch.ts'
import { joinBytes } from '../../core/join-bytes.ts'
import type { ResultColumn } from '../run/result.ts'
import { type FlatNumber, type FlatTable, flatbuffer } from './flatbuffer.ts'

/** A message of Arrow's IPC format: what Message.fbs describes, and the buffers that it refers to. */
export interface ArrowMessage {
  /** With what comes before it, their length a multiple of 8. */
  metadata: Uint8Array
  body: readonly Uint8Array[]
}

// Numbers of Arrow's Schema.fbs and Message.fbs.
const VERSION_5 = 4
const HEADER = { schema: 1, dictionaryBatch: 2, recordBatch: 3 }
const TYPE = { int: 2, floatingPoint: 3, utf8: 5, bool: 6, timestamp: 10 }
const DOUBLE = 2
const NANOSECOND = 3
/** What begins a message, before the length of its metadata. */
const CONTINUATION = 0xffffffff
const PREFIX_BYTES = 8

/** Names and types of columns. Dictionaries have the numbers of their columns. */
export function schemaMessage(columns: readonly ResultColumn[]): ArrowMessage {
  const fields = columns.map(fieldOf)
  return { metadata: message(HEADER.schema, table(undefined, fields), 0), body: [] }
}

/** The texts that the codes of a column mean, in place of those that were sent before. */
export function dictionaryMessage(column: number, texts: readonly string[]): ArrowMessage {
  const { offsets, bytes } = encodedTexts(texts)
  const body = [NO_BYTES, bytesOf(offsets), bytes]
  const batch = recordBatch(texts.length, [texts.length, 0], body)
  return { metadata: message(HEADER.dictionaryBatch, table(i64(column), batch), bodyBytes(body)), body }
}

/** The rows of some columns, which are not copied here. */
export function rowsMessage(columns: readonly Column[], rows: number): ArrowMessage {
  const nodes: number[] = []
  const body: Uint8Array[] = []
  for (const column of columns) {
    const nulls = countNulls(column.validity, rows)
    nodes.push(rows, nulls)
    body.push(nulls > 0 && column.validity ? column.validity.subarray(0, (rows + 7) >> 3) : NO_BYTES)
    body.push(column.type === 'bool' ? packBits(column.values, rows) : bytesOf(column.values.subarray(0, rows)))
  }
  return { metadata: message(HEADER.recordBatch, recordBatch(rows, nodes, body), bodyBytes(body)), body }
}

/** Messages as they go over a wire: large columns as they are, which are not copied, and what is between them in memory of its own. */
export function* messagePieces(messages: readonly ArrowMessage[]): Generator<Uint8Array<ArrayBuffer>> {
  let small: Uint8Array[] = []
  let owedBytes = 0
  for (const part of messages.flatMap(({ metadata, body }) => [metadata, ...body])) {
    if (!goesApart(part)) {
      small.push(part)
      continue
    }
    if (small.length > 0 || owedBytes > 0) yield joinPadded(small, owedBytes)
    yield part
    small = []
    owedBytes = padded(part.length) - part.length
  }
  if (small.length > 0 || owedBytes > 0) yield joinPadded(small, owedBytes)
}

/** A buffer of so many bytes costs more to copy than to write by itself. */
const APART_BYTES = 32 * 1024

function goesApart(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.length >= APART_BYTES && bytes.buffer instanceof ArrayBuffer
}

/** Some zeros, then pieces that each begin at a multiple of 8 bytes from there. */
function joinPadded(pieces: readonly Uint8Array[], zeros: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((bytes, { length }) => bytes + padded(length), zeros))
  let at = zeros
  for (const piece of pieces) {
    joined.set(piece, at)
    at += padded(piece.length)
  }
  return joined
}

const NO_BYTES = new Uint8Array()
const u8 = (value: number): FlatNumber => ({ bytes: 1, value })
const i16 = (value: number): FlatNumber => ({ bytes: 2, value })
const i32 = (value: number): FlatNumber => ({ bytes: 4, value })
const i64 = (value: number): FlatNumber => ({ bytes: 8, value })
const table = (...fields: FlatTable['fields']): FlatTable => ({ fields })

const INT_32 = table(i32(32), u8(1))

function message(kind: number, header: FlatTable, bytes: number): Uint8Array {
  const metadata = flatbuffer(table(i16(VERSION_5), u8(kind), header, i64(bytes)), PREFIX_BYTES)
  const prefix = new DataView(metadata.buffer)
  prefix.setUint32(0, CONTINUATION, true)
  prefix.setInt32(4, metadata.length - PREFIX_BYTES, true)
  return metadata
}

function fieldOf({ name, type, unit }: ResultColumn, at: number): FlatTable {
  const [kind, options] = typeOf(type)
  const dictionary = type === 'string' ? table(i64(at), INT_32) : undefined
  const metadata = unit === undefined ? undefined : [table('unit', unit)]
  return table(name, u8(1), u8(kind), options, dictionary, [], metadata)
}

function typeOf(type: ResultColumn['type']): [kind: number, options: FlatTable] {
  if (type === 'time') return [TYPE.timestamp, table(i16(NANOSECOND), 'UTC')]
  if (type === 'i64') return [TYPE.int, table(i32(64), u8(1))]
  if (type === 'f64') return [TYPE.floatingPoint, table(i16(DOUBLE))]
  return [type === 'bool' ? TYPE.bool : TYPE.utf8, table()]
}

/** `nodes` has length and missing values of each column. */
function recordBatch(rows: number, nodes: readonly number[], body: readonly Uint8Array[]): FlatTable {
  const buffers: number[] = []
  let at = 0
  for (const { length } of body) {
    buffers.push(at, length)
    at += padded(length)
  }
  return table(i64(rows), { pairs: nodes }, { pairs: buffers })
}

function bodyBytes(body: readonly Uint8Array[]): number {
  return body.reduce((sum, { length }) => sum + padded(length), 0)
}

/** Buffers begin at multiples of 8 bytes. */
function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Texts in UTF-8 one after the other, and where each begins and the last one ends. */
function encodedTexts(texts: readonly string[]): { offsets: Int32Array; bytes: Uint8Array } {
  const encoder = new TextEncoder()
  const joined = texts.join('')
  const bytes = encoder.encode(joined)
  // Of ASCII alone each unit is a byte.
  if (bytes.length === joined.length) return { offsets: endsOf(texts), bytes }
  // Halves of characters must not meet.
  const parts = texts.map((text) => encoder.encode(text))
  return { offsets: endsOf(parts), bytes: joinBytes(parts) }
}

function endsOf(parts: readonly { readonly length: number }[]): Int32Array {
  const offsets = new Int32Array(parts.length + 1)
  let end = 0
  for (let i = 0; i < parts.length; i++) {
    end += parts[i]?.length ?? 0
    offsets[i + 1] = end
  }
  return offsets
}

function countNulls(validity: Uint8Array | undefined, rows: number): number {
  if (validity === undefined) return 0
  const whole = rows >> 3
  let valid = 0
  for (let i = 0; i < whole; i++) valid += bitsOf(validity[i] ?? 0)
  for (let row = whole << 3; row < rows; row++) if (isValid(validity, row)) valid++
  return rows - valid
}

/** How many bits of a byte are 1. */
function bitsOf(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55)
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33)
  return (fours + (fours >> 4)) & 0x0f
}

function packBits(bytes: Uint8Array, rows: number): Uint8Array {
  const bits = new Uint8Array((rows + 7) >> 3)
  for (let row = 0; row < rows; row++) {
    if (bytes[row] !== 0) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7))
  }
  return bits
}
