import { slideWindows } from '../../aggregate/slide-windows.ts'
import { StateBudget } from '../../aggregate/state-budget.ts'
import { emptyStates, statefulAggregate, wholeOfTime } from '../../aggregate/stateful.ts'
import { giveUpPartial } from '../../aggregate/states.ts'
import type { Batch, Column } from '../../core/batch.ts'
import type { Expression } from '../../core/expression.ts'
import { giveUp } from '../../core/given-up-memory.ts'
import { offsetsFrom } from '../../core/integers.ts'
import type { AggregateInput, AggregatePlan, PartialAggregate, StateTable } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import { type FixedWindow, stepOf, type TimeRange, type TimeWindow, windowRuns } from '../../core/time-window.ts'
import { windowOf } from '../../scan/accumulator-cells.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import { callColumn } from '../check/checked.ts'
import { isTimeColumn } from '../plan/lower.ts'
import type { CellsNode } from '../plan/node.ts'
import { planStates } from '../plan/planned-states.ts'
import type { ViewAnswer } from '../plan/view-answer.ts'
import { blankStates } from './blank-states.ts'
import { gatherRows } from './filter.ts'
import { finishCalls, finishPoints, isPointsCall } from './finish-call.ts'
import { checkCancelled, type QueryRun } from './operator.ts'
import { frameOf } from './project.ts'
import { sliceBatch } from './result.ts'
import { type SortKey, sortPlaces } from './sort.ts'
import { joinRows } from './sort-rows.ts'

type CellsRun = Pick<QueryRun, 'queryable' | 'signal'>

/** The cells of an aggregate in the order that is asked for: columns `time`, those of the groups, those of the calls. */
export async function runCells(node: CellsNode, run: CellsRun): Promise<Batch> {
  const { window } = node
  const read = await (window ? readWindows(node, window, run) : readCells(node, run))
  const cells = orderCells(node, read)
  if (cells !== read.cells && read.states) {
    // Finished columns may be states, which are the first to go.
    giveUpPartial(read.states)
    for (const { values } of read.cells.columns) giveUp(values)
  }
  return node.wanted === undefined ? cells : sliceBatch(cells, 0, Math.min(node.wanted, cells.rows))
}

/** How much more of the time each next read takes in, where a limit may make the first ones enough. */
const READ_GROWTH = 8n

/**
 * Reads the cells. Where the first windows in order of time are all that is asked for, it reads from the end of the range
 * where they lie, a growing part at a time, until there are enough.
 */
async function readCells(node: CellsNode, run: CellsRun): Promise<WindowCells> {
  const partial = node.empty ? noCells(node.scan) : await readPartial(node, run)
  const cells = cellColumns(node, orSingleCell(node.scan, partial))
  const { window } = node.scan
  return { cells, states: partial, ...(window && { step: window.width }) }
}

async function readPartial(
  { scan, calls, order: [key], wanted, fromView }: CellsNode,
  run: CellsRun,
): Promise<PartialAggregate> {
  const newestFirst = key !== undefined && isTimeColumn(key.expression) && key.descending
  const bounded = scan.end !== MAX_TIME
  if (calls.some(isPointsCall) || !newestFirst || !bounded || scan.window === undefined || wanted === undefined) {
    return aggregateScan(scan, fromView, run)
  }
  const { origin, width } = scan.window
  const lastWindow = scan.end - 1n - mod(scan.end - 1n - origin, width)
  for (let windows = BigInt(wanted); ; windows *= READ_GROWTH) {
    const from = lastWindow - (windows - 1n) * width
    const start = from > scan.start ? from : scan.start
    const partial = await aggregateScan({ ...scan, start }, fromView, run)
    if (start === scan.start || partial.cellGroup.length >= wanted) return partial
  }
}

async function aggregateScan(
  scan: AggregatePlan,
  fromView: ViewAnswer | undefined,
  { queryable, signal }: CellsRun,
): Promise<PartialAggregate> {
  if (fromView === undefined) return queryable.aggregate(scan, signal)
  return (await import('./view-cells.ts')).aggregateFromView(scan, fromView, { queryable, signal })
}

/** Most rows of accumulators' states in all windows together: some keep each value, and windows that overlap keep it many times. */
const MAX_SLID_ROWS = 16_000_000

