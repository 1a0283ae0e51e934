import { type Expression, expressionType, printExpression } from '../../core/expression.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type { CoreSyntax, ExpressionSyntax, NameSyntax } from '../parse/syntax.ts'
import { checkExpression } from './check-expression.ts'
import { queryError } from './query-error.ts'
import { type GroupKey, outputOf, type RelationColumn, relationColumns } from './relation.ts'
import { rowScope } from './row-scope.ts'
import type { Environment } from './scope.ts'
import type { Sources } from './sources.ts'

/** Something to group by, with the text that means it in the items. */
export interface CheckedGroup {
  key: GroupKey
  syntax: ExpressionSyntax
}

/** What GROUP BY and BY say, besides the windows. */
export function checkGroups(core: CoreSyntax, sources: Sources, environment: Environment): CheckedGroup[] {
  const scope = rowScope(sources, environment, 'in GROUP BY')
  const columns = relationColumns(sources.relation)
  const groups: CheckedGroup[] = []
  for (const item of core.groupBy) {
    if (item.kind === 'duration') continue
    const syntax = groupSyntax(item, core, sources)
    const expression = checkExpression(syntax, scope)
    if (groups.some(({ key }) => sameExpression(key.expression, expression))) continue
    groups.push(groupOf(syntax, expression, { columns, name: `@${groups.length}` }))
  }
  return groups
}

/** A group; `name` is that of its column where it is no column by itself. */
export function groupOf(
  syntax: ExpressionSyntax,
  expression: Expression,
  { columns, name }: { columns: readonly RelationColumn[]; name: string },
): CheckedGroup {
  const label = printSyntax(syntax)
  const { type, key: _, name: __, expression: ___, ...unit } = outputOf(label, expression, columns)
  const isColumn = expression.kind === 'column'
  const source = isColumn ? expression.source : 'field'
  const column = { name: isColumn ? expression.name : name, type, source, key: true, ...unit }
  return { key: { column, expression, label }, syntax }
}

/** A number is the place of an item; a name is a column, or else the name of an item. */
function groupSyntax(item: ExpressionSyntax, core: CoreSyntax, sources: Sources): ExpressionSyntax {
  if (item.kind === 'integer') {
    const found = core.items[Number(item.text) - 1]
    if (found?.kind === 'expression') return found.expression
    const count = core.items.length
    throw queryError(item.range, `GROUP BY ${item.text}: there are ${count} items`, {
      expected: [`a number from 1 to ${count}`],
    })
  }
  if (item.kind !== 'name' || isColumnName(item, sources)) return item
  const named = core.items.find((each) => each.kind === 'expression' && each.alias?.name === item.name)
  return named?.kind === 'expression' ? named.expression : item
}

function isColumnName({ name, qualifier }: NameSyntax, { sources }: Sources): boolean {
  return qualifier !== undefined || sources.some(({ columns }) => columns.some((column) => column.name === name))
}

export function sameExpression(a: Expression, b: Expression): boolean {
  return expressionType(a) === expressionType(b) && printExpression(a) === printExpression(b)
}
