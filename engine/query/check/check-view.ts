import { type TimeRange, type TimeWindow, windowAt } from '../../core/time-window.ts'
import { type ViewDefinition, type ViewRefresh, viewsOf } from '../../core/view.ts'
import type { ExpressionSyntax } from '../parse/syntax.ts'
import type {
  AlterViewStatement,
  CreateViewStatement,
  DropViewStatement,
  RefreshSyntax,
  RefreshViewStatement,
  ViewStatement,
} from '../parse/view-syntax.ts'
import { checkExpression, fixedDuration } from './check-expression.ts'
import { keptMs } from './check-table.ts'
import type { CheckedView } from './checked.ts'
import { coerce } from './coerce.ts'
import { findView, requireUnread } from './named-view.ts'
import { queryError } from './query-error.ts'
import { constantScope } from './row-scope.ts'
import type { Environment } from './scope.ts'
import { checkViewQuery } from './view-query.ts'

const NS_PER_MS = 1_000_000n

/** Checks a statement that makes, changes, refreshes or drops a view. */
export function checkView(statement: ViewStatement, environment: Environment): CheckedView {
  switch (statement.kind) {
    case 'create view':
      return checkCreate(statement, environment)
    case 'refresh view':
      return checkRefresh(statement, environment)
    case 'alter view':
      return checkAlter(statement, environment)
    case 'drop view':
      return checkDrop(statement, environment)
  }
}

function checkCreate(statement: CreateViewStatement, environment: Environment): CheckedView {
  const { catalog } = environment
  const { name, ifNotExists, range, query, text } = statement
  if (ifNotExists && viewsOf(catalog).some((view) => view.name === name.name)) {
    return { kind: 'view', verb: 'create materialized view', range, name: name.name }
  }
  if (catalog.tables.some((table) => table.name === name.name)) {
    throw queryError(name.range, `there is a table '${name.name}' already`)
  }
  const { source, window, tags, fields } = checkViewQuery(query, environment)
  const { refresh = { kind: 'immediate' }, lateness, retain } = statement
  const definition: ViewDefinition = {
    name: name.name,
    query: text,
    refresh: refreshOf(refresh),
    ...(lateness && { lateness: fixedDuration(lateness.text, lateness.range) }),
    ...(retain && { retain: BigInt(keptMs(retain)) * NS_PER_MS }),
    ...{ source, window, tags, fields },
  }
  return { kind: 'view', verb: 'create materialized view', range, name: name.name, definition }
}

function refreshOf(refresh: RefreshSyntax): ViewRefresh {
  if (refresh.kind !== 'every') return { kind: refresh.kind }
  const { text, range } = refresh.every
  const every = fixedDuration(text, range)
  if (every === 0n) throw queryError(range, 'EVERY expected a duration above 0')
  return { kind: 'every', every }
}

function checkRefresh({ name, range, bounds }: RefreshViewStatement, environment: Environment): CheckedView {
  const { window } = findView(environment.catalog, name)
  const within = bounds && boundsOf(bounds, window, environment)
  return { kind: 'view', verb: 'refresh materialized view', range, name: name.name, ...(within && { within }) }
}

/** The windows that have a part between two times. */
function boundsOf(
  { from, to }: NonNullable<RefreshViewStatement['bounds']>,
  window: TimeWindow,
  environment: Environment,
): TimeRange {
  const { start } = windowAt(timeOf(from, 'FROM', environment), window)
  const last = timeOf(to, 'TO', environment)
  const at = windowAt(last, window)
  const end = at.start === last ? last : at.end
  if (start >= end) throw queryError(to.range, 'TO expected a time behind that of FROM')
  return { start, end }
}

function timeOf(syntax: ExpressionSyntax, clause: string, environment: Environment): bigint {
  const checked = checkExpression(syntax, constantScope(environment, clause, 'a time'))
  const time = coerce(checked, 'time', syntax.range)
  if (time.kind === 'literal' && time.type === 'time' && typeof time.value === 'bigint') return time.value
  throw queryError(syntax.range, `${clause} expected a time`, { expected: ['a time'] })
}

function checkAlter({ name, range, refresh }: AlterViewStatement, { catalog }: Environment): CheckedView {
  const definition = { ...findView(catalog, name), refresh: refreshOf(refresh) }
  return { kind: 'view', verb: 'alter materialized view', range, name: name.name, definition }
}

function checkDrop({ name, range, ifExists }: DropViewStatement, { catalog }: Environment): CheckedView {
  if (ifExists && !viewsOf(catalog).some((view) => view.name === name.name)) {
    return { kind: 'view', verb: 'drop materialized view', range, name: name.name, exists: false }
  }
  findView(catalog, name)
  requireUnread(catalog, name)
  return { kind: 'view', verb: 'drop materialized view', range, name: name.name, exists: true }
}
