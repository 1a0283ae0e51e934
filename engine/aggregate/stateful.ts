import type { FieldType } from '../core/batch.ts'
import { expressionType } from '../core/expression.ts'
import type { AccumulatorInput, StateTable } from '../core/plan.ts'
import type { Accumulator, AccumulatorCall, StatefulAggregate, WindowBounds } from './accumulator.ts'
import type { StateBudget } from './state-budget.ts'
import { STATEFUL_NAMES } from './stateful-names.ts'
import { stateType } from './states.ts'

let provided: ReadonlyMap<string, StatefulAggregate> | undefined

/** Called by the registry as it is loaded: a thread that runs sub-plans loads it with the first plan that has one. */
export function provideAggregates(aggregates: ReadonlyMap<string, StatefulAggregate>): void {
  provided = aggregates
}

export function aggregatesAreProvided(): boolean {
  return provided !== undefined
}

/** The aggregate of a name. Throws where there is one that is not loaded. */
export function statefulNamed(name: string): StatefulAggregate | undefined {
  if (provided === undefined && STATEFUL_NAMES.includes(name))
    throw new Error(`${name}() is asked for before it is loaded`)
  return provided?.get(name)
}

/** The aggregate that a plan's input names. */
export function statefulAggregate({ aggregate }: AccumulatorInput): StatefulAggregate {
  const known = statefulNamed(aggregate)
  if (known === undefined) throw new Error(`there is no stateful aggregate '${aggregate}'`)
  return known
}

/** What a call keeps its states within. */
export interface CallPlace {
  budget: StateBudget
  windowOf(time: bigint): WindowBounds
}

export function accumulatorCall({ inputs, parameters }: AccumulatorInput, place: CallPlace): AccumulatorCall {
  const types = inputs.map((input): FieldType => stateType(expressionType(input)))
  return { types, parameters, budget: place.budget, windowOf: place.windowOf }
}

/** Opens the states of a call. */
export function openAccumulator(input: AccumulatorInput, place: CallPlace): Accumulator {
  return statefulAggregate(input).open(accumulatorCall(input, place))
}

/** Where nothing more is taken, no window matters. */
export function wholeOfTime(): WindowBounds {
  return { start: -(2n ** 63n), end: 2n ** 63n - 1n }
}

/** The states of cells that saw nothing. */
export function emptyStates(input: AccumulatorInput, place: CallPlace, cells: number): StateTable {
  return openAccumulator(input, place).states(Uint32Array.from({ length: cells }, (_, cell) => cell))
}
