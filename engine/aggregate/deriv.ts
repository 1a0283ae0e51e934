import type { ValueAggregate } from './accumulator.ts'
import { cellDoubles } from './cell-doubles.ts'
import { SeriesWindows, secondsBetween, sumAt, type WindowFold } from './series-windows.ts'

/** The slope of the least-squares line through the samples of a window, a second; added up over series. Takes two samples. */
export const deriv: ValueAggregate = {
  name: 'deriv',
  inputs: ['number'],
  parameters: [],
  keepsUnit: false,
  ordered: true,
  dependsOnOrder: true,
  gives: 'value',
  outputType: () => 'f64',
  open: (call) => new SeriesWindows(call, openLine(), {}),
  finish: (states) => cellDoubles(states, (numbers) => sumAt(numbers, 0)),
}

/** Welford's update of the moments of times and values; times count from the first, so that their squares stay exact. */
function openLine(): WindowFold {
  let origin = 0n
  let [count, meanTime, meanValue, squares, products] = [0, 0, 0, 0, 0]
  return {
    begin: () => {
      ;[count, meanTime, meanValue, squares, products] = [0, 0, 0, 0, 0]
    },
    add: ({ time, value }) => {
      if (count === 0) origin = time
      count++
      const seconds = secondsBetween(origin, time)
      const past = seconds - meanTime
      meanTime += past / count
      meanValue += (value - meanValue) / count
      squares += past * (seconds - meanTime)
      products += past * (value - meanValue)
    },
    end: () => (count < 2 ? undefined : [products / squares]),
  }
}
