import type { ValueAggregate } from './accumulator.ts'
import { seriesAggregate } from './series-aggregate.ts'
import type { WindowFold } from './series-windows.ts'

/** How many pairs of neighbouring samples pass a test, with the one before the window. */
function openCount(passes: (from: number, to: number) => boolean): () => WindowFold {
  return () => {
    let last: number | undefined
    let count = 0
    return {
      begin: ({ before }) => {
        last = before?.value
        count = 0
      },
      add: ({ value }) => {
        if (last !== undefined && passes(last, value)) count++
        last = value
      },
      end: () => [count],
    }
  }
}

/** How often counters fell. */
export const resets: ValueAggregate = seriesAggregate(
  'resets',
  'i64',
  openCount((from, to) => to < from),
)

/** How often values changed; NaN is one value. */
export const changes: ValueAggregate = seriesAggregate(
  'changes',
  'i64',
  openCount((from, to) => from !== to && !(Number.isNaN(from) && Number.isNaN(to))),
)
