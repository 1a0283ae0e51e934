import type { Literal } from '../../core/expression.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { coerce, comparable, expectedBeside, type LiteralExpression, typeName, type ValueType } from './coerce.ts'
import { queryError } from './query-error.ts'

/** What a constant in a list of IN is equal to, beside an operand of a type: no integer equals a float that is not whole. */
export function membersOf(constant: LiteralExpression, type: ValueType, range: SourceRange): Literal[] {
  const member = coerce(constant, type, range)
  if (!comparable(type, member.type)) {
    const message = `${typeName(type)} is never ${typeName(member.type)}; expected ${expectedBeside(type)}`
    throw queryError(range, message)
  }
  const { value } = member
  if (type !== 'i64' || typeof value !== 'number') return [value]
  return Number.isInteger(value) ? [BigInt(value)] : []
}
