import type { Change } from '../../core/plan.ts'
import { timeExtremes } from '../../core/time-extremes.ts'
import type { RecordedRows } from '../../storage/record.ts'
import { spanOfGroups } from '../../storage/table-groups.ts'

/** The tables that rows are of, each with the range of their times. */
export function changesOf({ groups, tables }: RecordedRows): Change[] {
  const ofGroups = groups.map((each) => ({ table: each.table, ...spanOfGroups(each) }))
  const ofRows = tables.map(({ table, time }) => {
    const [first, last] = timeExtremes(time)
    return { table, start: first, end: last + 1n }
  })
  return [...ofGroups, ...ofRows]
}
