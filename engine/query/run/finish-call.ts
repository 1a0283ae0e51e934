import type { PointsAggregate, WindowBounds } from '../../aggregate/accumulator.ts'
import { StateBudget } from '../../aggregate/state-budget.ts'
import { accumulatorCall } from '../../aggregate/stateful.ts'
import type { Column } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { PartialAggregate, StateTable } from '../../core/plan.ts'
import { callColumn } from '../check/checked.ts'
import type { PlannedCall } from '../plan/node.ts'
import type { PlannedStates } from '../plan/planned-states.ts'

/** States by cell of the calls that were planned together. */
export type CellStates = Pick<PartialAggregate, 'inputs' | 'accumulated' | 'rows'>
export type StatePlan = Pick<PlannedStates, 'accumulators'> & { windowOf(time: bigint): WindowBounds }

type PointsCall = Extract<PlannedCall, { kind: 'accumulated' }> & { aggregate: PointsAggregate }

export function isPointsCall(call: PlannedCall): call is PointsCall {
  return call.kind === 'accumulated' && call.aggregate.gives === 'points'
}

/** The columns of calls over states by cell. An error of finishing says where in the text the call is. */
export function finishCalls(calls: readonly PlannedCall[], plan: StatePlan, states: CellStates): Column[] {
  return calls.map((call, k): Column => {
    const column = { ...atCall(call, () => finishCall(call, plan, states)), name: callColumn(k) }
    return call.type === 'time' && column.type === 'i64' ? { ...column, type: 'time' } : column
  })
}

function finishCall(call: PlannedCall, plan: StatePlan, { inputs, accumulated, rows }: CellStates): Column {
  const { inputIndex } = call
  if (call.kind === 'accumulated') {
    const states = accumulated?.[inputIndex]
    const input = plan.accumulators?.[inputIndex]
    if (states === undefined || input === undefined) throw new Error(`the states of accumulator ${inputIndex} lack`)
    if (call.aggregate.gives === 'points') throw new Error(`${call.aggregate.name} gives rows, not cells`)
    return call.aggregate.finish(states, accumulatorCall(input, { budget: new StateBudget(), windowOf: plan.windowOf }))
  }
  const states = call.input ? inputs[inputIndex] : { type: 'i64' as const, count: rows }
  if (states === undefined) throw new Error(`the states of input ${inputIndex} lack`)
  return call.aggregate.finish(states, call.label)
}

/** Rows of a time and a value, some for each cell. */
export interface Points {
  /** The cell of each row. */
  cells: Uint32Array
  time: Column
  value: Column
}

/** The rows that a call gives for the cells. */
export function finishPoints(call: PointsCall, plan: StatePlan, { accumulated }: CellStates): Points {
  const states = accumulated?.[call.inputIndex]
  const input = plan.accumulators?.[call.inputIndex]
  if (states === undefined || input === undefined) throw new Error(`the states of accumulator ${call.inputIndex} lack`)
  const table = atCall(call, () =>
    call.aggregate.finish(states, accumulatorCall(input, { budget: new StateBudget(), windowOf: plan.windowOf })),
  )
  const [time, value] = table.columns
  if (time === undefined || value === undefined) throw new Error('points are times and values')
  const shown: Column = call.type === 'time' && value.type === 'i64' ? { ...value, type: 'time' } : value
  return { cells: cellsOf(table), time, value: shown }
}

function cellsOf({ offsets }: StateTable): Uint32Array {
  const cells = new Uint32Array(offsets.at(-1) ?? 0)
  for (let cell = 0; cell + 1 < offsets.length; cell++) cells.fill(cell, offsets[cell], offsets[cell + 1])
  return cells
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
