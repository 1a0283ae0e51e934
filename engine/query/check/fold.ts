import { valueAt } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { type Expression, expressionType, operandsOf } from '../../core/expression.ts'
import { functionOf } from '../../scan/call.ts'
import { evaluate } from '../../scan/evaluate.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { queryError } from './query-error.ts'
import { unitOf } from './unit-of.ts'

/** Computes what has no column in it. */
export function fold(expression: Expression, range: SourceRange): Expression {
  const isWhole = expression.kind === 'literal' || expression.kind === 'column'
  if (isWhole || !operandsOf(expression).every((operand) => operand.kind === 'literal') || !isReady(expression))
    return expression
  const type = expressionType(expression)
  try {
    const value = valueAt(evaluate(expression, CONSTANT_FRAME), 0)
    const unit = unitOf(expression)
    return { kind: 'literal', type, value, ...(unit !== undefined && { unit }) }
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    throw queryError(range, error.message, error.hint === undefined ? {} : { hint: error.hint })
  }
}

/** Whether what a call needs is loaded: the editor checks statements without. */
function isReady(expression: Expression): boolean {
  return expression.kind !== 'call' || (functionOf(expression).of.needs?.isLoaded() ?? true)
}

const CONSTANT_FRAME = {
  rows: 1,
  column: (name: string): never => {
    throw new Error(`a constant has no column '${name}'`)
  },
}
