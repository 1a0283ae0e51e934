import { AGGREGATES } from '../../aggregate/registry.ts'
import type { CoreSyntax, ExpressionSyntax, NameSyntax, SpanSyntax } from '../parse/syntax.ts'
import { isPoints } from './aggregate-call.ts'
import { checkCondition, checkExpression, fixedDuration } from './check-expression.ts'
import { type CheckedGroup, groupOf, sameExpression } from './check-groups.ts'
import { MAX_OVERLAP } from './check-windows.ts'
import { type AggregateCall, callColumn } from './checked.ts'
import { queryError } from './query-error.ts'
import { columnReference, type Relation, relationColumns, SPAN_COLUMNS, type SpanRule } from './relation.ts'
import { rowCount, rowScope } from './row-scope.ts'
import type { ColumnExpression, Environment, Scope } from './scope.ts'
import type { Sources } from './sources.ts'

/** When a window of rows begins: what `time`, too, means in the items. */
export const SPAN_START: ColumnExpression = columnReference(SPAN_COLUMNS.start)
/** When it ends. It is the first of the calls. */
export const SPAN_END: ColumnExpression = { kind: 'column', name: callColumn(0), source: 'field', type: 'time' }

/** The names of both in a statement. */
export const SPAN_NAMES: ReadonlyMap<string, ColumnExpression> = new Map([
  ['window_start', SPAN_START],
  ['window_end', SPAN_END],
])

interface SpanPlace {
  span: SpanSyntax
  core: CoreSyntax
  sources: Sources
  environment: Environment
}

/** What the windows are; that the rest of the statement goes with them. */
function checkSpanRule({ span, core, sources, environment }: SpanPlace): SpanRule {
  refuseMoved(core)
  const scope = rowScope(sources, environment, `in ${span.kind.toUpperCase()} WINDOW`)
  switch (span.kind) {
    case 'session':
      return { kind: 'session', gap: fixedDuration(span.gap.text, span.gap.range) }
    case 'state':
      return { kind: 'state', state: checkExpression(span.state, scope) }
    case 'event':
      return eventRule(span, scope)
    case 'count':
      return countRule(span, environment)
  }
}

function refuseMoved({ items }: CoreSyntax): void {
  for (const item of items) {
    if (item.kind === 'star') continue
    if (item.offset) throw queryError(item.offset.range, 'OFFSET is for windows of a fixed length; rows make these')
    if (isPoints(item)) {
      throw queryError(
        item.expression.range,
        'windows that rows make have one row each, but this gives rows of its own',
      )
    }
  }
}

function eventRule({ from, to }: Extract<SpanSyntax, { kind: 'event' }>, scope: Scope): SpanRule {
  return { kind: 'event', from: checkCondition(from, scope, 'START'), to: checkCondition(to, scope, 'END') }
}

function countRule(syntax: Extract<SpanSyntax, { kind: 'count' }>, environment: Environment): SpanRule {
  const count = positiveCount(syntax.count, 'COUNT WINDOW', environment)
  const slide = syntax.slide ? positiveCount(syntax.slide, 'SLIDE', environment) : count
  const range = syntax.slide?.range ?? syntax.range
  if (slide > count) throw queryError(range, `SLIDE expected a whole number from 1 to ${count}, the rows of a window`)
  const overlap = Math.ceil(count / slide)
  if (overlap > MAX_OVERLAP) {
    throw queryError(range, `a row would be in ${overlap} windows; at most ${MAX_OVERLAP} are possible`)
  }
  return { kind: 'count', count, slide }
}

function positiveCount(syntax: ExpressionSyntax, clause: string, environment: Environment): number {
  const count = rowCount(syntax, clause, environment)
  if (count > 0) return count
  throw queryError(syntax.range, `${clause} expected a whole number above 0`, { expected: ['a whole number'] })
}

/** Without keys windows are of each series: of the columns that tell rows of one time apart. */
function seriesGroups({ sources }: Sources): CheckedGroup[] {
  const source = sources.find(({ columns }) => columns.some(({ name }) => name === 'time')) ?? sources[0]
  const keys = source?.columns.filter(({ column }) => column.key && column.type !== 'time') ?? []
  return keys.map(({ name, column }): CheckedGroup => {
    const key = { column: { ...column, key: true }, expression: columnReference(column), label: name }
    return { key, syntax: { kind: 'name', name, range: { offset: 0, length: 0 }, depth: 1 } }
  })
}

/** Windows of rows: what groups them, when each ends, and the rows with the windows that they are in. */
export interface CheckedSpans {
  groups: readonly CheckedGroup[]
  /** Has to be the first of the calls. */
  end: AggregateCall
  relation: Relation
}

/** Checks windows of rows. `written` is what they are by; without that they are of each series. */
export function checkSpans(place: SpanPlace, time: ColumnExpression, written: readonly CheckedGroup[]): CheckedSpans {
  const { span, sources } = place
  const rule = checkSpanRule(place)
  const keys = written.length > 0 ? written : seriesGroups(sources)
  const order = [{ expression: time, descending: false, nullsFirst: false }]
  return {
    groups: [
      spanGroup('start', 'window_start'),
      ...keys,
      spanGroup('number', 'window_number'),
      ...stateGroup(place, rule, keys),
    ],
    end: spanEnd(span),
    relation: {
      kind: 'span',
      input: { kind: 'sort', input: sources.relation, order },
      time,
      partition: keys.map(({ key }) => key.expression),
      rule,
    },
  }
}

/** The state that makes a window, unless it is a key. */
function stateGroup({ span, sources }: SpanPlace, rule: SpanRule, keys: readonly CheckedGroup[]): CheckedGroup[] {
  if (span.kind !== 'state' || rule.kind !== 'state') return []
  if (keys.some(({ key }) => sameExpression(key.expression, rule.state))) return []
  return [groupOf(span.state, rule.state, { columns: relationColumns(sources.relation), name: '@state' })]
}

function spanGroup(which: 'start' | 'number', label: string): CheckedGroup {
  const column = SPAN_COLUMNS[which]
  const syntax: NameSyntax = { kind: 'name', name: column.name, range: { offset: 0, length: 0 }, depth: 1 }
  return { key: { column, expression: columnReference(column), label }, syntax }
}

/** The call that finds when a window ends. */
function spanEnd({ range }: SpanSyntax): AggregateCall {
  const aggregate = AGGREGATES.get('max')
  if (aggregate === undefined) throw new Error('there is an aggregate max')
  const input = columnReference(SPAN_COLUMNS.end)
  return { kind: 'measured', aggregate, input, type: 'time', label: 'time', range }
}
