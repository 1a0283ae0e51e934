import type { AccumulatorInput, AggregateInput, AggregatePlan } from '../../core/plan.ts'
import { type AggregateCall, inputKey } from '../check/checked.ts'
import { accumulatorInput, longestLookBack } from './accumulators.ts'
import type { PlannedCall } from './node.ts'

/** What is kept of the rows for some calls. */
export type PlannedStates = Pick<AggregatePlan, 'inputs' | 'accumulators' | 'lookBack'> & {
  calls: readonly PlannedCall[]
}

/** The states that calls need; those over measures of one input share them. `width` is that of the windows, in ns. */
export function planStates(calls: readonly AggregateCall[], width: bigint | undefined): PlannedStates {
  const inputs: AggregateInput[] = []
  const accumulators: AccumulatorInput[] = []
  const planned = calls.map((call): PlannedCall => {
    if (call.kind === 'accumulated') {
      const inputIndex = accumulators.push(accumulatorInput(call, width)) - 1
      return { ...call, inputIndex }
    }
    const key = inputKey(call.input)
    const known = inputs.findIndex((input) => inputKey(input.expression) === key)
    const inputIndex = known >= 0 ? known : inputs.length
    const measures = [...new Set([...(inputs[inputIndex]?.measures ?? []), ...call.aggregate.measures])]
    inputs[inputIndex] = { ...(call.input && { expression: call.input }), measures }
    return { ...call, inputIndex }
  })
  const lookBack = longestLookBack(accumulators)
  return {
    inputs,
    ...(accumulators.length > 0 && { accumulators }),
    ...(lookBack > 0n && { lookBack }),
    calls: planned,
  }
}
