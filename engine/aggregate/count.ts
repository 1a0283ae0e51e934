import type { Aggregate } from './aggregate.ts'

/** How many values there are; NaN is one, a missing value is none. */
export const count: Aggregate = {
  name: 'count',
  measures: [],
  keepsUnit: false,
  outputType: () => 'i64',
  finish: (states) => ({ name: '', type: 'i64', values: BigInt64Array.from(states.count, BigInt) }),
}
