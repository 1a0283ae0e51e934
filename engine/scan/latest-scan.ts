import type { Batch, Column, ColumnType } from '../core/batch.ts'
import { valueAt } from '../core/batch.ts'
import type { Literal } from '../core/expression.ts'
import { literalsColumn } from '../core/literals.ts'
import type { LatestPlan } from '../core/plan.ts'
import { tagValue } from '../core/series.ts'
import { MAX_TIME } from '../core/time.ts'
import { blockLastF64, blockLastI64, blockNulls, blockType } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { evaluateFilter } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { decodeColumn, orderGroups } from './merge-groups.ts'
import type { KnownNewest, NewestRow } from './newest-rows.ts'
import { type Block, type GroupSource, isBlock, type RowGroup, type SeriesRows, type TimeRange } from './row-group.ts'
import { freeUse, type ScanUse } from './scan-use.ts'
import type { Partitions, TaggedSeries } from './tagged-series.ts'
import { lowerBound } from './time-slices.ts'

/** Where rows are of less than one series in so many, these are few. */
const FEW = 2

/** Where rows come from, and what is known of the newest ones. */
export interface NewestSource extends GroupSource {
  newest(table: string, fields: readonly string[]): KnownNewest
}

export interface LatestOptions {
  /** The type of each field of the plan. */
  types: ReadonlyMap<string, ColumnType>
  kernel: Kernel
}

/** Runs a latest plan over the series of one host: the newest row that passes, of each partition. */
export class LatestScan {
  readonly #plan: LatestPlan
  readonly #fields: readonly string[]
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #series: TaggedSeries
  readonly #partitions: Partitions
  readonly #decode: ColumnDecoder
  /** The newest row that passes, by the place of its series. */
  readonly #rows: (NewestRow | undefined)[]
  #use = freeUse()

