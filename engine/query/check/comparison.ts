import { type BinaryOperator, type Expression, expressionType } from '../../core/expression.ts'
import { coerce, comparable, expectedBeside, type Ranged, typeName } from './coerce.ts'
import { queryError } from './query-error.ts'

/** A comparison of two like things; a literal is brought to the type of what it is compared with. */
export function comparison(op: BinaryOperator, [a, aRange]: Ranged, [b, bRange]: Ranged): Expression {
  const left = coerce(a, expressionType(b), aRange)
  const right = coerce(b, expressionType(a), bRange)
  const types = [expressionType(left), expressionType(right)] as const
  if (!comparable(types[0], types[1])) {
    const expected = expectedBeside(types[0])
    throw queryError(
      bRange,
      `${typeName(types[0])} cannot be compared with ${typeName(types[1])}; expected ${expected}`,
      {
        expected: [expected],
      },
    )
  }
  return { kind: 'binary', op, type: 'bool', left, right }
}
