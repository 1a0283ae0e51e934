import type { Column } from '../core/batch.ts'
import type { AccumulatorInput, InputStates, PartialAggregate, StateTable } from '../core/plan.ts'
import { compareTexts } from '../core/series.ts'
import { cellValues } from './cell-values.ts'
import { StateBudget } from './state-budget.ts'
import { openAccumulator, wholeOfTime } from './stateful.ts'
import { createStates, measuresOf } from './states.ts'

/** Tag values of a group as one key. */
function groupKey(group: readonly string[]): string {
  return JSON.stringify(group)
}

/**
 * Merges partial aggregates of one plan in the order given, which decides the rounding of sums; of first and last values
 * with one time the greater is kept, whatever the order. Groups come out sorted by their tag values, cells by group and window.
 * All partials have the same inputs, and the states of the same accumulators; at least one is needed.
 */
export function mergePartials(
  partials: readonly PartialAggregate[],
  accumulators: readonly AccumulatorInput[] = [],
): PartialAggregate {
  const [only, ...others] = partials
  if (only === undefined) throw new Error('mergePartials needs a partial')
  if (others.length === 0 && isSorted(only.groups)) return only
  const groups = uniteGroups(partials)
  const layout = layOutCells(partials, groups)
  const cells = layout.cellGroup.length
  const rows = new Float64Array(cells)
  partials.forEach((partial, p) => {
    addInto(rows, partial.rows, layout.places[p] ?? new Uint32Array())
  })
  const inputs = only.inputs.map((model, i) => {
    const into = createStates(model.type, measuresOf(model), cells)
    partials.forEach((partial, p) => {
      const from = partial.inputs[i]
      if (from) mergeStates(into, from, layout.places[p] ?? new Uint32Array())
    })
    return into
  })
  const budget = new StateBudget()
  const accumulated = accumulators.map((input, k) => mergeTables(input, partials, { layout, number: k, budget }))
  return {
    groups,
    cellGroup: layout.cellGroup,
    cellWindow: layout.cellWindow,
    rows,
    inputs,
    ...(accumulators.length > 0 && { accumulated }),
  }
}

interface TableMerge {
  layout: CellLayout
  /** The accumulator's place among those of the plan. */
  number: number
  budget: StateBudget
}

function mergeTables(
  input: AccumulatorInput,
  partials: readonly PartialAggregate[],
  { layout, number, budget }: TableMerge,
): StateTable {
  const merged = openAccumulator(input, { budget, windowOf: wholeOfTime })
  partials.forEach((partial, p) => {
    const states = partial.accumulated?.[number]
    if (states === undefined) throw new Error(`a partial aggregate lacks the states of ${input.aggregate}`)
    merged.merge(states, layout.places[p] ?? new Uint32Array())
  })
  return merged.states(Uint32Array.from(layout.cellGroup, (_, cell) => cell))
}

function isSorted(groups: readonly (readonly string[])[]): boolean {
  return groups.every((group, i) => i === 0 || compareTexts(groups[i - 1] ?? [], group) < 0)
}

function uniteGroups(partials: readonly PartialAggregate[]): (readonly string[])[] {
  const united = new Map<string, readonly string[]>()
  for (const partial of partials) for (const group of partial.groups) united.set(groupKey(group), group)
  return [...united.values()].sort(compareTexts)
}

interface CellLayout {
  cellGroup: Uint32Array
  cellWindow: BigInt64Array
  /** For each partial, the merged place of each of its cells. */
  places: Uint32Array[]
}

/** Cells `[from, to)` of one partial, all of one group, their windows in order. */
interface Run {
  partial: number
  from: number
  to: number
}

function layOutCells(partials: readonly PartialAggregate[], groups: readonly (readonly string[])[]): CellLayout {
  const runs = collectRuns(partials, groups)
  const places = partials.map((partial) => new Uint32Array(partial.cellGroup.length))
  const total = partials.reduce((sum, partial) => sum + partial.cellGroup.length, 0)
  const cellGroup = new Uint32Array(total)
  const cellWindow = new BigInt64Array(total)
  let at = 0
  runs.forEach((ofGroup, group) => {
    const windows = uniteWindows(partials, ofGroup)
    cellWindow.set(windows, at)
    cellGroup.fill(group, at, at + windows.length)
    for (const run of ofGroup) {
      placeRun(run, partials[run.partial]?.cellWindow, { windows, at, places: places[run.partial] })
    }
    at += windows.length
  })
  return { cellGroup: cellGroup.slice(0, at), cellWindow: cellWindow.slice(0, at), places }
}

function collectRuns(partials: readonly PartialAggregate[], groups: readonly (readonly string[])[]): Run[][] {
  const numbers = new Map(groups.map((group, number) => [groupKey(group), number]))
  const runs: Run[][] = groups.map(() => [])
  partials.forEach(({ cellGroup, groups: own }, partial) => {
    let from = 0
    for (let to = 1; to <= cellGroup.length; to++) {
      if (to < cellGroup.length && cellGroup[to] === cellGroup[from]) continue
      const group = own[cellGroup[from] ?? 0] ?? []
      runs[numbers.get(groupKey(group)) ?? 0]?.push({ partial, from, to })
      from = to
    }
  })
  return runs
}

