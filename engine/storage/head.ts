import { type Column, type FieldType, setValid } from '../core/batch.ts'
import type { TableRows } from '../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../core/time.ts'
import { timeExtremes } from '../core/time-extremes.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { groupsOfRows } from '../scan/merge-groups.ts'
import type { RowGroup, TimeRange } from '../scan/row-group.ts'
import { encodeGroup } from './encoded-group.ts'

const FIRST_CAPACITY = 8
const VALIDITY_BYTES = BLOCK_ROWS / 8

/** A field of a table, and where its values are in a chunk. */
interface HeadField {
  name: string
  type: FieldType
}

/** The fields of one table in the order in which they came. */
class HeadTable {
  readonly fields: HeadField[] = []
  readonly #places = new Map<string, number>()

  place(name: string, type: FieldType): number {
    const known = this.#places.get(name)
    if (known !== undefined) return known
    this.#places.set(name, this.fields.length)
    return this.fields.push({ name, type }) - 1
  }
}

/** Texts of string fields; chunks hold their codes. */
class TextPool {
  readonly texts: string[] = []
  readonly #codes = new Map<string, number>()
  bytes = 0

  code(text: string): number {
    const known = this.#codes.get(text)
    if (known !== undefined) return known
    this.#codes.set(text, this.texts.length)
    this.bytes += 2 * text.length + 64
    return this.texts.push(text) - 1
  }
}

/**
 * The newest rows of one series, at most 1024, in the order in which they came. Slots are 8 bytes wide: the times of all
 * rows, then each field's values; a capacity's worth of each.
 */
class Chunk {
  rows = 0
  capacity = FIRST_CAPACITY
  places = 0
  slots: BigInt64Array = new BigInt64Array(FIRST_CAPACITY)
  /** By place; absent where no row lacks the field. A field that came late lacks it in the rows before. */
  readonly validity: (Uint8Array | undefined)[] = []

  /** Makes room for some more rows and for so many fields. */
  reserve(rows: number, places: number): void {
    let capacity = this.capacity
    while (capacity < this.rows + rows) capacity = Math.min(capacity * 4, BLOCK_ROWS)
    if (capacity === this.capacity && places <= this.places) return
    const slots = new BigInt64Array(capacity * (1 + Math.max(places, this.places)))
    for (let column = 0; column <= this.places; column++) {
      const from = column * this.capacity
      slots.set(this.slots.subarray(from, from + this.rows), column * capacity)
    }
    for (let place = this.places; place < places; place++) {
      this.validity[place] = this.rows > 0 ? new Uint8Array(VALIDITY_BYTES) : undefined
    }
    this.slots = slots
    this.capacity = capacity
    this.places = Math.max(places, this.places)
  }

  /** The bitmap of a field, made with every row so far present where there was none. */
  bitmap(place: number): Uint8Array {
    const known = this.validity[place]
    if (known) return known
    const made = new Uint8Array(VALIDITY_BYTES)
    for (let row = 0; row < this.rows; row++) setValid(made, row)
    this.validity[place] = made
    return made
  }
}

interface HeadSeries {
  table: HeadTable
  /** Full chunks, encoded, in the order in which they filled. */
  sealed: RowGroup[]
  chunk: Chunk
  minTime: bigint
  maxTime: bigint
  /** The chunk as groups, until rows are added. */
  cached: readonly RowGroup[] | undefined
}

/** A batch's column with its place in the chunks of its table, its values as 8-byte slots. */
interface PlacedColumn {
  place: number
  slots: BigInt64Array
  validity: Uint8Array | undefined
}

/** Rows that no segment holds yet, by series ref. */
export class Head {
  readonly #kernel: Kernel
  readonly #tables = new Map<string, HeadTable>()
  readonly #series = new Map<number, HeadSeries>()
  readonly #pool = new TextPool()
  /** By ref, 0 between calls: how many rows of a batch a series has, then where its next one goes. */
  #next = new Uint32Array(1024)
  #rows = 0
  #chunkBytes = 0
  #sealedBytes = 0

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  get rows(): number {
    return this.#rows
  }

