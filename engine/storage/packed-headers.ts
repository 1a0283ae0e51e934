import type { DenseModel } from '../kernel/dense-models.ts'
import { blockPayloadBytes, blockRows, HEADER_BYTES } from '../kernel/header.ts'
import { HeaderStatistics, MOST_PLACES, packStatistics, STATISTICS } from '../kernel/header-statistics.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import {
  readPackedDoubles,
  readPackedIntegers,
  writePackedDoubles,
  writePackedIntegers,
  writePackedWords,
} from './packed-column.ts'

/** Headers of all blocks of a segment, and the models of the dense ones; drawn in FORMAT.md. */
export interface HeaderTable {
  headers: Uint8Array<ArrayBuffer>
  models: readonly DenseModel[]
  /** By block: 0, or 1 and the model's place in the list. */
  modelOf: Uint32Array
}

/** Fields before the statistics, in the order of their columns. */
const PARTS = [
  { at: 0, bytes: 1 },
  { at: 1, bytes: 1 },
  { at: 2, bytes: 2 },
  { at: 4, bytes: 2 },
  { at: 6, bytes: 1 },
  { at: 8, bytes: 4 },
  { at: 12, bytes: 4 },
] as const
const WORDS = [16, 24, 32, 40, 48, 56] as const
const SUMS: readonly number[] = [32, 40]
const DENSE_MODE = 10
const TYPE_F64 = 1
const TYPE_STRING = 4
/** Forms of statistics: none as integers; else 2 x places, + 1 where the sum is one of them. */
const RAW = -1

/** Writes headers, but for the models, in an order of theirs; `places` has the decimals of blocks of decimals, else 0. */
export function writePackedHeaders(
  out: ByteWriter,
  { headers, modelOf }: { headers: Uint8Array; modelOf: Uint32Array },
  order: Uint32Array,
  { kernel, places }: { kernel: Kernel; places: Uint8Array },
): void {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const parts = new Uint32Array(order.length)
  for (const { at, bytes } of PARTS) {
    for (let i = 0; i < parts.length; i++)
      parts[i] = readUnsigned(view, (order[i] as number) * HEADER_BYTES + at, bytes)
    writePackedWords(out, parts, kernel)
  }
  const counted = chosen(order, (block) => hasStatistics(view, block))
  const { form, columns } = packStatistics(kernel.instance, headers, places, counted)
  writePackedWords(out, form, kernel)
  for (const column of columns) writePackedIntegers(out, column, kernel)
  writeRawWords(out, headers, { counted, form }, kernel)
  const dense = chosen(order, (block) => isDense(view, block))
  for (let i = 0; i < dense.length; i++) dense[i] = (modelOf[dense[i] as number] as number) - 1
  writePackedWords(out, dense, kernel)
}

/** Those of some blocks that pass. */
function chosen(blocks: Uint32Array, passes: (block: number) => boolean): Uint32Array {
  const found = new Uint32Array(blocks.length)
  let count = 0
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i] as number
    if (passes(block)) found[count++] = block
  }
  return found.subarray(0, count)
}

/** Writes the statistics that have no form as small integers. */
function writeRawWords(
  out: ByteWriter,
  headers: Uint8Array,
  { counted, form }: { counted: Uint32Array; form: Int32Array },
  kernel: Kernel,
): void {
  // Those of most blocks have all.
  if (form.every((one) => (one & 1) === 1 && one !== RAW)) return
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength)
  const halves = new Int32Array(headers.slice().buffer)
  for (const at of WORDS) {
    const raw = counted.filter((_, i) => isRawWord(form[i] as number, at))
    const wordAt = (block: number): number => (block * HEADER_BYTES + at) >> 2
    const doubles = pairsAt(
      chosen(raw, (block) => isDouble(view, block, at)),
      wordAt,
      halves,
    )
    writePackedDoubles(out, new Float64Array(doubles.buffer), kernel)
    const others = pairsAt(
      chosen(raw, (block) => !isDouble(view, block, at)),
      wordAt,
      halves,
    )
    writePackedIntegers(out, new BigInt64Array(others.buffer), kernel)
  }
}

/** Values of 8 bytes by halves, which begin at a place of each block's: no BigInt is made, and no NaN changes its bits. */
function pairsAt(blocks: Uint32Array, placeOf: (block: number) => number, words: Int32Array): Int32Array {
  const pairs = new Int32Array(2 * blocks.length)
  for (let i = 0; i < blocks.length; i++) {
    const at = placeOf(blocks[i] as number)
    pairs[2 * i] = words[at] as number
    pairs[2 * i + 1] = words[at + 1] as number
  }
  return pairs
}

