import type { Cursor } from './cursor.ts'
import { listOf } from './list.ts'
import { parseQuery } from './select.ts'
import type { InsertColumn, InsertStatement } from './syntax.ts'

/** `INSERT INTO table (columns) query`, where VALUES is a query, too. */
export function parseInsert(cursor: Cursor): InsertStatement {
  cursor.requireWords('insert into')
  const table = cursor.name('a table')
  const columns = cursor.atQuery() ? [] : parseColumns(cursor)
  const query = parseQuery(cursor)
  return { kind: 'insert', range: cursor.rangeFrom(0), table, columns, query }
}

function parseColumns(cursor: Cursor): InsertColumn[] {
  if (!cursor.acceptSign('(')) return []
  const columns = listOf(cursor, (at): InsertColumn => ({ name: at.name('a column'), tag: at.acceptWords('tag') }))
  cursor.requireSign(')')
  return columns
}