function uniteWindows(partials: readonly PartialAggregate[], runs: readonly Run[]): BigInt64Array {
  const parts = runs.map((run) => partials[run.partial]?.cellWindow.subarray(run.from, run.to) ?? new BigInt64Array())
  const [single] = parts
  if (single && parts.length === 1) return single
  const all = new BigInt64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  all.sort()
  return all.filter((window, i) => i === 0 || window !== all[i - 1])
}

interface Placement {
  windows: BigInt64Array
  at: number
  places: Uint32Array | undefined
}

/** Both lists of windows are sorted, so one walk finds every place. */
function placeRun(run: Run, own: BigInt64Array | undefined, { windows, at, places }: Placement): void {
  if (own === undefined || places === undefined) return
  let k = 0
  for (let cell = run.from; cell < run.to; cell++) {
    while (windows[k] !== own[cell]) k++
    places[cell] = at + k
  }
}

function addInto(target: Float64Array, source: Float64Array, places: Uint32Array): void {
  for (let i = 0; i < source.length; i++) {
    const place = places[i] ?? 0
    target[place] = (target[place] ?? 0) + (source[i] ?? 0)
  }
}

/** Merges states into others; `places` gives the target's cell of each of the source's. */
export function mergeStates(into: InputStates, from: InputStates, places: Uint32Array): void {
  // Before the counts are added: a count of 0 tells that a cell has no value yet.
  if (into.min && from.min) mergeExtreme(into.min, from.min, { into, from, places, sign: 'less' })
  if (into.max && from.max) mergeExtreme(into.max, from.max, { into, from, places, sign: 'greater' })
  mergeFirst(into, from, places)
  mergeLast(into, from, places)
  mergeMoments(into, from, places)
  mergeSums(into, from, places)
  addInto(into.count, from.count, places)
}

interface ExtremeMerge {
  into: InputStates
  from: InputStates
  places: Uint32Array
  sign: 'less' | 'greater'
}

function mergeExtreme(target: Column, source: Column, { into, from, places, sign }: ExtremeMerge): void {
  const values = cellValues(target, source)
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0
    if (from.count[i] !== 0 && (into.count[place] === 0 || values[sign](i, place))) values.copy(place, i)
  }
}

function mergeFirst(into: InputStates, from: InputStates, places: Uint32Array): void {
  if (!into.first || !into.firstTime || !from.first || !from.firstTime) return
  const values = cellValues(into.first, from.first)
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0
    const time = from.firstTime[i] ?? 0n
    const known = into.firstTime[place] ?? 0n
    const isFirst = into.count[place] === 0 || time < known || (time === known && values.exceeds(i, place))
    if (from.count[i] === 0 || !isFirst) continue
    values.copy(place, i)
    into.firstTime[place] = time
  }
}

function mergeLast(into: InputStates, from: InputStates, places: Uint32Array): void {
  if (!into.last || !into.lastTime || !from.last || !from.lastTime) return
  const values = cellValues(into.last, from.last)
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0
    const time = from.lastTime[i] ?? 0n
    const known = into.lastTime[place] ?? 0n
    const isLast = into.count[place] === 0 || time > known || (time === known && values.exceeds(i, place))
    if (from.count[i] === 0 || !isLast) continue
    values.copy(place, i)
    into.lastTime[place] = time
  }
}

/** Adds two pairs and normalises the result, so that sums of i64 stay exact while they are below 2^104. */
function mergeSums(into: InputStates, from: InputStates, places: Uint32Array): void {
  if (!into.sumHigh || !into.sumLow || !from.sumHigh || !from.sumLow) return
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0
    if (from.count[i] === 0) continue
    const a = into.sumHigh[place] ?? 0
    const b = from.sumHigh[i] ?? 0
    const sum = a + b
    const part = sum - a
    const error = a - (sum - part) + (b - part)
    const low = (into.sumLow[place] ?? 0) + (from.sumLow[i] ?? 0) + error
    const high = sum + low
    const finite = Number.isFinite(high)
    into.sumHigh[place] = finite ? high : sum
    into.sumLow[place] = finite ? low - (high - sum) : 0
  }
}

/** Chan, Golub and LeVeque's update of a mean and a sum of squared deviations by another pair. */
function mergeMoments(into: InputStates, from: InputStates, places: Uint32Array): void {
  if (!into.mean || !into.m2 || !from.mean || !from.m2) return
  for (let i = 0; i < places.length; i++) {
    const place = places[i] ?? 0
    const [n, m] = [into.count[place] ?? 0, from.count[i] ?? 0]
    if (m === 0) continue
    const delta = (from.mean[i] ?? 0) - (into.mean[place] ?? 0)
    into.m2[place] = (into.m2[place] ?? 0) + (from.m2[i] ?? 0) + (n === 0 ? 0 : (delta * delta * n * m) / (n + m))
    into.mean[place] = n === 0 ? (from.mean[i] ?? 0) : (into.mean[place] ?? 0) + (delta * m) / (n + m)
  }
}
