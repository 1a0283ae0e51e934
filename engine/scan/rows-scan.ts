import type { Batch, Column, ColumnType } from '../core/batch.ts'
import { NO_ROW } from '../core/columns.ts'
import type { RowsPlan } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import type { Tags } from '../core/series.ts'
import { RUN_BLOCKS } from '../kernel/block-run.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { ColumnScratch } from './column-scratch.ts'
import { evaluateFilter } from './evaluate.ts'
import { type ColumnDecoder, fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { orderGroups } from './merge-groups.ts'
import { PassedRows } from './passed-rows.ts'
import { mayPass } from './prune.ts'
import { RowColumn } from './row-column.ts'
import { type GroupSource, isBlock, type Outline, type RowGroup, type SeriesRows, type TimeRange } from './row-group.ts'
import { type RowSeries, tagColumns } from './row-series.ts'
import { freeUse, type ScanUse } from './scan-use.ts'

/** Rows that one step reads, about: a slice of time ends at the first group that starts after so many. */
export const SLICE_ROWS = 262_144
/** The same where a limit may make the first steps enough. */
export const LIMITED_SLICE_ROWS = 32_768

/** Runs a rows plan over the series of one host, a slice of time after the other. */
export class RowsScan {
  readonly #plan: RowsPlan
  readonly #types: ReadonlyMap<string, ColumnType>
  readonly #kernel: Kernel
  readonly #scratch: ColumnScratch
  readonly #places = new Uint32Array(RUN_BLOCKS * BLOCK_ROWS)
  #use = freeUse()
  readonly #decode: ColumnDecoder = (column, name) => {
    if (isBlock(column)) this.#use.counts.decodedBlocks++
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

  async #collect(source: GroupSource, refs: Uint32Array, slice: TimeRange): Promise<PassedRows[]> {
    const fields = [...new Set([...this.#plan.fields, ...fieldNames([this.#plan.filter])])]
    const parts: PassedRows[] = []
    for await (const series of source.read(refs, fields, slice, this.#use)) {
      for (const rows of series) {
        const turn = this.#use.turn(rows.groups.length)
        if (turn) await turn
        this.#collectSeries(rows, fields, slice, parts)
      }
    }
    return parts
  }

  #collectSeries(series: SeriesRows, fields: readonly string[], slice: TimeRange, parts: PassedRows[]): void {
    let run: RowGroup[] = []
    let [runRows, count] = [0, 0]
    const finish = (): void => {
      if (count > 0) parts.push(new PassedRows(series.tags, run, this.#places.slice(0, count)))
      run = []
      runRows = 0
      count = 0
    }
    for (const group of orderGroups(series.groups, fields, this.#kernel)) {
      if (group.maxTime < slice.start || group.minTime >= slice.end) continue
      if (this.#plan.filter && !mayPass(this.#plan.filter, group)) {
        this.#use.counts.skippedGroups++
        continue
      }
      const last = run[run.length - 1]
      const goesOn = last && run.length < RUN_BLOCKS && group.follows?.(last) === true
      if (!goesOn) finish()
      this.#scratch.reset()
      const frame = new GroupFrame(group, series.tags, this.#types, this.#decode)
      const passed = this.#pass(group, frame, { slice, runRows, count })
      // A group without any that passed begins no run.
      if (passed === count && run.length === 0) continue
      run.push(group)
      runRows += group.rows
      count = passed
    }
    finish()
  }

  /** Puts down rows of a group in the slice that pass the filter, counted from the first row of its run; returns how many are there now. */
  #pass(
    group: RowGroup,
    frame: GroupFrame,
    { slice, runRows, count }: { slice: TimeRange; runRows: number; count: number },
  ): number {
    const inside = group.minTime >= slice.start && group.maxTime < slice.end
    const from = inside ? 0 : lowerBound(frame.times, slice.start)
    const to = inside ? group.rows : lowerBound(frame.times, slice.end)
    const places = this.#places
    const passes = this.#plan.filter && from < to ? evaluateFilter(this.#plan.filter, frame) : undefined
    for (let row = from; row < to; row++) if (passes === undefined || passes[row] === 1) places[count++] = runRows + row
    return count
  }

  #batch(parts: readonly PassedRows[], limit: number): Batch {
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
    if (this.#plan.tags.length > 0) {
      const { tagSets, series } = seriesOfParts(parts, { ranks, rows })
      columns.push(...tagColumns(this.#plan.tags, tagSets, series))
    }
    const ranksOfParts = divided(ranks, parts)
    for (const name of this.#plan.fields) {
      const values = new RowColumn(name, this.#types.get(name) ?? 'f64', rows, this.#kernel)
      parts.forEach((part, i) => {
        this.#use.counts.decodedBlocks += values.put(part, ranksOfParts[i] as Uint32Array)
      })
      columns.push(values.finish())
    }
    return { rows, columns }
  }

  /** Times of all parts' rows, one part after the other. */
  #times(parts: readonly PassedRows[]): BigInt64Array {
    const times = new BigInt64Array(parts.reduce((total, { places }) => total + places.length, 0))
    let at = 0
    for (const part of parts) {
      this.#putTimes(part, times.subarray(at, at + part.places.length))
      at += part.places.length
    }
    return times
  }

  #putTimes(part: PassedRows, times: BigInt64Array): void {
    const { places } = part
    const run = part.timeBlocks()
    if (run) {
      this.#use.counts.decodedBlocks += run.count
      part.eachDecoded(this.#kernel, run, (base, from, to) => {
        const own = this.#kernel.instance.i64
        for (let i = from; i < to; i++) times[i] = own[base + (places[i] as number)] as bigint
      })
      return
    }
    for (const { group, firstRow, from, to } of part.byGroup()) {
      this.#scratch.reset()
      const own = this.#decode(group.time, TIME_COLUMN).values as BigInt64Array // the values of times
      for (let i = from; i < to; i++) times[i] = own[(places[i] as number) - firstRow] as bigint
    }
  }
}

/** The ranks of the rows of all parts, one part after the other, by part. */
function divided(ranks: Uint32Array, parts: readonly PassedRows[]): Uint32Array[] {
  let at = 0
  return parts.map(({ places }) => {
    const from = at
    at += places.length
    return ranks.subarray(from, at)
  })
}

/** The series of the rows of an answer. */
function seriesOfParts(parts: readonly PassedRows[], { ranks, rows }: { ranks: Uint32Array; rows: number }): RowSeries {
  const tagSets: Tags[] = []
  const series = new Uint32Array(rows)
  let at = 0
  for (const { tags, places } of parts) {
    if (tagSets[tagSets.length - 1] !== tags) tagSets.push(tags)
    const number = tagSets.length - 1
    for (const end = at + places.length; at < end; at++) {
      const rank = ranks[at] as number
      if (rank !== NO_ROW) series[rank] = number
    }
  }
  return { series, tagSets }
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
