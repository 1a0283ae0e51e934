import type { Column } from '../core/batch.ts'
import { MIN_TIME } from '../core/time.ts'
import { stepOf, type TimeRange, type TimeWindow, windowAt } from '../core/time-window.ts'

/** The end of the window that begins at a time. */
export function windowEnd(start: bigint, window: TimeWindow): bigint {
  return window.kind === 'fixed' ? start + window.width : windowAt(start, window).end
}

/** The first end of a window after a time. */
export function nextEnd(time: bigint, window: TimeWindow): bigint {
  if (window.kind !== 'fixed') return windowAt(time, window).end
  const step = stepOf(window)
  const past = (time - window.origin - window.width) % step
  return time - (past < 0n ? past + step : past) + step
}

/** Rows of windows that end in `(after, until]`; a column has the starts. */
export function rowsThatEnd({ values }: Column, window: TimeWindow, { after, until }: Ends): Uint32Array {
  const places: number[] = []
  for (let row = 0; row < values.length; row++) {
    const start = values[row]
    if (typeof start !== 'bigint') continue
    const end = windowEnd(start, window)
    if (end > after && end <= until) places.push(row)
  }
  return Uint32Array.from(places)
}

/** Windows end after a time and not after another. */
export interface Ends {
  after: bigint
  until: bigint
}

/** The windows, which follow one another, that end in `(after, until]`, from the start of the first to the end of the last. */
export function rangeThatEnds({ after, until }: Ends, window: TimeWindow): TimeRange {
  return { start: after === MIN_TIME ? MIN_TIME : windowAt(after, window).start, end: windowAt(until, window).start }
}