export function writeModels(out: ByteWriter, models: readonly DenseModel[]): void {
  out.varint(models.length)
  for (const { bytes } of models) {
    out.varint(bytes.length)
    out.bytes(bytes)
  }
}

export function readModels(reader: ByteReader): DenseModel[] {
  return Array.from({ length: reader.count(8) }, () => ({ bytes: reader.bytes(reader.varint()).slice() }))
}

/**
 * Reads what `writePackedHeaders` wrote, from bytes that are not trusted. `order` has every block once. Without models these come next, as in
 * segments of version 2.
 */
export function readPackedHeaders(
  reader: ByteReader,
  order: Uint32Array,
  kernel: Kernel,
  apart?: readonly DenseModel[],
): HeaderTable {
  const headers = new Uint8Array(order.length * HEADER_BYTES)
  const view = new DataView(headers.buffer)
  const blocks = [...order]
  for (const { at, bytes } of PARTS) {
    const values = readPackedIntegers(reader, blocks.length, kernel)
    blocks.forEach((block, i) => {
      writeUnsigned(view, block * HEADER_BYTES + at, bytes, Number(values[i]))
    })
  }
  readStatistics(
    reader,
    headers,
    blocks.filter((block) => hasStatistics(view, block)),
    kernel,
  )
  const models = apart ?? readModels(reader)
  const dense = blocks.filter((block) => isDense(view, block))
  const numbers = readPackedIntegers(reader, dense.length, kernel)
  const modelOf = new Uint32Array(models.length > 0 ? blocks.length : 0)
  dense.forEach((block, i) => {
    const number = Number(numbers[i])
    if (models[number] === undefined) throw reader.corrupt(`there is no model ${number}`)
    modelOf[block] = number + 1
  })
  return { headers, models, modelOf }
}

function readStatistics(
  reader: ByteReader,
  headers: Uint8Array<ArrayBuffer>,
  blocks: readonly number[],
  kernel: Kernel,
): void {
  const view = new DataView(headers.buffer)
  const form = readPackedIntegers(reader, blocks.length, kernel)
  if (form.some((one) => one < BigInt(RAW) || one > BigInt(2 * MOST_PLACES + 1)))
    throw reader.corrupt('unknown statistics')
  const chosen = blocks.map((_, i) => i).filter((i) => form[i] !== BigInt(RAW))
  const columns = Array.from({ length: STATISTICS }, () => readPackedIntegers(reader, chosen.length, kernel))
  const statistics = new HeaderStatistics(kernel.instance)
  const five = new BigInt64Array(STATISTICS)
  chosen.forEach((i, k) => {
    columns.forEach((column, slot) => {
      five[slot] = column[k] as bigint
    })
    const one = Number(form[i])
    statistics.unpack(headers, (blocks[i] as number) * HEADER_BYTES, one >> 1, (one & 1) === 1, five)
  })
  for (const at of WORDS) {
    const raw = blocks.filter((_, i) => isRawWord(Number(form[i]), at))
    const doubles = raw.filter((block) => isDouble(view, block, at))
    const integers = raw.filter((block) => !isDouble(view, block, at))
    const values = readPackedDoubles(reader, doubles.length, kernel)
    doubles.forEach((block, k) => {
      view.setFloat64(block * HEADER_BYTES + at, values[k] as number, true)
    })
    const others = readPackedIntegers(reader, integers.length, kernel)
    integers.forEach((block, k) => {
      view.setBigInt64(block * HEADER_BYTES + at, others[k] as bigint, true)
    })
  }
}

/** Blocks of strings and those without a value have none. */
function hasStatistics(view: DataView, block: number): boolean {
  const type = view.getUint8(block * HEADER_BYTES + 1)
  return type !== 0 && type !== TYPE_STRING && view.getUint16(block * HEADER_BYTES + 4, true) < blockRows(view, block)
}

function isDense(view: DataView, block: number): boolean {
  return (view.getUint8(block * HEADER_BYTES) & 15) === DENSE_MODE && blockPayloadBytes(view, block) > 0
}

function isRawWord(form: number, at: number): boolean {
  return form === RAW || (SUMS.includes(at) && (form & 1) === 0)
}

/** Whether a word of a block's statistics is a double. */
function isDouble(view: DataView, block: number, at: number): boolean {
  return SUMS.includes(at) || view.getUint8(block * HEADER_BYTES + 1) === TYPE_F64
}

function readUnsigned(view: DataView, at: number, bytes: 1 | 2 | 4): number {
  if (bytes === 1) return view.getUint8(at)
  return bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true)
}

function writeUnsigned(view: DataView, at: number, bytes: 1 | 2 | 4, value: number): void {
  if (bytes === 1) view.setUint8(at, value)
  else if (bytes === 2) view.setUint16(at, value, true)
  else view.setUint32(at, value, true)
}
