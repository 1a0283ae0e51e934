import type { Batch, Column, ColumnType } from '../core/batch.ts'
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
  const places = new RowPlaces(
    kernel.instance,
    parts.map((part) => part.places),
  )
  try {
    const times = rankRows(parts, places, { kernel, decode, order: plan.order, limit })
    const rows = times.length
    const columns: Column[] = [{ name: TIME_COLUMN, type: 'time', values: times }]
    if (plan.tags.length > 0) {
      const { tagSets, series } = seriesOfParts(parts, places)
      columns.push(...tagColumns(plan.tags, tagSets, series))
    }
    const fields = plan.fields.map(
      (name) => new RowColumn({ name, type: types.get(name) ?? 'f64' }, rows, parts.length, kernel),
    )
    // Part by part, since what is known of its blocks is seldom in the processor's cache.
    let at = 0
    for (const part of parts) {
      const end = at + part.places.length
      for (const column of fields) column.add(part, at, end)
      at = end
    }
    for (const column of fields) {
      counts.decodedBlocks += column.fill(places)
      columns.push(column.finish())
    }
    return { rows, columns }
  } finally {
    places.release()
  }
}

/** The series of the rows of an answer. */
function seriesOfParts(parts: readonly PassedRows[], places: RowPlaces): RowSeries {
  const tagSets: Tags[] = []
  let at = 0
  for (const { tags, places: own } of parts) {
    if (tagSets[tagSets.length - 1] !== tags) tagSets.push(tags)
    places.putNumber(tagSets.length - 1, at, at + own.length)
    at += own.length
  }
  return { series: places.numbers(), tagSets }
}
