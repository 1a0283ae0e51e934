import type { Column } from '../core/batch.ts'
import { concatColumns, sliceColumn } from '../core/columns.ts'
import type { InputStates, PartialAggregate, StateTable } from '../core/plan.ts'
import { compareTexts } from '../core/series.ts'

/** The cells of a partial aggregate whose windows begin in `[start, end)`. */
export interface WindowPiece {
  partial: PartialAggregate
  start: bigint
  end: bigint
}

/** Cells `[from, to)` of a partial aggregate, all of one group. */
interface Run {
  partial: PartialAggregate
  from: number
  to: number
}

/**
 * Pieces of one plan whose windows are not the same, one at least, as one partial aggregate of its own memory. States are copied and
 * not added, so their bits stay. Pieces are in the order of time, disjoint; groups without a cell are left out.
 */
export function joinWindows(pieces: readonly WindowPiece[]): PartialAggregate {
  const [model] = pieces
  if (model === undefined) throw new Error('joinWindows needs a piece')
  const { groups, runs } = runsOf(pieces)
  const cells = runs.reduce((total, run) => total + run.to - run.from, 0)
  const cellGroup = new Uint32Array(cells)
  let at = 0
  runs.forEach(({ from, to, group }) => {
    cellGroup.fill(group, at, at + to - from)
    at += to - from
  })
  const { inputs, accumulated } = model.partial
  const tables = accumulated?.map((table, k) => joinTables(runs, table, k))
  return {
    groups,
    cellGroup,
    cellWindow: joinIntegers(runs, ({ cellWindow }) => cellWindow, cells),
    rows: joinDoubles(runs, ({ rows }) => rows, cells),
    inputs: inputs.map((input, i) => joinStates(runs, { input, number: i, cells })),
    ...(tables && { accumulated: tables }),
  }
}

interface GroupRun extends Run {
  /** The group's number in the answer. */
  group: number
}

/** The cells of each group in the order of the groups, those of a group in the order of time. */
function runsOf(pieces: readonly WindowPiece[]): { groups: (readonly string[])[]; runs: GroupRun[] } {
  const byGroup = new Map<string, { group: readonly string[]; runs: Run[] }>()
  for (const { partial, start, end } of pieces) {
    const { cellGroup, cellWindow, groups } = partial
    for (let first = 0, last = 0; first < cellGroup.length; first = last) {
      while (last < cellGroup.length && cellGroup[last] === cellGroup[first]) last++
      const from = firstNotBefore(cellWindow, start, first, last)
      const to = firstNotBefore(cellWindow, end, from, last)
      if (from === to) continue
      const group = groups[cellGroup[first] as number] ?? []
      const key = group.length === 1 ? (group[0] as string) : JSON.stringify(group)
      const known = byGroup.get(key)
      if (known) known.runs.push({ partial, from, to })
      else byGroup.set(key, { group, runs: [{ partial, from, to }] })
    }
  }
  const ordered = [...byGroup.values()].sort((a, b) => compareTexts(a.group, b.group))
  const runs = ordered.flatMap((each, group) => each.runs.map((run) => ({ ...run, group })))
  return { groups: ordered.map(({ group }) => group), runs }
}

/** The first place in `[from, to)` of ascending times that is not before a time; `to` where there is none. */
function firstNotBefore(times: BigInt64Array, time: bigint, from: number, to: number): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] as bigint) < time) low = middle + 1
    else high = middle
  }
  return low
}

function joinDoubles(
  runs: readonly Run[],
  pick: (partial: PartialAggregate) => Float64Array | undefined,
  cells: number,
): Float64Array<ArrayBuffer> {
  const joined = new Float64Array(cells)
  let at = 0
  for (const { partial, from, to } of runs) {
    const values = pick(partial)
    if (values) joined.set(values.subarray(from, to), at)
    at += to - from
  }
  return joined
}

function joinIntegers(
  runs: readonly Run[],
  pick: (partial: PartialAggregate) => BigInt64Array | undefined,
  cells: number,
): BigInt64Array<ArrayBuffer> {
  const joined = new BigInt64Array(cells)
  let at = 0
  for (const { partial, from, to } of runs) {
    const values = pick(partial)
    if (values) joined.set(values.subarray(from, to), at)
    at += to - from
  }
  return joined
}

