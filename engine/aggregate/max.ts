import { type Aggregate, keptColumn } from './aggregate.ts'

/** The greatest value; NaN only where all are. */
export const max: Aggregate = {
  name: 'max',
  measures: ['max'],
  keepsUnit: true,
  outputType: (input) => input,
  finish: (states) => keptColumn(states, states.max),
}
