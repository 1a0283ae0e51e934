import type { Column } from '../core/batch.ts'
import type { Call, Evaluate, Overload } from './scalar-function.ts'

/** The values of an argument that is f64. */
export function doublesOf(call: Call, argument: number): Float64Array {
  const column = call.columns[argument]
  if (column?.type !== 'f64') throw new Error(`argument ${argument} is not f64`)
  return column.values
}

/** The values of an argument that is i64 or time. */
export function integersOf(call: Call, argument: number): BigInt64Array {
  const column = call.columns[argument]
  if (column?.type !== 'i64' && column?.type !== 'time') throw new Error(`argument ${argument} is not i64`)
  return column.values
}

/** A function of doubles; `compute` must give the same bits on every engine, which not all of `Math` does. */
export function ofDouble(compute: (x: number) => number): Overload {
  return { takes: ['f64'], gives: 'f64', evaluate: doubleLoop(compute) }
}

/** A loop of its own for every function, so that the engine compiles each by itself. */
function doubleLoop(compute: (x: number) => number): Evaluate {
  return (call): Column => {
    const from = doublesOf(call, 0)
    const values = new Float64Array(from.length)
    for (let i = 0; i < values.length; i++) values[i] = compute(from[i] as number)
    return { name: '', type: 'f64', values }
  }
}
