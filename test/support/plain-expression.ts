import { type Column, type ColumnType, valueAt } from '../../engine/core/batch.ts'
import { type BinaryOperator, type Expression, expressionType } from '../../engine/core/expression.ts'
import { callFunction, functionOf } from '../../engine/scan/call.ts'
import { columnOf, type Value } from './plain-column.ts'

/** Reads a column of one row; an absent tag is `''`. */
export type RowReader = (name: string, source: 'field' | 'tag' | 'time') => Value

/** One expression over one row, as the reference says, in plain JavaScript. */
export function evaluateRow(expression: Expression, read: RowReader): Value {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'column':
      return read(expression.name, expression.source)
    case 'unary': {
      const value = evaluateRow(expression.operand, read)
      const absent = value === null || (isTag(expression.operand) && value === '')
      if (expression.op === 'is null') return absent
      if (expression.op === 'is not null') return !absent
      if (value === null) return null
      if (expression.op === 'not') return !value
      return typeof value === 'bigint' ? -value : -Number(value)
    }
    case 'binary':
      return evaluateBinary(expression.op, evaluateRow(expression.left, read), evaluateRow(expression.right, read))
    case 'match': {
      const value = evaluateRow(expression.operand, read)
      return value === null ? null : matchesWhole(expression.pattern, String(value)) !== expression.negated
    }
    case 'in': {
      const value = evaluateRow(expression.operand, read)
      if (value === null) return null
      const found = expression.values.some((member) => member !== null && compareValues(member, value) === 0)
      if (!found && expression.values.includes(null)) return null
      return found !== expression.negated
    }
    case 'case': {
      const branch = expression.branches.find(({ when }) => evaluateRow(when, read) === true)
      return asNumber(shownValue(branch?.value ?? expression.otherwise, read), expression.type)
    }
    case 'coalesce': {
      const values = expression.operands.map((operand) => shownValue(operand, read))
      return values.find((value) => value !== null) ?? null
    }
    case 'call':
      return callRow(expression, read)
  }
}

function asNumber(value: Value, type: ColumnType): Value {
  return type === 'f64' && typeof value === 'bigint' ? Number(value) : value
}

/** An absent tag is missing in an answer. */
function shownValue(expression: Expression, read: RowReader): Value {
  const value = evaluateRow(expression, read)
  return isTag(expression) && value === '' ? null : value
}

/** Functions have their truth in scripts and vectors: here one is called for a single row, to have rows to choose from. */
function callRow(expression: Extract<Expression, { kind: 'call' }>, read: RowReader): Value {
  const reader = functionOf(expression).of.testsTags ? evaluateRow : shownValue
  const columns = expression.args.map((argument): Column => {
    const type = expressionType(argument)
    return columnOf('', type === 'null' ? 'f64' : type, [reader(argument, read)])
  })
  return valueAt(callFunction(expression, columns, 1), 0)
}

function isTag(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'tag'
}

function evaluateBinary(op: BinaryOperator, a: Value, b: Value): Value {
  if (op === 'and') return a === false || b === false ? false : a === null || b === null ? null : true
  if (op === 'or') return a === true || b === true ? true : a === null || b === null ? null : false
  if (a === null || b === null) return null
  const order = compareValues(a, b)
  switch (op) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    default:
      return arithmetic(op, a, b)
  }
}

function arithmetic(op: '+' | '-' | '*' | '/' | '%', a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (op === '/') return b === 0n ? null : Number(a) / Number(b)
    if (op === '%') return b === 0n ? null : a % b
    return op === '+' ? a + b : op === '-' ? a - b : a * b
  }
  const [x, y] = [Number(a), Number(b)]
  if (op === '+') return x + y
  if (op === '-') return x - y
  if (op === '*') return x * y
  return op === '/' ? x / y : x % y
}

/** Numbers by value, NaN greatest and equal to itself; strings by code points; false before true. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') {
    const [x, y] = [[...a], [...b]]
    for (let i = 0; i < Math.min(x.length, y.length); i++) {
      const order = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0)
      if (order !== 0) return order
    }
    return x.length - y.length
  }
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b ? -1 : a > b ? 1 : 0
  const [x, y] = [Number(a), Number(b)]
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
  return x < y ? -1 : x > y ? 1 : 0
}

/** JavaScript's own regular expressions, which agree with RE2's on the patterns that tests use. */
export function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 'su').test(text)
}
