import { type Aggregate, keptColumn } from './aggregate.ts'

/** The value of the earliest time. */
export const first: Aggregate = {
  name: 'first',
  measures: ['first'],
  keepsUnit: true,
  outputType: (input) => input,
  finish: (states) => keptColumn(states, states.first),
}
