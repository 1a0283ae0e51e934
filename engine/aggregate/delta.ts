import type { ValueAggregate } from './accumulator.ts'
import { seriesAggregate } from './series-aggregate.ts'
import type { Sample } from './series-windows.ts'

/** By how much gauges changed: from the last sample before a window, or its first, to its last. */
export const delta: ValueAggregate = seriesAggregate('delta', 'f64', () => {
  let first: Sample | undefined
  let last: Sample | undefined
  return {
    begin: ({ before }) => {
      first = before
      last = undefined
    },
    add: (sample) => {
      if (first === undefined) first = sample
      else last = sample
    },
    end: () => (first && last ? [last.value - first.value] : undefined),
  }
})
