import type { ValueAggregate } from './accumulator.ts'
import { cellDoubles, cellIntegers } from './cell-doubles.ts'
import { durationOf, LOOK_BACK, SeriesWindows, sumAt, type WindowFold } from './series-windows.ts'

/** An aggregate of the windows of each series that look at the sample before them; added up over the series of a group. */
export function seriesAggregate(name: string, type: 'f64' | 'i64', fold: () => WindowFold): ValueAggregate {
  const finish = type === 'f64' ? cellDoubles : cellIntegers
  return {
    name,
    inputs: ['number'],
    parameters: [LOOK_BACK],
    lookBack: 0,
    keepsUnit: false,
    ordered: true,
    dependsOnOrder: true,
    gives: 'value',
    outputType: () => type,
    open: (call) => new SeriesWindows(call, fold(), { lookBack: durationOf(call.parameters[0]) }),
    finish: (states) => finish(states, (numbers) => sumAt(numbers, 0)),
  }
}
