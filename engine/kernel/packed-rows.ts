import type { Column } from '../core/batch.ts'
import type { TableRows } from '../core/rows.ts'
import { type RowBuffers, RowSpace } from './row-buffers.ts'

/** Rows that all lie in one buffer. */
export type PackedRows = TableRows & { memory: ArrayBufferLike }

/** The same rows with all their columns in one buffer of the pool, so that they can be moved to another thread at once. */
export function packRows(rows: Omit<TableRows, 'memory'>, buffers: RowBuffers): PackedRows {
  const { table, time, series, fields } = rows
  const space = spaceFor(rows, time.length, buffers)
  return {
    table,
    time: copied(space.i64(time.length), time),
    series: copied(space.u32(series.length), series),
    fields: fields.map((column) => packColumn(column, space)),
    memory: space.buffer,
  }
}

/** Rows at some places, in one buffer of the pool. */
export function gatherRows(rows: TableRows, places: Uint32Array, buffers: RowBuffers): PackedRows {
  const { table, time, series, fields } = rows
  const space = spaceFor(rows, places.length, buffers)
  return {
    table,
    time: gathered(space.i64(places.length), time, places),
    series: gathered(space.u32(places.length), series, places),
    fields: fields.map((column) => gatherColumn(column, places, space)),
    memory: space.buffer,
  }
}

function spaceFor({ fields }: Pick<TableRows, 'fields'>, rows: number, buffers: RowBuffers): RowSpace {
  let bytes = RowSpace.bytesOf(rows, 8) + RowSpace.bytesOf(rows, 4)
  for (const column of fields) bytes += columnBytes(column, rows)
  return new RowSpace(buffers.take(bytes))
}

/** Bytes that so many rows of a column take in a buffer. */
function columnBytes({ values, validity }: Column, rows: number): number {
  const bitmap = validity ? RowSpace.bytesOf((rows + 7) >> 3, 1) : 0
  return RowSpace.bytesOf(rows, values.BYTES_PER_ELEMENT) + bitmap
}

/** A copy of a column in a buffer. */
function packColumn<T extends Column>(column: T, space: RowSpace): T {
  const rows = column.values.length
  const values = copied(emptyValues(column, rows, space), column.values)
  const bits = column.validity?.subarray(0, (rows + 7) >> 3)
  const validity = bits && copied(space.u8(bits.length), bits)
  return { ...column, values, ...(validity && { validity }) }
}

function gatherColumn(column: Column, places: Uint32Array, space: RowSpace): Column {
  const rows = places.length
  const values = gathered(emptyValues(column, rows, space), column.values, places)
  const part = { ...column, values } as Column // one type for both, which spreading loses
  const { validity } = column
  if (validity === undefined) return part
  const bits = space.u8((rows + 7) >> 3).fill(0)
  for (let i = 0; i < rows; i++) {
    const place = places[i] as number
    if (((validity[place >> 3] as number) & (1 << (place & 7))) !== 0)
      bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7))
  }
  return { ...part, validity: bits }
}

function emptyValues({ type }: Column, rows: number, space: RowSpace): Column['values'] {
  if (type === 'f64') return space.f64(rows)
  if (type === 'string') return space.u32(rows)
  return type === 'bool' ? space.u8(rows) : space.i64(rows)
}

type Values = Column['values']

/** Copies bytes, without a look at the values. */
function copied<T extends Values>(target: T, from: Values): T {
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(
    new Uint8Array(from.buffer, from.byteOffset, from.byteLength),
  )
  return target
}

/** Values of 8 bytes by halves: no BigInt is made, and no NaN changes its bits. */
function gathered<T extends Values>(target: T, from: Values, places: Uint32Array): T {
  const size = target.BYTES_PER_ELEMENT
  if (size === 1) gatherInto(target as Uint8Array, from as Uint8Array, places)
  else {
    const words = new Uint32Array(target.buffer, target.byteOffset, target.byteLength >> 2)
    const source = new Uint32Array(from.buffer, from.byteOffset, from.byteLength >> 2)
    if (size === 4) gatherInto(words, source, places)
    else gatherPairs(words, source, places)
  }
  return target
}

function gatherInto(target: Uint8Array | Uint32Array, from: Uint8Array | Uint32Array, places: Uint32Array): void {
  for (let i = 0; i < places.length; i++) target[i] = from[places[i] as number] as number
}

function gatherPairs(target: Uint32Array, from: Uint32Array, places: Uint32Array): void {
  for (let i = 0; i < places.length; i++) {
    const at = 2 * (places[i] as number)
    target[2 * i] = from[at] as number
    target[2 * i + 1] = from[at + 1] as number
  }
}
