import { type Aggregate, keptColumn } from './aggregate.ts'

/** The least value; NaN only where all are. */
export const min: Aggregate = {
  name: 'min',
  measures: ['min'],
  keepsUnit: true,
  outputType: (input) => input,
  finish: (states) => keptColumn(states, states.min),
}
