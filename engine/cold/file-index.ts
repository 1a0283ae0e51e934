import type { ColumnType } from '../core/batch.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ByteReader } from '../storage/byte-reader.ts'
import { ByteWriter } from '../storage/byte-writer.ts'
import { readColumn, writeColumn } from '../storage/column-bytes.ts'
import type { Chunk, FileColumn } from './parquet-chunk.ts'

const VERSION = 1
const CODECS: readonly Chunk['codec'][] = ['ZSTD', 'SNAPPY']
const KINDS: readonly FileColumn['kind'][] = ['time', 'field', 'tag']
const TYPES: readonly ColumnType[] = ['f64', 'i64', 'bool', 'string', 'time']
/** A row group has so many rows at most. A series that fits into one is in one. */
export const ROW_GROUP_ROWS = 65_536
/** Bytes of a Parquet file before its first chunk: `PAR1`. */
export const FIRST_CHUNK = 4
/** Most series of a file, row groups, and columns: far more than files of bounded size have. */
const MAX_SERIES = 1 << 24
const MAX_CHUNKS = 1 << 24

/** The rows of one series in one row group. */
export interface Extents {
  /** By extent: place of its series in `keys`, its rows, its first and its last time. Ordered by series and time. */
  series: Uint32Array
  rows: Uint32Array
  minTimes: BigInt64Array
  maxTimes: BigInt64Array
}

/** What a cold file holds and where. */
export interface FileIndex {
  table: string
  codec: Chunk['codec']
  columns: readonly FileColumn[]
  /** Rows of each row group. Extents fill them one after the other. */
  groupRows: Uint32Array
  /** Of the chunk of column c in row group g, at `g * columns.length + c`. Chunks follow each other without gaps. */
  chunkBytes: Uint32Array
  chunkChecksums: Uint32Array
  /** Canonical keys, in the order of the rows. */
  keys: readonly Uint8Array[]
  extents: Extents
}

export function writeFileIndex(index: FileIndex, kernel: Kernel): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(4096)
  out.u8(VERSION)
  out.u8(CODECS.indexOf(index.codec))
  out.text(index.table)
  out.varint(index.columns.length)
  for (const { name, kind, type } of index.columns) {
    out.text(name)
    out.u8(KINDS.indexOf(kind))
    out.u8(TYPES.indexOf(type))
  }
  const integers = (values: Uint32Array | BigInt64Array): void =>
    writeColumn(out, { name: '', type: 'i64', values: BigInt64Array.from(values, BigInt) }, kernel)
  out.varint(index.groupRows.length)
  integers(index.groupRows)
  integers(index.chunkBytes)
  integers(index.chunkChecksums)
  out.varint(index.keys.length)
  integers(Uint32Array.from(index.keys, (key) => key.length))
  writeKeys(out, index.keys)
  const { series, rows, minTimes, maxTimes } = index.extents
  out.varint(series.length)
  for (const values of [series, rows, minTimes, maxTimes]) integers(values)
  return out.finish()
}

/** Neighbours begin alike: each key is how many bytes it shares with the one before, and the rest. */
function writeKeys(out: ByteWriter, keys: readonly Uint8Array[]): void {
  let before = new Uint8Array()
  for (const key of keys) {
    let shared = 0
    while (shared < before.length && shared < key.length && before[shared] === key[shared]) shared++
    out.varint(shared)
    out.bytes(key.subarray(shared))
    before = key.slice()
  }
}

