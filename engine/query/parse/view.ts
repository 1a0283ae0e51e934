import type { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import { parseQuery } from './select.ts'
import type { DurationSyntax } from './syntax.ts'
import type {
  AlterViewStatement,
  CreateViewStatement,
  DropViewStatement,
  RefreshSyntax,
  RefreshViewStatement,
} from './view-syntax.ts'

/** `CREATE MATERIALIZED VIEW [IF NOT EXISTS] name [REFRESH ...] [LATENESS duration] [RETAIN duration] AS query`. */
export function parseCreateView(cursor: Cursor): CreateViewStatement {
  const ifNotExists = cursor.acceptWords('if not exists')
  const name = cursor.name('a name')
  const options = parseOptions(cursor)
  cursor.requireWords('as')
  const query = parseQuery(cursor)
  const text = cursor.text.slice(query.range.offset, query.range.offset + query.range.length)
  return { kind: 'create view', range: cursor.rangeFrom(0), name, ifNotExists, ...options, query, text }
}

/** `REFRESH MATERIALIZED VIEW name [FROM time TO time]`. */
export function parseRefreshView(cursor: Cursor): RefreshViewStatement {
  cursor.requireWords('refresh materialized view')
  const name = cursor.name('a view')
  const bounds = cursor.acceptWords('from') ? { bounds: parseBounds(cursor) } : {}
  return { kind: 'refresh view', range: cursor.rangeFrom(0), name, ...bounds }
}

function parseBounds(cursor: Cursor): NonNullable<RefreshViewStatement['bounds']> {
  const from = parseExpression(cursor)
  cursor.requireWords('to')
  return { from, to: parseExpression(cursor) }
}

/** `ALTER MATERIALIZED VIEW name SET REFRESH ...`. */
export function parseAlterView(cursor: Cursor): AlterViewStatement {
  const name = cursor.name('a view')
  cursor.requireWords('set refresh')
  return { kind: 'alter view', range: cursor.rangeFrom(0), name, refresh: parseRefresh(cursor) }
}

/** `DROP MATERIALIZED VIEW [IF EXISTS] name`. */
export function parseDropView(cursor: Cursor): DropViewStatement {
  const ifExists = cursor.acceptWords('if exists')
  const name = cursor.name('a view')
  return { kind: 'drop view', range: cursor.rangeFrom(0), name, ifExists }
}

interface ViewOptions {
  refresh?: RefreshSyntax
  lateness?: DurationSyntax
  retain?: DurationSyntax
}

/** Each once, in any order. */
function parseOptions(cursor: Cursor): ViewOptions {
  let options: ViewOptions = {}
  for (;;) {
    if (!options.refresh && cursor.acceptWords('refresh')) options = { ...options, refresh: parseRefresh(cursor) }
    else if (!options.lateness && cursor.acceptWords('lateness')) options = { ...options, lateness: cursor.duration() }
    else if (!options.retain && cursor.acceptWords('retain')) options = { ...options, retain: cursor.duration() }
    else return options
  }
}

function parseRefresh(cursor: Cursor): RefreshSyntax {
  if (cursor.acceptWords('immediate')) return { kind: 'immediate' }
  if (cursor.acceptWords('manual')) return { kind: 'manual' }
  cursor.requireWords('every')
  return { kind: 'every', every: cursor.duration() }
}
