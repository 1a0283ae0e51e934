import { TidemarkError } from '../../core/errors.ts'
import { type Expression, expressionType } from '../../core/expression.ts'
import type { NameSyntax, SourceRange } from '../parse/syntax.ts'
import type { ColumnExpression, Environment, Scope } from './scope.ts'
import { findColumn, resolveColumn, type Sources } from './sources.ts'

/** What a query in an expression reads of the row that it is asked for. */
export interface OuterReference {
  /** The name of the column that stands for it in the query. */
  name: string
  /** What it is in the row. */
  expression: Expression
  range: SourceRange
}

/** The row around a query in an expression. */
export interface OuterRow {
  scope: Scope
  /** What the query has been found to read of it. */
  references: OuterReference[]
}

/** Whether a column stands for something of the row around. */
export function isOuter(name: string): boolean {
  return name.startsWith('^')
}

/** The column that a name means in a query, or else in the row around it. */
export function columnInOrAround(name: NameSyntax, sources: Sources, { outer }: Environment): ColumnExpression {
  const own = findColumn(name, sources)
  if (own) return own
  const found = outer && outerExpression(name, outer.scope)
  if (outer === undefined || found === undefined) return resolveColumn(name, sources)
  const type = expressionType(found)
  const column: ColumnExpression = {
    kind: 'column',
    name: `^${outer.references.length}`,
    source: found.kind === 'column' ? found.source : 'field',
    type: type === 'null' ? 'f64' : type,
  }
  outer.references.push({ name: column.name, expression: found, range: name.range })
  return column
}

function outerExpression(name: NameSyntax, scope: Scope): Expression | undefined {
  try {
    return scope.column(name)
  } catch (error) {
    if (error instanceof TidemarkError) return undefined
    throw error
  }
}
