import { statefulAggregate } from '../aggregate/stateful.ts'
import type { AggregatePlan } from '../core/plan.ts'

/** Whether the order of merging shows in the last bits of an answer: in sums of floats, and in moments. */
export function dependsOnOrder(plan: AggregatePlan): boolean {
  if (plan.accumulators?.some((input) => statefulAggregate(input).dependsOnOrder)) return true
  return plan.inputs.some(({ expression, measures }) => {
    if (measures.includes('moments')) return true
    return measures.includes('sum') && !(expression && 'type' in expression && expression.type === 'i64')
  })
}
