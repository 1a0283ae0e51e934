import type { ValueAggregate } from './accumulator.ts'
import { seriesAggregate } from './series-aggregate.ts'
import { type Sample, secondsBetween, type WindowFold } from './series-windows.ts'

/** By how much a counter grew; where it fell it was reset to 0 in between. */
export function growth(from: number, to: number): number {
  return to >= from ? to - from : to
}

/** The growth between the samples of a window, from the one before it on. */
function openGrowth(value: (growth: number, seconds: number) => number): () => WindowFold {
  return () => {
    let first: Sample | undefined
    let last: Sample | undefined
    let total = 0
    return {
      begin: ({ before }) => {
        first = before
        last = before
        total = 0
      },
      add: (sample) => {
        if (last) total += growth(last.value, sample.value)
        first ??= sample
        last = sample
      },
      end: () => (first && last && first !== last ? [value(total, secondsBetween(first.time, last.time))] : undefined),
    }
  }
}

/**
 * By how much counters grew: between the samples of a window and from the last one before it, never beyond them
 * (MetricsQL's rule, not Prometheus'). Missing where no series has two samples.
 */
export const increase: ValueAggregate = seriesAggregate(
  'increase',
  'f64',
  openGrowth((total) => total),
)

/** The same for a second of the time between these samples. */
export const rate: ValueAggregate = seriesAggregate(
  'rate',
  'f64',
  openGrowth((total, seconds) => total / seconds),
)
