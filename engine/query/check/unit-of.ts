import type { Expression } from '../../core/expression.ts'

/** The unit of an expression's values, where it is known and what is done with them leaves it. */
export function unitOf(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'literal':
    case 'column':
    case 'call':
      return expression.unit
    case 'unary':
      return expression.op === '-' ? unitOf(expression.operand) : undefined
    case 'binary':
      return expression.op === '+' || expression.op === '-'
        ? sharedUnit([expression.left, expression.right])
        : undefined
    case 'case':
      return sharedUnit([...expression.branches.map(({ value }) => value), expression.otherwise])
    case 'coalesce':
      return sharedUnit(expression.operands)
    default:
      return undefined
  }
}

/** The unit that all have but NULL. */
function sharedUnit(all: readonly Expression[]): string | undefined {
  const units = all.filter((each) => each.kind !== 'literal' || each.value !== null).map(unitOf)
  return units.every((unit) => unit === units[0]) ? units[0] : undefined
}
