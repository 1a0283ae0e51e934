import { ByteWriter as ParquetBytes, ParquetWriter } from 'hyparquet-writer'
import type { Column, StringColumn } from '../core/batch.ts'
import { emptyValidity, setValid } from '../core/batch.ts'
import { concatColumns, sliceColumn } from '../core/columns.ts'
import { TidemarkError } from '../core/errors.ts'
import { type Tags, tagValue } from '../core/series.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { Codecs } from './codecs.ts'
import { sameColumns } from './column-bits.ts'
import { FIRST_CHUNK, ROW_GROUP_ROWS, writeFileIndex } from './file-index.ts'
import { decodeChunk, type FileColumn, schemaElement } from './parquet-chunk.ts'
import { parquetSource } from './parquet-source.ts'

/** Pages are not cut: a chunk of so many rows is read whole. */
const PAGE_BYTES = 1 << 30

/** Rows of one series, times strictly ascending. */
export interface SeriesPart {
  key: Uint8Array
  tags: Tags
  times: BigInt64Array
  /** By name, as many values as times. */
  fields: ReadonlyMap<string, Column>
}

/** A file that was written, but for its name. */
export interface WrittenFile {
  bytes: Uint8Array
  rows: number
  series: number
  minTime: bigint
  maxTime: bigint
  indexStart: number
  indexBytes: number
  indexChecksum: number
}

/**
 * Writes rows of one table as Parquet: row groups that series do not straddle, then an index of what is where, then
 * Parquet's footer. Series are best added in the order of their tags. Every chunk is decoded again and compared bit by bit.
 */
export class FileWriter {
  readonly #table: string
  readonly #columns: readonly FileColumn[]
  readonly #kernel: Kernel
  readonly #codecs: Codecs
  readonly #bytes = new ParquetBytes()
  readonly #parquet: ParquetWriter
  readonly #keys: Uint8Array[] = []
  readonly #extents: { series: number; rows: number; minTime: bigint; maxTime: bigint }[] = []
  readonly #groupRows: number[] = []
  readonly #chunkBytes: number[] = []
  readonly #chunkChecksums: number[] = []
  #waiting: SeriesPart[] = []
  #waitingRows = 0
  #rows = 0

