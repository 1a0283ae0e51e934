import {
  Batch as ArrowBatch,
  Column as ArrowColumn,
  bool,
  type DataType,
  dictionary,
  Endianness,
  field,
  float64,
  int32,
  int64,
  Table,
  TimeUnit,
  tableToIPC,
  timestamp,
  utf8,
  Version,
} from '@uwdata/flechette'
import { type Batch, type Column, isValid, type StringColumn } from '../../core/batch.ts'
import { joinBytes } from '../../core/join-bytes.ts'
import { columnAt, emptyColumn, type QueryResult, type ResultColumn } from '../run/result.ts'

/** The media type of what `toArrowStream` makes. */
export const ARROW_STREAM_TYPE = 'application/vnd.apache.arrow.stream'

/**
 * A result in Arrow's IPC stream format: the schema once, then a record batch for each batch of the result. Times are
 * nanoseconds in UTC, strings are dictionary-coded (a changed dictionary replaces the former), a unit is metadata of its
 * field under `unit`. Numbers are not copied but once, into the message.
 */
export async function* toArrowStream(result: QueryResult): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const types = result.columns.map(arrowType)
  const sent: (readonly string[] | undefined)[] = []
  let started = false
  for await (const batch of result.batches) {
    yield encodeBatch(result.columns, types, { batch, sent, started })
    started = true
  }
  if (!started) {
    const batch = { rows: 0, columns: result.columns.map(emptyColumn) }
    yield encodeBatch(result.columns, types, { batch, sent, started })
  }
  yield END_OF_STREAM.slice()
}

const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

function arrowType({ type }: ResultColumn): DataType {
  if (type === 'time') return timestamp(TimeUnit.NANOSECOND, 'UTC')
  if (type === 'i64') return int64()
  if (type === 'f64') return float64()
  return type === 'bool' ? bool() : dictionary(utf8(), int32())
}

interface StreamState {
  batch: Batch
  /** The dictionary of each column that the reader has. */
  sent: (readonly string[] | undefined)[]
  started: boolean
}

/** The messages of one batch, without those that the stream has had already. */
function encodeBatch(
  columns: readonly ResultColumn[],
  types: readonly DataType[],
  { batch, sent, started }: StreamState,
): Uint8Array<ArrayBuffer> {
  const arrowColumns = types.map((type, at) => arrowColumn(columnAt(batch, at), type, batch.rows))
  const fields = columns.map(({ name, unit }, at) => {
    const metadata = unit === undefined ? null : new Map([['unit', unit]])
    return field(name, arrowColumns[at]?.type ?? float64(), true, metadata)
  })
  const schema = { version: Version.V5, endianness: Endianness.Little, fields, metadata: null }
  const bytes = tableToIPC(new Table(schema, arrowColumns), { format: 'stream' })
  if (bytes === null) throw new Error('flechette wrote nowhere')
  const messages = splitMessages(bytes)
  const kept = started ? [] : messages.slice(0, 1)
  let next = 1
  batch.columns.forEach((column, at) => {
    if (column.type !== 'string') return
    const message = messages[next++]
    if (message && sent[at] !== column.dictionary) kept.push(message)
    sent[at] = column.dictionary
  })
  return joinBytes([...kept, ...messages.slice(next)])
}

/** The codes of a dictionary-coded column, with what the encoder looks for beside them. */
class DictionaryCodes extends ArrowBatch<string> {
  dictionary: ArrowColumn<string>

  constructor(options: ConstructorParameters<typeof ArrowBatch>[0], texts: ArrowColumn<string>) {
    super(options)
    this.dictionary = texts
  }
}

function arrowColumn(column: Column, type: DataType, length: number): ArrowColumn<unknown> {
  const validity = column.validity ?? new Uint8Array()
  const options = { length, nullCount: countNulls(column, length), validity, type, children: [] }
  if (column.type === 'string' && 'dictionary' in type) {
    const codes = new Int32Array(column.values.buffer, column.values.byteOffset, length)
    return new ArrowColumn(
      [new DictionaryCodes({ ...options, values: codes }, textColumn(column, type.dictionary))],
      type,
    )
  }
  const values = column.type === 'bool' ? packBits(column.values) : column.values
  return new ArrowColumn([new ArrowBatch({ ...options, values })], type)
}

function textColumn({ dictionary: texts }: StringColumn, type: DataType): ArrowColumn<string> {
  const encoder = new TextEncoder()
  const parts = texts.map((text) => encoder.encode(text))
  const offsets = new Int32Array(parts.length + 1)
  parts.forEach((part, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + part.length
  })
  const [length, nullCount, validity] = [texts.length, 0, new Uint8Array()]
  const values = joinBytes(parts)
  return new ArrowColumn(
    [new ArrowBatch<string>({ length, nullCount, validity, type, offsets, values, children: [] })],
    type,
  )
}

function countNulls({ validity }: Column, rows: number): number {
  if (validity === undefined) return 0
  let nulls = 0
  for (let row = 0; row < rows; row++) if (!isValid(validity, row)) nulls++
  return nulls
}

function packBits(bytes: Uint8Array): Uint8Array {
  const bits = new Uint8Array((bytes.length + 7) >> 3)
  bytes.forEach((byte, i) => {
    if (byte !== 0) bits[i >> 3] = (bits[i >> 3] ?? 0) | (1 << (i & 7))
  })
  return bits
}

/**
 * The messages of a stream but its end. Each is 0xFFFFFFFF, a length, metadata of that length and a body, whose length
 * is the fourth field of the flatbuffer table `Message` (Arrow's Message.fbs).
 */
function splitMessages(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const messages: Uint8Array[] = []
  let at = 0
  for (;;) {
    const metadataLength = view.getInt32(at + 4, true)
    if (metadataLength === 0) return messages
    const metadata = at + 8
    const table = metadata + view.getUint32(metadata, true)
    const vtable = table - view.getInt32(table, true)
    const slot = view.getUint16(vtable, true) > BODY_LENGTH_SLOT ? view.getUint16(vtable + BODY_LENGTH_SLOT, true) : 0
    const bodyLength = slot === 0 ? 0 : Number(view.getBigInt64(table + slot, true))
    const end = metadata + metadataLength + bodyLength
    messages.push(bytes.subarray(at, end))
    at = end
  }
}

/** Two lengths of two bytes, then two bytes for each field before `bodyLength`. */
const BODY_LENGTH_SLOT = 4 + 2 * 3
