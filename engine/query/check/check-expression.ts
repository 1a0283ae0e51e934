import type { ColumnType } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { type Expression, expressionType } from '../../core/expression.ts'
import { compilePattern } from '../../core/pattern.ts'
import { MAX_TIME as MAX_I64, MIN_TIME as MIN_I64, parseDuration, parseTimestamp } from '../../core/time.ts'
import { QUALITIES } from '../../function/logic.ts'
import type { ExpressionSyntax, SourceRange } from '../parse/syntax.ts'
import { joinLogical } from './boolean.ts'
import { checkForm } from './check-form.ts'
import { existenceOf, membershipOf, scalarOf } from './check-subquery.ts'
import { type LiteralExpression, literal, type Ranged, requireType, type ValueType } from './coerce.ts'
import { comparison } from './comparison.ts'
import { fold } from './fold.ts'
import { membersOf } from './member.ts'
import { queryError, unknownName } from './query-error.ts'
import type { Scope } from './scope.ts'

type SyntaxOf<Kind extends ExpressionSyntax['kind']> = Extract<ExpressionSyntax, { kind: Kind }>

/** Gives an expression its types and its names their meaning; what has no columns becomes a literal. */
export function checkExpression(syntax: ExpressionSyntax, scope: Scope): Expression {
  return scope.whole?.(syntax) ?? checkParts(syntax, scope)
}

function checkParts(syntax: ExpressionSyntax, scope: Scope): Expression {
  switch (syntax.kind) {
    case 'name':
      return scope.column(syntax)
    case 'call':
      return scope.call(syntax, scope)
    case 'integer':
      return integerLiteral(BigInt(syntax.text), syntax.range)
    case 'float':
      return literal(Number(syntax.text))
    case 'string':
      return literal(syntax.text)
    case 'boolean':
      return literal(syntax.value)
    case 'null':
      return literal(null)
    case 'duration':
      return literal(fixedDuration(syntax.text, syntax.range))
    case 'parameter':
      return parameterLiteral(syntax, scope)
    case 'unary':
      return fold(checkUnary(syntax, scope), syntax.range)
    case 'binary':
      return fold(checkBinary(syntax, scope), syntax.range)
    case 'logical':
      return fold(checkLogical(syntax, scope), syntax.range)
    case 'between':
      return fold(checkBetween(syntax, scope), syntax.range)
    case 'in':
      return checkIn(syntax, scope)
    case 'match':
      return checkMatch(syntax, scope)
    case 'query':
      return scalarOf(syntax, scope)
    case 'exists':
      return existenceOf(syntax, scope)
    case 'in query':
      return fold(membershipOf(syntax, checkExpression(syntax.operand, scope), scope), syntax.range)
    default:
      return checkForm(syntax, (inner) => checkExpression(inner, scope))
  }
}

/** Checks an expression that has to be true or false. */
export function checkCondition(syntax: ExpressionSyntax, scope: Scope, what: string): Expression {
  const condition = checkExpression(syntax, scope)
  requireType(condition, ['bool'], syntax.range, what)
  return condition
}

/** Nanoseconds of a duration of fixed length; months and longer vary, and are refused. */
export function fixedDuration(text: string, range: SourceRange): bigint {
  const nanoseconds = parseDuration(text)
  if (nanoseconds !== undefined) return nanoseconds
  if (!/^(?:\d+[a-z]+)+$/.test(text)) throw queryError(range, `'${text}' is no duration`, { expected: ['5m', '1h30m'] })
  if (!/mo|q|y/.test(text)) throw queryError(range, `'${text}' is longer than 292 years`)
  const expected = ['ns', 'us', 'ms', 's', 'm', 'h', 'd', 'w']
  const units = `a duration of ${expected.slice(0, -1).join(', ')} or w`
  throw queryError(range, `'${text}' has no fixed length; expected ${units}`, { expected })
}

function integerLiteral(value: bigint, range: SourceRange): LiteralExpression {
  if (value >= MIN_I64 && value <= MAX_I64) return literal(value)
  throw queryError(range, `${value} exceeds an integer of 64 bits`, { hint: `Write ${value}.0 for a float.` })
}

function parameterLiteral(syntax: SyntaxOf<'parameter'>, scope: Scope): LiteralExpression {
  const { params } = scope.environment
  const value = Object.hasOwn(params, syntax.name) ? params[syntax.name] : undefined
  if (value === undefined) {
    throw unknownName(syntax.range, { what: 'value for the parameter', wrong: syntax.name }, Object.keys(params))
  }
  return typeof value === 'bigint' ? integerLiteral(value, syntax.range) : literal(value)
}

function checkUnary(syntax: SyntaxOf<'unary'>, scope: Scope): Expression {
  const { op } = syntax
  if (op === '-' && syntax.operand.kind === 'integer') return integerLiteral(-BigInt(syntax.operand.text), syntax.range)
  const operand = checkExpression(syntax.operand, scope)
  if (op === 'is null' || op === 'is not null') return { kind: 'unary', op, type: 'bool', operand }
  const takes: readonly ValueType[] = op === 'not' ? ['bool'] : ['i64', 'f64']
  requireType(operand, takes, syntax.operand.range, op === 'not' ? 'NOT' : "'-'")
  const type = expressionType(operand)
  return { kind: 'unary', op, type: op === 'not' ? 'bool' : type === 'i64' ? 'i64' : 'f64', operand }
}

