import { mergeStates } from '../../aggregate/merge.ts'
import { StateBudget } from '../../aggregate/state-budget.ts'
import { openAccumulator, wholeOfTime } from '../../aggregate/stateful.ts'
import { createStates, stateType } from '../../aggregate/states.ts'
import { updateStates } from '../../aggregate/update.ts'
import type { Column } from '../../core/batch.ts'
import { gatherColumn } from '../../core/columns.ts'
import { TidemarkError } from '../../core/errors.ts'
import { expressionType } from '../../core/expression.ts'
import type { InputStates, Measure } from '../../core/plan.ts'
import type { AccumulatedCall, AggregateCall, MeasuredCall } from '../check/checked.ts'
import { planStates } from '../plan/planned-states.ts'
import { finishCalls } from './finish-call.ts'
import type { Frames } from './frames.ts'
import { checkCancelled, type QueryRun } from './operator.ts'
import { toType } from './project.ts'

/** Most rows, counted in every frame that has them but those like the one before, of an aggregate whose states cannot be merged from parts. */
export const MAX_FRAME_ROWS = 20_000_000
/** Rows that such an aggregate takes at a time. */
const ROWS_A_STEP = 65_536
/** An estimate for the states of one row, and of the rows above it. */
const BYTES_A_STATE = 120

/** The arguments of a call by position, and their times. */
export interface FrameRows {
  /** How many positions there are. */
  positions: number
  columns: readonly Column[]
  time: Column | undefined
  run: QueryRun
}

/** An aggregate over each frame of positions. */
export function aggregateFrames(call: AggregateCall, frames: Frames, rows: FrameRows): Column {
  const column = call.kind === 'measured' ? measuredFrames(call, frames, rows) : accumulatedFrames(call, frames, rows)
  if (column === undefined) throw new Error('one call has one column')
  return column
}

/** The times of positions; where there are none, the positions. */
function timesOf({ time, positions }: FrameRows): BigInt64Array {
  if (time?.values instanceof BigInt64Array) return time.values
  return BigInt64Array.from({ length: positions }, (_, at) => BigInt(at))
}

/**
 * States of 1, 2, 4, 8 and so on neighbours, from which each frame takes at most two of a size: work and memory are
 * n log n and 2 n, whatever the frames are, and no value is ever taken out of a sum.
 */
function measuredFrames(call: MeasuredCall, frames: Frames, rows: FrameRows): Column | undefined {
  const { starts, ends } = frames
  const count = starts.length
  const { inputs, calls } = planStates([call], undefined)
  const sizes = Float64Array.from(starts, (start, at) => (ends[at] ?? 0) - start)
  const [column] = rows.columns
  const [input] = inputs
  if (column === undefined || input?.expression === undefined) {
    return finishCalls(calls, { windowOf: wholeOfTime }, { inputs: [], rows: sizes })[0]
  }
  const type = stateType(expressionType(input.expression))
  const { memory } = rows.run
  const bytes = (count + 2 * rows.positions) * BYTES_A_STATE
  memory.hold(bytes)
  const of = { type, measures: input.measures }
  let level = statesOf(of, rows.positions)
  const own = Uint32Array.from({ length: rows.positions }, (_, at) => at)
  updateStates(level, toType(column, type), { cells: own, times: timesOf(rows) })
  const result = statesOf(of, count)
  const [low, high] = [starts.slice(), ends.slice()]
  for (let size = rows.positions; size > 0; size = size >> 1) {
    checkCancelled(rows.run)
    takeEnds(result, level, { low, high, of })
    level = doubled(level, size >> 1, of)
  }
  memory.release(bytes)
  return finishCalls(calls, { windowOf: wholeOfTime }, { inputs: [result], rows: sizes })[0]
}

interface StateKind {
  type: InputStates['type']
  measures: readonly Measure[]
}

function statesOf({ type, measures }: StateKind, cells: number): InputStates {
  return createStates(type, measures, cells)
}

/** The states of neighbours two by two. */
function doubled(level: InputStates, pairs: number, of: StateKind): InputStates {
  const next = statesOf(of, pairs)
  const even = Uint32Array.from({ length: pairs }, (_, i) => 2 * i)
  const own = Uint32Array.from({ length: pairs }, (_, i) => i)
  mergeStates(next, gatherStates(level, even), own)
  mergeStates(
    next,
    gatherStates(
      level,
      even.map((place) => place + 1),
    ),
    own,
  )
  return next
}

interface Ends {
  /** What is left of each frame, in positions of this level; moved to the next. */
  low: Uint32Array
  high: Uint32Array
  of: StateKind
}

