import type { Column, FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { TableGroups, TableRows } from '../core/rows.ts'
import { HEADER_BYTES } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { KeyBatch } from '../kernel/key-batch.ts'
import { KeyList } from '../kernel/key-list.ts'
import { RowBuffers } from '../kernel/row-buffers.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { readColumn, writeColumn, writeNumbers } from './column-bytes.ts'
import { readGroups, writeGroups } from './group-record.ts'
import { type LoggedProducer, readProducer, writeProducer } from './producer-state.ts'

/** Series as the log numbers them. A number stands for the same key in every record of one log. */
export interface LoggedSeries {
  numbers: Uint32Array
  keys: KeyBatch
}

/** What one append adds to the log: rows by table, and the keys of the series that the log has not named yet. */
export interface RowsRecord {
  newSeries: LoggedSeries
  /** Older than `tables`; what is read comes as rows, among `tables`. */
  groups?: readonly TableGroups[]
  /** `series` holds the log's numbers. */
  tables: readonly TableRows[]
  /** Absent where nobody counts the requests. */
  producer?: LoggedProducer
}

export const RECORD_VERSION = 1
const KIND_ROWS = 1
const KIND_PRODUCER_ROWS = 2
/** A record of this kind is a delete; `tombstone.ts` reads it. */
export const DELETE_RECORD = 3
// 4 is a definition; `definition.ts` reads it.
const KIND_GROUPS = 5
const KIND_PRODUCER_GROUPS = 6
/** A block of 1024 rows takes at least its header's 64 bytes, so that rows are bounded by bytes. */
const MAX_ROWS_PER_BYTE = 16
const MAX_NUMBER = 0xffffffff

const TYPE_IDS: readonly FieldType[] = ['f64', 'i64', 'bool', 'string']

/** The bytes of a record; `FORMAT.md` draws them. */
export function encodeRecord(record: RowsRecord, kernel: Kernel): Uint8Array {
  const rows = new RecordRows(kernel)
  for (const groups of record.groups ?? []) rows.addGroups(groups)
  for (const table of record.tables) rows.add(table)
  return rows.encode(record.newSeries, record.producer)
}

/** What a record has of rows, groups first. */
export type RecordedRows = Pick<RecordRows, 'groups' | 'tables'>

/** The rows of a record that is being made. What is added is encoded at once, so that who has many can do it by and by. */
export class RecordRows {
  readonly #kernel: Kernel
  readonly #buffers: RowBuffers
  readonly #groups: TableGroups[] = []
  readonly #tables: TableRows[] = []
  readonly #encoded: ByteWriter[] = []

  constructor(kernel: Kernel, buffers: RowBuffers = new RowBuffers()) {
    this.#kernel = kernel
    this.#buffers = buffers
  }

  /** Older than `tables`. */
  get groups(): readonly TableGroups[] {
    return this.#groups
  }

  get tables(): readonly TableRows[] {
    return this.#tables
  }

  /** Whatever has series. */
  get all(): readonly (TableGroups | TableRows)[] {
    return [...this.#groups, ...this.#tables]
  }

  /** Before any rows that are none. */
  addGroups(groups: TableGroups): void {
    if (this.#tables.length > 0) throw new Error('groups come before rows')
    this.#groups.push(groups)
  }

  add(rows: TableRows): void {
    const out = new ByteWriter(this.#buffers.take(sizeGuess(rows)))
    writeTable(out, rows, this.#kernel)
    this.#tables.push(rows)
    this.#encoded.push(out)
  }

  /** The bytes of the record, once, with the keys that the log does not name at the time when it is appended; in memory of the pool. */
  encode({ numbers, keys }: LoggedSeries, producer: LoggedProducer | undefined): Uint8Array {
    const keyBytes = keys.bytes.length + 16 * numbers.length
    const rows = this.#encoded.reduce((bytes, { length }) => bytes + length, 0)
    const groups = this.#groups.reduce((bytes, { headers, payloads }) => bytes + headers.length + payloads.length, 0)
    const out = new ByteWriter(this.#buffers.take(keyBytes + rows + groups + 1024))
    const hasGroups = this.#groups.length > 0
    out.u8(RECORD_VERSION)
    if (hasGroups) out.u8(producer ? KIND_PRODUCER_GROUPS : KIND_GROUPS)
    else out.u8(producer ? KIND_PRODUCER_ROWS : KIND_ROWS)
    if (producer) writeProducer(out, producer)
    out.varint(numbers.length)
    out.numbered(numbers, keys.bytes, keys.ends)
    if (hasGroups) out.varint(this.#groups.length)
    for (const each of this.#groups) writeGroups(out, each, this.#kernel)
    out.varint(this.#tables.length)
    for (const encoded of this.#encoded.splice(0)) {
      out.bytes(encoded.written())
      this.#buffers.give(encoded.memory)
    }
    return out.written()
  }
}

/** About the bytes of a table: growing would copy what is written. */
function sizeGuess({ time, fields }: TableRows): number {
  return 256 + 2 * time.length * (2 + fields.length)
}

function writeTable(out: ByteWriter, rows: TableRows, kernel: Kernel): void {
  out.text(rows.table)
  out.varint(rows.time.length)
  out.varint(rows.fields.length)
  writeNumbers(out, rows.series, kernel, 'quick')
  writeColumn(out, { name: '', type: 'time', values: rows.time }, kernel, 'quick')
  for (const field of rows.fields) {
    if (field.type === 'time') throw new Error('times are not a field')
    out.text(field.name)
    out.u8(TYPE_IDS.indexOf(field.type))
    writeColumn(out, field, kernel, 'quick')
  }
}

/** Whether a record is a delete and not rows. */
export function isDeleteRecord(bytes: Uint8Array): boolean {
  return bytes[1] === DELETE_RECORD
}

/** Reads a record of rows whose frame's checksum has been checked. Throws `corrupt` or `truncated` where it is none all the same. */
export function decodeRecord(bytes: Uint8Array, kernel: Kernel): RowsRecord {
  const reader = new ByteReader(bytes, 'log record')
  const version = reader.u8()
  const kind = reader.u8()
  const hasGroups = kind === KIND_GROUPS || kind === KIND_PRODUCER_GROUPS
  if (version !== RECORD_VERSION || (!hasGroups && kind !== KIND_ROWS && kind !== KIND_PRODUCER_ROWS)) {
    throw new TidemarkError('corrupt', `log record: version ${version} of kind ${kind} is not known`, {
      hint: 'The store was written by a later version of Tidemark.',
    })
  }
  const hasProducer = kind === KIND_PRODUCER_ROWS || kind === KIND_PRODUCER_GROUPS
  const producer = hasProducer ? readProducer(reader) : undefined
  const newSeries = readSeries(reader)
  const tables: TableRows[] = []
  if (hasGroups) for (let left = reader.count(HEADER_BYTES); left > 0; left--) tables.push(readGroups(reader, kernel))
  for (let left = reader.count(4); left > 0; left--) tables.push(readTable(reader, kernel))
  reader.end()
  return { newSeries, tables, ...(producer && { producer }) }
}

function readSeries(reader: ByteReader): LoggedSeries {
  const numbers = new Uint32Array(reader.count(2))
  const keys = new KeyList()
  for (let i = 0; i < numbers.length; i++) {
    const number = reader.varint()
    if (number > MAX_NUMBER) throw reader.corrupt(`a series has the number ${number}`)
    numbers[i] = number
    keys.add(reader.bytes(reader.varint()))
  }
  return { numbers, keys: keys.batch }
}

function readTable(reader: ByteReader, kernel: Kernel): TableRows {
  const table = reader.text()
  const rows = reader.varint()
  const fieldCount = reader.count(2)
  if (rows === 0 || rows > reader.remaining * MAX_ROWS_PER_BYTE) throw reader.corrupt(`a table of ${rows} rows`)
  const series = readColumn(reader, '', 'i64', rows, kernel)
  const time = readColumn(reader, '', 'time', rows, kernel)
  if (series.type !== 'i64' || time.type !== 'time') throw reader.corrupt('columns of another type')
  const fields: Column[] = []
  for (let left = fieldCount; left > 0; left--) {
    const name = reader.text()
    const type = TYPE_IDS[reader.u8()]
    if (type === undefined) throw reader.corrupt(`field '${name}' has a type that is not known`)
    fields.push(readColumn(reader, name, type, rows, kernel))
  }
  return { table, series: Uint32Array.from(series.values, Number), time: time.values, fields }
}
