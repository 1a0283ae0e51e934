import { DAY_NS, dayOf } from '../../cold/cold-manifest.ts'
import type { Column } from '../../core/batch.ts'
import { sliceColumn } from '../../core/columns.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { decodeColumn, decodeTimes, joinGroups, orderGroups, PlainGroup } from '../../scan/merge-groups.ts'
import type { RowGroup } from '../../scan/row-group.ts'
import { lowerBound } from '../../scan/time-slices.ts'

/** Rows of one day of one series out of groups of which later ones win; `undefined` where there are none. */
export function rowsOfDay(
  groups: readonly RowGroup[],
  day: number,
  { fields, kernel }: { fields: readonly string[]; kernel: Kernel },
): { times: BigInt64Array; fields: ReadonlyMap<string, Column> } | undefined {
  const start = BigInt(day) * DAY_NS
  const end = start + DAY_NS
  const inside = groups.filter(({ minTime, maxTime }) => minTime < end && maxTime >= start)
  if (inside.length === 0) return undefined
  const [times, columns] = joinGroups(orderGroups(inside, fields, kernel), fields, kernel)
  const from = lowerBound(times, start)
  const to = lowerBound(times, end)
  if (from === to) return undefined
  const cut = new Map<string, Column>()
  for (const [name, column] of columns) cut.set(name, sliceColumn(column, from, to))
  return { times: times.subarray(from, to), fields: cut }
}

/** The rows of groups that are of other days; groups that have none of the days stay as they are. */
export function withoutDays(
  groups: readonly RowGroup[],
  days: ReadonlySet<number>,
  { fields, kernel }: { fields: readonly string[]; kernel: Kernel },
): RowGroup[] {
  return groups.flatMap((group): RowGroup[] => {
    if (!meetsDay(group, days)) return [group]
    const times = decodeTimes(group, kernel)
    const kept: PlainGroup[] = []
    for (let from = 0; from < times.length; ) {
      const day = dayOf(times[from] as bigint)
      const to = lowerBound(times, BigInt(day + 1) * DAY_NS)
      if (!days.has(day)) kept.push(slice(group, { from, to }, { fields, kernel }))
      from = to
    }
    return kept
  })
}

function meetsDay({ minTime, maxTime }: RowGroup, days: ReadonlySet<number>): boolean {
  const [first, last] = [dayOf(minTime), dayOf(maxTime)]
  for (const day of days) if (day >= first && day <= last) return true
  return false
}

function slice(
  group: RowGroup,
  { from, to }: { from: number; to: number },
  { fields, kernel }: { fields: readonly string[]; kernel: Kernel },
): PlainGroup {
  const columns = new Map<string, Column>()
  for (const name of fields) {
    const column = group.field(name)
    if (column) columns.set(name, sliceColumn(decodeColumn(column, name, kernel), from, to))
  }
  return new PlainGroup(decodeTimes(group, kernel).subarray(from, to), columns)
}