  /** About the memory that the rows take. */
  get bytes(): number {
    return this.#chunkBytes + this.#sealedBytes + this.#pool.bytes
  }

  /** Refs of the series that have rows. */
  get refs(): number[] {
    return [...this.#series.keys()]
  }

  append(batch: TableRows): void {
    const table = this.#table(batch.table)
    const columns = batch.fields.map((column) => this.#placed(table, column))
    const order = this.#orderBySeries(batch.series)
    for (let from = 0; from < order.length; ) {
      const ref = batch.series[order[from] as number] as number
      let to = from + 1
      while (to < order.length && batch.series[order[to] as number] === ref) to++
      this.#appendSeries(this.#seriesOf(ref, table), batch.time, columns, order.subarray(from, to))
      from = to
    }
    this.#rows += order.length
  }

  /** Groups of a series, of which later ones win. */
  groups(ref: number): readonly RowGroup[] {
    const series = this.#series.get(ref)
    if (series === undefined) return []
    series.cached ??= this.#chunkGroups(series)
    return series.sealed.length === 0 ? series.cached : [...series.sealed, ...series.cached]
  }

  /** Names of the fields that a series may have. */
  fieldsOf(ref: number): readonly string[] {
    return this.#series.get(ref)?.table.fields.map(({ name }) => name) ?? []
  }

  /** First and last time of all rows of some series, `undefined` where there are none. */
  bounds(refs: Uint32Array): TimeRange | undefined {
    let range: TimeRange | undefined
    for (const ref of refs) {
      const series = this.#series.get(ref)
      if (series === undefined) continue
      range ??= { start: series.minTime, end: series.maxTime }
      if (series.minTime < range.start) range.start = series.minTime
      if (series.maxTime > range.end) range.end = series.maxTime
    }
    return range
  }

  /** Rows sorted by their series, in the order in which those come first; rows of one series keep their order. */
  #orderBySeries(series: Uint32Array): Uint32Array {
    const met: number[] = []
    for (const ref of series) {
      if (ref >= this.#next.length) this.#next = grownTo(this.#next, ref + 1)
      const count = this.#next[ref] as number
      if (count === 0) met.push(ref)
      this.#next[ref] = count + 1
    }
    let total = 0
    for (const ref of met) {
      const count = this.#next[ref] as number
      this.#next[ref] = total
      total += count
    }
    const order = new Uint32Array(series.length)
    for (let row = 0; row < series.length; row++) {
      const ref = series[row] as number
      const at = this.#next[ref] as number
      order[at] = row
      this.#next[ref] = at + 1
    }
    for (const ref of met) this.#next[ref] = 0
    return order
  }

  #table(name: string): HeadTable {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = new HeadTable()
      this.#tables.set(name, table)
    }
    return table
  }

