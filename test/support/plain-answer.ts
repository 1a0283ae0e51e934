import { StateBudget } from '../../engine/aggregate/state-budget.ts'
import { accumulatorCall, statefulAggregate, wholeOfTime } from '../../engine/aggregate/stateful.ts'
import '../../engine/aggregate/stateful-registry.ts'
import { type Column, valueAt } from '../../engine/core/batch.ts'
import type {
  AccumulatorInput,
  InputStates,
  PartialAggregate,
  Queryable,
  RowsPlan,
  StateTable,
} from '../../engine/core/plan.ts'
import { rowsOf, type Value } from './plain-column.ts'

/** A state of one input in one cell as plain values; what means nothing is left out. */
export interface PlainState {
  count: number
  sum?: bigint | number
  min?: Value
  max?: Value
  first?: Value
  firstTime?: bigint
  last?: Value
  lastTime?: bigint
  mean?: number
  deviation?: number
}

export interface PlainCell {
  group: readonly string[]
  window: bigint
  rows: number
  inputs: PlainState[]
  /** What the accumulators give for the cell; of those that give points, their rows. */
  accumulated: (Value | Value[][])[]
}

/** Cells as plain values, in their order. Sums of i64 are exact. */
export function plainCells(
  { groups, cellGroup, cellWindow, rows, inputs, accumulated = [] }: PartialAggregate,
  accumulators: readonly AccumulatorInput[] = [],
): PlainCell[] {
  const finished = accumulators.map((input, k) => finish(input, accumulated[k]))
  return Array.from(cellGroup, (group, cell) => ({
    group: groups[group] ?? [],
    window: cellWindow[cell] ?? 0n,
    rows: rows[cell] ?? 0,
    inputs: inputs.map((states) => plainState(states, cell)),
    accumulated: finished.map((at) => at(cell)),
  }))
}

/** What an accumulator gives, by cell. */
function finish(input: AccumulatorInput, states: StateTable | undefined): (cell: number) => Value | Value[][] {
  if (states === undefined) throw new Error(`the states of ${input.aggregate} lack`)
  const call = accumulatorCall(input, { budget: new StateBudget(), windowOf: wholeOfTime })
  const aggregate = statefulAggregate(input)
  if (aggregate.gives === 'value') {
    const column = aggregate.finish(states, call)
    return (cell) => valueAt(column, cell)
  }
  const { offsets, columns } = aggregate.finish(states, call)
  const rows = rowsOf({ rows: offsets.at(-1) ?? 0, columns })
  return (cell) => rows.slice(offsets[cell], offsets[cell + 1])
}

function plainState(states: InputStates, cell: number): PlainState {
  const count = states.count[cell] ?? 0
  if (count === 0) return { count }
  const value = (column: Column): Value => valueAt(column, cell)
  return {
    count,
    ...(states.sumHigh && states.sumLow && { sum: sumOf(states.type, states.sumHigh[cell], states.sumLow[cell]) }),
    ...(states.min && { min: value(states.min) }),
    ...(states.max && { max: value(states.max) }),
    ...(states.first && { first: value(states.first), firstTime: states.firstTime?.[cell] ?? 0n }),
    ...(states.last && { last: value(states.last), lastTime: states.lastTime?.[cell] ?? 0n }),
    ...(states.mean && { mean: states.mean[cell] ?? 0 }),
    ...(states.m2 && { deviation: Math.sqrt((states.m2[cell] ?? 0) / count) }),
  }
}

function sumOf(type: InputStates['type'], high = 0, low = 0): bigint | number {
  return type === 'i64' ? BigInt(high) + BigInt(low) : high + low
}

/** Every row of a plan as plain values; an absent tag is missing, however it is written. */
export async function plainRows(queryable: Queryable, plan: RowsPlan): Promise<Value[][]> {
  const rows: Value[][] = []
  for await (const batch of queryable.rows(plan)) rows.push(...withoutAbsentTags(rowsOf(batch), plan.tags.length))
  return rows
}

export function withoutAbsentTags(rows: Value[][], tags: number): Value[][] {
  return rows.map((row) => row.map((value, i) => (i >= 1 && i <= tags && value === '' ? null : value)))
}
