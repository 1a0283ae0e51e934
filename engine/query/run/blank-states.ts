import { createStates, stateType } from '../../aggregate/states.ts'
import { expressionType } from '../../core/expression.ts'
import type { AggregatePlan, InputStates } from '../../core/plan.ts'

/** States of some cells that have seen nothing. */
export function blankStates({ inputs }: Pick<AggregatePlan, 'inputs'>, cells: number): InputStates[] {
  return inputs.map(({ expression, measures }) =>
    createStates(expression ? stateType(expressionType(expression)) : 'i64', measures, cells),
  )
}
