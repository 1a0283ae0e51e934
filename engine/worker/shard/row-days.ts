import { dayOf } from '../../cold/cold-manifest.ts'
import type { SeriesIndex } from '../../index/series-index.ts'
import type { Segment } from '../../storage/segment.ts'

/** Days between the first and the last of a block that are counted too; a block that spans more has few rows a day. */
const MAX_DAYS_OF_BLOCK = 64

/** Rows of some tables by day, about: those of a block count for the days that it spans. */
export type RowDays = Map<string, Map<number, number>>

export async function rowDays(
  segments: readonly Segment[],
  tables: ReadonlySet<string>,
  index: SeriesIndex,
): Promise<RowDays> {
  const found: RowDays = new Map()
  for (const segment of segments) {
    if (![...segment.info.tables.keys()].some((table) => tables.has(table))) continue
    await segment.prepare()
    for (const ref of segment.refs) {
      const { table } = index.series(ref)
      if (!tables.has(table)) continue
      const days = found.get(table) ?? new Map<number, number>()
      found.set(table, days)
      segment.eachGroup(ref, undefined, (_group, minTime, rows, maxTime) => addBlock(days, minTime, maxTime, rows))
    }
  }
  return found
}

function addBlock(days: Map<number, number>, minTime: bigint, maxTime: bigint, rows: number): void {
  const first = dayOf(minTime)
  const last = dayOf(maxTime)
  const count = last - first + 1
  const add = (day: number): void => void days.set(day, (days.get(day) ?? 0) + rows / count)
  if (count <= MAX_DAYS_OF_BLOCK) for (let day = first; day <= last; day++) add(day)
  else for (const day of [first, last]) add(day)
}
