import type { Literal } from '../../core/expression.ts'
import type { Catalog } from '../../core/plan.ts'
import type { ExplainedStatement, ShowStatement, Statement } from '../parse/syntax.ts'
import { checkDelete } from './check-delete.ts'
import { checkCondition } from './check-expression.ts'
import { checkInsert } from './check-insert.ts'
import { checkModel } from './check-model.ts'
import { checkQuery } from './check-query.ts'
import { findTable, tableSources } from './check-source.ts'
import type { CheckedModel, CheckedSelect, CheckedShow, CheckedStatement } from './checked.ts'
import { rowCount, rowScope, tagNames } from './row-scope.ts'
import type { Environment, StatementContext } from './scope.ts'

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
  const context: StatementContext = { catalog, params, now, usesNow: false }
  if (statement.kind === 'show') return checkShow(statement, catalog, context)
  if (statement.kind === 'explain') return { kind: 'explain', statement: checkRows(statement.statement, context) }
  if (statement.kind === 'insert') return checkInsert(statement, environmentOf(context))
  if (statement.kind === 'delete') return checkDelete(statement, context)
  return checkRows(statement, context)
}

function environmentOf(context: StatementContext): Environment {
  return { context, queries: new Map(), checkQuery }
}

function checkRows(statement: ExplainedStatement, context: StatementContext): CheckedSelect | CheckedModel {
  const environment = environmentOf(context)
  if (statement.kind !== 'select') return checkModel(statement, environment)
  const relation = checkQuery(statement, environment)
  return { kind: 'select', relation, usesNow: context.usesNow }
}

/** Most lines of a SHOW without LIMIT. */
const DEFAULT_SHOW_LIMIT = 1_000_000

function checkShow(statement: ShowStatement, catalog: Catalog, context: StatementContext): CheckedShow {
  const table = statement.table && findTable(catalog, statement.table)
  const { where } = statement
  const scope = table && rowScope(tableSources(table), context, 'in WHERE')
  const condition = where && scope && checkCondition(where, scope, 'WHERE')
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
