import type { Cursor } from './cursor.ts'
import { parseExpression } from './parse-expression.ts'
import type { DeleteStatement } from './syntax.ts'

/** `DELETE FROM table WHERE condition`. */
export function parseDelete(cursor: Cursor): DeleteStatement {
  cursor.requireWords('delete from')
  const table = cursor.name('a table')
  cursor.requireWords('where')
  const where = parseExpression(cursor)
  return { kind: 'delete', range: cursor.rangeFrom(0), table, where }
}
