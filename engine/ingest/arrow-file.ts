import type { DataType, Schema, Table } from '@uwdata/flechette'
import { TidemarkError } from '../core/errors.ts'
import type { FilePart, FileRequest } from '../core/file-access.ts'
import { type ArrowFrame, arrowFrames } from './arrow-frames.ts'
import { type TypedColumn, type TypedPart, typedRows } from './typed-rows.ts'

/** What a file of Arrow's IPC begins with. */
const FILE_MAGIC = new TextEncoder().encode('ARROW1')
/** A file is read as a whole. */
export const MAX_FILE_BYTES: number = 2 ** 30
/** Rows of a file that are looked at together. */
const PART_ROWS = 1 << 16
const NUMBERS = { useBigInt: true, useBigIntTimestamp: true }

type Flechette = typeof import('@uwdata/flechette')

/** The rows of a stream or a file of Arrow's IPC. Throws `corrupt` or `truncated` where it is none, `invalid` where its columns are not as asked. */
export async function* readArrow(source: AsyncIterable<Uint8Array>, request: FileRequest): AsyncGenerator<FilePart> {
  const { path: name } = request
  const flechette = await import('@uwdata/flechette')
  const place = { flechette, name }
  const { isFile, chunks } = await peeked(source[Symbol.asyncIterator]())
  const { schema, parts } = isFile ? await openFile(chunks, place) : await openStream(chunks, place)
  const columns = schema.fields.map((field): TypedColumn => ({ name: field.name, type: typeOf(field.type, flechette) }))
  const types = schema.fields.map((field) => field.type)
  yield* typedRows({ name, columns, parts: parts({ types, columns }) }, request)
}

interface ArrowPlace {
  flechette: Flechette
  /** How errors call it. */
  name: string
}

interface OpenedArrow {
  schema: Schema
  parts(columns: ArrowColumns): AsyncGenerator<TypedPart>
}

interface ArrowColumns {
  types: readonly DataType[]
  columns: readonly TypedColumn[]
}

/** A stream, a record batch at a time. */
async function openStream(chunks: AsyncGenerator<Uint8Array>, place: ArrowPlace): Promise<OpenedArrow> {
  const { flechette, name } = place
  const frames = arrowFrames(chunks)
  const { value: first } = await frames.next()
  if (first?.kind !== 'schema') throw new TidemarkError('corrupt', `${name} does not begin with a schema of Arrow`)
  const { schema } = asRead(name, () => flechette.tableFromIPC([first.bytes]))
  return { schema, parts: (columns) => recordBatches({ frames, first, columns }, place) }
}

/** A file as a whole: what it begins with may be known only at its end. */
async function openFile(chunks: AsyncGenerator<Uint8Array>, place: ArrowPlace): Promise<OpenedArrow> {
  const { flechette, name } = place
  const held: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    held.push(chunk)
    size += chunk.length
    if (size <= MAX_FILE_BYTES) continue
    const message = `${name} is longer than ${MAX_FILE_BYTES} bytes, the most of a file of Arrow that can be read`
    throw new TidemarkError('invalid', message, { hint: 'A stream of Arrow, or Parquet, may be longer.' })
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of held.splice(0)) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  const table = asRead(name, () => flechette.tableFromIPC(bytes, NUMBERS))
  async function* parts(columns: ArrowColumns): AsyncGenerator<TypedPart> {
    for (let from = 0; from < table.numRows; from += PART_ROWS) {
      const range = { from, to: Math.min(from + PART_ROWS, table.numRows) }
      yield asRead(name, () => partOf(table, range, { ...columns, flechette }))
    }
  }
  return { schema: table.schema, parts }
}

async function* recordBatches(
  { frames, first, columns }: { frames: AsyncGenerator<ArrowFrame>; first: ArrowFrame; columns: ArrowColumns },
  { flechette, name }: ArrowPlace,
): AsyncGenerator<TypedPart> {
  const dictionaries = new Map<bigint, Uint8Array[]>()
  for await (const { kind, bytes, dictionaryId, isDelta } of frames) {
    if (kind === 'dictionary') {
      const known = isDelta ? (dictionaries.get(dictionaryId) ?? []) : []
      dictionaries.set(dictionaryId, [...known, bytes])
    }
    if (kind !== 'record-batch') continue
    yield asRead(name, () => {
      const messages = [first.bytes, ...[...dictionaries.values()].flat(), bytes]
      const table = flechette.tableFromIPC(messages, NUMBERS)
      return partOf(table, { from: 0, to: table.numRows }, { ...columns, flechette })
    })
  }
}

function partOf(
  table: Table,
  { from, to }: { from: number; to: number },
  { types, columns, flechette }: ArrowColumns & { flechette: Flechette },
): TypedPart {
  const cells = columns.map(({ type }, at): unknown[] => {
    if (type === undefined) return []
    const column = table.getChildAt(at)
    const toTime = type === 'time' ? timeReader(types[at], flechette) : undefined
    return Array.from({ length: to - from }, (_, row) => {
      const cell: unknown = column.at(from + row)
      return toTime && cell !== null && cell !== undefined ? toTime(cell) : cell
    })
  })
  return { rows: to - from, cells }
}

function asRead<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new TidemarkError('corrupt', `${name} cannot be read as Arrow: ${reason}`, { cause: error })
  }
}

function typeOf(type: DataType, { Type }: Flechette): TypedColumn['type'] {
  switch (type.typeId) {
    case Type.Timestamp:
    case Type.Date:
      return 'time'
    case Type.Int:
      return 'i64'
    case Type.Float:
    case Type.Decimal:
      return 'f64'
    case Type.Bool:
      return 'bool'
    case Type.Utf8:
    case Type.LargeUtf8:
      return 'string'
    case Type.Dictionary:
      return 'dictionary' in type && typeOf(type.dictionary, { Type } as Flechette) === 'string' ? 'string' : undefined
    default:
      return undefined
  }
}

/** Nanoseconds of a cell: a timestamp counts its unit, a date comes as milliseconds. */
function timeReader(type: DataType | undefined, { Type }: Flechette): (cell: unknown) => bigint | undefined {
  const unit = type?.typeId === Type.Timestamp && 'unit' in type ? type.unit : undefined
  const scale = unit === undefined ? 1_000_000n : 10n ** BigInt(9 - 3 * unit)
  return (cell) => {
    if (typeof cell === 'bigint') return cell * scale
    return typeof cell === 'number' ? BigInt(Math.trunc(cell)) * scale : undefined
  }
}

/** Whether chunks are a file rather than a stream, and the same chunks. */
async function peeked(
  source: AsyncIterator<Uint8Array>,
): Promise<{ isFile: boolean; chunks: AsyncGenerator<Uint8Array> }> {
  const held: number[] = []
  const first: Uint8Array[] = []
  while (held.length < FILE_MAGIC.length) {
    const { value, done } = await source.next()
    if (done) break
    first.push(value)
    held.push(...value.subarray(0, FILE_MAGIC.length))
  }
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* first
      for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
    } finally {
      await source.return?.()
    }
  }
  return { isFile: FILE_MAGIC.every((byte, at) => held[at] === byte), chunks: chunks() }
}
