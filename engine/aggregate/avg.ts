import type { Column } from '../core/batch.ts'
import type { InputStates } from '../core/plan.ts'
import { type Aggregate, doublesOf, isNumeric } from './aggregate.ts'
import { floatSums } from './sum.ts'

/** The arithmetic mean. */
export const avg: Aggregate = {
  name: 'avg',
  measures: ['sum'],
  keepsUnit: true,
  outputType: (input) => (isNumeric(input) ? 'f64' : undefined),
  finish: means,
}

function means(states: InputStates): Column {
  const { count } = states
  const values = floatSums(states)
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / (count[i] ?? 0)
  return doublesOf(count, values)
}
