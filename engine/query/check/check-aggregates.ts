import type { Expression } from '../../core/expression.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type { CoreSyntax, DurationSyntax, ExpressionSyntax, NameSyntax, OrderItem } from '../parse/syntax.ts'
import { aggregateCall, isAggregate, isPoints, requirePointsAlone } from './aggregate-call.ts'
import { type AppliedStep, appliedColumn, withApplied } from './applied.ts'
import type { CheckedCore } from './check-core.ts'
import { checkCondition, fixedDuration } from './check-expression.ts'
import { type Filled, type FillPlace, withFill } from './check-fill.ts'
import { type CheckedGroup, checkGroups, sameExpression } from './check-groups.ts'
import { MAX_OFFSETS, type OffsetCalls, withOffsets } from './check-offset.ts'
import { checkSpans, SPAN_END, SPAN_NAMES, SPAN_START } from './check-span.ts'
import { between, checkWindows, withinBounds } from './check-windows.ts'
import { type AggregateCall, givesPoints, type Output, type WindowCall } from './checked.ts'
import { itemScope } from './item-scope.ts'
import { columnInOrAround, isOuter } from './outer-column.ts'
import { checkItem } from './outputs.ts'
import { queryError } from './query-error.ts'
import {
  type AggregateRelation,
  columnReference,
  type OverlayRelation,
  outputOf,
  overlaidColumn,
  type Relation,
  type RelationColumn,
  relationColumns,
  SPAN_COLUMNS,
} from './relation.ts'
import { rowScope, scalarCall } from './row-scope.ts'
import type { ColumnExpression, Environment, Scope } from './scope.ts'
import { type Sources, visibleName } from './sources.ts'
import { callOver, usesOver, withWindows } from './window-call.ts'

/** Aggregates: columns outside of calls have to be the same for all rows of a group. */
export function checkAggregates(
  core: CoreSyntax,
  sources: Sources,
  environment: Environment,
  orderBy: readonly OrderItem[],
): CheckedCore {
  if (core.latest) {
    throw queryError(core.latest.range, 'LATEST ON takes whole rows; expected items without aggregates')
  }
  const time = timeColumn(sources)
  const timing = checkWindows(core, environment, { relation: sources.relation, time })
  const timed = timing !== undefined || core.items.some(isPoints)
  if ((timed || core.span) && !time) throw windowWithoutTime(core)
  const written = checkGroups(core, sources, environment)
  const spans = core.span && time && checkSpans({ span: core.span, core, sources, environment }, time, written)
  const groups = spans?.groups ?? written
  const calls: AggregateCall[] = spans ? [spans.end] : []
  const windows: WindowCall[] = []
  const applied: AppliedStep[] = []
  const start = spans ? SPAN_START : timed ? WINDOW_START : undefined
  const named = spans ? SPAN_NAMES : undefined
  const scope = groupScope({ sources, environment, calls, groups, start, time, named, windows, applied })
  // Calls are added while items are checked, so this sees all of them once they are.
  const grouped: AggregateRelation = {
    kind: 'aggregate',
    input: spans?.relation ?? (timing && time ? withinBounds(sources.relation, time, timing) : sources.relation),
    groups: groups.map(({ key }) => key),
    calls,
    ...(timing && { window: timing.window }),
    ...(time && { time }),
  }
  const offsets: OffsetCalls[] = []
  const earlier = (moved: AggregateCall[]): Scope =>
    groupScope({ sources, environment, calls: moved, groups, start, time, overlay: offsets.length + 1 })
  const items = groupOutputs(core, { sources, grouped, scope, offsets, earlier })
  requirePointsAlone(calls, core.items)
  const place = timing && time && { core, windows: timing, time, environment }
  const { relation: rows, outputs } = withEmptyWindows(grouped, items, {
    place,
    overlay: withOffsets(grouped, offsets),
  })
  const having = core.having && checkHaving(core.having, scope, outputs)
  const [asked] = applied
  if (asked && core.windows?.fill) {
    throw queryError(asked.range, 'FILL makes rows for which a query cannot be asked; put what is filled in brackets')
  }
  const all = withApplied(rows, applied)
  const relation: Relation = having ? { kind: 'filter', input: all, condition: having } : all
  const { apply: _, ...ordering } = scope
  const over = usesOver(core, orderBy)
  return { relation: over ? withWindows(relation, windows, start) : relation, outputs, scope: ordering }
}

