import type { Batch, Column, ColumnType } from '../core/batch.ts'
import { NO_ROW } from '../core/columns.ts'
import type { RowsPlan } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { type Tags, tagValue } from '../core/series.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { evaluateFilter } from './evaluate.ts'
import { fieldNames, fieldTypes, GroupFrame } from './group-frame.ts'
import { orderGroups } from './merge-groups.ts'
import { mayPass } from './prune.ts'
import { type Placement, RowColumn } from './row-column.ts'
import type { GroupSource, Outline, RowGroup, SeriesRows, TimeRange } from './row-group.ts'

/** Rows that one step reads, about: a slice of time ends at the first group that starts after so many. */
export const SLICE_ROWS = 65_536

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

  /** `types` has the type of each field of the plan. */
  constructor(plan: RowsPlan, types: ReadonlyMap<string, ColumnType>, kernel: Kernel) {
    this.#plan = plan
    this.#types = new Map([...types, ...fieldTypes([plan.filter])])
    this.#kernel = kernel
  }

  /** Batches in the plan's order. `refs` are in canonical order. */
  async *run(source: GroupSource, refs: Uint32Array): AsyncGenerator<Batch> {
    const plan = this.#plan
    let left = plan.limit ?? Number.POSITIVE_INFINITY
    const slices = planSlices(source.outline(refs, plan), plan)
    if (plan.order === 'desc') slices.reverse()
    for (const slice of slices) {
      if (left <= 0) return
      const batch = this.#batch(await this.#collect(source, refs, slice), left)
      left -= batch.rows
      if (batch.rows > 0) yield batch
    }
  }

  async #collect(source: GroupSource, refs: Uint32Array, slice: TimeRange): Promise<Part[]> {
    const fields = [...new Set([...this.#plan.fields, ...fieldNames([this.#plan.filter])])]
    const parts: Part[] = []
    for await (const series of source.read(refs, fields, slice)) {
      for (const rows of series) this.#collectSeries(rows, fields, slice, parts)
    }
    return parts
  }

  #collectSeries(series: SeriesRows, fields: readonly string[], slice: TimeRange, parts: Part[]): void {
    for (const group of orderGroups(series.groups, fields, this.#kernel)) {
      if (group.maxTime < slice.start || group.minTime >= slice.end) continue
      if (this.#plan.filter && !mayPass(this.#plan.filter, group)) continue
      const frame = new GroupFrame(group, series.tags, this.#types, this.#kernel)
      const places = this.#passing(group, frame, slice)
      if (places.length > 0) parts.push({ tags: series.tags, group, places })
    }
  }

  /** Rows of a group in the slice that pass the filter. */
  #passing(group: RowGroup, frame: GroupFrame, slice: TimeRange): Uint32Array {
    const inside = group.minTime >= slice.start && group.maxTime < slice.end
    const from = inside ? 0 : lowerBound(frame.times, slice.start)
    const to = inside ? group.rows : lowerBound(frame.times, slice.end)
    const places = new Uint32Array(to - from)
    const passes = this.#plan.filter && from < to ? evaluateFilter(this.#plan.filter, frame) : undefined
    let count = 0
    for (let row = from; row < to; row++) if (passes === undefined || passes[row] === 1) places[count++] = row
    return places.subarray(0, count)
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
    const column = (name: string, type: ColumnType): RowColumn => new RowColumn(name, type, rows, this.#kernel)
    for (const tag of this.#plan.tags) {
      const texts = column(tag, 'string')
      eachPart(parts, ranks, ({ tags }, placement) => texts.putText(tagValue(tags, tag), placement.ranks))
      columns.push(texts.finish())
    }
    for (const name of this.#plan.fields) {
      const values = column(name, this.#types.get(name) ?? 'f64')
      eachPart(parts, ranks, ({ group }, placement) => values.put(group.field(name), placement))
      columns.push(values.finish())
    }
    return { rows, columns }
  }

  /** Times of all parts' rows, one part after the other. */
  #times(parts: readonly Part[]): BigInt64Array {
    const rows = parts.reduce((total, { places }) => total + places.length, 0)
    const times = new RowColumn(TIME_COLUMN, 'time', rows, this.#kernel)
    eachPart(
      parts,
      Uint32Array.from({ length: rows }, (_, row) => row),
      ({ group }, placement) => {
        times.put(group.time, placement)
      },
    )
    return times.finish().values as BigInt64Array // the values of times
  }
}

/** Calls back with each part and where its rows go; `ranks` has those of all parts, one after the other. */
function eachPart(parts: readonly Part[], ranks: Uint32Array, visit: (part: Part, placement: Placement) => void): void {
  let at = 0
  for (const part of parts) {
    const { places } = part
    visit(part, { places, ranks: ranks.subarray(at, at + places.length) })
    at += places.length
  }
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

/** Cuts a range of time so that about `SLICE_ROWS` rows begin in each slice. */
export function planSlices(outline: Outline, range: TimeRange): TimeRange[] {
  const order = outline.minTimes.map((_, i) => i)
  order.sort((a, b) => ((outline.minTimes[a] as bigint) < (outline.minTimes[b] as bigint) ? -1 : 1))
  const slices: TimeRange[] = []
  let start = range.start
  let rows = 0
  for (const i of order) {
    const time = outline.minTimes[i] as bigint
    if (rows >= SLICE_ROWS && time > start && time < range.end) {
      slices.push({ start, end: time })
      start = time
      rows = 0
    }
    rows += outline.rows[i] as number
  }
  if (order.length > 0 && start < range.end) slices.push({ start, end: range.end })
  return slices
}
