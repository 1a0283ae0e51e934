import type { ColumnType } from '../../core/batch.ts'
import type { Expression, Literal } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import type { ExpressionSyntax, NameSyntax } from '../parse/syntax.ts'
import { unknownName } from './query-error.ts'

export type CallSyntax = Extract<ExpressionSyntax, { kind: 'call' }>
export type ColumnExpression = Extract<Expression, { kind: 'column' }>

/** What does not change while a statement is checked. */
export interface StatementContext {
  params: Readonly<Record<string, Literal>>
  /** The one time that every `now()` of the statement means. */
  now: bigint
  /** Set when the statement asks for the time, since its answer then changes by itself. */
  usesNow: boolean
}

/** What names and calls mean at a place of a statement. */
export interface Scope {
  context: StatementContext
  column(name: NameSyntax): Expression
  call(call: CallSyntax): Expression
}

/** The column of a table that a name means: `time`, a tag or a field. */
export function tableColumn(table: TableInfo, name: NameSyntax): ColumnExpression {
  const found = findColumn(table, name.name)
  if (found === undefined)
    throw unknownName(name.range, { what: 'tag or field', wrong: name.name, of: table.name }, columnNames(table))
  return found
}

export function findColumn(table: TableInfo, name: string): ColumnExpression | undefined {
  const column = (source: 'time' | 'tag' | 'field', type: ColumnType): ColumnExpression => ({
    kind: 'column',
    name,
    source,
    type,
  })
  if (name === TIME_COLUMN) return column('time', 'time')
  if (table.tags.includes(name)) return column('tag', 'string')
  const field = table.fields.find((each) => each.name === name)
  return field && column('field', field.type)
}

export function columnNames(table: TableInfo): string[] {
  return [TIME_COLUMN, ...table.tags, ...table.fields.map((field) => field.name)]
}