/** A condition of groups, which are there before functions with OVER are. */
function checkHaving(syntax: ExpressionSyntax, scope: Scope, outputs: readonly Output[]): Expression {
  return checkCondition(syntax, itemScope(scope, outputs, 'HAVING'), 'HAVING')
}

/** The windows that begin within FROM and TO, and what FILL makes of them. */
function withEmptyWindows(
  grouped: AggregateRelation,
  outputs: readonly Output[],
  { place, overlay }: { place: FillPlace | undefined; overlay: OverlayRelation | undefined },
): Filled {
  const all: Relation = overlay ?? grouped
  if (place === undefined) return { relation: all, outputs }
  const { bounds, window } = place.windows
  const overlapping = window.kind === 'fixed' && window.step !== undefined
  const rows: Relation =
    bounds && overlapping ? { kind: 'filter', input: all, condition: between(WINDOW_START, bounds) } : all
  const { fill, step } = place.core.windows ?? {}
  if (step && overlapping && givesPoints(grouped.calls)) {
    throw queryError(step.range, 'STEP is for values of windows, but here are rows of their own times')
  }
  if (fill === undefined) return { relation: rows, outputs }
  if (givesPoints(grouped.calls))
    throw queryError(fill.range, 'FILL is for windows, but here are rows of their own times')
  return withFill(fill, grouped, { rows, outputs, place })
}

interface Grouped {
  sources: Sources
  grouped: AggregateRelation
  scope: Scope
  /** Where the aggregates of items with OFFSET are added, by offset. */
  offsets: OffsetCalls[]
  /** What names mean before the next offset. */
  earlier(calls: AggregateCall[]): Scope
}

/** The items, behind the time and those groups that they do not name. */
function groupOutputs(core: CoreSyntax, place: Grouped): Output[] {
  const { sources, grouped, scope } = place
  const items: Output[] = []
  for (const item of core.items) {
    if (item.kind === 'star') {
      throw queryError(item.range, "'*' cannot stand beside aggregates or GROUP BY", { expected: ['an aggregate'] })
    }
    const own = item.offset ? offsetScope(item.offset, place) : scope
    items.push(checkItem(item, { sources: { ...sources, relation: grouped }, others: items }, own))
  }
  const columns = relationColumns(grouped)
  const implicit = implicitColumns(grouped)
    .filter(({ name }) => !items.some(({ expression }) => expression.kind === 'column' && expression.name === name))
    .map((column) => {
      const reference = columnReference(column)
      return outputOf(groupName(reference, grouped, sources), reference, columns)
    })
  return [...implicit, ...items]
}

/** What tells rows apart: the time of the windows, or when windows of rows begin and end, and what is grouped by. */
function implicitColumns(grouped: AggregateRelation): readonly RelationColumn[] {
  const columns = relationColumns(grouped)
  const heads = columns.slice(0, columns.length - grouped.calls.length)
  const end = columns.filter(({ name }) => grouped.input.kind === 'span' && name === SPAN_END.name)
  return heads.flatMap((column) => {
    if (column.name === SPAN_COLUMNS.number.name) return []
    return column.name === SPAN_START.name ? [column, ...end] : [column]
  })
}

/** What names mean in an item with OFFSET. */
function offsetScope({ text, range }: DurationSyntax, { offsets, earlier, scope }: Grouped): Scope {
  const offset = fixedDuration(text, range)
  if (offset === 0n) return scope
  const known = offsets.find((each) => each.offset === offset)
  if (known) return known.scope
  if (offsets.length === MAX_OFFSETS) throw queryError(range, `a query has at most ${MAX_OFFSETS} different offsets`)
  const calls: AggregateCall[] = []
  const moved = { offset, range, calls, scope: earlier(calls) }
  offsets.push(moved)
  return moved.scope
}