  /** `columns`: times first, then fields, then tags. */
  constructor(table: string, columns: readonly FileColumn[], { kernel, codecs }: { kernel: Kernel; codecs: Codecs }) {
    this.#table = table
    this.#columns = columns
    this.#kernel = kernel
    this.#codecs = codecs
    const root = { name: 'tidemark', num_children: columns.length }
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: [root, ...columns.map(schemaElement)],
      codec: codecs.write,
      compressors: codecs.compressors,
      createdBy: 'tidemark',
    })
  }

  /** Bytes of the row groups so far. */
  get bytes(): number {
    return this.#bytes.offset
  }

  get rows(): number {
    return this.#rows
  }

  add(part: SeriesPart): void {
    this.#keys.push(part.key)
    this.#rows += part.times.length
    for (let from = 0; from < part.times.length; from += ROW_GROUP_ROWS) {
      this.#addSome(slicePart(part, from, Math.min(from + ROW_GROUP_ROWS, part.times.length)))
    }
  }

  finish(): WrittenFile {
    this.#writeGroup()
    const index = writeFileIndex(
      {
        table: this.#table,
        codec: this.#codecs.write,
        columns: this.#columns,
        groupRows: Uint32Array.from(this.#groupRows),
        chunkBytes: Uint32Array.from(this.#chunkBytes),
        chunkChecksums: Uint32Array.from(this.#chunkChecksums),
        keys: this.#keys,
        extents: {
          series: Uint32Array.from(this.#extents, ({ series }) => series),
          rows: Uint32Array.from(this.#extents, ({ rows }) => rows),
          minTimes: BigInt64Array.from(this.#extents, ({ minTime }) => minTime),
          maxTimes: BigInt64Array.from(this.#extents, ({ maxTime }) => maxTime),
        },
      },
      this.#kernel,
    )
    const indexStart = this.#bytes.offset
    this.#bytes.appendBytes(index)
    this.#parquet.kvMetadata = [
      { key: 'tidemark.table', value: this.#table },
      { key: 'tidemark.index', value: JSON.stringify({ version: 1, start: indexStart, bytes: index.length }) },
    ]
    this.#parquet.finish()
    return {
      bytes: this.#bytes.getBytes().slice(),
      rows: this.#rows,
      series: this.#keys.length,
      minTime: this.#extents.reduce((least, { minTime }) => (minTime < least ? minTime : least), this.#firstTime()),
      maxTime: this.#extents.reduce((most, { maxTime }) => (maxTime > most ? maxTime : most), this.#firstTime()),
      indexStart,
      indexBytes: index.length,
      indexChecksum: this.#kernel.checksum(index),
    }
  }

  #firstTime(): bigint {
    return this.#extents[0]?.minTime ?? 0n
  }

  #addSome(part: SeriesPart): void {
    if (this.#waitingRows + part.times.length > ROW_GROUP_ROWS) this.#writeGroup()
    this.#waiting.push(part)
    this.#waitingRows += part.times.length
    this.#extents.push({
      series: this.#keys.length - 1,
      rows: part.times.length,
      minTime: part.times[0] as bigint,
      maxTime: part.times[part.times.length - 1] as bigint,
    })
  }

  #writeGroup(): void {
    const rows = this.#waitingRows
    if (rows === 0) return
    const columns = this.#columns.map((column) => columnOfParts(column, this.#waiting, rows))
    this.#waiting = []
    this.#waitingRows = 0
    this.#groupRows.push(rows)
    this.#parquet.write({
      columnData: columns.map((column) => parquetSource(column, this.#codecs)),
      rowGroupSize: rows,
      pageSize: PAGE_BYTES,
    })
    this.#checkGroup(columns, rows)
  }

  /** Reads the row group back that was just written: what a library loses must not be lost to us. */
  #checkGroup(columns: readonly Column[], rows: number): void {
    const group = this.#parquet.row_groups[this.#parquet.row_groups.length - 1]
    let at = this.#chunkBytes.reduce((total, bytes) => total + bytes, FIRST_CHUNK)
    const written = this.#bytes.getBytes()
    columns.forEach((column, i) => {
      const meta = group?.columns[i]?.meta_data
      const start = Number(meta?.dictionary_page_offset ?? meta?.data_page_offset ?? -1)
      const bytes = Number(meta?.total_compressed_size ?? 0)
      if (start !== at) throw new Error(`column '${column.name}' starts at byte ${start} of its file, not at ${at}`)
      const chunk = written.slice(start, start + bytes)
      const fileColumn = this.#columns[i] as FileColumn
      const back = decodeChunk({ bytes: chunk, rows, codec: this.#codecs.write }, fileColumn, this.#codecs)
      if (!sameColumns(column, back, rows)) {
        throw new TidemarkError('io', `column '${column.name}' of table '${this.#table}' is not the same as Parquet`)
      }
      this.#chunkBytes.push(bytes)
      this.#chunkChecksums.push(this.#kernel.checksum(chunk))
      at += bytes
    })
  }
}

function slicePart(part: SeriesPart, from: number, to: number): SeriesPart {
  if (from === 0 && to === part.times.length) return part
  const fields = new Map<string, Column>()
  for (const [name, column] of part.fields) fields.set(name, sliceColumn(column, from, to))
  return { ...part, times: part.times.subarray(from, to), fields }
}

function columnOfParts(column: FileColumn, parts: readonly SeriesPart[], rows: number): Column {
  const { name, kind, type } = column
  if (kind === 'tag') return tagColumn(name, parts, rows)
  if (kind === 'time') {
    const times = parts.map((part) => ({
      rows: part.times.length,
      column: { name, type: 'time' as const, values: part.times },
    }))
    return concatColumns(name, times) as Column // there is one: a row group has rows
  }
  const joined = concatColumns(
    name,
    parts.map((part) => ({ rows: part.times.length, column: part.fields.get(name) })),
  )
  if (joined === undefined) return missingColumn(name, type, rows)
  if (joined.type !== type) throw new Error(`column '${name}' is ${joined.type}, not ${type}`)
  return joined
}

function missingColumn(name: string, type: FileColumn['type'], rows: number): Column {
  const validity = emptyValidity(rows)
  if (type === 'f64') return { name, type, values: new Float64Array(rows), validity }
  if (type === 'bool') return { name, type, values: new Uint8Array(rows), validity }
  if (type === 'string') return { name, type, values: new Uint32Array(rows), dictionary: [], validity }
  return { name, type, values: new BigInt64Array(rows), validity }
}

function tagColumn(name: string, parts: readonly SeriesPart[], rows: number): StringColumn {
  const dictionary: string[] = []
  const codes = new Map<string, number>()
  const values = new Uint32Array(rows)
  const validity = emptyValidity(rows)
  let isComplete = true
  let at = 0
  for (const { tags, times } of parts) {
    const text = tagValue(tags, name)
    const end = at + times.length
    if (text === '') {
      isComplete = false
      at = end
      continue
    }
    const code = codes.get(text) ?? dictionary.push(text) - 1
    codes.set(text, code)
    for (; at < end; at++) {
      values[at] = code
      setValid(validity, at)
    }
  }
  return { name, type: 'string', values, dictionary, ...(!isComplete && { validity }) }
}
