import { type Aggregate, doublesOf, isNumeric } from './aggregate.ts'
import { floatSums } from './sum.ts'

/** The arithmetic mean. */
export const avg: Aggregate = {
  name: 'avg',
  measures: ['sum'],
  keepsUnit: true,
  outputType: (input) => (isNumeric(input) ? 'f64' : undefined),
  finish: (states) =>
    doublesOf(
      states.count,
      floatSums(states).map((total, i) => total / (states.count[i] ?? 0)),
    ),
}
