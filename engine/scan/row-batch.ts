import type { Batch, Column, ColumnType } from '../core/batch.ts'
import { NO_ROW } from '../core/columns.ts'
import type { RowsPlan } from '../core/plan.ts'
import type { ReadCounts } from '../core/read-counts.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import type { Tags } from '../core/series.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { RowPlaces } from '../kernel/row-places.ts'
import type { ColumnDecoder } from './group-frame.ts'
import type { PassedRows } from './passed-rows.ts'
import { RowColumn } from './row-column.ts'
import { rankRows } from './row-ranks.ts'
import { type RowSeries, tagColumns } from './row-series.ts'

export interface RowBatchOptions {
  plan: RowsPlan
  /** The type of each field of the plan. */
  types: ReadonlyMap<string, ColumnType>
  kernel: Kernel
  decode: ColumnDecoder
  /** Most rows of the batch. */
  limit: number
}

/** The rows that passed in the plan's order; `parts` are in the canonical order of their series. */
export function batchOfRows(parts: readonly PassedRows[], options: RowBatchOptions, counts: ReadCounts): Batch {
  const { plan, types, kernel, decode, limit } = options
  const { ranks, times } = rankRows(parts, { kernel, decode, order: plan.order, limit })
  const rows = times.length
  const columns: Column[] = [{ name: TIME_COLUMN, type: 'time', values: times }]
  if (plan.tags.length > 0) {
    const { tagSets, series } = seriesOfParts(parts, ranks, rows)
    columns.push(...tagColumns(plan.tags, tagSets, series))
  }
  if (plan.fields.length === 0) return { rows, columns }
  const places = new RowPlaces(kernel.instance, placesOf(parts, ranks.length), ranks, rows)
  try {
    for (const name of plan.fields) {
      const column = new RowColumn(name, types.get(name) ?? 'f64', rows, kernel)
      counts.decodedBlocks += column.fill(parts, ranks, places)
      columns.push(column.finish())
    }
  } finally {
    places.release()
  }
  return { rows, columns }
}

/** The places of all parts, one part after the other. */
function placesOf(parts: readonly PassedRows[], count: number): Uint32Array {
  const all = new Uint32Array(count)
  let at = 0
  for (const { places } of parts) {
    all.set(places, at)
    at += places.length
  }
  return all
}

/** The series of the rows of an answer. */
function seriesOfParts(parts: readonly PassedRows[], ranks: Uint32Array, rows: number): RowSeries {
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
