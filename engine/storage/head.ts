import { type Column, emptyValidity, type FieldType, setValid } from '../core/batch.ts'
import { sliceColumn } from '../core/columns.ts'
import type { TableGroups, TableRows } from '../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../core/time.ts'
import { type HeadColumn, HeadMemory } from '../kernel/head-memory.ts'
import { blockMaxI64, blockMinI64, blockRows } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { withoutHidden } from '../scan/hidden-rows.ts'
import { groupsOfRows, PlainGroup } from '../scan/merge-groups.ts'
import { type Block, NO_GROUPS, type RowGroup, type TimeRange } from '../scan/row-group.ts'
import { type EncodedGroup, type EncodedRun, encodeGroup, GroupOfBlocks } from './encoded-group.ts'
import { firstNotBefore, type LaterRows, SortedRows } from './sorted-rows.ts'
import { encodedGroups } from './table-groups.ts'

/** A field of a table, at its place in the table. */
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

/** Series whose rows are encoded in one call at most. */
const MAX_ENCODED_SERIES = 2048
/** Full chunks that may wait to be encoded. */
const MAX_FULL_CHUNKS = 256

/** Rows that no segment holds yet, by series ref. */
export class Head {
  readonly #kernel: Kernel
  readonly #memory: HeadMemory
  readonly #tables: HeadTable[] = []
  readonly #tableNumbers = new Map<string, number>()
  readonly #pool = new TextPool()
  /** Full chunks, encoded, in the order in which they filled. */
  readonly #sealed = new Map<number, EncodedGroup[]>()
  /** By chunk: so many of its first rows do not count, since what a delete has left of them is encoded. */
  readonly #taken = new Map<number, number>()
  /** By ref, of series that have rows out of order: their groups, as they were asked for last. */
  readonly #sorted = new Map<number, SortedRows>()
  #rows = 0
  #sealedBytes = 0

  /** `memory` is empty. */
  constructor(kernel: Kernel, memory: HeadMemory = new HeadMemory(kernel)) {
    this.#kernel = kernel
    this.#memory = memory
  }

  /** For another head, when this one is read no more. */
  get memory(): HeadMemory {
    return this.#memory
  }

  get rows(): number {
    return this.#rows
  }

  /** About the memory that the rows take. */
  get bytes(): number {
    return this.#memory.bytes + this.#sealedBytes + this.#pool.bytes
  }

  /** Refs of the series that have rows. */
  get refs(): Uint32Array {
    return this.#memory.refs
  }

