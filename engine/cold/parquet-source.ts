import type { Encoding } from 'hyparquet'
import { type Column, isValid } from '../core/batch.ts'
import type { Codecs } from './codecs.ts'

/** A column as the library that writes Parquet takes it. */
export interface ParquetSource {
  name: string
  data: unknown[] | Float64Array | BigInt64Array
  encoding?: Encoding
  offsetIndex: false
}

/** Values that are looked at to choose an encoding of doubles. */
const SAMPLE_ROWS = 4096
/** Bits of 0 with a sign, and of the only NaN that a dictionary can hold. */
const NEGATIVE_ZERO = -(1n << 63n)
const PLAIN_NAN = 0x7ff8000000000000n

/** A column with the encoding that suits it; a missing value is `null`. */
export function parquetSource(column: Column, codecs: Codecs): ParquetSource {
  const { name, validity } = column
  const encoding = encodingOf(column, codecs)
  const data = validity === undefined && (column.type === 'f64' || column.type === 'i64' || column.type === 'time')
  return { name, data: data ? column.values : plainValues(column), encoding, offsetIndex: false }
}

function plainValues(column: Column): unknown[] {
  const { validity, values } = column
  const out: unknown[] = new Array(values.length)
  for (let row = 0; row < values.length; row++) {
    if (!isValid(validity, row)) out[row] = null
    else if (column.type === 'string') out[row] = column.dictionary[column.values[row] as number] ?? null
    else out[row] = column.type === 'bool' ? values[row] === 1 : values[row]
  }
  return out
}

function encodingOf(column: Column, codecs: Codecs): Encoding {
  switch (column.type) {
    case 'f64':
      return encodingOfDoubles(column.values, codecs)
    case 'bool':
      return 'RLE'
    case 'string':
      return column.dictionary.length * 4 <= column.values.length ? 'RLE_DICTIONARY' : 'DELTA_LENGTH_BYTE_ARRAY'
    default:
      return 'DELTA_BINARY_PACKED'
  }
}

/** By the size of a sample under each; few distinct values go into a dictionary, where it can hold them. */
function encodingOfDoubles(values: Float64Array, { compressors }: Codecs): Encoding {
  const sample = values.slice(0, SAMPLE_ROWS)
  if (isFitForDictionary(values) && new Set(sample).size * 4 <= sample.length) return 'RLE_DICTIONARY'
  const compress = compressors.ZSTD
  if (compress === undefined) return 'PLAIN'
  const plain = new Uint8Array(sample.buffer)
  return compress(splitBytes(plain)).length < compress(plain).length ? 'BYTE_STREAM_SPLIT' : 'PLAIN'
}

/** The library's dictionaries take 0 for -0, and one NaN for another. */
function isFitForDictionary(values: Float64Array): boolean {
  const bits = new BigInt64Array(values.buffer, values.byteOffset, values.length)
  for (let i = 0; i < values.length; i++) {
    if (bits[i] === NEGATIVE_ZERO) return false
    if (Number.isNaN(values[i]) && bits[i] !== PLAIN_NAN) return false
  }
  return true
}

/** The first bytes of all values, then the second ones, and so on. */
function splitBytes(bytes: Uint8Array): Uint8Array {
  const count = bytes.length / 8
  const split = new Uint8Array(bytes.length)
  for (let i = 0; i < count; i++) for (let k = 0; k < 8; k++) split[k * count + i] = bytes[8 * i + k] as number
  return split
}
