import { type Aggregate, doublesOf, isNumeric } from './aggregate.ts'
import { variances } from './variance.ts'

/** The standard deviation of a population. */
export const stddevPop: Aggregate = {
  name: 'stddev_pop',
  measures: ['moments'],
  keepsUnit: true,
  outputType: (input) => (isNumeric(input) ? 'f64' : undefined),
  finish: (states) => doublesOf(states.count, variances(states, 0).map(Math.sqrt)),
}
