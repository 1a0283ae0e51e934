import type { SchemaElement, SchemaTree } from 'hyparquet'
import { readColumn } from 'hyparquet/src/column.js'
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { type Column, type ColumnType, emptyValidity, setValid } from '../core/batch.ts'
import { TidemarkError } from '../core/errors.ts'
import type { Codecs } from './codecs.ts'

/** A column of a cold file. */
export interface FileColumn {
  name: string
  kind: 'time' | 'field' | 'tag'
  type: ColumnType
}

/** The values of a column in the rows of one row group, as they lie in the file. */
export interface Chunk {
  bytes: Uint8Array
  rows: number
  codec: 'ZSTD' | 'SNAPPY'
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** How Parquet calls the column. Times are nanoseconds since 1970 UTC. */
export function schemaElement({ name, type }: FileColumn): SchemaElement {
  switch (type) {
    case 'time':
      return {
        name,
        type: 'INT64',
        repetition_type: 'REQUIRED',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' },
      }
    case 'string':
      return {
        name,
        type: 'BYTE_ARRAY',
        repetition_type: 'OPTIONAL',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      }
    case 'f64':
      return { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' }
    case 'bool':
      return { name, type: 'BOOLEAN', repetition_type: 'OPTIONAL' }
    default:
      return { name, type: 'INT64', repetition_type: 'OPTIONAL' }
  }
}

/**
 * Decodes a chunk whose checksum has been checked. Throws `corrupt` where it is none of its column, or has another number of
 * rows.
 */
export function decodeChunk({ bytes, rows, codec }: Chunk, column: FileColumn, codecs: Codecs): Column {
  const { name, type, repetition_type = 'OPTIONAL' } = schemaElement(column)
  if (type === undefined) throw new Error(`column '${name}' has no type`)
  // Without what says that it is a time or a text: as such the library would give dates, and texts without a BOM.
  const leaf: SchemaTree = { children: [], count: 1, element: { name, type, repetition_type }, path: [name] }
  const root: SchemaTree = { children: [leaf], count: 2, element: { name: 'root', num_children: 1 }, path: [] }
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  const select = { groupStart: 0, selectStart: 0, selectEnd: rows, groupRows: rows }
  const decoder = {
    pathInSchema: [name],
    type,
    element: leaf.element,
    schemaPath: [root, leaf],
    codec,
    parsers: DEFAULT_PARSERS,
    compressors: codecs.decompressors,
    utf8: false,
  }
  try {
    const { data } = readColumn(reader, select, decoder)
    const count = data.reduce((total, page) => total + page.length, 0)
    if (count !== rows) throw new Error(`it has ${count} rows, expected ${rows}`)
    return columnOf(column, data, rows)
  } catch (cause) {
    if (cause instanceof TidemarkError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new TidemarkError('corrupt', `column '${name}' cannot be decoded: ${reason}`, { cause })
  }
}

type Page = ArrayLike<unknown>

function columnOf({ name, type }: FileColumn, pages: readonly Page[], rows: number): Column {
  const validity = emptyValidity(rows)
  if (type === 'string') {
    const dictionary: string[] = []
    const codes = new Map<unknown, number>()
    const values = new Uint32Array(rows)
    const missing = eachValue(pages, validity, (value, row) => {
      // Equal values of a dictionary page are one object.
      const code = codes.get(value) ?? dictionary.push(textOf(value)) - 1
      codes.set(value, code)
      values[row] = code
    })
    return { name, type, values, dictionary, ...(missing > 0 && { validity }) }
  }
  if (type === 'f64') {
    const values = new Float64Array(rows)
    const missing = eachValue(pages, validity, (value, row) => {
      values[row] = value as number // what pages of doubles decode to
    })
    return { name, type, values, ...(missing > 0 && { validity }) }
  }
  if (type === 'bool') {
    const values = new Uint8Array(rows)
    const missing = eachValue(pages, validity, (value, row) => {
      values[row] = value === true ? 1 : 0
    })
    return { name, type, values, ...(missing > 0 && { validity }) }
  }
  const values = new BigInt64Array(rows)
  const missing = eachValue(pages, validity, (value, row) => {
    values[row] = value as bigint // what pages of INT64 decode to
  })
  return { name, type, values, ...(missing > 0 && { validity }) }
}

/** Calls back with every value that is there, and returns how many are not. */
function eachValue(pages: readonly Page[], validity: Uint8Array, visit: (value: unknown, row: number) => void): number {
  let row = 0
  let missing = 0
  for (const page of pages) {
    for (let i = 0; i < page.length; i++, row++) {
      const value = page[i]
      if (value === undefined || value === null) {
        missing++
        continue
      }
      setValid(validity, row)
      visit(value, row)
    }
  }
  return missing
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return strictUtf8.decode(value)
  throw new Error('a text is not bytes')
}
