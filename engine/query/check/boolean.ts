import type { Expression } from '../../core/expression.ts'

/** A tree of two-sided nodes as low as can be: long chains must not make deep recursions. */
export function joinLogical(op: 'and' | 'or', operands: readonly Expression[]): Expression {
  const [first] = operands
  if (first === undefined) return { kind: 'literal', type: 'bool', value: op === 'and' }
  if (operands.length === 1) return first
  const middle = operands.length >> 1
  const left = joinLogical(op, operands.slice(0, middle))
  const right = joinLogical(op, operands.slice(middle))
  return { kind: 'binary', op, type: 'bool', left, right }
}

/** The tests of a condition that AND joins. */
export function conjunctsOf(condition: Expression): Expression[] {
  if (condition.kind !== 'binary' || condition.op !== 'and') return [condition]
  return [...conjunctsOf(condition.left), ...conjunctsOf(condition.right)]
}
