import { type Expression, expressionType } from '../../core/expression.ts'
import { MAX_TIME } from '../../core/time.ts'
import type { TimeRange } from '../../core/time-window.ts'

type Binary = Extract<Expression, { kind: 'binary' }>

const MIRRORED: Readonly<Record<string, Binary['op']>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' }

/** Narrows a range by a comparison of `time` with a constant; false where the test is no such. */
export function narrow(range: TimeRange, test: Expression): boolean {
  if (test.kind !== 'binary') return false
  const [left, right] = [test.left, test.right]
  if (isTime(left) && isTimeLiteral(right)) return applyBound(range, test.op, right.value)
  const mirrored = MIRRORED[test.op]
  if (mirrored !== undefined && isTime(right) && isTimeLiteral(left)) return applyBound(range, mirrored, left.value)
  return false
}

/** Whether a test compares time with a constant, and means the same earlier where the constant is. */
export function isShiftableTest(test: Expression): test is Binary {
  if (test.kind !== 'binary' || !['=', '!=', '<', '<=', '>', '>='].includes(test.op)) return false
  return (isTime(test.left) && isTimeLiteral(test.right)) || (isTimeLiteral(test.left) && isTime(test.right))
}

function isTime(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'time'
}

function isTimeLiteral(expression: Expression): expression is { kind: 'literal'; type: 'time'; value: bigint } {
  return expression.kind === 'literal' && expressionType(expression) === 'time' && typeof expression.value === 'bigint'
}

function applyBound(range: TimeRange, op: Binary['op'], time: bigint): boolean {
  const after = time === MAX_TIME ? MAX_TIME : time + 1n
  if (op === '>=' || op === '=') range.start = larger(range.start, time)
  else if (op === '>') range.start = larger(range.start, after)
  if (op === '<=' || op === '=') range.end = smaller(range.end, after)
  else if (op === '<') range.end = smaller(range.end, time)
  return ['>=', '>', '<=', '<', '='].includes(op)
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
