import type { FieldType } from '../core/batch.ts'
import { blockNulls, blockPayloadBytes, blockRows, HEADER_BYTES, typeByte } from './header.ts'
import type { Kernel } from './kernel.ts'
import type { CoreInstance } from './memory.ts'

/** wasm/head/head.ts */
const STAGED_ROWS = 16_384
/** Headers of one batch of series, at least those of one: a hundred KiB, which stay in the cache. */
const BATCH_HEADERS = 2048
/** wasm/head/chunk.ts: words of a series, of a chunk and of a column. */
const SERIES = { ref: 0, table: 1, first: 2, least: 6, greatest: 8 } as const
const CHUNK = { next: 0, series: 1, columns: 2, columnCount: 3, rows: 4, unordered: 5 } as const
const COLUMN = { values: 0, validity: 1, filled: 2 } as const
const COLUMN_WORDS = 4

const SHIFTS: Readonly<Record<FieldType | 'time', number>> = { time: 3, f64: 3, i64: 3, string: 2, bool: 0 }

type Values = BigInt64Array | Float64Array | Uint32Array | Uint8Array

/** Values of some rows on their way to a head. */
export interface HeadColumn {
  /** Place among the fields of the table. */
  place: number
  /** Of strings the codes. */
  values: Values
  validity: Uint8Array | undefined
}

/** Rows of one table on their way to a head. */
export interface HeadRows {
  /** The table's number. */
  table: number
  /** How many fields the table has so far. */
  fields: number
  refs: Uint32Array
  times: BigInt64Array
  columns: readonly HeadColumn[]
}

/** What a chunk has of one field: the first values, and which of them are there; rows beyond have none. */
export interface ChunkValues {
  /** Views, until rows are added. */
  bytes: Uint8Array
  validity: Uint8Array | undefined
  filled: number
}

/** An encoded block: its header is number `block` of some, its payload is apart. */
export interface EncodedColumn {
  headers: Uint8Array
  /** The same bytes as `headers`. */
  view: DataView
  block: number
  payload: Uint8Array
}

/** Blocks of some series: by series a header a column, times first, and all payloads in the order of the headers. Views, until the next call. */
export interface SealedBatch {
  series: number
  headers: Uint8Array
  payloads: Uint8Array
}

interface HeadExports {
  headCreate(): void
  headRefs(): number
  headValues(): number
  headValidity(): number
  headBytes(): number
  headSeries(ref: number): number
  headSeriesAt(index: number): number
  headSeriesCount(): number
  headPlan(rows: number, table: number): void
  headTimes(columns: number): void
  headColumn(index: number, shift: number, hasValidity: number, columns: number): void
  headNote(ref: number, table: number, least: bigint, greatest: bigint): void
  headFullCount(): number
  headFull(): number
  headDropFull(shifts: number): void
  headSeal(chunk: number, types: number): number
  headSealed(): number
  headSealBatch(refs: number, count: number, table: number, types: number, columns: number): number
  headBatchEnd(): number
}

/**
 * An instance of the core that holds the rows of a head in a memory of its own: by series in chunks of at most 1024 rows, in
 * the order in which they came. Series are named by their refs.
 */
export class HeadMemory {
  readonly #instance: CoreInstance
  readonly #core: HeadExports
  readonly #refsAt: number
  readonly #valuesAt: number
  readonly #validityAt: number

  constructor(kernel: Kernel) {
    this.#instance = kernel.another()
    const { exports } = this.#instance
    if (!isHead(exports)) throw new Error('this WebAssembly module has no head')
    this.#core = exports
    this.#core.headCreate()
    this.#refsAt = exports.headRefs()
    this.#valuesAt = exports.headValues()
    this.#validityAt = exports.headValidity()
  }

  /** Forgets all rows; the memory stays as large as it has become. */
  clear(): void {
    this.#core.headCreate()
  }

  /** Bytes of the whole memory, which never become less. */
  get size(): number {
    return this.#instance.exports.memory.buffer.byteLength
  }

  /** Bytes that the rows take. */
  get bytes(): number {
    return this.#core.headBytes()
  }

