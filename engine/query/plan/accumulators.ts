import { DEFAULT_LOOK_BACK } from '../../aggregate/accumulator.ts'
import { statefulAggregate } from '../../aggregate/stateful.ts'
import { printExpression, printLiteral } from '../../core/expression.ts'
import type { AccumulatorInput } from '../../core/plan.ts'
import { printDuration } from '../../core/time.ts'
import type { AccumulatedCall } from '../check/checked.ts'

/** What the scan keeps for a call. Without a look-back of its own it is five minutes, or the windows' width where that is more. */
export function accumulatorInput({ aggregate, inputs, parameters }: AccumulatedCall, width = 0n): AccumulatorInput {
  const lookBack = width > DEFAULT_LOOK_BACK ? width : DEFAULT_LOOK_BACK
  const complete = parameters.map((value, i) => (i === aggregate.lookBack ? (value ?? lookBack) : value))
  return { aggregate: aggregate.name, inputs, parameters: complete }
}

/** How far before its range a plan has to read. */
export function longestLookBack(inputs: readonly AccumulatorInput[]): bigint {
  let longest = 0n
  for (const input of inputs) {
    const { lookBack } = statefulAggregate(input)
    const value = lookBack === undefined ? undefined : input.parameters[lookBack]
    if (typeof value === 'bigint' && value > longest) longest = value
  }
  return longest
}

/** An accumulator as text. */
export function printAccumulator(input: AccumulatorInput): string {
  const { lookBack } = statefulAggregate(input)
  const parameters = input.parameters.map((value, i) =>
    i === lookBack && typeof value === 'bigint' ? printDuration(value) : printLiteral(value),
  )
  return `${input.aggregate}(${[...input.inputs.map(printExpression), ...parameters].join(', ')})`
}
