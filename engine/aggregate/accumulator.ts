import type { Column, ColumnType, FieldType } from '../core/batch.ts'
import type { Literal } from '../core/expression.ts'
import type { StateTable } from '../core/plan.ts'
import type { StateBudget } from './state-budget.ts'

/** A row that no cell takes. */
export const NO_CELL = 0xffffffff
/** A row before all windows: an ordered accumulator learns from it what came before, others leave it out. */
export const EARLIER = 0xfffffffe

/** How far back the row before a window is looked for, in ns, unless the query says or its windows are wider. */
export const DEFAULT_LOOK_BACK = 300_000_000_000n

/** Rows to be taken, by column. */
export interface AccumulatorRows {
  /** The cell of each row, `NO_CELL` or `EARLIER`. */
  cells: Uint32Array
  times: BigInt64Array
  /** One for each input of the call; `time` comes as `time` or `i64`. */
  columns: readonly Column[]
}

/** The states of one call in every cell; cells appear as they are met. */
export interface Accumulator {
  /** Takes rows. For an ordered aggregate they are of one series and go on in time from the rows before. */
  update(rows: AccumulatorRows): void
  /** Of an ordered aggregate: what comes next is of another series. */
  endSeries(): void
  /** Takes the states of another accumulator of the same call; `places[i]` is the cell of its i-th. */
  merge(states: StateTable, places: Uint32Array): void
  /** The states of some cells, in their order; a cell that was never met has no rows. Ends the last series. */
  states(cells: Uint32Array): StateTable
}

/** Half-open; of an unbounded range the ends are those of time itself. */
export interface WindowBounds {
  start: bigint
  end: bigint
}

/** What the states of a call are made for. */
export interface AccumulatorCall {
  /** Types of the inputs; a time is an i64. */
  types: readonly FieldType[]
  parameters: readonly Literal[]
  budget: StateBudget
  /** The part of the range that a row at this time shares its cell with. */
  windowOf(time: bigint): WindowBounds
}

/** What an argument that differs from row to row may be. */
export type InputKind = 'any' | 'number' | 'condition' | 'bound' | 'text'

/** A constant argument. `from` and `to` bound a number; a `default` makes it optional. */
export interface Parameter {
  name: string
  kind: 'number' | 'count' | 'duration' | 'text'
  from?: number
  to?: number
  /** Of a text: what it may be. */
  choices?: readonly string[]
  default?: Literal
}

interface StatefulBase {
  name: string
  inputs: readonly InputKind[]
  parameters: readonly Parameter[]
  /** Whether the answer has its first input's unit. */
  keepsUnit: boolean
  /** Whether rows have to come series by series, each in order of time. */
  ordered: boolean
  /** Whether the order of merging shows in the answer's last bits. */
  dependsOnOrder: boolean
  /** The type of the answer by those of the inputs. */
  outputType(inputs: readonly ColumnType[]): ColumnType
  /** Which parameter says how far back the row before a window is looked for; where it is null, the plan decides. */
  lookBack?: number
  open(call: AccumulatorCall): Accumulator
}

/** An aggregate with states of its own kind that gives one value a cell. */
export interface ValueAggregate extends StatefulBase {
  gives: 'value'
  finish(states: StateTable, call: AccumulatorCall): Column
}

/** An aggregate that gives rows of a time and a value, some for each cell. */
export interface PointsAggregate extends StatefulBase {
  gives: 'points'
  /** The columns `time` and the value, ready to be shown in this order. */
  finish(states: StateTable, call: AccumulatorCall): StateTable
}

export type StatefulAggregate = ValueAggregate | PointsAggregate
