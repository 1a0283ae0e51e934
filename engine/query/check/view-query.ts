import { TIME_COLUMN } from '../../core/rows.ts'
import type { ViewDefinition, ViewTag } from '../../core/view.ts'
import { childrenOf } from '../parse/children.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type { CoreSyntax, ExpressionSyntax, SelectStatement, TableSource } from '../parse/syntax.ts'
import { type AggregateCall, givesPoints, type Output } from './checked.ts'
import { queryError } from './query-error.ts'
import type { AggregateRelation, Relation } from './relation.ts'
import type { Environment } from './scope.ts'

/** What a view's query makes of the view. */
export type ViewColumns = Pick<ViewDefinition, 'source' | 'window' | 'tags' | 'fields'>

/**
 * Checks the query of a view: one SELECT of one table by windows of its time and by tags, so that a changed row changes its
 * own window and its own group and nothing else. Throws `query` at what goes beyond.
 */
export function checkViewQuery(query: SelectStatement, environment: Environment): ViewColumns {
  const { core, from } = coreOf(query)
  for (const expression of expressionsOf(core)) requireConstant(expression)
  const relation = environment.checkQuery(query, { ...environment, params: {} })
  const aggregate = aggregateOf(relation)
  const { window } = aggregate
  if (relation.kind !== 'project' || window === undefined) throw withoutWindows(core)
  requireOwnWindows(aggregate.calls)
  requireTags(aggregate, core)
  return { source: from.name.name, window, ...columnsOf(relation.outputs, query) }
}

interface ViewCore {
  core: CoreSyntax
  from: TableSource
}

/** The one SELECT that the query is. */
function coreOf({ body, tables, orderBy, limit }: SelectStatement): ViewCore {
  const [named] = tables
  if (named) throw queryError(named.name.range, "a view's query is one SELECT; expected no WITH")
  const [order] = orderBy
  if (order) throw queryError(order.expression.range, 'the rows of a view have no order; expected no ORDER BY')
  if (limit) throw queryError(limit.range, 'a view keeps all rows of its query; expected no LIMIT')
  if (body.kind !== 'core') throw queryError(body.range, "a view's query is one SELECT")
  const { from, distinct, windows, items, range } = body
  if (distinct) throw queryError(range, 'the rows of a view are its groups; expected no DISTINCT')
  if (from?.kind !== 'table')
    throw queryError(from?.range ?? range, 'a view reads one table; expected its name in FROM')
  if (!body.groupBy.some(({ kind }) => kind === 'duration')) throw withoutWindows(body)
  if (body.span) throw queryError(body.span.range, 'the windows of a view are those of a duration in GROUP BY')
  if (windows?.fill) throw queryError(windows.fill.range, 'a view has the windows that have rows; expected no FILL')
  if (windows?.bounds) {
    throw queryError(windows.bounds.from.range, 'a view has all windows; expected no FROM..TO behind GROUP BY')
  }
  if (windows?.step) throw queryError(windows.step.range, 'the windows of a view do not overlap; expected no STEP')
  for (const item of items) {
    if (item.kind === 'star' || item.offset === undefined) continue
    throw queryError(item.offset.range, 'a window of a view is of its own rows; expected no OFFSET')
  }
  return { core: body, from }
}

function withoutWindows({ range, groupBy }: CoreSyntax): Error {
  const expected = ['a duration']
  return queryError(groupBy[0]?.range ?? range, 'a view has windows of time; expected a duration in GROUP BY', {
    expected,
  })
}

function expressionsOf({ items, where, groupBy, having }: CoreSyntax): ExpressionSyntax[] {
  const selected = items.flatMap((item) => (item.kind === 'expression' ? [item.expression] : []))
  return [...selected, ...(where ? [where] : []), ...groupBy, ...(having ? [having] : [])]
}

/** Refuses what is not the same at every refresh. */
function requireConstant(syntax: ExpressionSyntax): void {
  const { kind, range } = syntax
  if (kind === 'parameter') throw queryError(range, "a view's query has no parameters; expected a value")
  if (kind === 'query' || kind === 'exists' || kind === 'in query') {
    throw queryError(range, "a view's query has no queries in it")
  }
  if (kind === 'call' && syntax.over) throw queryError(range, 'a window of a view is of its own rows; expected no OVER')
  if (kind === 'call' && syntax.name === 'now') {
    throw queryError(range, 'now() would not be the same at every refresh; expected a constant time')
  }
  for (const child of childrenOf(syntax)) requireConstant(child)
}

/** The aggregate below the projection and HAVING. */
function aggregateOf(relation: Relation): AggregateRelation {
  if (relation.kind === 'aggregate') return relation
  if (relation.kind === 'project' || relation.kind === 'filter') return aggregateOf(relation.input)
  throw new Error(`a query by windows is a ${relation.kind}`)
}

/** Refuses aggregates that see rows of other windows, and those that give more than one row a group. */
function requireOwnWindows(calls: readonly AggregateCall[]): void {
  for (const call of calls) {
    const { name } = call.aggregate
    if (givesPoints([call])) throw queryError(call.range, `${name}() gives rows of their own times, which no view has`)
    if (call.kind === 'measured' || call.aggregate.lookBack === undefined) continue
    throw queryError(call.range, `${name}() looks at rows before its window, which a view's windows do not`, {
      hint: 'Let the view have first, last and the like, and compute it from these.',
    })
  }
}

function requireTags({ groups }: AggregateRelation, { groupBy }: CoreSyntax): void {
  for (const { expression, label } of groups) {
    if (expression.kind === 'column' && expression.source === 'tag') continue
    const written =
      groupBy.find((item) => printSyntax(item) === label) ?? groupBy.find(({ kind }) => kind !== 'duration')
    const range = written?.range ?? { offset: 0, length: 0 }
    throw queryError(range, `the groups of a view are told apart by tags; expected a tag`, { expected: ['a tag'] })
  }
}

function columnsOf(outputs: readonly Output[], { range }: SelectStatement): Pick<ViewColumns, 'tags' | 'fields'> {
  const tags: ViewTag[] = []
  const fields: ViewDefinition['fields'][number][] = []
  for (const { name, type, unit, expression } of outputs) {
    const source = expression.kind === 'column' ? expression.source : 'field'
    if ((name === TIME_COLUMN) !== (source === 'time')) {
      throw queryError(range, `the time of a view's rows is their window's start, and '${TIME_COLUMN}' its name`)
    }
    if (source === 'tag' && expression.kind === 'column') tags.push({ tag: expression.name, name })
    if (source !== 'field') continue
    fields.push({ name, type: type === 'time' ? 'i64' : type, ...(unit !== undefined && { unit }) })
  }
  if (fields.length === 0) throw queryError(range, 'a view has values; expected an aggregate')
  return { tags, fields }
}
