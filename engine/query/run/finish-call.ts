import type { AccumulatorCall, PointsAggregate } from '../../aggregate/accumulator.ts'
import { StateBudget } from '../../aggregate/state-budget.ts'
import { accumulatorCall, emptyStates, wholeOfTime } from '../../aggregate/stateful.ts'
import type { Batch, Column } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { AccumulatorInput, AggregatePlan, PartialAggregate, StateTable } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { windowOf } from '../../scan/accumulator-cells.ts'
import { callColumn } from '../check/checked.ts'
import type { PlannedCall } from '../plan/plan.ts'

/** What a call gives, by cell. An error of finishing says where in the text the call is. */
export function finishCall(call: PlannedCall, scan: AggregatePlan, partial: PartialAggregate): Column {
  if (call.kind === 'measured') {
    const states = call.input ? partial.inputs[call.inputIndex] : { type: 'i64' as const, count: partial.rows }
    if (states === undefined) throw new Error(`the partial aggregate lacks input ${call.inputIndex}`)
    return atCall(call, () => call.aggregate.finish(states, call.label))
  }
  const { aggregate } = call
  if (aggregate.gives === 'points') throw new Error(`${aggregate.name} gives rows, not cells`)
  const { states, made } = accumulated(call, scan, partial)
  return atCall(call, () => aggregate.finish(states, made))
}

export type PointsCall = Extract<PlannedCall, { kind: 'accumulated' }> & { aggregate: PointsAggregate }

/** Whether a call gives rows of its own. */
export function isPoints(call: PlannedCall): call is PointsCall {
  return call.kind === 'accumulated' && call.aggregate.gives === 'points'
}

/** The rows that a call gives for each cell: their times, the cell's tags and their values. */
export function pointColumns(call: PointsCall, scan: AggregatePlan, partial: PartialAggregate): Batch {
  const { groups, cellGroup } = partial
  const { states, made } = accumulated(call, scan, partial)
  const { offsets, columns } = atCall(call, () => call.aggregate.finish(states, made))
  const [time, value] = columns
  if (time === undefined || value === undefined) throw new Error('points are times and values')
  const rows = offsets.at(-1) ?? 0
  const groupOf = new Uint32Array(rows)
  cellGroup.forEach((group, cell) => {
    groupOf.fill(group, offsets[cell], offsets[cell + 1])
  })
  const tags = scan.by.map((name, i) => tagColumn(name, groupOf, { groups, place: i }))
  const shown: Column = call.type === 'time' && value.type === 'i64' ? { ...value, type: 'time' } : value
  return { rows, columns: [{ ...time, name: TIME_COLUMN }, ...tags, { ...shown, name: callColumn(0) }] }
}

/** The values of one tag of groups, by the groups' numbers. */
export function tagColumn(
  name: string,
  values: Uint32Array,
  { groups, place }: { groups: PartialAggregate['groups']; place: number },
): Column {
  return { name, type: 'string', values, dictionary: groups.map((group) => group[place] ?? '') }
}

/** The states of cells that saw nothing. */
export function noStates({ accumulators = [] }: Pick<AggregatePlan, 'accumulators'>, cells: number): StateTable[] {
  return accumulators.map((input) => emptyStates(input, { budget: new StateBudget(), windowOf: wholeOfTime }, cells))
}

function accumulated(
  { inputIndex }: PlannedCall,
  scan: AggregatePlan,
  partial: PartialAggregate,
): { states: StateTable; made: AccumulatorCall } {
  const states = partial.accumulated?.[inputIndex]
  const input = scan.accumulators?.[inputIndex]
  if (states === undefined || input === undefined) throw new Error(`the states of accumulator ${inputIndex} lack`)
  return { states, made: madeFor(input, scan) }
}

function madeFor(input: AccumulatorInput, scan: AggregatePlan): AccumulatorCall {
  return accumulatorCall(input, { budget: new StateBudget(), windowOf: (time) => windowOf(time, scan) })
}

function atCall<T>({ range }: PlannedCall, finish: () => T): T {
  try {
    return finish()
  } catch (error) {
    if (!(error instanceof TidemarkError)) throw error
    const { hint } = error
    throw new TidemarkError(error.kind, error.message, {
      position: range,
      cause: error,
      ...(hint !== undefined && { hint }),
    })
  }
}