  constructor(plan: LatestPlan, series: TaggedSeries, { types, kernel }: LatestOptions) {
    this.#plan = plan
    this.#series = series
    this.#partitions = series.partitions(plan.by)
    this.#rows = new Array(series.refs.length).fill(undefined)
    this.#fields = [...new Set([...plan.fields, ...fieldNames([plan.filter])])]
    this.#types = new Map([...types, ...fieldTypes([plan.filter])])
    this.#kernel = kernel
    this.#decode = (column, name) => {
      if (isBlock(column)) this.#use.counts.decodedBlocks++
      return decodeColumn(column, name, kernel)
    }
  }

  /**
   * One batch, by the values of the plan's `by`. Rows before `slowBefore` are dear to read: they are looked at only for partitions
   * that have none after it.
   */
  async run(
    source: NewestSource,
    slowBefore: bigint | undefined = undefined,
    use: ScanUse = freeUse(),
  ): Promise<Batch> {
    this.#use = use
    if (slowBefore === undefined || slowBefore <= this.#plan.start) await this.#readUnknown(source)
    else await this.#readSlowly(source, slowBefore)
    return this.#batch(new Uint32Array(this.#newest().filter((place) => place >= 0)))
  }

  /** Reads the series whose newest row is not known, from where it may be. */
  async #readUnknown(source: NewestSource): Promise<void> {
    const { table, fields, start, end, filter } = this.#plan
    const { refs } = this.#series
    if (filter !== undefined || end !== MAX_TIME) return this.#read(source, refs.keys(), this.#plan)
    const newest = source.newest(table, fields)
    let from = MAX_TIME
    const unknown: number[] = []
    for (let place = 0; place < refs.length; place++) {
      const known = newest.find(refs[place] as number)
      const time = known?.row.time ?? start
      if (known && !known.isOvertaken) {
        if (time >= start) this.#rows[place] = known.row
        continue
      }
      if (time < from) from = time
      unknown.push(place)
    }
    if (unknown.length === 0) return
    await this.#read(source, unknown, { start: from > start ? from : start, end })
    newest.keep(this.#rowsOf(unknown))
  }

  async #readSlowly(source: GroupSource, before: bigint): Promise<void> {
    const { refs } = this.#series
    await this.#read(source, refs.keys(), { start: before, end: this.#plan.end })
    const newest = this.#newest()
    const rest: number[] = []
    for (let place = 0; place < refs.length; place++) {
      const found = newest[this.#partitionOf(place)] as number
      if (found < 0 || (this.#rows[found]?.time ?? before) < before) rest.push(place)
    }
    await this.#read(source, rest, this.#plan)
  }

  async #read(source: GroupSource, places: Iterable<number>, range: TimeRange): Promise<void> {
    const { refs } = this.#series
    const placeOf = new Map<number, number>()
    for (const place of places) placeOf.set(refs[place] as number, place)
    /** Newest times of partitions: with a filter it is dear to look before them. */
    const times = this.#plan.filter ? new Map<number, bigint>() : undefined
    for await (const part of source.read(Uint32Array.from(placeOf.keys()), this.#fields, range, this.#use)) {
      for (const series of part) {
        const turn = this.#use.turn(series.groups.length)
        if (turn) await turn
        const place = placeOf.get(series.ref) as number
        const partition = this.#partitionOf(place)
        const row = this.#newestRow(series, times?.get(partition))
        this.#rows[place] = row
        if (row) times?.set(partition, row.time)
      }
    }
  }

  #partitionOf(place: number): number {
    return this.#partitions.ofPlace[place] as number
  }

  /** The place of each partition's newest row, -1 where it has none; of rows with one time that of the later series in canonical order. */
  #newest(): Int32Array {
    const newest = new Int32Array(this.#partitions.count).fill(-1)
    for (let place = 0; place < this.#rows.length; place++) {
      const row = this.#rows[place]
      if (row === undefined) continue
      const partition = this.#partitionOf(place)
      const known = this.#rows[newest[partition] as number]
      if (known === undefined || row.time >= known.time) newest[partition] = place
    }
    return newest
  }

  #rowsOf(places: readonly number[]): Map<number, NewestRow> {
    const rows = new Map<number, NewestRow>()
    for (const place of places) {
      const row = this.#rows[place]
      if (row) rows.set(this.#series.refs[place] as number, row)
    }
    return rows
  }

  #newestRow(series: SeriesRows, notBefore: bigint = this.#plan.start): NewestRow | undefined {
    const groups = orderGroups(series.groups, this.#fields, this.#kernel)
    for (let i = groups.length - 1; i >= 0; i--) {
      const group = groups[i] as RowGroup
      if (group.maxTime < notBefore) return undefined
      if (group.minTime >= this.#plan.end) continue
      const frame = new GroupFrame(group, series.tags, this.#types, this.#decode)
      const row = this.#lastPassing(frame, group.maxTime < this.#plan.end)
      if (row < 0) continue
      const time = row === group.rows - 1 ? group.maxTime : (frame.times[row] as bigint)
      if (time < notBefore) return undefined
      return { time, values: this.#plan.fields.map((name) => fieldValue(group, frame, row, name)) }
    }
    return undefined
  }

  #lastPassing(frame: GroupFrame, whole: boolean): number {
    const last = whole ? frame.rows - 1 : lowerBound(frame.times, this.#plan.end) - 1
    if (this.#plan.filter === undefined) return last
    const passes = evaluateFilter(this.#plan.filter, frame)
    for (let row = last; row >= 0; row--) if (passes[row] === 1) return row
    return -1
  }

  #batch(places: Uint32Array): Batch {
    const { tags, fields } = this.#plan
    const rows: NewestRow[] = []
    for (const place of places) rows.push(this.#rows[place] as NewestRow)
    const times = new BigInt64Array(rows.length)
    for (let row = 0; row < rows.length; row++) times[row] = rows[row]?.time ?? 0n
    const columns: Column[] = [
      { name: 'time', type: 'time', values: times },
      ...tags.map((name) => this.#tagColumn(name, places)),
      ...fields.map((name, at) => {
        const values = rows.map((row) => row.values[at] ?? null)
        return literalsColumn(name, this.#types.get(name) ?? 'f64', values)
      }),
    ]
    return { rows: rows.length, columns }
  }

  /** Of few of many series, texts of the others are not worth to be sent. */
  #tagColumn(name: string, places: Uint32Array): Column {
    if (places.length * FEW >= this.#series.refs.length) return this.#series.column(name, places)
    const texts = Array.from(places, (place) => tagValue(this.#series.tags(place), name) || null)
    return literalsColumn(name, 'string', texts)
  }
}

/** The value of a field in a row of a group. */
function fieldValue(group: RowGroup, frame: GroupFrame, row: number, name: string): Literal {
  const column = group.field(name)
  if (column === undefined) return null
  const last = isBlock(column) && row === group.rows - 1 ? lastOfHeader(column) : undefined
  return last ?? valueAt(frame.column(name, 'field'), row)
}

/** The value of a block's last row, where its header has it: in blocks of numbers without a missing value. */
function lastOfHeader({ view, block }: Block): number | bigint | undefined {
  if (blockNulls(view, block) > 0) return undefined
  const type = blockType(view, block)
  if (type === 'f64') return blockLastF64(view, block)
  return type === 'i64' ? blockLastI64(view, block) : undefined
}
