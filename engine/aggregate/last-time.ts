import { type Aggregate, cellsWith, requireState } from './aggregate.ts'

/** The latest time that has a value. */
export const lastTime: Aggregate = {
  name: 'last_time',
  measures: ['last'],
  keepsUnit: false,
  takes: 'a column',
  outputType: () => 'time',
  finish: (states) => {
    const validity = cellsWith(states.count, 1)
    return { name: '', type: 'i64', values: requireState(states.lastTime), ...(validity && { validity }) }
  },
}
