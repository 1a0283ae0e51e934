import type { Literal } from '../../core/expression.ts'
import type { Catalog } from '../../core/plan.ts'
import type { Statement } from '../parse/statement.ts'
import type { ExplainedStatement, ShowStatement } from '../parse/syntax.ts'
import type { ViewStatement } from '../parse/view-syntax.ts'
import { checkCondition } from './check-expression.ts'
import { checkQuery } from './check-query.ts'
import { findTable, tableSources } from './check-source.ts'
import type { CheckedModel, CheckedSelect, CheckedShow, CheckedStatement } from './checked.ts'
import { findView } from './named-view.ts'
import { PendingQuery } from './pending-query.ts'
import {
  DELETE_CHECK,
  INSERT_CHECK,
  MODEL_CHECK,
  SUBSCRIBE_CHECK,
  TABLE_CHECK,
  TRANSFER_CHECK,
  VIEW_CHECK,
} from './rare-checks.ts'
import { rowCount, rowScope, tagNames } from './row-scope.ts'
import type { Environment, QueryAnswers } from './scope.ts'

export interface CheckOptions {
  params?: Readonly<Record<string, Literal>>
  /** What `now()` means in the statement. */
  now: bigint
  /** The answers of the queries in its expressions, as far as they are known. */
  answers?: QueryAnswers
}

/**
 * Checks a statement against what tables there are: names, types, and where aggregates may stand. Throws `query` with the
 * position, and `PendingQuery` where an expression has a query in it that has no answer yet. What the statement
 * needs is loaded before, by `loadCalledParts`.
 */
export function check(
  statement: Statement,
  catalog: Catalog,
  { params = {}, now, answers = new Map() }: CheckOptions,
): CheckedStatement {
  const uses = { now: false, applied: 0 }
  const known = { answers, relations: new Map(), queries: new Map() }
  const environment: Environment = { catalog, params, now, uses, ...known, checkQuery }
  if (statement.kind === 'show') return checkShow(statement, catalog, environment)
  if (statement.kind === 'explain') {
    const { kind, analyze } = statement
    return { kind, analyze, statement: checkRows(statement.statement, environment) }
  }
  if (statement.kind === 'kill') return statement
  if (statement.kind === 'insert') return INSERT_CHECK.part.checkInsert(statement, environment)
  if (statement.kind === 'subscribe') return SUBSCRIBE_CHECK.part.checkSubscribe(statement, environment)
  if (statement.kind === 'delete') return DELETE_CHECK.part.checkDelete(statement, environment)
  if (statement.kind === 'create table' || statement.kind === 'alter table' || statement.kind === 'drop table') {
    return TABLE_CHECK.part.checkTable(statement, catalog)
  }
  if (statement.kind === 'export') return TRANSFER_CHECK.part.checkExport(statement, environment)
  if (statement.kind === 'import') return TRANSFER_CHECK.part.checkImport(statement, environment)
  if (isViewStatement(statement)) return VIEW_CHECK.part.checkView(statement, environment)
  return checkRows(statement, environment)
}

function isViewStatement(statement: Statement): statement is ViewStatement {
  return statement.kind.endsWith(' view')
}

/** Whether `check` ended at a query in an expression, with nothing wrong before it. */
export function isPending(error: unknown): boolean {
  return error instanceof PendingQuery
}

function checkRows(statement: ExplainedStatement, environment: Environment): CheckedSelect | CheckedModel {
  if (statement.kind !== 'select') return MODEL_CHECK.part.checkModel(statement, environment)
  const relation = checkQuery(statement, environment)
  return { kind: 'select', relation, usesNow: environment.uses.now }
}

/** Most lines of a SHOW without LIMIT. */
const DEFAULT_SHOW_LIMIT = 1_000_000

function checkShow(statement: ShowStatement, catalog: Catalog, environment: Environment): CheckedShow {
  const view = statement.subject === 'create view' && statement.table ? findView(catalog, statement.table) : undefined
  const table = statement.table && findTable(catalog, statement.table)
  const { where } = statement
  const scope = table && rowScope(tableSources(table), environment, 'in WHERE')
  const condition = where && scope && checkCondition(where, scope, 'WHERE')
  if (statement.key && table) tagNames([statement.key], table)
  return {
    kind: 'show',
    subject: statement.subject,
    limit: statement.limit ? rowCount(statement.limit, 'LIMIT', environment) : DEFAULT_SHOW_LIMIT,
    ...(table && { table }),
    ...(view && { view }),
    ...(statement.key && { key: statement.key.name }),
    ...(condition && where && { condition, conditionRange: where.range }),
  }
}
