import type { AsyncBuffer, Compressors, FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'
import { TidemarkError } from '../core/errors.ts'
import type { FilePart, FileRequest } from '../core/file-access.ts'
import { type TypedColumn, type TypedPart, typedRows } from './typed-rows.ts'

/** A file whose parts are read by their places. */
export type PlacedFile = AsyncBuffer

/** What uncompresses pages, by name; Snappy needs nothing. */
export type ParquetCodecs = Compressors

/** Rows and bytes of a row group, which is read as a whole, at most. */
export const MAX_GROUP_ROWS: number = 1 << 24
export const MAX_GROUP_BYTES: number = 2 ** 31

const DAY_NS = 86_400_000_000_000n

/** Times as nanoseconds, and texts as they are. */
const PARSERS: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis: bigint) => BigInt(millis) * 1_000_000n,
  timestampFromMicroseconds: (micros: bigint) => BigInt(micros) * 1000n,
  timestampFromNanoseconds: (nanos: bigint) => BigInt(nanos),
  dateFromDays: (days: number) => BigInt(days) * DAY_NS,
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes),
}

/**
 * The rows of a Parquet file, a row group at a time. Throws `corrupt` where it is none or is damaged, `invalid` where its columns are not
 * as asked.
 */
export async function* readParquet(
  file: PlacedFile,
  request: FileRequest,
  compressors: ParquetCodecs = {},
): AsyncGenerator<FilePart> {
  const { path: name } = request
  const { parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const metadata = await asRead(name, () => parquetMetadataAsync(file, { parsers: PARSERS, geoparquet: false }))
  const columns = parquetSchema(metadata).children.map(columnOf)
  const place = { file, metadata, compressors, name }
  const read = columns.filter(({ name, type }) => type !== undefined && !request.ignore.includes(name))
  yield* typedRows({ name, columns, parts: rowGroups(place, columns, read) }, request)
}

interface ParquetPlace {
  file: PlacedFile
  metadata: FileMetaData
  compressors: ParquetCodecs
  name: string
}

async function* rowGroups(
  { file, metadata, compressors, name }: ParquetPlace,
  columns: readonly TypedColumn[],
  read: readonly TypedColumn[],
): AsyncGenerator<TypedPart> {
  for (const { num_rows, total_byte_size } of metadata.row_groups) {
    if (num_rows <= MAX_GROUP_ROWS && total_byte_size <= MAX_GROUP_BYTES) continue
    const message = `a row group of ${name} has ${num_rows} rows of ${total_byte_size} bytes, at most ${MAX_GROUP_ROWS} of ${MAX_GROUP_BYTES} can be read`
    throw new TidemarkError('invalid', message)
  }
  const { parquetScan } = await import('hyparquet')
  const names = read.map((column) => column.name)
  const options = { file, metadata, compressors, parsers: PARSERS, geoparquet: false, columns: names }
  const scan = await asRead(name, () => parquetScan(options))
  for (const range of scan.ranges) {
    const cells: ArrayLike<unknown>[] = []
    for (const column of columns) {
      const isRead = names.includes(column.name)
      cells.push(isRead ? await asRead(name, () => scan.readColumn({ column: column.name, ...range })) : [])
    }
    yield { rows: range.rowEnd - range.rowStart, cells }
  }
}

/** What the library says of a file that it cannot read, as an error of ours. */
async function asRead<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof TidemarkError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new TidemarkError('corrupt', `${name} cannot be read as Parquet: ${reason}`, { cause: error })
  }
}

function columnOf({ element, children }: SchemaTree): TypedColumn {
  return { name: element.name, type: children.length === 0 && !isRepeated(element) ? typeOf(element) : undefined }
}

function isRepeated({ repetition_type }: SchemaElement): boolean {
  return repetition_type === 'REPEATED'
}

function typeOf({ type, converted_type, logical_type }: SchemaElement): TypedColumn['type'] {
  const logical = logical_type?.type
  const isTime = logical === 'TIMESTAMP' || logical === 'DATE' || type === 'INT96'
  if (isTime || converted_type === 'DATE' || converted_type?.startsWith('TIMESTAMP_')) return 'time'
  if (logical === 'DECIMAL' || converted_type === 'DECIMAL' || logical === 'FLOAT16') return 'f64'
  if (converted_type === 'BSON' || converted_type === 'INTERVAL') return undefined
  switch (type) {
    case 'BOOLEAN':
      return 'bool'
    case 'FLOAT':
    case 'DOUBLE':
      return 'f64'
    case 'INT32':
    case 'INT64':
      return 'i64'
    case 'BYTE_ARRAY':
      return 'string'
    default:
      return logical === 'UUID' ? 'string' : undefined
  }
}
