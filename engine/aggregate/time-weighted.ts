import type { Literal } from '../core/expression.ts'
import type { AccumulatorCall, Parameter, ValueAggregate, WindowBounds } from './accumulator.ts'
import { cellDoubles, cellIntegers } from './cell-doubles.ts'
import {
  durationOf,
  LOOK_BACK,
  type Sample,
  SeriesWindows,
  secondsBetween,
  sumAt,
  type WindowFold,
} from './series-windows.ts'

/**
 * Areas under the values of a series. By `locf` a value holds until the next one: into a window from the sample before it,
 * and from its last sample to its end, but no longer than the look-back. By `linear` it is a line from sample to sample,
 * into a window from the sample before it, and nothing behind its last sample.
 */
type Method = 'locf' | 'linear'

const method = (byDefault: Method): Parameter => ({
  name: 'the method',
  kind: 'text',
  choices: ['locf', 'linear'],
  default: byDefault,
})

interface WeightedOptions {
  name: string
  byDefault: Method
  keepsUnit: boolean
  value(area: number, seconds: number): number | undefined
}

function weightedAggregate({ name, byDefault, keepsUnit, value }: WeightedOptions): ValueAggregate {
  return {
    name,
    inputs: ['number'],
    parameters: [method(byDefault), LOOK_BACK],
    lookBack: 1,
    keepsUnit,
    ordered: true,
    dependsOnOrder: true,
    gives: 'value',
    outputType: () => 'f64',
    open: (call) => openAreas(call, call.parameters),
    finish: (states) => cellDoubles(states, (numbers) => value(sumAt(numbers, 0), sumAt(numbers, 1))),
  }
}

function openAreas(call: AccumulatorCall, [by, lookBack]: readonly Literal[]): SeriesWindows {
  const reach = durationOf(lookBack)
  const fold = openArea(by === 'linear' ? 'linear' : 'locf', reach)
  return new SeriesWindows(call, fold, { width: 2, lookBack: reach })
}

/** The mean of values weighted by the time that they held; missing where no time passes. */
export const timeWeightedAvg: ValueAggregate = weightedAggregate({
  name: 'time_weighted_avg',
  byDefault: 'locf',
  keepsUnit: true,
  value: (area, seconds) => (seconds > 0 ? area / seconds : undefined),
})

/** The area under the values, in their unit times seconds. */
export const integral: ValueAggregate = weightedAggregate({
  name: 'integral',
  byDefault: 'linear',
  keepsUnit: false,
  value: (area) => area,
})

const NANOSECONDS = 1e9

/** How long a condition held, in ns, each of its values until the next one. */
export const durationIn: ValueAggregate = {
  ...timeWeightedAvg,
  name: 'duration_in',
  inputs: ['condition'],
  parameters: [LOOK_BACK],
  lookBack: 0,
  keepsUnit: false,
  outputType: () => 'i64',
  open: (call) => openAreas(call, ['locf', call.parameters[0] ?? null]),
  finish: (states) => cellIntegers(states, (numbers) => sumAt(numbers, 0) * NANOSECONDS),
}

function openArea(by: Method, reach: bigint): WindowFold {
  let window: WindowBounds = { start: 0n, end: 0n }
  let last: Sample | undefined
  let isBefore = false
  let [area, seconds] = [0, 0]
  return {
    begin: ({ before, bounds }) => {
      window = bounds
      last = before
      isBefore = before !== undefined
      ;[area, seconds] = [0, 0]
    },
    add: (sample) => {
      if (last) {
        const from = isBefore ? { time: window.start, value: valueAt(window.start, last, sample) } : last
        const passed = secondsBetween(from.time, sample.time)
        area += by === 'locf' ? last.value * passed : ((from.value + sample.value) / 2) * passed
        seconds += passed
      }
      last = sample
      isBefore = false
    },
    end: () => {
      if (by === 'locf' && last && window.end !== 2n ** 63n - 1n) {
        const end = last.time + reach < window.end ? last.time + reach : window.end
        area += last.value * secondsBetween(last.time, end)
        seconds += secondsBetween(last.time, end)
      }
      return [area, seconds]
    },
  }
}

/** The value of the line through two samples at a time between them. */
function valueAt(time: bigint, from: Sample, to: Sample): number {
  const part = secondsBetween(from.time, time) / secondsBetween(from.time, to.time)
  return from.value + (to.value - from.value) * part
}