/** The cells of windows that the scan has not: of panes where windows overlap, else those of their runs, one after the other. */
async function readWindows(node: CellsNode, window: TimeWindow, run: CellsRun): Promise<WindowCells> {
  const range = node.empty ? undefined : await rowsRange(node.scan, window, run)
  if (range && window.kind === 'fixed') {
    const slid = await readPanes(node, window, run)
    if (slid) return { cells: cellColumns(node, slid), step: stepOf(window) }
  }
  const cells: Batch[] = []
  for (const part of range ? windowRuns(window, range) : []) {
    checkCancelled(run)
    const { calls, ...states } = planStates(node.calls, part.window.width)
    const scan = { ...node.scan, ...states, ...part.range, window: part.window }
    cells.push(cellColumns({ ...node, scan, calls }, await run.queryable.aggregate(scan, run.signal)))
  }
  return { cells: cells.length === 0 ? cellColumns(node, noCells(node.scan)) : joinRows(cells) }
}

/** Windows that overlap, from one reading of what is between two of their starts; `undefined` where that is no gain. */
async function readPanes(node: CellsNode, window: FixedWindow, run: CellsRun): Promise<PartialAggregate | undefined> {
  const { accumulators = [] } = node.scan
  // What takes rows in their order does not merge along a series.
  if (accumulators.some((input) => statefulAggregate(input).ordered)) return undefined
  const overlap = { step: stepOf(window), count: Number(window.width / stepOf(window)) }
  const scan = { ...node.scan, window: { origin: window.origin, width: overlap.step } }
  const panes = await run.queryable.aggregate(scan, run.signal)
  const kept = (panes.accumulated ?? []).reduce((sum, { offsets }) => sum + (offsets.at(-1) ?? 0), 0)
  if (kept * overlap.count > MAX_SLID_ROWS) return undefined
  return slideWindows(panes, accumulators, overlap)
}

interface WindowCells {
  cells: Batch
  /** What they were finished from, where that is of no more use once their rows are elsewhere. */
  states?: PartialAggregate
  /** From the start of a window to the next, in ns, where they come by group and window. */
  step?: bigint
}

const TIME: Expression = { kind: 'column', name: TIME_COLUMN, source: 'time', type: 'time' }

/** The range of a scan; where an end is open and windows are of the calendar, it is that of the rows. */
async function rowsRange(
  scan: AggregatePlan,
  { kind }: TimeWindow,
  { queryable, signal }: CellsRun,
): Promise<TimeRange | undefined> {
  const { start, end, table, matchers, filter } = scan
  if (kind === 'fixed' || (start !== MIN_TIME && end !== MAX_TIME)) return { start, end }
  const inputs: AggregateInput[] = [{ expression: TIME, measures: ['min', 'max'] }]
  const selection = { table, matchers, start, end, ...(filter && { filter }) }
  const partial = await queryable.aggregate({ kind: 'aggregate', ...selection, by: [], inputs }, signal)
  const first = partial.inputs[0]?.min?.values[0]
  const last = partial.inputs[0]?.max?.values[0]
  if (partial.cellGroup.length === 0 || typeof first !== 'bigint' || typeof last !== 'bigint') return undefined
  return { start: first, end: last === MAX_TIME ? last : last + 1n }
}

function mod(a: bigint, b: bigint): bigint {
  return ((a % b) + b) % b
}

function tablesOf({ accumulators = [] }: AggregatePlan, cells: number): StateTable[] {
  return accumulators.map((input) => emptyStates(input, { budget: new StateBudget(), windowOf: wholeOfTime }, cells))
}

function noCells(scan: AggregatePlan): PartialAggregate {
  return {
    groups: [],
    cellGroup: new Uint32Array(),
    cellWindow: new BigInt64Array(),
    rows: new Float64Array(),
    inputs: blankStates(scan, 0),
    accumulated: tablesOf(scan, 0),
  }
}

/** Without windows and groups there is one row, also over nothing: counts of 0, the rest missing. */
function orSingleCell(scan: AggregatePlan, partial: PartialAggregate): PartialAggregate {
  if (partial.cellGroup.length > 0 || scan.window !== undefined || scan.by.length > 0) return partial
  return {
    groups: [[]],
    cellGroup: new Uint32Array(1),
    cellWindow: new BigInt64Array(1),
    rows: new Float64Array(1),
    inputs: blankStates(scan, 1),
    accumulated: tablesOf(scan, 1),
  }
}

