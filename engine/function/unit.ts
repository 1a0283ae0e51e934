import type { Column } from '../core/batch.ts'
import { doublesOf } from './double-loop.ts'
import type { Call, ScalarFunction } from './scalar-function.ts'

/** The name of the function that conversions of units become: no name that a statement could write. */
export const CONVERT_NAME = 'convert unit'

function convert(call: Call): Column {
  const from = doublesOf(call, 0)
  const [, multiplier, divisor, shift] = call.constants.map(Number)
  const values = new Float64Array(from.length)
  if (multiplier === undefined || divisor === undefined || shift === undefined)
    throw new Error('a conversion has factors')
  for (let row = 0; row < values.length; row++) values[row] = ((from[row] as number) * multiplier) / divisor + shift
  return { name: '', type: 'f64', values }
}

export const UNITS: readonly ScalarFunction[] = [
  {
    name: CONVERT_NAME,
    signature: 'x::unit',
    doc: 'x in another unit',
    overloads: [{ takes: ['f64', 'f64', 'f64', 'f64'], gives: 'f64', evaluate: convert }],
  },
]
