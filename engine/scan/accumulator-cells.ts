import { type Accumulator, EARLIER, NO_CELL, type WindowBounds } from '../aggregate/accumulator.ts'
import type { StateBudget } from '../aggregate/state-budget.ts'
import { openAccumulator, statefulAggregate } from '../aggregate/stateful.ts'
import type { Expression } from '../core/expression.ts'
import { earliestRead } from '../core/look-back.ts'
import type { AggregatePlan, StateTable } from '../core/plan.ts'
import { evaluateValue } from './evaluate.ts'
import type { GroupFrame } from './group-frame.ts'

/** The window of a time, cut by the range that was asked for. */
export function windowOf(time: bigint, plan: Pick<AggregatePlan, 'window' | 'start' | 'end' | 'asked'>): WindowBounds {
  const { window } = plan
  const { start, end } = plan.asked ?? plan
  if (window === undefined) return { start, end }
  const past = (time - window.origin) % window.width
  const from = time - (past < 0n ? past + window.width : past)
  const to = from + window.width
  return { start: from > start ? from : start, end: to < end ? to : end }
}

/** The accumulators of one scan, fed group by group, series by series. */
export class AccumulatorCells {
  /** Whether one of them needs the rows before the range. */
  readonly ordered: boolean
  readonly #accumulators: readonly { inputs: readonly Expression[]; states: Accumulator }[]
  readonly #earliest: bigint
  readonly #start: bigint

  constructor(plan: AggregatePlan, budget: StateBudget) {
    const inputs = plan.accumulators ?? []
    const place = { budget, windowOf: (time: bigint) => windowOf(time, plan) }
    this.ordered = inputs.some((input) => statefulAggregate(input).ordered)
    this.#accumulators = inputs.map((input) => ({ inputs: input.inputs, states: openAccumulator(input, place) }))
    this.#earliest = earliestRead(plan)
    this.#start = plan.start
  }

  /** Takes the rows of a group: `cells` has the cell of each, or `NO_CELL`. Rows whose `passes` is 0 are left out. */
  add(frame: GroupFrame, cells: Uint32Array, passes: Uint8Array | undefined): void {
    const { times } = frame
    if (this.ordered) {
      for (let row = 0; row < cells.length && (times[row] ?? 0n) < this.#start; row++) {
        if ((times[row] ?? 0n) >= this.#earliest) cells[row] = EARLIER
      }
    }
    if (passes) for (let row = 0; row < cells.length; row++) if (passes[row] === 0) cells[row] = NO_CELL
    for (const { inputs, states } of this.#accumulators) {
      states.update({ cells, times, columns: inputs.map((input) => evaluateValue(input, frame)) })
    }
  }

  endSeries(): void {
    if (this.ordered) for (const { states } of this.#accumulators) states.endSeries()
  }

  states(cells: Uint32Array): StateTable[] {
    return this.#accumulators.map(({ states }) => states.states(cells))
  }
}

/** The cell of each row, by the spans that have one. */
export function cellsOfRows(cells: Uint32Array, spans: Int32Array, rows: number): Uint32Array {
  const ofRows = new Uint32Array(rows).fill(NO_CELL)
  for (let i = 0; i < cells.length; i++) ofRows.fill(cells[i] as number, spans[3 * i], spans[3 * i + 1])
  return ofRows
}
