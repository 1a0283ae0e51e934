import type { Literal } from '../../core/expression.ts'
import type { Catalog, TableInfo } from '../../core/plan.ts'
import type {
  ExpressionSyntax,
  NameSyntax,
  SelectItem,
  SelectStatement,
  ShowStatement,
  Statement,
} from '../parse/syntax.ts'
import { isAggregate } from './aggregate-call.ts'
import { checkAggregates } from './check-aggregates.ts'
import { checkCondition } from './check-expression.ts'
import type { CheckedSelect, CheckedShow, CheckedStatement, SelectBody } from './checked.ts'
import { checkItem, checkOrder, requireUniqueNames, starOutputs } from './outputs.ts'
import { unknownName } from './query-error.ts'
import { rowCount, rowScope, tagNames } from './row-scope.ts'
import type { StatementContext } from './scope.ts'

export interface CheckOptions {
  params?: Readonly<Record<string, Literal>>
  /** What `now()` means in the statement. */
  now: bigint
}

/**
 * Checks a statement against what tables there are: names, types, and where aggregates may stand. Throws `query` with the
 * position. A statement with `=~` or `!~` needs `loadPatterns` before.
 */
export function check(statement: Statement, catalog: Catalog, { params = {}, now }: CheckOptions): CheckedStatement {
  const context: StatementContext = { params, now, usesNow: false }
  return statement.kind === 'show' ? checkShow(statement, catalog, context) : checkSelect(statement, catalog, context)
}

function findTable(catalog: Catalog, name: NameSyntax): TableInfo {
  const table = catalog.tables.find((each) => each.name === name.name)
  if (table === undefined) {
    throw unknownName(
      name.range,
      { what: 'table', wrong: name.name },
      catalog.tables.map((each) => each.name),
    )
  }
  return table
}

function checkSelect(statement: SelectStatement, catalog: Catalog, context: StatementContext): CheckedSelect {
  const table = findTable(catalog, statement.table)
  const where = statement.where && checkCondition(statement.where, rowScope(table, context, 'in WHERE'), 'WHERE')
  const aggregates =
    statement.groupBy.length > 0 ||
    statement.items.some(callsAggregate) ||
    statement.orderBy.some(({ expression }) => containsAggregate(expression))
  const body = aggregates ? checkAggregates(statement, table, context) : checkRows(statement, table, context)
  requireUniqueNames(body.outputs, statement)
  const limit = statement.limit && rowCount(statement.limit, 'LIMIT', context)
  return {
    kind: 'select',
    table,
    ...body,
    ...(where && { condition: where }),
    ...(limit !== undefined && { limit }),
    offset: statement.offset ? rowCount(statement.offset, 'OFFSET', context) : 0,
    usesNow: context.usesNow,
  }
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

function checkRows(statement: SelectStatement, table: TableInfo, context: StatementContext): SelectBody {
  const scope = rowScope(table, context, 'here')
  const outputs = statement.items.flatMap((item) =>
    item.kind === 'star' ? starOutputs(table) : [checkItem(item, { table, calls: [] }, scope)],
  )
  const order = checkOrder(statement, outputs, scope)
  const { latest } = statement
  const by = latest ? tagNames(latest.by, table) : []
  return { shape: latest ? 'latest' : 'rows', by, calls: [], outputs, order }
}

/** Most lines of a SHOW without LIMIT. */
const DEFAULT_SHOW_LIMIT = 1_000_000

function checkShow(statement: ShowStatement, catalog: Catalog, context: StatementContext): CheckedShow {
  const table = statement.table && findTable(catalog, statement.table)
  const { where } = statement
  const condition = where && table && checkCondition(where, rowScope(table, context, 'in WHERE'), 'WHERE')
  if (statement.key && table) tagNames([statement.key], table)
  return {
    kind: 'show',
    subject: statement.subject,
    limit: statement.limit ? rowCount(statement.limit, 'LIMIT', context) : DEFAULT_SHOW_LIMIT,
    ...(table && { table }),
    ...(statement.key && { key: statement.key.name }),
    ...(condition && where && { condition, conditionRange: where.range }),
  }
}
