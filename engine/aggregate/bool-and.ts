import { type Aggregate, keptColumn } from './aggregate.ts'

/** Whether all values are true. */
export const boolAnd: Aggregate = {
  name: 'bool_and',
  measures: ['min'],
  keepsUnit: false,
  takes: 'a condition',
  outputType: (input) => (input === 'bool' ? 'bool' : undefined),
  finish: (states) => keptColumn(states, states.min),
}
