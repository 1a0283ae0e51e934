import type { Matcher } from '../core/matcher.ts'
import type { AggregatePlan, Measure } from '../core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../core/time.ts'
import type { TimeRange } from '../core/time-window.ts'
import type { ViewDefinition } from '../core/view.ts'
import { ownMatchers, type ViewReading } from './view-rows.ts'

/** Between which times the table of a view or the view itself has rows. */
export async function rowExtent(
  { source, name }: ViewDefinition,
  reading: ViewReading,
): Promise<TimeRange | undefined> {
  const all = { start: MIN_TIME, end: MAX_TIME }
  const found = await Promise.all(
    [source, name].map((table) => extremes(table, { ...all, matchers: [], measures: ['min', 'max'] }, reading)),
  )
  const first = least(found.map((times) => times[0]))
  const last = greatest(found.map((times) => times[1]))
  return first === undefined || last === undefined ? undefined : { start: first, end: last + 1n }
}

/** The time of the first row in a range, of the groups that pass every matcher, of the table of a view or of the view itself. */
export async function firstRow(
  view: ViewDefinition,
  { matchers, ...range }: TimeRange & { matchers: readonly Matcher[] },
  reading: ViewReading,
): Promise<bigint | undefined> {
  const asked = [
    extremes(view.source, { ...range, matchers, measures: ['min'] }, reading),
    extremes(view.name, { ...range, matchers: ownMatchers(view, matchers), measures: ['min'] }, reading),
  ]
  return least((await Promise.all(asked)).map((times) => times[0]))
}

interface Asked extends TimeRange {
  matchers: readonly Matcher[]
  measures: readonly Measure[]
}

/** The least and the greatest time of the rows that are meant. */
async function extremes(
  table: string,
  { measures, ...asked }: Asked,
  { queryable, catalog, signal }: ViewReading,
): Promise<[least: bigint | undefined, greatest: bigint | undefined]> {
  if (!catalog.tables.some(({ name }) => name === table)) return [undefined, undefined]
  const expression = { kind: 'column', name: 'time', source: 'time', type: 'time' } as const
  const plan: AggregatePlan = { kind: 'aggregate', table, ...asked, by: [], inputs: [{ expression, measures }] }
  const { inputs, rows } = await queryable.aggregate(plan, signal)
  if (rows.length === 0) return [undefined, undefined]
  return [timeOf(inputs[0]?.min?.values[0]), timeOf(inputs[0]?.max?.values[0])]
}

function timeOf(value: unknown): bigint | undefined {
  return typeof value === 'bigint' ? value : undefined
}

function least(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined)
}

function greatest(times: readonly (bigint | undefined)[]): bigint | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}
