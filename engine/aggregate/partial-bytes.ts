import type { Column, FieldType } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { InputStates, PartialAggregate, StateTable } from '../core/plan.ts'

/**
 * The byte form of a partial aggregate, all little-endian:
 *
 *     0  u32  magic 'TMPA'
 *     4  u32  version: 1, or 2 where there are tables
 *     8  u32  FNV-1a of all bytes from 12 on
 *    12  u32  bytes of the head
 *    16       head: JSON of the groups, the number of cells, and of each input its type, what it keeps and its texts
 *             arrays, each from a multiple of 8 on and with one number a cell: cellGroup u32, cellWindow i64, rows f64,
 *             then those of each input in the order of PARTS
 *             for each table of an accumulator its offsets, one u32 more than there are cells, and its columns with one
 *             value a row; the head has the number of its rows, the types of its columns and their texts
 */
const MAGIC = 0x41504d54
const VERSION = 1
const VERSION_WITH_TABLES = 2
const HEAD_START = 16
const CHECKED_FROM = 12

const DOUBLE_PARTS = ['count', 'sumHigh', 'sumLow', 'mean', 'm2'] as const
const TIME_PARTS = ['firstTime', 'lastTime'] as const
const COLUMN_PARTS = ['min', 'max', 'first', 'last'] as const
type DoublePart = (typeof DOUBLE_PARTS)[number]
type TimePart = (typeof TIME_PARTS)[number]
type ColumnPart = (typeof COLUMN_PARTS)[number]
type Numbers = Float64Array | BigInt64Array | Uint32Array | Uint8Array

interface InputHead {
  type: FieldType
  doubles: readonly DoublePart[]
  times: readonly TimePart[]
  columns: readonly ColumnPart[]
  /** The dictionaries of the columns, where they are strings. */
  texts: readonly (readonly string[])[]
}

interface TableHead {
  rows: number
  types: readonly FieldType[]
  /** A dictionary for each column, of no texts where it has none. */
  texts: readonly (readonly string[])[]
}

interface Head {
  cells: number
  groups: readonly (readonly string[])[]
  inputs: readonly InputHead[]
  tables?: readonly TableHead[]
}

/** A partial aggregate as bytes, for another peer; between threads its arrays go as they are. */
export function encodePartial(partial: PartialAggregate): Uint8Array<ArrayBuffer> {
  const arrays: Numbers[] = [partial.cellGroup, partial.cellWindow, partial.rows]
  const inputs = partial.inputs.map((states): InputHead => {
    const doubles = DOUBLE_PARTS.filter((part) => states[part] !== undefined)
    const times = TIME_PARTS.filter((part) => states[part] !== undefined)
    const columns = COLUMN_PARTS.filter((part) => states[part] !== undefined)
    const kept = columns.flatMap((part) => states[part] ?? [])
    arrays.push(...[...doubles, ...times].flatMap((part) => states[part] ?? []), ...kept.map(({ values }) => values))
    const texts = kept.flatMap((column) => (column.type === 'string' ? [column.dictionary] : []))
    return { type: states.type, doubles, times, columns, texts }
  })
  const tables = partial.accumulated?.map(({ offsets, columns }): TableHead => {
    arrays.push(offsets, ...columns.map(({ values }) => values))
    const types = columns.map(({ type }): FieldType => (type === 'time' ? 'i64' : type))
    return { rows: offsets.at(-1) ?? 0, types, texts: columns.map((c) => (c.type === 'string' ? c.dictionary : [])) }
  })
  const cells = partial.cellGroup.length
  const head: Head = { cells, groups: partial.groups, inputs, ...(tables && { tables }) }
  return pack(tables ? VERSION_WITH_TABLES : VERSION, new TextEncoder().encode(JSON.stringify(head)), arrays)
}

function pack(version: number, head: Uint8Array, arrays: readonly Numbers[]): Uint8Array<ArrayBuffer> {
  let length = aligned(HEAD_START + head.length)
  for (const array of arrays) length += aligned(array.byteLength)
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, version, true)
  view.setUint32(CHECKED_FROM, head.length, true)
  bytes.set(head, HEAD_START)
  let at = aligned(HEAD_START + head.length)
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at)
    at += aligned(array.byteLength)
  }
  view.setUint32(8, fnv1a(bytes.subarray(CHECKED_FROM)), true)
  return bytes
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/** Every step is a bijection of the state, so no change of one byte goes unseen. */
function fnv1a(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Reads what `encodePartial` wrote. Throws `truncated` or `corrupt`, also where the numbers contradict each other. */
export function decodePartial(bytes: Uint8Array): PartialAggregate {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEAD_START) throw new TidemarkError('truncated', `a partial aggregate of ${bytes.length} bytes`)
  if (view.getUint32(0, true) !== MAGIC) throw new TidemarkError('corrupt', 'these bytes are no partial aggregate')
  const version = view.getUint32(4, true)
  if (version !== VERSION && version !== VERSION_WITH_TABLES)
    throw new TidemarkError('corrupt', `a partial aggregate of the unknown version ${version}`)
  const headBytes = view.getUint32(CHECKED_FROM, true)
  if (headBytes > bytes.length - HEAD_START)
    throw new TidemarkError('truncated', 'a partial aggregate ends in its head')
  if (view.getUint32(8, true) !== fnv1a(bytes.subarray(CHECKED_FROM))) {
    throw new TidemarkError('corrupt', 'a partial aggregate fails its checksum')
  }
  const head = parseHead(new TextDecoder().decode(bytes.subarray(HEAD_START, HEAD_START + headBytes)))
  return readArrays(head, new ArrayReader(bytes, aligned(HEAD_START + headBytes), head.cells))
}