  /** Refs of the series that have had rows. */
  get refs(): Uint32Array {
    const refs = new Uint32Array(this.#core.headSeriesCount())
    for (let i = 0; i < refs.length; i++) refs[i] = this.#word(this.#core.headSeriesAt(i), SERIES.ref)
    return refs
  }

  append(rows: HeadRows): void {
    for (let from = 0; from < rows.refs.length; from += STAGED_ROWS) {
      this.#appendSome(rows, from, Math.min(from + STAGED_ROWS, rows.refs.length))
    }
  }

  /** A series has rows elsewhere, of times from `minTime` to `maxTime`. */
  note(ref: number, table: number, { minTime, maxTime }: { minTime: bigint; maxTime: bigint }): void {
    this.#core.headNote(ref, table, minTime, maxTime)
  }

  /** Number of the table of a series, `undefined` where the series has no rows. */
  table(ref: number): number | undefined {
    const series = this.#core.headSeries(ref)
    return series === 0 ? undefined : this.#word(series, SERIES.table)
  }

  /** Least and greatest time that a series has had here, `undefined` where it has no rows. */
  bounds(ref: number): [least: bigint, greatest: bigint] | undefined {
    const series = this.#core.headSeries(ref)
    if (series === 0) return undefined
    const at = (series + 4 * SERIES.least) >> 3
    return [this.#instance.i64[at] as bigint, this.#instance.i64[at + 1] as bigint]
  }

  /** Whether a series has had rows here between whose first and last time some of a range are. */
  meets(ref: number, { start, end }: { start: bigint; end: bigint }): boolean {
    const series = this.#core.headSeries(ref)
    if (series === 0) return false
    const at = (series + 4 * SERIES.least) >> 3
    return (this.#instance.i64[at + 1] as bigint) >= start && (this.#instance.i64[at] as bigint) < end
  }

  /** Chunks of a series that were not dropped, oldest first. */
  chunks(ref: number): number[] {
    const series = this.#core.headSeries(ref)
    const chunks: number[] = []
    if (series === 0) return chunks
    for (let chunk = this.#word(series, SERIES.first); chunk !== 0; chunk = this.#word(chunk, CHUNK.next))
      chunks.push(chunk)
    return chunks
  }

  /** How many chunks of 1024 rows are there. */
  get fullCount(): number {
    return this.#core.headFullCount()
  }

  /** The chunk of 1024 rows that has been full for the longest. */
  oldestFull(): number | undefined {
    return this.#core.headFullCount() === 0 ? undefined : this.#core.headFull()
  }

  /**
   * Encodes a full chunk whose times rise and whose table has no strings, `types` being those of its fields: a block for the
   * times, then one for each field, `undefined` where no row has a value.
   */
  seal(chunk: number, types: readonly FieldType[]): (EncodedColumn | undefined)[] {
    this.#instance.u8.set([typeByte('time'), ...types.map(typeByte)], this.#valuesAt)
    const bytes = this.#core.headSeal(chunk, this.#valuesAt)
    const count = this.#word(chunk, CHUNK.columnCount)
    const payloadsAt = this.#core.headSealed() + count * HEADER_BYTES
    const headers = this.#instance.u8.slice(this.#core.headSealed(), payloadsAt)
    const payloads = this.#instance.u8.slice(payloadsAt, payloadsAt + bytes)
    const view = new DataView(headers.buffer)
    let at = 0
    return Array.from({ length: count }, (_, block) => {
      const from = at
      at += blockPayloadBytes(view, block)
      const isEmpty = blockNulls(view, block) === blockRows(view, block)
      return isEmpty ? undefined : { headers, view, block, payload: payloads.subarray(from, at) }
    })
  }

  /**
   * Encodes the rows of some series of a table, up to the first that has rows of another one, more than one chunk, or times that do not
   * rise; `types` are those of all fields of the table, none of them of strings. A field that a series lacks has a header of
   * rows without a value. Of some hundred series at most: the rest is for the next call.
   */
  sealBatch(refs: Uint32Array, table: number, types: readonly FieldType[]): SealedBatch {
    const columns = 1 + types.length
    const count = Math.min(refs.length, Math.max(1, Math.floor(BATCH_HEADERS / columns)))
    new Uint32Array(this.#instance.exports.memory.buffer, this.#refsAt, count).set(refs.subarray(0, count))
    this.#instance.u8.set([typeByte('time'), ...types.map(typeByte)], this.#valuesAt)
    const series = this.#core.headSealBatch(this.#refsAt, count, table, this.#valuesAt, columns)
    const headersAt = this.#core.headSealed()
    const payloadsAt = headersAt + count * columns * HEADER_BYTES
    return {
      series,
      headers: this.#instance.u8.subarray(headersAt, headersAt + series * columns * HEADER_BYTES),
      payloads: this.#instance.u8.subarray(payloadsAt, this.#core.headBatchEnd()),
    }
  }

  /** Gives back the chunk that has been full for the longest. `types` are those of its table's fields. */
  dropFull(types: readonly FieldType[]): void {
    const shifts = Uint8Array.from([SHIFTS.time, ...types.map((type) => SHIFTS[type])])
    this.#instance.u8.set(shifts, this.#valuesAt)
    this.#core.headDropFull(this.#valuesAt)
  }

  /** Ref of the series of a chunk. */
  refOf(chunk: number): number {
    return this.#word(this.#word(chunk, CHUNK.series), SERIES.ref)
  }

  rows(chunk: number): number {
    return this.#word(chunk, CHUNK.rows)
  }

  /** Whether the times of a chunk rise strictly. */
  isOrdered(chunk: number): boolean {
    return this.#word(chunk, CHUNK.unordered) === 0
  }

  /** Times of a chunk: a view, until rows are added. */
  times(chunk: number): BigInt64Array {
    const at = this.#word(this.#word(chunk, CHUNK.columns), COLUMN.values) >> 3
    return this.#instance.i64.subarray(at, at + this.rows(chunk))
  }

  /** What a chunk has of a field; `undefined` where it has nothing. */
  values(chunk: number, place: number, type: FieldType): ChunkValues | undefined {
    if (1 + place >= this.#word(chunk, CHUNK.columnCount)) return undefined
    const column = this.#word(chunk, CHUNK.columns) + (1 + place) * COLUMN_WORDS * 4
    const filled = this.#word(column, COLUMN.filled)
    if (filled === 0) return undefined
    const at = this.#word(column, COLUMN.values)
    const bits = this.#word(column, COLUMN.validity)
    const { u8 } = this.#instance
    return {
      bytes: u8.subarray(at, at + (filled << SHIFTS[type])),
      validity: bits === 0 ? undefined : u8.subarray(bits, bits + ((filled + 7) >> 3)),
      filled,
    }
  }

  #appendSome({ table, fields, refs, times, columns }: HeadRows, from: number, to: number): void {
    const rows = to - from
    const words = new Uint32Array(this.#instance.exports.memory.buffer, this.#refsAt, rows)
    words.set(refs.subarray(from, to))
    this.#core.headPlan(rows, table)
    this.#instance.i64.set(times.subarray(from, to), this.#valuesAt >> 3)
    this.#core.headTimes(1 + fields)
    for (const { place, values, validity } of columns) {
      const { buffer, byteOffset, BYTES_PER_ELEMENT: size } = values
      // A plain view of the bytes: `set` then copies them whatever the type, without a look at the values.
      this.#instance.u8.set(new Uint8Array(buffer, byteOffset + from * size, rows * size), this.#valuesAt)
      if (validity) this.#instance.u8.set(validity.subarray(from >> 3, (to + 7) >> 3), this.#validityAt)
      this.#core.headColumn(1 + place, Math.log2(size), validity ? 1 : 0, 1 + fields)
    }
  }

  #word(address: number, index: number): number {
    return (this.#instance.i32[(address >> 2) + index] as number) >>> 0
  }
}

function isHead(exports: object): exports is HeadExports {
  return 'headCreate' in exports
}