/** Reads what `writeFileIndex` wrote out of bytes that are not trusted. Throws `corrupt` or `truncated`. */
export function readFileIndex(bytes: Uint8Array, kernel: Kernel, what: string): FileIndex {
  const reader = new ByteReader(bytes, what)
  const version = reader.u8()
  if (version !== VERSION) throw reader.corrupt(`version ${version} is not known`)
  const codec = CODECS[reader.u8()]
  if (codec === undefined) throw reader.corrupt('its codec is not known')
  const table = reader.text()
  const columns = Array.from({ length: reader.count(3) }, () => readFileColumn(reader))
  if (columns[0]?.kind !== 'time') throw reader.corrupt('the first column is not the times')
  const groups = reader.count(1)
  if (groups * columns.length > MAX_CHUNKS) throw reader.corrupt(`${groups} row groups`)
  const u32s = (count: number): Uint32Array => readU32s(reader, count, kernel)
  const groupRows = u32s(groups)
  const longest = groupRows.find((rows) => rows > ROW_GROUP_ROWS)
  if (longest !== undefined) throw reader.corrupt(`a row group of ${longest} rows`)
  const chunkBytes = u32s(groups * columns.length)
  const chunkChecksums = u32s(groups * columns.length)
  const keys = readKeys(reader, kernel)
  const count = reader.varint()
  if (count > MAX_SERIES || count < keys.length || count > keys.length + groups) {
    throw reader.corrupt(`${count} extents of ${keys.length} series in ${groups} row groups`)
  }
  const extents = { series: u32s(count), rows: u32s(count), minTimes: times(), maxTimes: times() }
  function times(): BigInt64Array {
    return readI64s(reader, count, kernel)
  }
  reader.end()
  checkExtents({ groupRows, keys, extents }, reader)
  return { table, codec, columns, groupRows, chunkBytes, chunkChecksums, keys, extents }
}

function readFileColumn(reader: ByteReader): FileColumn {
  const name = reader.text()
  const kind = KINDS[reader.u8()]
  const type = TYPES[reader.u8()]
  const isFit = kind === 'time' ? type === 'time' : kind === 'tag' ? type === 'string' : type !== 'time'
  if (kind === undefined || type === undefined || !isFit) throw reader.corrupt(`column '${name}' has no type`)
  return { name, kind, type }
}

function readKeys(reader: ByteReader, kernel: Kernel): Uint8Array[] {
  const count = reader.count(1)
  if (count > MAX_SERIES) throw reader.corrupt(`${count} series`)
  const lengths = readU32s(reader, count, kernel)
  const keys: Uint8Array[] = []
  let before: Uint8Array = new Uint8Array()
  for (const length of lengths) {
    const shared = reader.varint()
    // What is shared is in the bytes already, so that a key is never longer than what came of the input.
    if (shared > before.length || shared > length) throw reader.corrupt('a key shares more than there is')
    const rest = reader.bytes(length - shared)
    const key = new Uint8Array(length)
    key.set(before.subarray(0, shared))
    key.set(rest, shared)
    keys.push(key)
    before = key
  }
  return keys
}

function readI64s(reader: ByteReader, count: number, kernel: Kernel): BigInt64Array {
  // 1024 values take at least the 64 bytes of a block's header.
  if (count > 16 * reader.remaining) throw reader.corrupt(`a column of ${count} values`)
  const column = readColumn(reader, '', 'i64', count, kernel)
  if (column.type !== 'i64') throw reader.corrupt('a column of another type')
  return column.values
}

function readU32s(reader: ByteReader, count: number, kernel: Kernel): Uint32Array {
  const values = readI64s(reader, count, kernel)
  const wrong = values.find((value) => value < 0n || value > 0xffffffffn)
  if (wrong !== undefined) throw reader.corrupt(`${wrong} is no number of 32 bits`)
  return Uint32Array.from(values, Number)
}

/** Series ascend, every series has rows, and extents and row groups end together. */
function checkExtents(
  { groupRows, keys, extents }: Pick<FileIndex, 'groupRows' | 'keys' | 'extents'>,
  reader: ByteReader,
): void {
  let group = 0
  let filled = 0
  let expected = 0
  for (let i = 0; i < extents.series.length; i++) {
    const series = extents.series[i] as number
    const rows = extents.rows[i] as number
    const isNext = series === expected || (i > 0 && series === expected - 1)
    if (!isNext || rows === 0) throw reader.corrupt('extents are not in the order of their series')
    if ((extents.minTimes[i] as bigint) > (extents.maxTimes[i] as bigint)) throw reader.corrupt('times run backwards')
    expected = series + 1
    filled += rows
    if (filled > (groupRows[group] ?? 0)) throw reader.corrupt('an extent is longer than its row group')
    if (filled === groupRows[group]) {
      group++
      filled = 0
    }
  }
  if (group !== groupRows.length || expected !== keys.length) throw reader.corrupt('extents and row groups do not meet')
}
