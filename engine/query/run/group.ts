import type { Accumulator, WindowBounds } from '../../aggregate/accumulator.ts'
import { mergeStates } from '../../aggregate/merge.ts'
import { StateBudget } from '../../aggregate/state-budget.ts'
import { openAccumulator, wholeOfTime } from '../../aggregate/stateful.ts'
import { createStates, firstCells, stateType } from '../../aggregate/states.ts'
import { updateStates } from '../../aggregate/update.ts'
import type { Batch, Column } from '../../core/batch.ts'
import { gatherColumn } from '../../core/columns.ts'
import { expressionType } from '../../core/expression.ts'
import type { AggregateInput, InputStates } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { type TimeWindow, usualWidth, windowAt, windowRuns } from '../../core/time-window.ts'
import { evaluate, evaluateValue } from '../../scan/evaluate.ts'
import type { Frame } from '../../scan/frame.ts'
import { callColumn } from '../check/checked.ts'
import type { GroupNode } from '../plan/node.ts'
import { type PlannedStates, planStates } from '../plan/planned-states.ts'
import { gatherRows } from './filter.ts'
import { finishCalls, finishPoints, isPointsCall, type Points } from './finish-call.ts'
import { KeyTable, newKeys } from './key-table.ts'
import type { QueryMemory } from './memory.ts'
import type { Batches, QueryRun } from './operator.ts'
import { frameOf, toType } from './project.ts'
import { type SortKey, sortPlaces } from './sort.ts'
import { joinRows } from './sort-rows.ts'

/** Rows are taken in so many at a time, or as many as there are groups, so that the work is linear. */
const FOLDED_ROWS = 16_384
/** An estimate for one group: its number, and its states in one input. */
const BYTES_A_GROUP = 100
const BYTES_A_STATE = 60

/** Aggregates over rows of any kind, in one batch: by time, then by groups, of which missing ones come first. */
export async function* groupRows(input: Batches, node: GroupNode, { memory }: QueryRun): AsyncGenerator<Batch> {
  const groups = new RowGroups(node, memory)
  let pending: Batch[] = []
  let [rows, bytes] = [0, 0]
  for await (const batch of input) {
    pending.push(batch)
    rows += batch.rows
    bytes += memory.holdBatch(batch)
    if (groups.needsAll || rows < Math.max(FOLDED_ROWS, groups.size)) continue
    groups.add(joinRows(pending))
    pending = []
    memory.release(bytes)
    rows = 0
    bytes = 0
  }
  if (rows > 0) groups.add(joinRows(pending))
  const finished = groups.finish()
  memory.release(bytes)
  if (finished.rows > 0) yield finished
}

class RowGroups {
  readonly #node: GroupNode
  readonly #memory: QueryMemory
  readonly #states: PlannedStates
  readonly #accumulators: readonly Accumulator[]
  readonly #keys = new KeyTable()
  /** The columns of the keys, in the order of their numbers. */
  readonly #heads: Batch[] = []
  #inputs: InputStates[]
  #rows = new Float64Array(64)
  #seenRows = 0
  /** Windows that follow one another, and which of them rows are added to. */
  readonly #parts: readonly TimeWindow[]
  #window: TimeWindow | undefined
  readonly #windowOf = (time: bigint): WindowBounds =>
    this.#window === undefined ? wholeOfTime() : windowAt(time, this.#window)

