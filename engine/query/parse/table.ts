import type { Cursor } from './cursor.ts'
import { listOf } from './list.ts'
import type {
  AlterationSyntax,
  AlterTableStatement,
  ColumnSyntax,
  CreateTableStatement,
  DropTableStatement,
  RollupSyntax,
  TextSyntax,
} from './table-syntax.ts'

/** `CREATE TABLE table (columns) [RETENTION duration] [ROLLUP width [RETENTION duration], ...]`. */
export function parseCreate(cursor: Cursor): CreateTableStatement {
  cursor.requireWords('table')
  const ifNotExists = cursor.acceptWords('if not exists')
  const table = cursor.name('a name')
  cursor.requireSign('(')
  const columns = listOf(cursor, parseColumn)
  cursor.requireSign(')')
  const retention = cursor.acceptWords('retention') ? cursor.duration() : undefined
  const rollups = cursor.acceptWords('rollup') ? listOf(cursor, parseRollup) : []
  const range = cursor.rangeFrom(0)
  return { kind: 'create table', range, table, ifNotExists, columns, ...(retention && { retention }), rollups }
}

/** `ALTER TABLE table alteration`. */
export function parseAlter(cursor: Cursor): AlterTableStatement {
  cursor.requireWords('table')
  const table = cursor.name('a table')
  const alteration = parseAlteration(cursor)
  return { kind: 'alter table', range: cursor.rangeFrom(0), table, alteration }
}

/** `DROP TABLE [IF EXISTS] table`. */
export function parseDrop(cursor: Cursor): DropTableStatement {
  cursor.requireWords('table')
  const ifExists = cursor.acceptWords('if exists')
  const table = cursor.name('a table')
  return { kind: 'drop table', range: cursor.rangeFrom(0), table, ifExists }
}

function parseAlteration(cursor: Cursor): AlterationSyntax {
  if (cursor.acceptWords('add')) {
    if (cursor.acceptWords('rollup')) return { kind: 'add rollup', rollup: parseRollup(cursor) }
    cursor.requireWords('column')
    return { kind: 'add column', column: parseColumn(cursor) }
  }
  if (cursor.acceptWords('set')) {
    if (cursor.acceptWords('unit')) return { kind: 'set unit', column: cursor.name('a column'), unit: unitText(cursor) }
    cursor.requireWords('retention')
    return { kind: 'set retention', retention: cursor.duration() }
  }
  cursor.requireWords('drop')
  return parseLess(cursor)
}

function parseLess(cursor: Cursor): AlterationSyntax {
  if (cursor.acceptWords('unit')) return { kind: 'set unit', column: cursor.name('a column') }
  if (cursor.acceptWords('rollup')) return { kind: 'drop rollup', width: cursor.duration() }
  cursor.requireWords('retention')
  return { kind: 'drop retention', range: cursor.rangeFrom(cursor.lastOffset) }
}

/** `host TAG`, or `usage f64 [UNIT '%']`. */
export function parseColumn(cursor: Cursor): ColumnSyntax {
  const name = cursor.name('a name')
  if (cursor.acceptWords('tag')) return { name }
  const type = cursor.name(COLUMN_TYPE)
  const unit = cursor.acceptWords('unit') ? unitText(cursor) : undefined
  return { name, type, ...(unit && { unit }) }
}

/** What stands behind the name of a field. */
export const COLUMN_TYPE = 'a type'

function parseRollup(cursor: Cursor): RollupSyntax {
  const width = cursor.duration()
  const retention = cursor.acceptWords('retention') ? cursor.duration() : undefined
  return { width, ...(retention && { retention }) }
}

function unitText(cursor: Cursor): TextSyntax {
  return quotedText(cursor, 'a unit in quotes')
}

/** A text in quotes; `what` says of what, for the error. */
export function quotedText(cursor: Cursor, what: string): TextSyntax {
  const token = cursor.peek()
  if (token?.kind !== 'string') {
    cursor.expect(what)
    throw cursor.unexpected()
  }
  cursor.advance()
  return { text: token.text, range: { offset: token.offset, length: token.length } }
}