/** The cells as rows of `time`, the tags and the finished calls. */
function cellColumns({ calls, names, scan }: CellsNode, partial: PartialAggregate): Batch {
  const { groups, cellGroup, cellWindow } = partial
  const tags = (ofRow: Uint32Array): Column[] =>
    names.map((name, i): Column => {
      return { name, type: 'string', values: ofRow, dictionary: groups.map((group) => group[i] ?? '') }
    })
  const [first] = calls
  const plan = {
    ...(scan.accumulators && { accumulators: scan.accumulators }),
    windowOf: (time: bigint) => windowOf(time, scan),
  }
  if (first && isPointsCall(first)) {
    const { cells, time, value } = finishPoints(first, plan, partial)
    const ofRow = cells.map((cell) => cellGroup[cell] ?? 0)
    const columns = [{ ...time, name: TIME_COLUMN }, ...tags(ofRow), { ...value, name: callColumn(0) }]
    return { rows: cells.length, columns }
  }
  const time: Column = { name: TIME_COLUMN, type: 'time', values: cellWindow }
  return { rows: cellGroup.length, columns: [time, ...tags(cellGroup), ...finishCalls(calls, plan, partial)] }
}

/** Cells come by group and window; an answer goes by what was asked for, then by time, then by group. */
function orderCells({ calls, order, names, window: runs, scan }: CellsNode, { cells, step }: WindowCells): Batch {
  const [time] = cells.columns
  if (time?.type !== 'time') throw new Error('cells begin with their time')
  const points = calls.some(isPointsCall)
  const byTime = ascending(time)
  if (points && order.length === 0) return gatherRows(cells, sortPlaces(cells.rows, [byTime]))
  // Runs of windows come one after the other, each by group and window.
  const ties =
    runs && step === undefined ? [byTime, ...cells.columns.slice(1, 1 + names.length).map(ascending)] : [byTime]
  if (order.length === 0) {
    if (step !== undefined) return gatherRows(cells, placesByWindow(time.values, step))
    return runs ? gatherRows(cells, sortPlaces(cells.rows, ties)) : cells
  }
  const frame = frameOf(cells)
  const keys = order.map(({ expression, ...rest }) => ({ column: evaluateValue(expression, frame), ...rest }))
  const timed = scan.window !== undefined || runs !== undefined || points
  return gatherRows(cells, sortPlaces(cells.rows, timed ? [...keys, ...ties] : keys))
}

function ascending(column: Column): SortKey {
  return { column, descending: false, nullsFirst: true }
}

/** Windows are few and close together, or far between and sorted one by one. */
const MAX_SPARSENESS = 4

/** The places of cells in the order of their windows; a counting sort, so cells of one window keep their order. */
function placesByWindow(windows: BigInt64Array, width: bigint): Uint32Array<ArrayBuffer> {
  const step = Number(width)
  // Offsets beyond 2^53 are rounded, by far less than a window.
  const numbers = offsetsFrom(windows, windows[0] ?? 0n)
  let [least, greatest] = [0, 0]
  for (let i = 0; i < numbers.length; i++) {
    const number = Math.round((numbers[i] ?? 0) / step)
    numbers[i] = number
    least = Math.min(least, number)
    greatest = Math.max(greatest, number)
  }
  const count = greatest - least + 1
  if (count > windows.length * MAX_SPARSENESS) {
    const column: Column = { name: '', type: 'f64', values: numbers }
    return sortPlaces(windows.length, [{ column, descending: false, nullsFirst: false }])
  }
  const starts = new Uint32Array(count + 1)
  for (let i = 0; i < numbers.length; i++) {
    const after = (numbers[i] ?? 0) - least + 1
    starts[after] = (starts[after] ?? 0) + 1
  }
  for (let i = 1; i <= count; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0)
  const places = new Uint32Array(windows.length)
  for (let i = 0; i < numbers.length; i++) {
    const number = (numbers[i] ?? 0) - least
    const at = starts[number] ?? 0
    places[at] = i
    starts[number] = at + 1
  }
  return places
}