  #seriesOf(ref: number, table: HeadTable): HeadSeries {
    let series = this.#series.get(ref)
    if (series === undefined) {
      series = { table, sealed: [], chunk: new Chunk(), minTime: MAX_TIME, maxTime: MIN_TIME, cached: undefined }
      this.#series.set(ref, series)
    }
    return series
  }

  #placed(table: HeadTable, column: Column): PlacedColumn {
    if (column.type === 'time') throw new Error('times are not a field')
    return { place: table.place(column.name, column.type), slots: this.#slotsOf(column), validity: column.validity }
  }

  /** A column's values as 8 bytes each: a view of doubles and integers, codes of the pool for texts. */
  #slotsOf(column: Column): BigInt64Array {
    if (column.type === 'string') {
      const codes = column.dictionary.map((text) => BigInt(this.#pool.code(text)))
      return BigInt64Array.from(column.values, (code) => codes[code] ?? 0n)
    }
    if (column.type === 'bool') return BigInt64Array.from(column.values, BigInt)
    if (column.type !== 'f64') return column.values
    const { buffer, byteOffset, length } = column.values
    return new BigInt64Array(buffer, byteOffset, length)
  }

  #appendSeries(series: HeadSeries, times: BigInt64Array, columns: readonly PlacedColumn[], rows: Uint32Array): void {
    series.cached = undefined
    const [least, greatest] = timeExtremes(times, rows)
    if (least < series.minTime) series.minTime = least
    if (greatest > series.maxTime) series.maxTime = greatest
    for (let from = 0; from < rows.length; ) {
      const room = BLOCK_ROWS - series.chunk.rows
      const to = Math.min(rows.length, from + room)
      this.#fillChunk(series, times, columns, rows.subarray(from, to))
      if (series.chunk.rows === BLOCK_ROWS) this.#seal(series)
      from = to
    }
  }

  #fillChunk(series: HeadSeries, times: BigInt64Array, columns: readonly PlacedColumn[], rows: Uint32Array): void {
    const { chunk, table } = series
    const before = chunk.slots.byteLength
    chunk.reserve(rows.length, table.fields.length)
    this.#chunkBytes += chunk.slots.byteLength - before
    const { slots, capacity } = chunk
    gather(slots, chunk.rows, times, rows)
    const named = new Set<number>()
    for (const { place, slots: values, validity } of columns) {
      gather(slots, (1 + place) * capacity + chunk.rows, values, rows)
      if (validity || chunk.validity[place]) markRows(chunk.bitmap(place), chunk.rows, validity, rows)
      named.add(place)
    }
    // A field that the batch does not name is missing in its rows.
    for (let place = 0; place < chunk.places; place++) if (!named.has(place)) chunk.bitmap(place)
    chunk.rows += rows.length
  }

  #seal(series: HeadSeries): void {
    for (const group of this.#chunkGroups(series)) {
      const encoded = encodeGroup(
        group,
        series.table.fields.map(({ name }) => name),
        this.#kernel,
      )
      this.#sealedBytes += encoded.bytes
      series.sealed.push(encoded)
    }
    this.#chunkBytes -= series.chunk.slots.byteLength
    series.chunk = new Chunk()
    series.cached = undefined
  }

  #chunkGroups({ chunk, table }: HeadSeries): readonly RowGroup[] {
    if (chunk.rows === 0) return []
    const fields = new Map<string, Column>()
    for (let place = 0; place < chunk.places; place++) {
      const field = table.fields[place] as HeadField
      const column = this.#chunkColumn(chunk, place, field)
      if (column) fields.set(field.name, column)
    }
    // Views do: rows that are there never change, and a chunk that grows leaves its old slots behind.
    const times = chunk.slots.subarray(0, chunk.rows)
    return groupsOfRows(times, fields, this.#kernel)
  }

  /** A field's values as a column; `undefined` where no row has one. */
  #chunkColumn(chunk: Chunk, place: number, { name, type }: HeadField): Column | undefined {
    const bits = chunk.validity[place]?.slice(0, (chunk.rows + 7) >> 3)
    if (bits?.every((byte) => byte === 0)) return undefined
    const validity = bits === undefined ? {} : { validity: bits }
    const from = (1 + place) * chunk.capacity
    const slots = chunk.slots.subarray(from, from + chunk.rows)
    switch (type) {
      case 'f64':
        return { name, type, values: new Float64Array(slots.buffer, slots.byteOffset, slots.length), ...validity }
      case 'i64':
        return { name, type, values: slots, ...validity }
      case 'bool':
        return { name, type, values: Uint8Array.from(slots, Number), ...validity }
      case 'string':
        return { name, type, values: Uint32Array.from(slots, Number), dictionary: this.#pool.texts, ...validity }
    }
  }
}

function grownTo(from: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(Math.max(length, from.length * 2))
  to.set(from)
  return to
}

function gather(to: BigInt64Array, at: number, from: BigInt64Array, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) to[at + i] = from[rows[i] as number] as bigint
}

function markRows(bits: Uint8Array, at: number, validity: Uint8Array | undefined, rows: Uint32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    if (validity === undefined || (validity[row >> 3] as number) & (1 << (row & 7))) setValid(bits, at + i)
  }
}
