import type { Expression } from '../../core/expression.ts'
import type { CoreSyntax, ExpressionSyntax, NameSyntax, OrderItem, SelectItem } from '../parse/syntax.ts'
import { isAggregate } from './aggregate-call.ts'
import { checkAggregates } from './check-aggregates.ts'
import { checkCondition } from './check-expression.ts'
import { checkSource, relationSources } from './check-source.ts'
import type { Output } from './checked.ts'
import { checkItems, requireUniqueNames } from './outputs.ts'
import { queryError, unknownName } from './query-error.ts'
import type { Relation } from './relation.ts'
import { rowScope } from './row-scope.ts'
import type { Environment, Scope } from './scope.ts'
import { resolveColumn, type Sources } from './sources.ts'

/** A SELECT without what stands behind it. */
export interface CheckedCore {
  /** The rows of which the answer is made. */
  relation: Relation
  outputs: readonly Output[]
  /** What names and calls mean in ORDER BY. */
  scope: Scope
}

/** Checks a SELECT from its items to HAVING. `orderBy` may call aggregates, too. */
export function checkCore(core: CoreSyntax, environment: Environment, orderBy: readonly OrderItem[]): CheckedCore {
  const from = core.from ? checkSource(core.from, environment) : oneRow()
  const { context } = environment
  const sources = core.where
    ? { ...from, relation: filtered(from, checkCondition(core.where, rowScope(from, context, 'in WHERE'), 'WHERE')) }
    : from
  const aggregates =
    core.groupBy.length > 0 ||
    core.having !== undefined ||
    core.items.some(callsAggregate) ||
    orderBy.some(({ expression }) => containsAggregate(expression))
  const checked = aggregates ? checkAggregates(core, sources, context) : checkRows(core, sources, environment)
  requireUniqueNames(checked.outputs, core)
  return checked
}

/** What a SELECT without FROM reads: one row that has no column. */
function oneRow(): Sources {
  return relationSources({ kind: 'values', columns: [], rows: [[]] }, '')
}

function filtered({ relation }: Sources, condition: Expression): Relation {
  return { kind: 'filter', input: relation, condition }
}

function callsAggregate(item: SelectItem): boolean {
  return item.kind === 'expression' && containsAggregate(item.expression)
}

function containsAggregate(syntax: ExpressionSyntax): boolean {
  switch (syntax.kind) {
    case 'call':
      return isAggregate(syntax.name) || syntax.args.some(containsAggregate)
    case 'unary':
    case 'match':
      return containsAggregate(syntax.operand)
    case 'binary':
      return containsAggregate(syntax.left) || containsAggregate(syntax.right)
    case 'logical':
      return syntax.operands.some(containsAggregate)
    case 'in':
      return containsAggregate(syntax.operand)
    case 'between':
      return [syntax.operand, syntax.low, syntax.high].some(containsAggregate)
    default:
      return false
  }
}

function checkRows(core: CoreSyntax, sources: Sources, { context }: Environment): CheckedCore {
  const scope = rowScope(sources, context, 'here')
  const outputs = checkItems(core.items, sources, scope)
  const { latest } = core
  return { relation: latest ? latestOf(sources, latest) : sources.relation, outputs, scope }
}

function latestOf(sources: Sources, { range, by }: NonNullable<CoreSyntax['latest']>): Relation {
  const time = resolveColumn({ kind: 'name', name: 'time', range, depth: 1 }, sources)
  if (time.type !== 'time') throw queryError(range, `LATEST ON expected a time, but 'time' is ${time.type}`)
  const keys = by.map((name) => tagColumn(name, sources))
  return { kind: 'latest', input: sources.relation, time, by: keys }
}

/** A tag of a table, or a column of a query that has the value of one. */
function tagColumn(name: NameSyntax, sources: Sources): Expression {
  const [only] = sources.sources
  const table = only?.table
  if (table && !table.tags.includes(name.name) && !hasColumn(sources, name)) {
    throw unknownName(name.range, { what: 'tag', wrong: name.name, of: table.name }, table.tags)
  }
  const column = resolveColumn(name, sources)
  if (column.source === 'tag') return column
  throw queryError(name.range, `'${name.name}' is no tag; expected a tag`, table ? { expected: table.tags } : {})
}

function hasColumn({ sources }: Sources, { name }: NameSyntax): boolean {
  return sources.some(({ columns }) => columns.some((each) => each.name === name))
}
