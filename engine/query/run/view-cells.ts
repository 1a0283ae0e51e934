import { mergePartials } from '../../aggregate/merge.ts'
import { createStates } from '../../aggregate/states.ts'
import type { AggregatePlan, InputStates, PartialAggregate, Queryable } from '../../core/plan.ts'
import type { TimeRange } from '../../core/time-window.ts'
import { type InputParts, type ViewAnswer, wholeWindows } from '../plan/view-answer.ts'
import { blankStates } from './blank-states.ts'

interface Reading {
  queryable: Queryable
  signal: AbortSignal | undefined
}

/** The states of a scan: of windows that are not stale from a view, all else from rows. */
export async function aggregateFromView(
  scan: AggregatePlan,
  answer: ViewAnswer,
  { queryable, signal }: Reading,
): Promise<PartialAggregate> {
  const fresh = await freshRanges(scan, answer, queryable)
  if (fresh.length === 0) return queryable.aggregate(scan, signal)
  const rest = without({ start: scan.start, end: scan.end }, fresh)
  const partials = await Promise.all([
    ...fresh.map(async (range) =>
      ofScan(scan, answer, await queryable.aggregate(viewPlan(scan, answer, range), signal)),
    ),
    ...rest.map((range) => queryable.aggregate({ ...scan, ...range }, signal)),
  ])
  // A refresh may have been between deleting rows of the view and writing them.
  const stillFresh = await freshRanges(scan, answer, queryable)
  if (!fresh.every((range) => without(range, stillFresh).length === 0)) return queryable.aggregate(scan, signal)
  // One window is stamped with the start of what was asked for, of which a piece may be the rest.
  if (scan.window === undefined) for (const { cellWindow } of partials) cellWindow.fill(scan.start)
  return mergePartials(partials)
}

/** Whole windows of the view in the range of the scan that lack nothing. */
async function freshRanges(scan: AggregatePlan, answer: ViewAnswer, queryable: Queryable): Promise<TimeRange[]> {
  const inner = wholeWindows(scan, answer.window)
  if (inner === undefined || queryable.staleView === undefined) return []
  return without(inner, await queryable.staleView(answer.view))
}

/** What of a range is outside of others, which are in order of time. */
function without({ start, end }: TimeRange, others: readonly TimeRange[]): TimeRange[] {
  const found: TimeRange[] = []
  let from = start
  for (const other of others) {
    if (other.end <= from || other.start >= end) continue
    if (other.start > from) found.push({ start: from, end: other.start })
    from = other.end
  }
  if (from < end) found.push({ start: from, end })
  return found
}

function viewPlan(
  { window }: AggregatePlan,
  { view, matchers, by, inputs }: ViewAnswer,
  range: TimeRange,
): AggregatePlan {
  return { kind: 'aggregate', table: view, matchers, ...range, ...(window && { window }), by, inputs }
}

/** Aggregates of the view's fields as the states of the scan. */
function ofScan(scan: AggregatePlan, { parts, rows }: ViewAnswer, partial: PartialAggregate): PartialAggregate {
  const cells = partial.cellGroup.length
  const blank = blankStates(scan, cells)
  return {
    ...partial,
    rows: rows === undefined ? new Float64Array(cells).fill(1) : totals(partial.inputs[rows], cells),
    inputs: blank.map((states, i) => inputStates(states, parts[i] ?? {}, partial.inputs)),
  }
}

function inputStates(blank: InputStates, parts: InputParts, inputs: readonly InputStates[]): InputStates {
  const of = (part: number | undefined): InputStates | undefined => (part === undefined ? undefined : inputs[part])
  const [count, sum, min, max] = [of(parts.count), of(parts.sum), of(parts.min), of(parts.max)]
  const some = sum ?? min ?? max
  const cells = blank.count.length
  return {
    ...blank,
    // Where nobody asks how many values there are, it only matters whether there is one.
    count: count ? totals(count, cells) : (some?.count ?? new Float64Array(cells)),
    ...(sum?.sumHigh && { sumHigh: sum.sumHigh }),
    ...(sum?.sumLow && { sumLow: sum.sumLow }),
    ...(min?.min && { min: min.min }),
    ...(max?.max && { max: max.max }),
  }
}

/** Sums of counts. */
function totals(states: InputStates | undefined, cells: number): Float64Array {
  const { sumHigh, sumLow } = states ?? createStates('i64', ['sum'], cells)
  return Float64Array.from({ length: cells }, (_, i) => (sumHigh?.[i] ?? 0) + (sumLow?.[i] ?? 0))
}
