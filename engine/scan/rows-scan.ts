import { type Batch, type Column, type ColumnType, emptyValidity, type StringColumn, setValid } from '../core/batch.ts'
import { NO_ROW } from '../core/columns.ts'
import type { RowsPlan } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { type Tags, tagValue } from '../core/series.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ColumnScratch } from './column-scratch.ts'
import { evaluateFilter } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { orderGroups } from './merge-groups.ts'
import { mayPass } from './prune.ts'
import { type Placement, RowColumn } from './row-column.ts'
import {
  type GroupColumn,
  type GroupSource,
  isBlock,
  type Outline,
  type RowGroup,
  type SeriesRows,
  type TimeRange,
} from './row-group.ts'
import { freeUse, type ScanUse } from './scan-use.ts'

/** Rows that one step reads, about: a slice of time ends at the first group that starts after so many. */
export const SLICE_ROWS = 262_144
/** The same where a limit may make the first steps enough. */
export const LIMITED_SLICE_ROWS = 32_768

/** Rows of one group that passed. */
interface Part {
  tags: Tags
  group: RowGroup
  places: Uint32Array
}

/** Runs a rows plan over the series of one host, a slice of time after the other. */
export class RowsScan {
  readonly #plan: RowsPlan
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #scratch: ColumnScratch
  readonly #places = new Uint32Array(BLOCK_ROWS)
  #use = freeUse()
  readonly #decode: ColumnDecoder = (column, name) => {
    this.#countDecoded(column)
    return this.#scratch.decode(column, name)
  }
  #isLast = false

  /** `types` has the type of each field of the plan. */
  constructor(plan: RowsPlan, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.#plan = plan
    this.#types = new Map([...types, ...fieldTypes([plan.filter])])
    this.#kernel = kernel
    this.#scratch = new ColumnScratch(kernel)
  }

  /** Batches in the plan's order. `refs` are in canonical order. */
  async *run(source: GroupSource, refs: Uint32Array, use: ScanUse = freeUse()): AsyncGenerator<Batch> {
    this.#use = use
    const plan = this.#plan
    let left = plan.limit ?? Number.POSITIVE_INFINITY
    const sliceRows = plan.limit === undefined ? SLICE_ROWS : LIMITED_SLICE_ROWS
    const slices = planSlices(await source.outline(refs, plan), plan, sliceRows)
    if (plan.order === 'desc') slices.reverse()
    for (const [i, slice] of slices.entries()) {
      const batch = this.#batch(await this.#collect(source, refs, slice), left)
      left -= batch.rows
      this.#isLast = left <= 0 || i === slices.length - 1
      if (batch.rows > 0) yield batch
      if (left <= 0) return
    }
  }

  /** Whether no batch comes after the one that came last. */
  get isLast(): boolean {
    return this.#isLast
  }

  async #collect(source: GroupSource, refs: Uint32Array, slice: TimeRange): Promise<Part[]> {
    const fields = [...new Set([...this.#plan.fields, ...fieldNames([this.#plan.filter])])]
    const parts: Part[] = []
    for await (const series of source.read(refs, fields, slice, this.#use)) {
      for (const rows of series) {
        const turn = this.#use.turn(rows.groups.length)
        if (turn) await turn
        this.#collectSeries(rows, fields, slice, parts)
      }
    }
    return parts
  }

  #collectSeries(series: SeriesRows, fields: readonly string[], slice: TimeRange, parts: Part[]): void {
    for (const group of orderGroups(series.groups, fields, this.#kernel)) {
      if (group.maxTime < slice.start || group.minTime >= slice.end) continue
      if (this.#plan.filter && !mayPass(this.#plan.filter, group)) {
        this.#use.counts.skippedGroups++
        continue
      }
      this.#scratch.reset()
      const frame = new GroupFrame(group, series.tags, this.#types, this.#decode)
      const places = this.#passing(group, frame, slice)
      if (places.length > 0) parts.push({ tags: series.tags, group, places })
    }
  }

  /** Rows of a group in the slice that pass the filter. */
  #passing(group: RowGroup, frame: GroupFrame, slice: TimeRange): Uint32Array {
    const inside = group.minTime >= slice.start && group.maxTime < slice.end
    const from = inside ? 0 : lowerBound(frame.times, slice.start)
    const to = inside ? group.rows : lowerBound(frame.times, slice.end)
    const places = this.#places
    const passes = this.#plan.filter && from < to ? evaluateFilter(this.#plan.filter, frame) : undefined
    let count = 0
    for (let row = from; row < to; row++) if (passes === undefined || passes[row] === 1) places[count++] = row
    return places.slice(0, count)
  }

  #batch(parts: readonly Part[], limit: number): Batch {
    const times = this.#times(parts)
    const order = orderRows(this.#kernel.sortTimes(times), times, this.#plan.order)
    const rows = Math.min(order.length, limit)
    const ranks = new Uint32Array(order.length).fill(NO_ROW)
    const ordered = new BigInt64Array(rows)
    for (let rank = 0; rank < rows; rank++) {
      const row = order[rank] as number
      ranks[row] = rank
      ordered[rank] = times[row] as bigint
    }
    const columns: Column[] = [{ name: TIME_COLUMN, type: 'time', values: ordered }]
    if (this.#plan.tags.length > 0) columns.push(...tagColumns(this.#plan.tags, parts, { ranks, rows }))
    const placements = placementsOf(parts, ranks)
    for (const name of this.#plan.fields) {
      const values = new RowColumn(name, this.#types.get(name) ?? 'f64', rows, this.#kernel)
      parts.forEach(({ group }, i) => {
        const column = group.field(name)
        this.#countDecoded(column)
        values.put(column, placements[i] as Placement)
      })
      columns.push(values.finish())
    }
    return { rows, columns }
  }

  #countDecoded(column: GroupColumn | undefined): void {
    if (column && isBlock(column)) this.#use.counts.decodedBlocks++
  }

  /** Times of all parts' rows, one part after the other. */
  #times(parts: readonly Part[]): BigInt64Array {
    const times = new BigInt64Array(parts.reduce((total, { places }) => total + places.length, 0))
    let at = 0
    for (const { group, places } of parts) {
      this.#scratch.reset()
      const own = this.#decode(group.time, TIME_COLUMN).values as BigInt64Array // the values of times
      for (let i = 0; i < places.length; i++) times[at + i] = own[places[i] as number] as bigint
      at += places.length
    }
    return times
  }
}

/** Where the rows of each part go; `ranks` has those of all parts, one after the other. */
function placementsOf(parts: readonly Part[], ranks: Uint32Array): Placement[] {
  let at = 0
  return parts.map(({ places }) => {
    const from = at
    at += places.length
    return { places, ranks: ranks.subarray(from, at) }
  })
}

/** A column for each tag. One scattered pass finds each row's part; the tags themselves are then filled in order. */
function tagColumns(
  names: readonly string[],
  parts: readonly Part[],
  { ranks, rows }: { ranks: Uint32Array; rows: number },
): StringColumn[] {
  const partOfRow = new Uint32Array(rows)
  let at = 0
  parts.forEach(({ places }, part) => {
    const end = at + places.length
    for (; at < end; at++) {
      const rank = ranks[at] as number
      if (rank !== NO_ROW) partOfRow[rank] = part
    }
  })
  return names.map((name) => tagColumn(name, parts, partOfRow))
}

const NO_TEXT = 0xffffffff

function tagColumn(name: string, parts: readonly Part[], partOfRow: Uint32Array): StringColumn {
  const dictionary: string[] = []
  const codes = new Map<string, number>()
  const codeOfPart = new Uint32Array(parts.length)
  parts.forEach(({ tags }, part) => {
    const text = tagValue(tags, name)
    let code = text === '' ? NO_TEXT : codes.get(text)
    if (code === undefined) {
      code = dictionary.push(text) - 1
      codes.set(text, code)
    }
    codeOfPart[part] = code
  })
  const values = new Uint32Array(partOfRow.length)
  for (let row = 0; row < values.length; row++) values[row] = codeOfPart[partOfRow[row] as number] as number
  if (!codeOfPart.includes(NO_TEXT)) return { name, type: 'string', values, dictionary }
  const validity = emptyValidity(values.length)
  for (let row = 0; row < values.length; row++) {
    if (values[row] === NO_TEXT) values[row] = 0
    else setValid(validity, row)
  }
  return { name, type: 'string', values, dictionary, validity }
}

/** For descending times: last time first, and rows of one time in the order that they had. */
function orderRows(ascending: Uint32Array, times: BigInt64Array, order: 'asc' | 'desc'): Uint32Array {
  if (order === 'asc') return ascending
  const descending = new Uint32Array(ascending.length)
  let count = 0
  for (let end = ascending.length; end > 0; ) {
    let begin = end - 1
    while (begin > 0 && times[ascending[begin - 1] as number] === times[ascending[end - 1] as number]) begin--
    for (let i = begin; i < end; i++) descending[count++] = ascending[i] as number
    end = begin
  }
  return descending
}

/** First row whose time is not before `time`. */
export function lowerBound(times: BigInt64Array, time: bigint): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as bigint) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Cuts a range of time so that about `sliceRows` rows begin in each slice. */
export function planSlices(outline: Outline, range: TimeRange, sliceRows: number): TimeRange[] {
  const order = outline.minTimes.map((_, i) => i)
  order.sort((a, b) => ((outline.minTimes[a] as bigint) < (outline.minTimes[b] as bigint) ? -1 : 1))
  const slices: TimeRange[] = []
  let start = range.start
  let rows = 0
  for (const i of order) {
    const time = outline.minTimes[i] as bigint
    if (rows >= sliceRows && time > start && time < range.end) {
      slices.push({ start, end: time })
      start = time
      rows = 0
    }
    rows += outline.rows[i] as number
  }
  if (order.length > 0 && start < range.end) slices.push({ start, end: range.end })
  return slices
}
