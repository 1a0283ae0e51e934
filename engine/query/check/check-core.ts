import type { Expression } from '../../core/expression.ts'
import { childrenOf } from '../parse/children.ts'
import type { CoreSyntax, ExpressionSyntax, NameSyntax, OrderItem, SelectItem } from '../parse/syntax.ts'
import { isAggregate } from './aggregate-call.ts'
import { type AppliedStep, withApplied } from './applied.ts'
import { joinLogical } from './boolean.ts'
import { checkAggregates, timeColumn } from './check-aggregates.ts'
import { checkAround } from './check-around.ts'
import { checkCondition } from './check-expression.ts'
import { checkPeriod } from './check-period.ts'
import { checkSource, relationSources } from './check-source.ts'
import type { Output, WindowCall } from './checked.ts'
import { checkItems, requireUniqueNames } from './outputs.ts'
import { queryError, unknownName } from './query-error.ts'
import type { Relation } from './relation.ts'
import { rowScope } from './row-scope.ts'
import type { Environment, Scope } from './scope.ts'
import { resolveColumn, type Sources } from './sources.ts'
import { usesOver, withWindows } from './window-call.ts'

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

  const applied: AppliedStep[] = []
  const scope = rowScope(from, environment, 'in WHERE', { applied })
  const tests = core.where ? [checkCondition(core.where, scope, 'WHERE')] : []
  tests.push(...checkPeriod(core, from, environment))
  const rows = withApplied(from.relation, applied)
  const sources = { ...from, relation: tests.length === 0 ? rows : filtered(rows, joinLogical('and', tests)) }
  const aggregates =
    core.groupBy.length > 0 ||
    core.span !== undefined ||
    core.having !== undefined ||
    core.items.some(callsAggregate) ||
    orderBy.some(({ expression }) => containsAggregate(expression))
  const checked =
    aggregates && !sources.around
      ? checkAggregates(core, sources, environment, orderBy)
      : checkRows(core, sources, { environment, orderBy })
  requireUniqueNames(checked.outputs, core)
  return checked
}

/** What a SELECT without FROM reads: one row that has no column. */
function oneRow(): Sources {
  return relationSources({ kind: 'values', columns: [], rows: [[]] }, '')
}

function filtered(input: Relation, condition: Expression): Relation {
  return { kind: 'filter', input, condition }
}

function callsAggregate(item: SelectItem): boolean {
  return item.kind === 'expression' && containsAggregate(item.expression)
}

/** With OVER an aggregate is a function of rows, and groups nothing. */
function containsAggregate(syntax: ExpressionSyntax): boolean {
  if (syntax.kind === 'call' && syntax.over === undefined && isAggregate(syntax.name)) return true
  return childrenOf(syntax).some(containsAggregate)
}

interface RowsPlace {
  environment: Environment
  orderBy: readonly OrderItem[]
}

function checkRows(core: CoreSyntax, sources: Sources, { environment, orderBy }: RowsPlace): CheckedCore {
  const windows: WindowCall[] = []
  const applied: AppliedStep[] = []
  const plain = rowScope(sources, environment, 'here', { windows, applied })
  const around = sources.around && checkAround(core, sources, { around: sources.around, rows: plain })
  const scope = around?.scope ?? plain
  const outputs = checkItems(core.items, sources, scope)
  const { latest } = core
  const rows = around?.relation ?? (latest ? latestOf(sources, latest) : sources.relation)
  const relation = withApplied(rows, applied)
  const { apply: _, ...ordering } = scope
  const over = usesOver(core, orderBy)
  return { relation: over ? withWindows(relation, windows, timeColumn(sources)) : relation, outputs, scope: ordering }
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