  constructor(node: GroupNode, memory: QueryMemory) {
    this.#node = node
    this.#parts = node.window ? partsOf(node.window) : []
    this.#window = this.#parts[0]
    this.#memory = memory
    this.#states = planStates(node.calls, node.window && usualWidth(node.window))
    this.#inputs = this.#states.inputs.map((input) => statesFor(input, this.#rows.length))
    const place = { budget: new StateBudget(), windowOf: this.#windowOf }
    this.#accumulators = (this.#states.accumulators ?? []).map((input) => openAccumulator(input, place))
  }

  get size(): number {
    return this.#keys.size
  }

  /** Whether rows have to come series by series in order of time; a group is one series here. */
  get needsAll(): boolean {
    return this.#node.calls.some((call) => call.kind === 'accumulated' && call.aggregate.ordered)
  }

  add(batch: Batch): void {
    if (!this.needsAll) this.#addRows(batch)
    else for (const series of this.#seriesOf(batch)) this.#addRows(series)
  }

  #addRows(batch: Batch): void {
    const frame = frameOf(batch)
    const times = this.#times(frame)
    if (this.#parts.length < 2) this.#addTo(batch, frame, times)
    for (const part of this.#parts.length < 2 ? [] : this.#parts) {
      this.#window = part
      this.#addTo(batch, frame, times)
    }
    this.#seenRows += batch.rows
  }

  #addTo(batch: Batch, frame: Frame, times: BigInt64Array): void {
    const heads = this.#keyColumns(frame, times)
    const { numbers, places } = newKeys(this.#keys, heads, batch)
    this.#memory.hold(places.length * (BYTES_A_GROUP + this.#inputs.length * BYTES_A_STATE))
    this.#heads.push(gatherRows({ rows: batch.rows, columns: heads }, places))
    this.#reserve(this.#keys.size)
    for (const number of numbers) this.#rows[number] = (this.#rows[number] ?? 0) + 1
    const rows = { cells: numbers, times }
    this.#states.inputs.forEach(({ expression }, i) => {
      const states = this.#inputs[i]
      if (expression && states) updateStates(states, toType(evaluateValue(expression, frame), states.type), rows)
    })
    this.#states.accumulators?.forEach(({ inputs }, i) => {
      const columns = inputs.map((each) => toType(evaluateValue(each, frame), stateType(expressionType(each))))
      this.#accumulators[i]?.update({ ...rows, columns })
      if (this.needsAll) this.#accumulators[i]?.endSeries()
    })
  }

  finish(): Batch {
    const { window, groups } = this.#node
    const { calls } = this.#states
    const single = window === undefined && groups.length === 0
    const count = single ? 1 : this.#keys.size
    const heads = this.#heads.length === 0 ? [] : joinRows(this.#heads).columns
    const cells = Uint32Array.from({ length: count }, (_, cell) => cell)
    const states = {
      inputs: this.#inputs.map((each) => firstCells(each, count)),
      accumulated: this.#accumulators.map((each) => each.states(cells)),
      rows: this.#rows.slice(0, count),
    }
    const plan = { ...this.#states, windowOf: this.#windowOf }
    const [first] = calls
    if (first && isPointsCall(first)) return pointRows(heads, finishPoints(first, plan, states))
    const batch = { rows: count, columns: [...heads, ...finishCalls(calls, plan, states)] }
    return single ? batch : gatherRows(batch, sortPlaces(count, heads.map(ascending)))
  }

  /** The times of rows; where they have none, their places in the order of reading. */
  #times(frame: Frame): BigInt64Array {
    const { time } = this.#node
    const column = time && evaluate(time, frame)
    if (column?.values instanceof BigInt64Array) return column.values
    return BigInt64Array.from({ length: frame.rows }, (_, row) => BigInt(this.#seenRows + row))
  }

  #keyColumns(frame: Frame, times: BigInt64Array): Column[] {
    const window = this.#window
    const keys = this.#groupColumns(frame)
    return window ? [windowStarts(times, window), ...keys] : keys
  }

  #groupColumns(frame: Frame): Column[] {
    return this.#node.groups.map(({ column, expression }): Column => {
      return { ...toType(evaluateValue(expression, frame), column.type), name: column.name }
    })
  }

  /** The rows of each group, whatever the window, in order of time. */
  #seriesOf(batch: Batch): Batch[] {
    const frame = frameOf(batch)
    const time: Column = { name: TIME_COLUMN, type: 'time', values: this.#times(frame) }
    const numbers = new KeyTable().add(this.#groupColumns(frame), batch.rows)
    const series: Column = { name: '', type: 'f64', values: Float64Array.from(numbers) }
    const places = sortPlaces(batch.rows, [series, time].map(ascending))
    const parts: Batch[] = []
    for (let from = 0; from < places.length; ) {
      let to = from + 1
      while (to < places.length && numbers[places[to] ?? 0] === numbers[places[from] ?? 0]) to++
      parts.push(gatherRows(batch, places.subarray(from, to)))
      from = to
    }
    return parts
  }

  #reserve(needed: number): void {
    const known = this.#rows.length
    if (needed <= known) return
    const rows = new Float64Array(Math.max(needed, known * 2))
    rows.set(this.#rows)
    this.#rows = rows
    this.#inputs = this.#inputs.map((states, i) =>
      copyStates(states, this.#states.inputs[i] ?? { measures: [] }, { from: known, to: rows.length }),
    )
  }
}

/** Rows of a time and a value with the columns of their groups, by time. */
function pointRows(heads: readonly Column[], { cells, time, value }: Points): Batch {
  const groups = heads.filter(({ name }) => name !== TIME_COLUMN).map((column) => gatherColumn(column, cells))
  const columns = [{ ...time, name: TIME_COLUMN }, ...groups, { ...value, name: callColumn(0) }]
  return gatherRows({ rows: cells.length, columns }, sortPlaces(cells.length, [time, ...groups].map(ascending)))
}

function statesFor({ expression, measures }: AggregateInput, cells: number): InputStates {
  return createStates(expression ? stateType(expressionType(expression)) : 'i64', measures, cells)
}

/** The states of the first `from` cells in states of `to`. */
function copyStates(
  states: InputStates,
  input: AggregateInput,
  { from, to }: { from: number; to: number },
): InputStates {
  const copy = statesFor(input, to)
  mergeStates(
    copy,
    states,
    Uint32Array.from({ length: from }, (_, cell) => cell),
  )
  return copy
}

/** Windows in which every time is once: of those that overlap, those that begin with the k-th step of each. */
function partsOf(window: TimeWindow): TimeWindow[] {
  if (window.kind === 'calendar') return [window]
  return windowRuns(window, { start: MIN_TIME, end: MAX_TIME }).map((run) => ({ kind: 'fixed', ...run.window }))
}

/** The start of each time's window; times that follow each other are mostly in one. */
function windowStarts(times: BigInt64Array, window: TimeWindow): Column {
  let known: WindowBounds = { start: 0n, end: 0n }
  const values = times.map((time) => {
    if (time < known.start || time >= known.end) known = windowAt(time, window)
    return known.start
  })
  return { name: TIME_COLUMN, type: 'time', values }
}

function ascending(column: Column): SortKey {
  return { column, descending: false, nullsFirst: true }
}