function checkBinary(syntax: SyntaxOf<'binary'>, scope: Scope): Expression {
  const left = checkExpression(syntax.left, scope)
  const right = qualityOf(syntax) ?? checkExpression(syntax.right, scope)
  const arithmetic = ['+', '-', '*', '/', '%'].includes(syntax.op)
  return arithmetic
    ? arithmeticExpression(syntax, left, right)
    : comparison(syntax.op, [left, syntax.left.range], [right, syntax.right.range])
}

/** `quality >= GOOD`: the words mean numbers only behind a comparison with `quality`. */
function qualityOf({ op, left, right }: SyntaxOf<'binary'>): Expression | undefined {
  const compared = ['=', '!=', '<', '<=', '>', '>='].includes(op) && left.kind === 'name' && right.kind === 'name'
  const value = compared && left.name === QUALITY_COLUMN ? QUALITIES.get(right.name.toLowerCase()) : undefined
  return value === undefined ? undefined : literal(value)
}

/** The field of OPC's quality. */
const QUALITY_COLUMN = 'quality'

/** Times take durations (integers of nanoseconds), and their difference is one; all else is numbers. */
function arithmeticExpression(syntax: SyntaxOf<'binary'>, a: Expression, b: Expression): Expression {
  const { op } = syntax
  const left = expressionType(b) === 'time' ? a : timeFromString(a, b)
  const right = b
  const types = [expressionType(left), expressionType(right)] as const
  const result = (type: ColumnType): Expression => ({ kind: 'binary', op, type, left, right })
  if (types.includes('time')) {
    const shifted = types[1] === 'i64' || types[1] === 'null' || (op === '+' && types[0] === 'i64')
    if (op === '-' && types[0] === 'time' && types[1] === 'time') return result('i64')
    if ((op === '+' || (op === '-' && types[0] === 'time')) && shifted) return result('time')
    throw queryError(syntax.range, `'${op}' cannot take ${types[0]} and ${types[1]}; expected a time and a duration`, {
      expected: ['a time and a duration'],
    })
  }
  requireType(left, ['i64', 'f64'], syntax.left.range, `'${op}'`)
  requireType(right, ['i64', 'f64'], syntax.right.range, `'${op}'`)
  return result(op !== '/' && types[0] !== 'f64' && types[1] !== 'f64' ? 'i64' : 'f64')
}

/** `'2026-01-01' + 1h`: beside a duration, a string that reads as a time is one. */
function timeFromString(a: Expression, b: Expression): Expression {
  if (a.kind !== 'literal' || typeof a.value !== 'string' || expressionType(b) !== 'i64') return a
  const time = parseTimestamp(a.value)
  return time === undefined ? a : { kind: 'literal', type: 'time', value: time }
}

function checkLogical(syntax: SyntaxOf<'logical'>, scope: Scope): Expression {
  const word = syntax.op.toUpperCase()
  return joinLogical(
    syntax.op,
    syntax.operands.map((operand) => checkCondition(operand, scope, word)),
  )
}

function checkBetween(syntax: SyntaxOf<'between'>, scope: Scope): Expression {
  const operand: Ranged = [checkExpression(syntax.operand, scope), syntax.operand.range]
  const low = comparison(syntax.negated ? '<' : '>=', operand, [checkExpression(syntax.low, scope), syntax.low.range])
  const high = comparison(syntax.negated ? '>' : '<=', operand, [
    checkExpression(syntax.high, scope),
    syntax.high.range,
  ])
  return { kind: 'binary', op: syntax.negated ? 'or' : 'and', type: 'bool', left: low, right: high }
}

function checkIn(syntax: SyntaxOf<'in'>, scope: Scope): Expression {
  const operand = checkExpression(syntax.operand, scope)
  const type = expressionType(operand)
  const values = syntax.values.flatMap((value) => {
    const checked = checkExpression(value, scope)
    if (checked.kind !== 'literal') throw queryError(value.range, 'a list of IN may hold constants only')
    return membersOf(checked, type, value.range)
  })
  return { kind: 'in', operand, negated: syntax.negated, values }
}

function checkMatch(syntax: SyntaxOf<'match'>, scope: Scope): Expression {
  const sign = syntax.negated ? "'!~'" : "'=~'"
  const operand = checkExpression(syntax.operand, scope)
  requireType(operand, ['string'], syntax.operand.range, sign)
  const pattern = checkExpression(syntax.pattern, scope)
  if (pattern.kind !== 'literal' || typeof pattern.value !== 'string') {
    throw queryError(syntax.pattern.range, `${sign} expected a regular expression as a string`, {
      expected: ['a string'],
    })
  }
  checkPattern(pattern.value, syntax.pattern.range)
  return { kind: 'match', pattern: pattern.value, negated: syntax.negated, operand }
}

function checkPattern(pattern: string, range: SourceRange): void {
  try {
    compilePattern(pattern)
  } catch (error) {
    if (error instanceof TidemarkError) throw queryError(range, error.message)
    throw error
  }
}
