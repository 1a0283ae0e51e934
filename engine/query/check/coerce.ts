import type { ColumnType } from '../../core/batch.ts'
import { type Expression, expressionType, type Literal } from '../../core/expression.ts'
import { parseTimestamp } from '../../core/time.ts'
import { castName } from '../../function/cast.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { queryError } from './query-error.ts'

export type LiteralExpression = Extract<Expression, { kind: 'literal' }>
export type ValueType = ColumnType | 'null'

/** A type with its article, for errors. */
export function typeName(type: ValueType): string {
  return type === 'i64' || type === 'f64' ? `an ${type}` : `a ${type}`
}

/** An expression with its place in the text. */
export type Ranged = readonly [expression: Expression, range: SourceRange]

export function literal(value: Literal): LiteralExpression {
  if (value === null) return { kind: 'literal', type: 'null', value }
  if (typeof value === 'bigint') return { kind: 'literal', type: 'i64', value }
  if (typeof value === 'number') return { kind: 'literal', type: 'f64', value }
  return { kind: 'literal', type: typeof value === 'string' ? 'string' : 'bool', value }
}

export function comparable(a: ValueType, b: ValueType): boolean {
  const family = (type: ValueType): string => (type === 'i64' ? 'f64' : type)
  if (a === 'null' || b === 'null' || family(a) === family(b)) return true
  return (a === 'time' && b === 'i64') || (a === 'i64' && b === 'time')
}

export function expectedBeside(type: ValueType): string {
  return type === 'time' ? 'a time as a string such as 2026-11-22T09:30:00Z, or nanoseconds' : typeName(type)
}

export function coerce(expression: LiteralExpression, beside: ValueType, range: SourceRange): LiteralExpression
export function coerce(expression: Expression, beside: ValueType, range: SourceRange): Expression
export function coerce(expression: Expression, beside: ValueType, range: SourceRange): Expression {
  if (expression.kind !== 'literal') return expression
  const { value } = expression
  if (beside === 'f64' && typeof value === 'bigint') return literal(Number(value))
  if (beside !== 'time') return expression
  if (typeof value === 'bigint') return { kind: 'literal', type: 'time', value }
  // Parameters that come as JSON have no other integers.
  if (Number.isSafeInteger(value)) return { kind: 'literal', type: 'time', value: BigInt(Number(value)) }
  if (typeof value !== 'string') return expression
  const time = parseTimestamp(value)
  if (time !== undefined) return { kind: 'literal', type: 'time', value: time }
  throw queryError(range, `'${value}' is no time; expected ${expectedBeside('time')}`, {
    expected: ['2026-11-22', '2026-11-22T09:30:00Z', 'nanoseconds since 1970'],
  })
}

export function requireType(
  expression: Expression,
  takes: readonly ValueType[],
  range: SourceRange,
  what: string,
): void {
  const type = expressionType(expression)
  if (type === 'null' || takes.includes(type)) return
  const expected = takes.length > 1 ? 'a number' : typeName(takes[0] ?? 'null')
  throw queryError(range, `${what} expected ${expected}, but this is ${typeName(type)}`, { expected: [expected] })
}

/** An expression of integers as one of floats. */
export function toDouble(expression: Expression): Expression {
  if (expression.kind !== 'literal')
    return { kind: 'call', name: castName('f64', false), type: 'f64', args: [expression] }
  return { kind: 'literal', type: 'f64', value: expression.value === null ? null : Number(expression.value) }
}

/** Brings expressions that stand for one another to one type: integers to floats, texts to times, NULL to any. */
export function unify(all: readonly Ranged[], what: string): { type: ColumnType; all: Expression[] } | undefined {
  const types = [...new Set(all.map(([expression]) => expressionType(expression)))].filter((type) => type !== 'null')
  const [first] = types
  if (first === undefined) return undefined
  const type = types.includes('time') ? 'time' : types.includes('f64') ? 'f64' : first
  return { type, all: all.map((each) => fitted(each, type, what)) }
}

/** An expression as one of a type, where nothing of its value is lost: integers become floats, constants times. */
export function fitted([expression, range]: Ranged, type: ColumnType, what: string): Expression {
  const coerced = type === 'i64' ? expression : coerce(expression, type, range)
  const own = expressionType(coerced)
  if (own === type) return coerced
  if (coerced.kind === 'literal' && coerced.value === null) return { ...coerced, type }
  if (own === 'i64' && type === 'f64') return toDouble(coerced)
  throw queryError(range, `${what} expected ${typeName(type)}, but this is ${typeName(own)}`, {
    expected: [typeName(type)],
  })
}