interface StatesPlace {
  input: InputStates
  /** The input's place in the plan. */
  number: number
  cells: number
}

function joinStates(runs: readonly Run[], { input, number, cells }: StatesPlace): InputStates {
  const of = (partial: PartialAggregate): InputStates | undefined => partial.inputs[number]
  const column = (part: 'min' | 'max' | 'first' | 'last'): Column => {
    const parts = runs.map(({ partial, from, to }) => {
      const whole = of(partial)?.[part]
      return { rows: to - from, column: whole && sliceColumn(whole, from, to) }
    })
    return concatColumns('', parts) ?? sliceColumn(input[part] as Column, 0, 0) // only parts are asked for that are there
  }
  const doubles = (part: 'count' | 'sumHigh' | 'sumLow' | 'mean' | 'm2'): Float64Array<ArrayBuffer> =>
    joinDoubles(runs, (partial) => of(partial)?.[part], cells)
  const times = (part: 'firstTime' | 'lastTime'): BigInt64Array<ArrayBuffer> =>
    joinIntegers(runs, (partial) => of(partial)?.[part], cells)
  return {
    type: input.type,
    count: doubles('count'),
    ...(input.sumHigh && { sumHigh: doubles('sumHigh') }),
    ...(input.sumLow && { sumLow: doubles('sumLow') }),
    ...(input.min && { min: column('min') }),
    ...(input.max && { max: column('max') }),
    ...(input.first && { first: column('first') }),
    ...(input.firstTime && { firstTime: times('firstTime') }),
    ...(input.last && { last: column('last') }),
    ...(input.lastTime && { lastTime: times('lastTime') }),
    ...(input.mean && { mean: doubles('mean') }),
    ...(input.m2 && { m2: doubles('m2') }),
  }
}

function joinTables(runs: readonly Run[], model: StateTable, number: number): StateTable {
  const cells = runs.reduce((total, run) => total + run.to - run.from, 0)
  const offsets = new Uint32Array(cells + 1)
  let at = 0
  const parts = runs.map(({ partial, from, to }) => {
    const table = partial.accumulated?.[number]
    if (table === undefined) throw new Error('a piece lacks the states of an accumulator')
    const first = table.offsets[from] as number
    const before = offsets[at] as number
    for (let cell = from; cell < to; cell++) offsets[++at] = before + (table.offsets[cell + 1] as number) - first
    return { table, first, last: table.offsets[to] as number }
  })
  const columns = model.columns.map((column, i): Column => {
    const slices = parts.map(({ table, first, last }) => {
      const own = table.columns[i]
      return { rows: last - first, column: own && sliceColumn(own, first, last) }
    })
    return concatColumns(column.name, slices) ?? sliceColumn(column, 0, 0)
  })
  return { offsets, columns }
}

/** Bytes that the arrays and texts of a partial aggregate take, about. */
export function bytesOfPartial({ groups, cellGroup, inputs, accumulated = [] }: PartialAggregate): number {
  const columnBytes = (column: Column | undefined): number => {
    if (column === undefined) return 0
    const texts =
      column.type === 'string' ? column.dictionary.reduce((total, text) => total + 2 * text.length + 16, 0) : 0
    return column.values.byteLength + (column.validity?.byteLength ?? 0) + texts
  }
  const ofInputs = inputs.reduce((total, states) => {
    const doubles = [
      states.count,
      states.sumHigh,
      states.sumLow,
      states.firstTime,
      states.lastTime,
      states.mean,
      states.m2,
    ]
    const columns = [states.min, states.max, states.first, states.last]
    return (
      total +
      doubles.reduce((sum, array) => sum + (array?.byteLength ?? 0), 0) +
      columns.reduce((sum, column) => sum + columnBytes(column), 0)
    )
  }, 0)
  const ofTables = accumulated.reduce(
    (total, { offsets, columns }) =>
      total + offsets.byteLength + columns.reduce((sum, column) => sum + columnBytes(column), 0),
    0,
  )
  const ofGroups = groups.reduce(
    (total, group) => total + group.reduce((sum, text) => sum + 2 * text.length + 16, 48),
    0,
  )
  return ofGroups + 20 * cellGroup.length + ofInputs + ofTables
}
