import { type Aggregate, doublesOf, isNumeric } from './aggregate.ts'
import { variances } from './variance.ts'

/** The standard deviation of a sample; missing for fewer than two values. */
export const stddev: Aggregate = {
  name: 'stddev',
  measures: ['moments'],
  keepsUnit: true,
  outputType: (input) => (isNumeric(input) ? 'f64' : undefined),
  finish: (states) => doublesOf(states.count, variances(states, 1).map(Math.sqrt), 2),
}
