import { type Expression, expressionType } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type { SelectItem, SelectStatement, SourceRange } from '../parse/syntax.ts'
import { checkExpression } from './check-expression.ts'
import { type AggregateCall, callColumn, type OrderKey, type Output } from './checked.ts'
import { queryError } from './query-error.ts'
import { columnNames, findColumn, type Scope } from './scope.ts'

/** All columns of a table. */
export function starOutputs(table: TableInfo): Output[] {
  return columnNames(table).flatMap((name) => {
    const column = findColumn(table, name)
    return column ? [outputOf(name, column, { table, calls: [] })] : []
  })
}

/** Where the outputs' columns come from. */
export interface OutputSource {
  table: TableInfo
  calls: readonly AggregateCall[]
}

export function checkItem(item: Exclude<SelectItem, { kind: 'star' }>, source: OutputSource, scope: Scope): Output {
  const expression = checkExpression(item.expression, scope)
  const { expression: syntax, alias } = item
  return outputOf(alias?.name ?? (syntax.kind === 'name' ? syntax.name : printSyntax(syntax)), expression, source)
}

export function outputOf(name: string, expression: Expression, source: OutputSource): Output {
  const type = expressionType(expression)
  const unit = unitOf(expression, source)
  const key = expression.kind === 'column' && expression.source !== 'field'
  return { name, type: type === 'null' ? 'f64' : type, expression, key, ...(unit !== undefined && { unit }) }
}

function unitOf(expression: Expression, { table, calls }: OutputSource): string | undefined {
  if (expression.kind !== 'column' || expression.source !== 'field') return undefined
  const call = calls.find((_, k) => callColumn(k) === expression.name)
  if (call !== undefined) {
    const input = call.kind === 'measured' ? call.input : call.inputs[0]
    return call.aggregate.keepsUnit && input ? unitOf(input, { table, calls: [] }) : undefined
  }
  return table.fields.find((field) => field.name === expression.name)?.unit
}

/** A name in ORDER BY first means a column of the answer; anything else is an expression like the items. */
export function checkOrder(statement: SelectStatement, outputs: readonly Output[], scope: Scope): OrderKey[] {
  return statement.orderBy.map(({ expression: syntax, descending, nullsFirst }) => {
    const output = syntax.kind === 'name' ? outputs.find((each) => each.name === syntax.name) : undefined
    const expression = output?.expression ?? checkExpression(syntax, scope)
    if (expression.kind === 'literal') {
      throw queryError(syntax.range, 'ORDER BY a constant means nothing; expected a column', { expected: ['a column'] })
    }
    return { expression, descending, nullsFirst }
  })
}

export function requireUniqueNames(outputs: readonly Output[], statement: SelectStatement): void {
  const names = new Set<string>()
  for (const { name } of outputs) {
    if (names.has(name)) {
      const range = rangeOfItem(statement, name)
      throw queryError(range, `two columns would have the name '${name}'`, { hint: 'Name one of them with AS.' })
    }
    names.add(name)
  }
}

function rangeOfItem(statement: SelectStatement, name: string): SourceRange {
  const named = statement.items.filter((item) => item.kind === 'expression')
  const item = named.findLast(
    ({ alias, expression }) =>
      (alias?.name ?? (expression.kind === 'name' ? expression.name : printSyntax(expression))) === name,
  )
  return item?.alias?.range ?? item?.expression.range ?? statement.range
}
