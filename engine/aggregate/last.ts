import { type Aggregate, keptColumn } from './aggregate.ts'

/** The value of the latest time. */
export const last: Aggregate = {
  name: 'last',
  measures: ['last'],
  keepsUnit: true,
  outputType: (input) => input,
  finish: (states) => keptColumn(states, states.last),
}
