import { type Aggregate, cellsWith, requireState } from './aggregate.ts'

/** The earliest time that has a value. */
export const firstTime: Aggregate = {
  name: 'first_time',
  measures: ['first'],
  keepsUnit: false,
  takes: 'a column',
  outputType: () => 'time',
  finish: (states) => {
    const validity = cellsWith(states.count, 1)
    return { name: '', type: 'i64', values: requireState(states.firstTime), ...(validity && { validity }) }
  },
}