/** Takes into each frame the states at its ends that have no neighbour within it. */
function takeEnds(result: InputStates, level: InputStates, { low, high }: Ends): void {
  const [rows, places]: [number[], number[]] = [[], []]
  const [lastRows, lastPlaces]: [number[], number[]] = [[], []]
  for (let at = 0; at < low.length; at++) {
    let [from, to] = [low[at] ?? 0, high[at] ?? 0]
    if (from >= to) continue
    if ((from & 1) === 1) {
      rows.push(at)
      places.push(from++)
    }
    if (from < to && (to & 1) === 1) {
      lastRows.push(at)
      lastPlaces.push(--to)
    }
    low[at] = from >> 1
    high[at] = to >> 1
  }
  mergeStates(result, gatherStates(level, Uint32Array.from(places)), Uint32Array.from(rows))
  mergeStates(result, gatherStates(level, Uint32Array.from(lastPlaces)), Uint32Array.from(lastRows))
}

/** The states of some cells, in the order of their places. */
function gatherStates(states: InputStates, places: Uint32Array): InputStates {
  const doubles = (from: Float64Array): Float64Array => Float64Array.from(places, (place) => from[place] ?? 0)
  const times = (from: BigInt64Array): BigInt64Array => BigInt64Array.from(places, (place) => from[place] ?? 0n)
  const column = (from: Column): Column => gatherColumn(from, places)
  const { type, count, sumHigh, sumLow, min, max, first, firstTime, last, lastTime, mean, m2 } = states
  return {
    type,
    count: doubles(count),
    ...(sumHigh && sumLow && { sumHigh: doubles(sumHigh), sumLow: doubles(sumLow) }),
    ...(min && { min: column(min) }),
    ...(max && { max: column(max) }),
    ...(first && firstTime && { first: column(first), firstTime: times(firstTime) }),
    ...(last && lastTime && { last: column(last), lastTime: times(lastTime) }),
    ...(mean && m2 && { mean: doubles(mean), m2: doubles(m2) }),
  }
}

/** Takes the rows of every frame one by one, up to a limit; neighbours with the same frame share its answer. */
function accumulatedFrames(call: AccumulatedCall, frames: Frames, rows: FrameRows): Column | undefined {
  const { frameOf, ...distinct } = withoutRepeats(frames)
  const { starts, ends } = distinct
  const total = starts.reduce((sum, start, at) => sum + (ends[at] ?? start) - start, 0)
  if (total > MAX_FRAME_ROWS) {
    throw new TidemarkError(
      'quota',
      `the frames of ${call.aggregate.name}() have ${total} rows, at most ${MAX_FRAME_ROWS}`,
      {
        hint: 'Use smaller frames or fewer rows, or an aggregate such as sum, avg, min or max.',
      },
    )
  }
  const { accumulators = [], calls } = planStates([call], undefined)
  const [input] = accumulators
  if (input === undefined) throw new Error('an accumulated call has an accumulator')
  const states = openAccumulator(input, { budget: new StateBudget(), windowOf: wholeOfTime })
  const times = timesOf(rows)
  const columns = rows.columns.map((column, i) => {
    const of = input.inputs[i]
    return of ? toType(column, stateType(expressionType(of))) : column
  })
  for (const { cells, places } of stepsOf(distinct)) {
    checkCancelled(rows.run)
    states.update({
      cells,
      times: BigInt64Array.from(places, (place) => times[place] ?? 0n),
      columns: columns.map((column) => gatherColumn(column, places)),
    })
  }
  const count = starts.length
  const accumulated = [states.states(Uint32Array.from({ length: count }, (_, cell) => cell))]
  const [column] = finishCalls(
    calls,
    { accumulators, windowOf: wholeOfTime },
    { inputs: [], accumulated, rows: new Float64Array(count) },
  )
  return column && gatherColumn(column, frameOf)
}

/** Each frame once where it is that of the position before, and which of them is that of each position. */
function withoutRepeats({ starts, ends }: Frames): Frames & { frameOf: Uint32Array } {
  const isNew = (at: number): boolean => at === 0 || starts[at] !== starts[at - 1] || ends[at] !== ends[at - 1]
  let last = -1
  const frameOf = starts.map((_, at) => (isNew(at) ? ++last : last))
  const ofNew = (_: number, at: number): boolean => isNew(at)
  return { starts: starts.filter(ofNew), ends: ends.filter(ofNew), frameOf }
}

/** The positions of all frames, one frame after the other, some at a time. */
function* stepsOf({ starts, ends }: Frames): Generator<{ cells: Uint32Array; places: Uint32Array }> {
  let [cells, places]: [number[], number[]] = [[], []]
  for (let frame = 0; frame < starts.length; frame++) {
    for (let place = starts[frame] ?? 0; place < (ends[frame] ?? 0); place++) {
      cells.push(frame)
      places.push(place)
      if (cells.length < ROWS_A_STEP) continue
      yield { cells: Uint32Array.from(cells), places: Uint32Array.from(places) }
      ;[cells, places] = [[], []]
    }
  }
  if (cells.length > 0) yield { cells: Uint32Array.from(cells), places: Uint32Array.from(places) }
}
