import { type Aggregate, keptColumn } from './aggregate.ts'

/** Whether one value is true. */
export const boolOr: Aggregate = {
  name: 'bool_or',
  measures: ['max'],
  keepsUnit: false,
  takes: 'a condition',
  outputType: (input) => (input === 'bool' ? 'bool' : undefined),
  finish: (states) => keptColumn(states, states.max),
}
