import type { Cursor } from './cursor.ts'
import { listOf, namesInBrackets } from './list.ts'
import { parseColumn, quotedText } from './table.ts'
import type { ColumnSyntax } from './table-syntax.ts'
import type { ExportStatement, ImportStatement } from './transfer-syntax.ts'

/** `EXPORT (query) TO 'file' [FORMAT name]`. */
export function parseExport(cursor: Cursor): ExportStatement {
  cursor.requireWords('export')
  if (!cursor.atQuery()) {
    cursor.expect('a query in brackets')
    throw cursor.unexpected()
  }
  const query = cursor.bracketedQuery()
  cursor.requireWords('to')
  const file = quotedText(cursor, FILE)
  const format = cursor.acceptWords('format') ? cursor.name(EXPORT_FORMAT) : undefined
  return { kind: 'export', range: cursor.rangeFrom(0), query, file, ...(format && { format }) }
}

const FILE = 'a file in quotes'
/** What stands behind FORMAT. */
export const EXPORT_FORMAT = 'a format of EXPORT'
export const IMPORT_FORMAT = 'a format of IMPORT'
/** What stands behind PRECISION. */
export const PRECISION = 'a precision'

/** `IMPORT FROM 'file' [INTO table] [FORMAT name]`, and what columns of CSV are. */
export function parseImport(cursor: Cursor): ImportStatement {
  cursor.requireWords('import')
  cursor.requireWords('from')
  const file = quotedText(cursor, FILE)
  const table = cursor.acceptWords('into') ? cursor.name('a table') : undefined
  const format = cursor.acceptWords('format') ? cursor.name(IMPORT_FORMAT) : undefined
  const time = cursor.acceptWords('time') ? cursor.name('a name') : undefined
  const tags = cursor.acceptWords('tags') ? namesInBrackets(cursor, 'a name') : []
  const ignore = cursor.acceptWords('ignore') ? namesInBrackets(cursor, 'a name') : []
  const fields = cursor.acceptWords('fields') ? columnsInBrackets(cursor) : []
  const precision = cursor.acceptWords('precision') ? cursor.name(PRECISION) : undefined
  return {
    ...{ kind: 'import', range: cursor.rangeFrom(0), file, tags, ignore, fields },
    ...(table && { table }),
    ...(format && { format }),
    ...(time && { time }),
    ...(precision && { precision }),
  }
}

function columnsInBrackets(cursor: Cursor): ColumnSyntax[] {
  cursor.requireSign('(')
  const columns = listOf(cursor, parseColumn)
  cursor.requireSign(')')
  return columns
}
