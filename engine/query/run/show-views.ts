import { printName } from '../../core/expression.ts'
import type { Catalog, Queryable } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME, printDuration, printTimestamp } from '../../core/time.ts'
import type { TimeRange } from '../../core/time-window.ts'
import { type ViewDefinition, type ViewRefresh, viewsOf } from '../../core/view.ts'

/** Most stale ranges of one view that are shown. */
const MAX_SHOWN_RANGES = 3

/** Views with their states, a row each, by name. */
export async function viewRows(
  queryable: Queryable,
  catalog: Catalog,
): Promise<readonly (readonly (string | number | undefined)[])[]> {
  const states = new Map((await queryable.viewStates?.())?.map((each) => [each.name, each]))
  return Promise.all(
    viewsOf(catalog).map(async ({ name, source, refresh }) => {
      const { state, stale, lastRefresh, error } = states.get(name) ?? {}
      const rows = await countRows(queryable, name)
      const refreshed = lastRefresh === undefined ? undefined : printTimestamp(lastRefresh)
      return [name, source, printRefresh(refresh), state, stale && printRanges(stale), refreshed, rows, error]
    }),
  )
}

async function countRows(queryable: Queryable, table: string): Promise<number> {
  const selection = { table, matchers: [], start: MIN_TIME, end: MAX_TIME }
  const { rows } = await queryable.aggregate({ kind: 'aggregate', ...selection, by: [], inputs: [] })
  return rows.reduce((sum, cell) => sum + cell, 0)
}

function printRefresh(refresh: ViewRefresh): string {
  return refresh.kind === 'every' ? `every ${printDuration(refresh.every)}` : refresh.kind
}

function printRanges(ranges: readonly TimeRange[]): string | undefined {
  if (ranges.length === 0) return undefined
  const shown = ranges.slice(0, MAX_SHOWN_RANGES).map(printRange)
  const others = ranges.length - shown.length
  return [...shown, ...(others > 0 ? [`${others} more`] : [])].join(', ')
}

function printRange({ start, end }: TimeRange): string {
  if (start <= MIN_TIME && end >= MAX_TIME) return 'all'
  return `${start <= MIN_TIME ? '' : printTimestamp(start)}..${end >= MAX_TIME ? '' : printTimestamp(end)}`
}

/** The statement that makes a view. */
export function printCreateView({ name, refresh, lateness, retain, query }: ViewDefinition): string {
  const words = [`CREATE MATERIALIZED VIEW ${printName(name)} REFRESH ${printRefresh(refresh).replace(/^\w+/, upper)}`]
  if (lateness !== undefined) words.push(`LATENESS ${printDuration(lateness)}`)
  if (retain !== undefined) words.push(`RETAIN ${printDuration(retain)}`)
  return `${words.join(' ')} AS ${query}`
}

function upper(word: string): string {
  return word.toUpperCase()
}
