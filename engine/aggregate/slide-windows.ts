import { sliceColumn } from '../core/columns.ts'
import { offsetsFrom } from '../core/integers.ts'
import type { AccumulatorInput, InputStates, PartialAggregate, StateTable } from '../core/plan.ts'
import { mergeStates } from './merge.ts'
import { StateBudget } from './state-budget.ts'
import { openAccumulator, wholeOfTime } from './stateful.ts'
import { createStates, firstCells, measuresOf } from './states.ts'

/** How windows overlap: one begins with each step, in ns, and is as long as so many. */
export interface Overlap {
  step: bigint
  count: number
}

/**
 * The windows that overlap, of the panes that they are made of: cells of `panes` are as wide as a step. States of 1, 2, 4, 8
 * and so on panes are merged from those of half as many, and a window from those of its binary digits, the earlier ones first,
 * so that each takes about log n merges. A window is there where a pane of it is.
 */
export function slideWindows(
  panes: PartialAggregate,
  accumulators: readonly AccumulatorInput[],
  overlap: Overlap,
): PartialAggregate {
  const windows = windowsOf(panes, overlap)
  const cells = windows.cellGroup.length
  const shifts = new Map<number, Uint32Array>()
  const shift = (steps: number): Uint32Array => {
    const known = shifts.get(steps) ?? shifted(windows, steps)
    shifts.set(steps, known)
    return known
  }
  const base = panes.cellWindow[0] ?? 0n
  const cellWindow = BigInt64Array.from(windows.steps, (steps) => base + BigInt(steps) * overlap.step)
  // One cell more than there are windows takes what no window takes.
  const rows = slide(summed, scattered(panes.rows, windows.own, cells + 1), { shift, count: overlap.count })
  const inputs = panes.inputs.map((states) => {
    const first = emptyLike(states, cells + 1)
    mergeStates(first, states, windows.own)
    return firstCells(slide(mergedStates, first, { shift, count: overlap.count }), cells)
  })
  const accumulated = accumulators.map((input, k): StateTable => {
    const merge = tableMerging(input, cells + 1)
    const states = panes.accumulated?.[k]
    if (states === undefined) throw new Error(`the panes lack the states of ${input.aggregate}`)
    return firstRows(slide(merge, merge(undefined, states, windows.own), { shift, count: overlap.count }), cells)
  })
  return {
    groups: panes.groups,
    cellGroup: windows.cellGroup,
    cellWindow,
    rows: rows.subarray(0, cells),
    inputs,
    ...(accumulators.length > 0 && { accumulated }),
  }
}

/** Windows by group and time, and the place of the one that begins with each pane. */
interface Windows {
  cellGroup: Uint32Array
  /** Of each window how many steps it begins behind the first pane. */
  steps: Float64Array
  own: Uint32Array
}

/** Each pane is in the window that begins with it, and in those that begin less than a window before. */
function windowsOf({ cellGroup, cellWindow }: PartialAggregate, { step, count }: Overlap): Windows {
  const width = Number(step)
  // Offsets beyond 2^53 are rounded, by far less than a step.
  const panes = offsetsFrom(cellWindow, cellWindow[0] ?? 0n)
  const own = new Uint32Array(cellGroup.length)
  let length = 0
  for (let cell = 0; cell < own.length; cell++) {
    const pane = Math.round((panes[cell] ?? 0) / width)
    const goesOn = cell > 0 && cellGroup[cell - 1] === cellGroup[cell]
    length += goesOn ? Math.min(count, pane - (panes[cell - 1] ?? 0)) : count
    panes[cell] = pane
    own[cell] = length - 1
  }
  const groups = new Uint32Array(length)
  const steps = new Float64Array(length)
  let at = 0
  for (let cell = 0; cell < own.length; cell++) {
    const last = own[cell] ?? 0
    groups.fill(cellGroup[cell] ?? 0, at, last + 1)
    for (; at <= last; at++) steps[at] = (panes[cell] ?? 0) - (last - at)
  }
  return { cellGroup: groups, steps, own }
}

/** The place of the window that begins so many steps before each; behind the last place where there is none. */
function shifted({ cellGroup, steps }: Windows, distance: number): Uint32Array {
  const none = cellGroup.length
  const places = new Uint32Array(none + 1).fill(none)
  let to = 0
  for (let from = 0; from < none; from++) {
    const group = cellGroup[from] ?? 0
    const wanted = (steps[from] ?? 0) - distance
    while ((cellGroup[to] ?? 0) < group || (cellGroup[to] === group && (steps[to] ?? 0) < wanted)) to++
    if (cellGroup[to] === group && steps[to] === wanted) places[from] = to
  }
  return places
}

/** States with those of other places merged into them; neither is changed. */
type Merge<T> = (into: T, from: T, places: Uint32Array) => T

interface Sliding {
  /** The place that a number of steps before leads to. */
  shift(steps: number): Uint32Array
  count: number
}

/** From the states of panes to those of so many panes from each place on. */
function slide<T>(merge: Merge<T>, panes: T, { shift, count }: Sliding): T {
  let level = panes
  let result: T | undefined
  let taken = 0
  for (let size = 1; size <= count; size *= 2) {
    if ((count & size) !== 0) {
      result = result === undefined ? level : merge(result, level, shift(taken))
      taken += size
    }
    if (size * 2 <= count) level = merge(level, level, shift(size))
  }
  if (result === undefined) throw new Error('a window has a pane')
  return result
}

function scattered(values: Float64Array, places: Uint32Array, length: number): Float64Array {
  const all = new Float64Array(length)
  places.forEach((place, i) => {
    all[place] = values[i] ?? 0
  })
  return all
}

function summed(into: Float64Array, from: Float64Array, places: Uint32Array): Float64Array {
  const sums = into.slice()
  places.forEach((place, i) => {
    sums[place] = (sums[place] ?? 0) + (from[i] ?? 0)
  })
  return sums
}

function emptyLike(states: InputStates, cells: number): InputStates {
  return createStates(states.type, measuresOf(states), cells)
}

function mergedStates(into: InputStates, from: InputStates, places: Uint32Array): InputStates {
  const merged = structuredClone(into)
  mergeStates(merged, from, places)
  return merged
}

/** The states of the first cells. */
function firstRows({ offsets, columns }: StateTable, cells: number): StateTable {
  const end = offsets[cells] ?? 0
  return { offsets: offsets.subarray(0, cells + 1), columns: columns.map((column) => sliceColumn(column, 0, end)) }
}

function tableMerging(input: AccumulatorInput, cells: number) {
  const all = Uint32Array.from({ length: cells }, (_, cell) => cell)
  return (into: StateTable | undefined, from: StateTable, places: Uint32Array): StateTable => {
    const merged = openAccumulator(input, { budget: new StateBudget(), windowOf: wholeOfTime })
    if (into) merged.merge(into, all)
    merged.merge(from, places)
    return merged.states(all)
  }
}