function groupName(reference: ColumnExpression, { groups }: AggregateRelation, sources: Sources): string {
  const group = groups.find(({ column }) => column.name === reference.name)
  const { expression } = group ?? {}
  const own = expression?.kind === 'column' ? visibleName(expression, sources) : undefined
  return own ?? group?.label ?? (reference.name === SPAN_END.name ? 'window_end' : reference.name)
}

/** The column `time` of the rows, or of the first source that has one. */
export function timeColumn({ sources }: Sources): ColumnExpression | undefined {
  const columns = sources.flatMap((source) => source.columns)
  const found = columns.find(({ name, column }) => name === TIME_COLUMN && column.type === 'time')
  return found && columnReference(found.column)
}

function windowWithoutTime(core: CoreSyntax): Error {
  const { range } = core.span ?? core.groupBy.find(({ kind }) => kind === 'duration') ?? core
  return queryError(range, 'windows need a column time of times, and there is none')
}

interface GroupScope {
  sources: Sources
  environment: Environment
  calls: AggregateCall[]
  groups: readonly CheckedGroup[]
  /** The time of a row of the answer, where it has one. */
  start: ColumnExpression | undefined
  /** That of a row of the source. */
  time: ColumnExpression | undefined
  /** What some names mean here before all else. */
  named?: ReadonlyMap<string, ColumnExpression> | undefined
  /** Where calls with OVER are added; absent where they cannot stand. */
  windows?: WindowCall[]
  /** Where queries are added that are asked for each group; absent where they cannot stand. */
  applied?: AppliedStep[]
  /** Which input of an overlay the calls are of. */
  overlay?: number
}

const WINDOW_START: ColumnExpression = { kind: 'column', name: TIME_COLUMN, source: 'time', type: 'time' }

function groupScope(place: GroupScope): Scope {
  const { sources, environment, calls, groups, start, time, named, windows, applied, overlay } = place
  const inner = rowScope(sources, environment, 'within another aggregate')
  return {
    environment,
    column: (name) => {
      const own = name.qualifier === undefined ? named?.get(name.name) : undefined
      if (own) return own
      const column = columnInOrAround(name, sources, environment)
      if (isOuter(column.name)) return column
      if (start && time && sameExpression(time, column)) return start
      const group = groups.find(({ key }) => sameExpression(key.expression, column))
      if (group) return columnReference(group.key.column)
      throw notGrouped(name, column)
    },
    call: (call, own) => {
      if (call.over) {
        const { windows: _, applied: __, ...within } = place
        const parts = (): Scope => groupScope(within)
        return callOver(call, call.over, { where: 'within another', windows, inner: parts })
      }
      if (!isAggregate(call.name)) return scalarCall(call, own)
      if (overlay !== undefined && isPoints({ kind: 'expression', expression: call })) {
        throw queryError(call.range, `${call.name}() gives rows of their own times, so that OFFSET cannot move it`)
      }
      const column = aggregateCall(call, calls, inner)
      return { ...column, name: overlaidColumn(column.name, overlay ?? 0) }
    },
    ...(applied && { apply: (query) => appliedColumn(query, applied, environment) }),
    whole: (syntax) => {
      const group = groups.find((each) => sameSyntax(each.syntax, syntax))
      return group && columnReference(group.key.column)
    },
  }
}

/** Expressions are printed only where they can be the same, so that this takes linear time over a whole tree. */
function sameSyntax(a: ExpressionSyntax, b: ExpressionSyntax): boolean {
  return a.kind === b.kind && a.kind !== 'name' && a.depth === b.depth && printSyntax(a) === printSyntax(b)
}

function notGrouped(name: NameSyntax, column: ColumnExpression): Error {
  if (column.source === 'field') {
    return queryError(name.range, `'${name.name}' differs within a group; expected it inside an aggregate`, {
      hint: `Write for example avg(${name.name}) or last(${name.name}).`,
    })
  }
  const needed = column.source === 'time' ? 'a duration in GROUP BY' : `'${name.name}' in GROUP BY`
  return queryError(name.range, `'${name.name}' differs within a group; expected ${needed}, or an aggregate`)
}
