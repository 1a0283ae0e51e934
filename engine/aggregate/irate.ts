import type { ValueAggregate } from './accumulator.ts'
import { growth } from './increase.ts'
import { seriesAggregate } from './series-aggregate.ts'
import { type Sample, secondsBetween, type WindowFold } from './series-windows.ts'

/** Something of the last two samples, of which the first may be the one before the window. */
function openLastTwo(value: (first: Sample, last: Sample) => number): () => WindowFold {
  return () => {
    let first: Sample | undefined
    let last: Sample | undefined
    return {
      begin: ({ before }) => {
        first = undefined
        last = before
      },
      add: (sample) => {
        first = last
        last = sample
      },
      end: () => (first && last ? [value(first, last)] : undefined),
    }
  }
}

/** The growth of counters a second between the last two samples. */
export const irate: ValueAggregate = seriesAggregate(
  'irate',
  'f64',
  openLastTwo((first, last) => growth(first.value, last.value) / secondsBetween(first.time, last.time)),
)

/** By how much gauges changed between the last two samples. */
export const idelta: ValueAggregate = seriesAggregate(
  'idelta',
  'f64',
  openLastTwo((first, last) => last.value - first.value),
)
