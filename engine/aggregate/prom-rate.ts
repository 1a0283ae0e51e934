import type { ValueAggregate, WindowBounds } from './accumulator.ts'
import { cellDoubles } from './cell-doubles.ts'
import { growth } from './increase.ts'
import { type Sample, SeriesWindows, secondsBetween, sumAt, type WindowFold } from './series-windows.ts'

interface Kind {
  isCounter: boolean
  perSecond: boolean
}

function promAggregate(name: string, kind: Kind): ValueAggregate {
  return {
    name,
    inputs: ['number'],
    parameters: [],
    keepsUnit: false,
    ordered: true,
    dependsOnOrder: true,
    gives: 'value',
    outputType: () => 'f64',
    open: (call) => new SeriesWindows(call, openExtrapolation(kind), {}),
    finish: (states) => cellDoubles(states, (numbers) => sumAt(numbers, 0)),
  }
}

/** `rate` as PromQL has it: from the samples of the window alone, extrapolated to its ends. Takes two samples. */
export const promRate: ValueAggregate = promAggregate('prom_rate', { isCounter: true, perSecond: true })
export const promIncrease: ValueAggregate = promAggregate('prom_increase', { isCounter: true, perSecond: false })
export const promDelta: ValueAggregate = promAggregate('prom_delta', { isCounter: false, perSecond: false })

/** How many intervals between samples the end of a window may be away for the line to go on to it. */
const THRESHOLD = 1.1

function openExtrapolation(kind: Kind): WindowFold {
  let window: WindowBounds = { start: 0n, end: 0n }
  let first: Sample | undefined
  let last: Sample | undefined
  let [count, total] = [0, 0]
  return {
    begin: ({ bounds }) => {
      window = bounds
      first = undefined
      ;[count, total] = [0, 0]
    },
    add: (sample) => {
      if (first && last) total += kind.isCounter ? growth(last.value, sample.value) : sample.value - last.value
      first ??= sample
      last = sample
      count++
    },
    end: () => (first && last && count > 1 ? [extrapolated(kind, { window, first, last, count, total })] : undefined),
  }
}

interface Samples {
  window: WindowBounds
  first: Sample
  last: Sample
  count: number
  total: number
}

/** `extrapolatedRate` of Prometheus' promql/functions.go. An end of time itself is where the samples end. */
function extrapolated(kind: Kind, { window, first, last, count, total }: Samples): number {
  const sampled = secondsBetween(first.time, last.time)
  const mean = sampled / (count - 1)
  const start = window.start === -(2n ** 63n) ? first.time : window.start
  const end = window.end === 2n ** 63n - 1n ? last.time : window.end
  let toStart = secondsBetween(start, first.time)
  let toEnd = secondsBetween(last.time, end)
  if (toStart >= mean * THRESHOLD) toStart = mean / 2
  // A counter is not below 0, so the line goes back no further than to where it would be.
  if (kind.isCounter && total > 0 && first.value >= 0) toStart = Math.min(toStart, sampled * (first.value / total))
  if (toEnd >= mean * THRESHOLD) toEnd = mean / 2
  const whole = total * ((sampled + toStart + toEnd) / sampled)
  return kind.perSecond ? whole / secondsBetween(start, end) : whole
}