/** The head of untrusted bytes: their checksum says that they arrived, not that they mean something. */
function parseHead(text: string): Head {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new TidemarkError('corrupt', 'the head of a partial aggregate is not JSON', { cause })
  }
  if (!isHead(value)) throw new TidemarkError('corrupt', 'the head of a partial aggregate lacks what it must say')
  return value
}

function isHead(value: unknown): value is Head {
  if (!isRecord(value) || !Number.isSafeInteger(value.cells) || Number(value.cells) < 0) return false
  const { tables = [] } = value
  if (!Array.isArray(tables) || !tables.every(isTableHead)) return false
  return isTextLists(value.groups) && Array.isArray(value.inputs) && value.inputs.every(isInputHead)
}

function isTableHead(value: unknown): value is TableHead {
  if (!isRecord(value) || !Number.isSafeInteger(value.rows) || Number(value.rows) < 0) return false
  const { types, texts } = value
  const known = Array.isArray(types) && types.every((type) => TYPES.includes(type))
  return known && isTextLists(texts) && Array.isArray(texts) && texts.length === types.length
}

const TYPES: readonly unknown[] = ['f64', 'i64', 'bool', 'string'] satisfies FieldType[]

function isInputHead(value: unknown): value is InputHead {
  if (!isRecord(value) || !TYPES.includes(value.type) || !isTextLists(value.texts)) return false
  const within = (list: unknown, parts: readonly unknown[]): boolean =>
    Array.isArray(list) && list.every((part) => parts.includes(part))
  return within(value.doubles, DOUBLE_PARTS) && within(value.times, TIME_PARTS) && within(value.columns, COLUMN_PARTS)
}

function isTextLists(value: unknown): boolean {
  const isTexts = (list: unknown): boolean => Array.isArray(list) && list.every((text) => typeof text === 'string')
  return Array.isArray(value) && value.every(isTexts)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function readArrays({ cells, groups, inputs, tables }: Head, reader: ArrayReader): PartialAggregate {
  const cellGroup = reader.codes(groups.length)
  const cellWindow = reader.integers()
  const rows = reader.doubles()
  const states = inputs.map((input): InputStates => {
    const parts: Partial<
      Record<DoublePart, Float64Array> & Record<TimePart, BigInt64Array> & Record<ColumnPart, Column>
    > = {}
    for (const part of input.doubles) parts[part] = reader.doubles()
    for (const part of input.times) parts[part] = reader.integers()
    input.columns.forEach((part, i) => {
      parts[part] = reader.column(input.type, input.texts[i] ?? [])
    })
    return { type: input.type, count: new Float64Array(cells), ...parts }
  })
  const accumulated = tables?.map((table) => readTable(table, reader))
  reader.end()
  return { groups, cellGroup, cellWindow, rows, inputs: states, ...(accumulated && { accumulated }) }
}

function readTable({ rows, types, texts }: TableHead, reader: ArrayReader): StateTable {
  const offsets = reader.offsets(rows)
  return { offsets, columns: types.map((type, i) => reader.column(type, texts[i] ?? [], rows)) }
}

/** Arrays of one number a cell, copied one after the other out of bytes that may lie anywhere in memory. */
class ArrayReader {
  readonly #bytes: Uint8Array
  readonly #cells: number
  #at: number

  constructor(bytes: Uint8Array, at: number, cells: number) {
    this.#bytes = bytes
    this.#at = at
    this.#cells = cells
  }

  #take(width: number, count: number): ArrayBuffer {
    const length = count * width
    const end = this.#at + aligned(length)
    if (!(end <= this.#bytes.length)) throw new TidemarkError('truncated', 'a partial aggregate ends in its arrays')
    const { buffer } = this.#bytes.slice(this.#at, this.#at + length)
    this.#at = end
    return buffer
  }

  doubles(count: number = this.#cells): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#take(8, count))
  }

  integers(count: number = this.#cells): BigInt64Array<ArrayBuffer> {
    return new BigInt64Array(this.#take(8, count))
  }

  /** Numbers of things of which there are `things`. */
  codes(things: number, count: number = this.#cells): Uint32Array<ArrayBuffer> {
    const codes = new Uint32Array(this.#take(4, count))
    if (codes.some((code) => code >= things)) {
      throw new TidemarkError('corrupt', `a partial aggregate names more than its ${things} groups or texts`)
    }
    return codes
  }

  /** Where the rows of each cell begin, and their end. */
  offsets(rows: number): Uint32Array<ArrayBuffer> {
    const offsets = new Uint32Array(this.#take(4, this.#cells + 1))
    const ascend = offsets.every((offset, i) => i === 0 || offset >= (offsets[i - 1] ?? 0))
    if (!ascend || offsets[0] !== 0 || offsets[this.#cells] !== rows) {
      throw new TidemarkError('corrupt', 'a partial aggregate has rows of no cell')
    }
    return offsets
  }

  column(type: FieldType, texts: readonly string[], count: number = this.#cells): Column {
    const name = ''
    if (type === 'f64') return { name, type, values: this.doubles(count) }
    if (type === 'i64') return { name, type, values: this.integers(count) }
    if (type === 'bool') return { name, type, values: new Uint8Array(this.#take(1, count)) }
    // Cells without a value have the code 0 even where there is no text at all.
    return { name, type, values: this.codes(Math.max(1, texts.length), count), dictionary: [...texts] }
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new TidemarkError('corrupt', 'a partial aggregate goes on after its end')
  }
}