  append(batch: TableRows): void {
    const number = this.#tableNumber(batch.table)
    const table = this.#tables[number] as HeadTable
    const columns = batch.fields.map((column) => this.#placed(table, column))
    const { series: refs, time: times } = batch
    this.#memory.append({ table: number, fields: table.fields.length, refs, times, columns })
    this.#rows += times.length
  }

  /** Takes groups as they are. What is there of their series in rows is encoded first, so that it stays before them. */
  appendGroups(batch: TableGroups): void {
    const number = this.#tableNumber(batch.table)
    const table = this.#tables[number] as HeadTable
    for (const { name, type } of batch.fields) table.place(name, type)
    for (const [i, group] of encodedGroups(batch).entries()) {
      const ref = batch.series[i] as number
      if (this.#hasPlain(ref)) this.#replace(ref, this.groups(ref, this.fieldsOf(ref)))
      this.#memory.note(ref, number, group)
      const known = this.#sealed.get(ref)
      if (known) known.push(group)
      else this.#sealed.set(ref, [group])
      this.#rows += group.rows
      this.#sealedBytes += group.bytes
    }
  }

  /** Takes rows of some series in a range of time away. What is left of those series is encoded, since chunks only grow. */
  delete(refs: Iterable<number>, range: TimeRange): void {
    for (const ref of refs) {
      const bounds = this.#memory.bounds(ref)
      if (bounds === undefined || bounds[0] >= range.end || bounds[1] < range.start) continue
      const names = this.fieldsOf(ref)
      const groups = this.groups(ref, names)
      const left = groups.flatMap((group) => withoutHidden(group, [range], names, this.#kernel) ?? [])
      this.#rows -= rowsOf(groups) - rowsOf(left)
      this.#replace(ref, left)
    }
  }

  /** Puts groups in place of all that there is of a series. */
  #replace(ref: number, groups: readonly RowGroup[]): void {
    const names = this.fieldsOf(ref)
    const sealed = groups.map((group) => encodeGroup(group, names, this.#kernel))
    this.#sealedBytes += bytesOf(sealed) - bytesOf(this.#sealed.get(ref) ?? [])
    this.#sealed.set(ref, sealed)
    this.#sorted.delete(ref)
    for (const chunk of this.#memory.chunks(ref)) this.#taken.set(chunk, this.#memory.rows(chunk))
  }

  /** Whether a series has rows that are not encoded. */
  #hasPlain(ref: number): boolean {
    return this.#memory.chunks(ref).some((chunk) => this.#memory.rows(chunk) > (this.#taken.get(chunk) ?? 0))
  }

  /** Encodes chunks that are full, those first that have been for the longest, until it is time and they are not too many. */
  seal(isTime: () => boolean): void {
    for (let chunk = this.#memory.oldestFull(); chunk !== undefined; chunk = this.#memory.oldestFull()) {
      const ref = this.#memory.refOf(chunk)
      const table = this.#tableOf(ref)
      const sealed = this.#encoded(chunk, table)
      for (const { bytes } of sealed) this.#sealedBytes += bytes
      const known = this.#sealed.get(ref)
      if (known) known.push(...sealed)
      else this.#sealed.set(ref, sealed)
      this.#sorted.delete(ref)
      this.#taken.delete(chunk)
      this.#memory.dropFull(table.fields.map(({ type }) => type))
      if (isTime() && this.#memory.fullCount <= MAX_FULL_CHUNKS) return
    }
  }

  /** Groups of a series with some of its fields at least, of a range those that may have rows in it. Later ones win. */
  groups(ref: number, fields: readonly string[], range: TimeRange = ALL_TIMES): readonly RowGroup[] {
    if (range !== ALL_TIMES && !this.#memory.meets(ref, range)) return NO_GROUPS
    const groups: RowGroup[] = []
    for (const group of this.#sealed.get(ref) ?? []) if (meets(group, range)) groups.push(group)
    const chunks = this.#memory.chunks(ref)
    const table = chunks.length === 0 ? undefined : this.#tableOf(ref)
    if (table === undefined) return groups
    if (!chunks.every((chunk) => this.#memory.isOrdered(chunk))) {
      for (const group of this.#sortedGroups(ref, chunks, fields)) if (meets(group, range)) groups.push(group)
      return groups
    }
    for (const chunk of chunks) groups.push(...this.#chunkGroups(chunk, table, fields, range))
    return groups
  }

  /** Groups of chunks of which some are out of order: all, which are kept and added to. */
  #sortedGroups(ref: number, chunks: readonly number[], fields: readonly string[]): readonly RowGroup[] {
    const known = this.#sorted.get(ref)
    const sorted = known?.hasFields(fields) ? known : new SortedRows(fields, this.#kernel)
    this.#sorted.set(ref, sorted)
    const table = this.#tableOf(ref)
    return chunks.flatMap((chunk) =>
      sorted.groupsOf(chunk, this.#memory.rows(chunk), (from) =>
        this.#chunkRows(chunk, table, fields, { range: ALL_TIMES, from }),
      ),
    )
  }

  /**
   * The rows of the first of some series, encoded: those of one table before the first that has more than a few hundred rows, some that
   * are out of order or encoded already, or strings. `undefined` where that is the first one.
   */
  encodeShort(all: Uint32Array): EncodedRun | undefined {
    const refs = all.subarray(0, MAX_ENCODED_SERIES)
    const number = this.#memory.table(refs[0] as number)
    const { fields } = this.#tableOf(refs[0] as number)
    const types = fields.map(({ type }) => type)
    if (number === undefined || types.includes('string')) return undefined
    const isSealed = this.#sealed.size > 0 || this.#taken.size > 0
    const end = isSealed ? refs.findIndex((ref) => this.#sealed.has(ref)) : -1
    const { series, ...blocks } = this.#memory.sealBatch(end < 0 ? refs : refs.subarray(0, end), number, types)
    return series === 0
      ? undefined
      : { refs: refs.subarray(0, series), fields: fields.map(({ name }) => name), ...blocks }
  }

  /** Names of the fields that a series may have. */
  fieldsOf(ref: number): readonly string[] {
    return this.#memory.table(ref) === undefined ? [] : this.#tableOf(ref).fields.map(({ name }) => name)
  }

  /** Whether a series may have rows. */
  holds(ref: number): boolean {
    return this.rows > 0 && this.#memory.bounds(ref) !== undefined
  }

  /** First and last time of all rows of some series, `undefined` where there are none. */
  bounds(refs: Uint32Array): TimeRange | undefined {
    let range: TimeRange | undefined
    for (const ref of refs) {
      const bounds = this.#memory.bounds(ref)
      if (bounds === undefined) continue
      const [start, end] = bounds
      range ??= { start, end }
      if (start < range.start) range.start = start
      if (end > range.end) range.end = end
    }
    return range
  }

  #encoded(chunk: number, table: HeadTable): EncodedGroup[] {
    const names = table.fields.map(({ name }) => name)
    const types = table.fields.map(({ type }) => type)
    if (this.#taken.has(chunk) || !this.#memory.isOrdered(chunk) || types.includes('string')) {
      return this.#chunkGroups(chunk, table, names).map((group) => encodeGroup(group, names, this.#kernel))
    }
    const [time, ...columns] = this.#memory.seal(chunk, types)
    if (time === undefined) throw new Error('a chunk without times was sealed')
    const fields = new Map<string, Block>()
    for (const [i, column] of columns.entries()) if (column) fields.set(names[i] as string, column)
    const [minTime, maxTime] = [blockMinI64(time.view, time.block), blockMaxI64(time.view, time.block)]
    return [new GroupOfBlocks({ rows: blockRows(time.view, time.block), minTime, maxTime }, time, fields)]
  }

  #tableNumber(name: string): number {
    const known = this.#tableNumbers.get(name)
    if (known !== undefined) return known
    this.#tableNumbers.set(name, this.#tables.length)
    return this.#tables.push(new HeadTable()) - 1
  }

  #tableOf(ref: number): HeadTable {
    const table = this.#tables[this.#memory.table(ref) ?? -1]
    if (table === undefined) throw new Error(`series ${ref} has no rows`)
    return table
  }

  #placed(table: HeadTable, column: Column): HeadColumn {
    const { name, validity } = column
    if (column.type === 'time') throw new Error('times are not a field')
    const place = table.place(name, column.type)
    if (column.type !== 'string') return { place, values: column.values, validity }
    const codes = Uint32Array.from(column.dictionary, (text) => this.#pool.code(text))
    return { place, values: column.values.map((code) => codes[code] ?? 0), validity }
  }

  /** Groups of a chunk, of rows as `#chunkRows` gives them. */
  #chunkGroups(chunk: number, table: HeadTable, names: readonly string[], range?: TimeRange): readonly PlainGroup[] {
    const [times, columns] = this.#chunkRows(chunk, table, names, { range })
    if (times.length === 0) return []
    return this.#memory.isOrdered(chunk) ? [new PlainGroup(times, columns)] : groupsOfRows(times, columns, this.#kernel)
  }

  /**
   * Rows of a chunk from one on, in the order in which they came: views, which last until rows are added; where a range is given
   * copies, and of rows in order only those in it.
   */
  #chunkRows(
    chunk: number,
    { fields }: HeadTable,
    names: readonly string[],
    { range, from: first = 0 }: { range?: TimeRange | undefined; from?: number },
  ): LaterRows {
    const all = this.#memory.times(chunk)
    const isCut = range !== undefined && this.#memory.isOrdered(chunk)
    const taken = Math.max(first, this.#taken.get(chunk) ?? 0)
    const from = isCut ? firstNotBefore(all, range.start, taken) : taken
    const to = isCut ? firstNotBefore(all, range.end, from) : all.length
    const times = range ? all.slice(from, to) : all.subarray(from, to)
    const columns = new Map<string, Column>()
    if (from >= to) return [times, columns]
    for (const [place, field] of fields.entries()) {
      const whole = names.includes(field.name) ? this.#column(chunk, place, field) : undefined
      if (whole === undefined) continue
      const column = to - from < all.length ? sliceColumn(whole, from, to) : whole
      columns.set(field.name, range ? copyOf(column) : column)
    }
    return [times, columns]
  }

  /** A field's values in a chunk; `undefined` where no row has one. */
  #column(chunk: number, place: number, { name, type }: HeadField): Column | undefined {
    const found = this.#memory.values(chunk, place, type)
    const rows = this.#memory.rows(chunk)
    if (found === undefined || found.validity?.every((byte) => byte === 0)) return undefined
    if (found.filled === rows) return this.#typed(name, type, found.bytes, found.validity)
    const bytes = new Uint8Array((rows * found.bytes.length) / found.filled)
    bytes.set(found.bytes)
    const validity = emptyValidity(rows)
    if (found.validity) validity.set(found.validity)
    else for (let row = 0; row < found.filled; row++) setValid(validity, row)
    return this.#typed(name, type, bytes, validity)
  }

  #typed(name: string, type: FieldType, bytes: Uint8Array, bits: Uint8Array | undefined): Column {
    const validity = bits === undefined ? {} : { validity: bits }
    const { buffer, byteOffset, length } = bytes
    switch (type) {
      case 'f64':
        return { name, type, values: new Float64Array(buffer, byteOffset, length >> 3), ...validity }
      case 'i64':
        return { name, type, values: new BigInt64Array(buffer, byteOffset, length >> 3), ...validity }
      case 'bool':
        return { name, type, values: bytes, ...validity }
      case 'string': {
        const values = new Uint32Array(buffer, byteOffset, length >> 2)
        return { name, type, values, dictionary: this.#pool.texts, ...validity }
      }
    }
  }
}

const ALL_TIMES: TimeRange = { start: MIN_TIME, end: MAX_TIME + 1n }

function meets({ minTime, maxTime }: RowGroup, { start, end }: TimeRange): boolean {
  return minTime < end && maxTime >= start
}

function copyOf(column: Column): Column {
  const { validity, ...rest } = column
  const copy = { ...rest, values: column.values.slice() } as Column // one type for both, which spreading loses
  return validity ? { ...copy, validity: validity.slice() } : copy
}

function rowsOf(groups: readonly RowGroup[]): number {
  return groups.reduce((total, { rows }) => total + rows, 0)
}

function bytesOf(groups: readonly EncodedGroup[]): number {
  return groups.reduce((total, { bytes }) => total + bytes, 0)
}
