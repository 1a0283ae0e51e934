import type { Column } from '../core/batch.ts'
import { isValid } from '../core/batch.ts'
import { integersOf } from './double-loop.ts'
import type { Call } from './scalar-function.ts'

/** A value that all times of `[start, end)` have. */
export interface TimeStep {
  start: bigint
  end: bigint
  value: bigint
}

/**
 * A function of times whose value changes only now and then: it is computed once for a run of times in the same step, since
 * times mostly come in order.
 */
export function byStep(
  call: Call,
  argument: number,
  gives: 'i64' | 'time',
  stepOf: (time: bigint) => TimeStep,
): Column {
  const times = integersOf(call, argument)
  const values = new BigInt64Array(times.length)
  let [start, end, value] = [0n, 0n, 0n]
  for (let row = 0; row < values.length; row++) {
    if (!isValid(call.validity, row)) continue
    const time = times[row] as bigint
    if (time < start || time >= end) ({ start, end, value } = stepOf(time))
    values[row] = value
  }
  return { name: '', type: gives, values }
}

/** The text of a constant argument, `undefined` where it is not there. */
export function constantText(call: Pick<Call, 'constants'>, argument: number): string | undefined {
  const value = call.constants[argument]
  return typeof value === 'string' ? value : undefined
}
