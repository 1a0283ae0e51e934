import type { Batch, Column } from '../../core/batch.ts'
import { gatherColumn, missingColumn, NO_ROW } from '../../core/columns.ts'
import { TidemarkError } from '../../core/errors.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import { startsBetween, windowAt } from '../../core/time-window.ts'
import type { FillNode } from '../plan/node.ts'
import { fillColumn, type Series } from './fill-column.ts'
import { gatherRows } from './filter.ts'
import { KeyTable, newKeys } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { frameOf, project } from './project.ts'
import { sortPlaces } from './sort.ts'
import { joinRows } from './sort-rows.ts'

/** Most rows of windows and groups that FILL makes. */
export const MAX_FILLED_ROWS: number = 10_000_000

/** A row for every window of the range and every group, in one batch: by time, then by group. */
export async function* fillRows(input: Batches, node: FillNode, run: QueryRun): AsyncGenerator<Batch> {
  const held: Batch[] = []
  let bytes = 0
  for await (const batch of input) {
    checkCancelled(run)
    held.push(batch)
    bytes += run.memory.holdBatch(batch)
  }
  const filled = fillBatch(held.length === 0 ? noRows(node) : joinRows(held), node, run)
  run.memory.release(bytes)
  if (filled.rows > 0) yield filled
}

function noRows({ columns }: FillNode): Batch {
  return { rows: 0, columns: columns.map(({ name, type }) => missingColumn(name, type, 0)) }
}

/** An estimate for a value of an answer, with its share of what finds its row. */
const BYTES_A_VALUE = 12

function fillBatch(rows: Batch, node: FillNode, { memory }: QueryRun): Batch {
  const batch = { rows: rows.rows, columns: [...rows.columns, ...project(node.computed, frameOf(rows)).columns] }
  const starts = startsOf(batch, node)
  const groups = groupsOf(batch, node.keys)
  const windows = starts.length
  if (windows * groups.count > MAX_FILLED_ROWS) {
    throw new TidemarkError('quota', `FILL would make ${windows} windows of ${groups.count} groups`, {
      hint: `It makes ${MAX_FILLED_ROWS} rows at most: use wider windows, a shorter range of time or fewer groups.`,
    })
  }
  memory.hold(windows * groups.count * batch.columns.length * BYTES_A_VALUE)
  const places = placesOf(batch, starts, groups)
  const series = { starts, end: endOf(starts, node), groups: groups.count, ...maxGapOf(node) }
  const columns = batch.columns.map((column): Column => {
    if (column.name === TIME_COLUMN) return { name: TIME_COLUMN, type: 'time', values: everyTime(starts, groups.count) }
    if (node.keys.includes(column.name)) return gatherColumn(column, repeated(groups.heads, windows))
    return fillColumn(gatherColumn(column, places), node.methods.get(column.name) ?? node.otherwise, series)
  })
  return { rows: places.length, columns }
}

function maxGapOf({ maxGap }: FillNode): Pick<Series, 'maxGap'> {
  return maxGap === undefined ? {} : { maxGap }
}

/** The starts of all windows. Where the range is open, and where rows are beyond it, rows decide. */
function startsOf(batch: Batch, { window, range }: FillNode): BigInt64Array {
  const times = timesOf(batch)
  const [first, last] = [times[0], times.at(-1)]
  let start = range.start ?? first
  let end = range.end ?? (last === undefined ? undefined : last + 1n)
  if (start === undefined || end === undefined) return new BigInt64Array()
  if (first !== undefined && first < start) start = first
  if (last !== undefined && last >= end) end = last + 1n
  return startsBetween({ start, end }, window)
}

/** Where the window after the last one would begin. */
function endOf(starts: BigInt64Array, { window }: FillNode): bigint {
  const last = starts.at(-1) ?? 0n
  return window.kind === 'fixed' ? last + (window.step ?? window.width) : windowAt(last, window).end
}

function timesOf(batch: Batch): BigInt64Array {
  const time = batch.columns.find(({ name }) => name === TIME_COLUMN)
  if (time?.type !== 'time') throw new Error('rows of windows have a time')
  return time.values
}

interface Groups {
  count: number
  /** The rank of each row's group. */
  ofRow: Uint32Array
  /** A row of each group, by rank. */
  heads: Uint32Array
}

/** Groups in the order of their keys, missing ones first. Without keys there is one, also over nothing. */
function groupsOf(batch: Batch, keys: readonly string[]): Groups {
  if (keys.length === 0) return { count: 1, ofRow: new Uint32Array(batch.rows), heads: new Uint32Array(1) }
  const columns = batch.columns.filter(({ name }) => keys.includes(name))
  const { numbers, places } = newKeys(new KeyTable(), columns, batch)
  const distinct = gatherRows({ rows: batch.rows, columns }, places)
  const order = sortPlaces(
    places.length,
    distinct.columns.map((column) => ({ column, descending: false, nullsFirst: true })),
  )
  const ranks = new Uint32Array(order.length)
  order.forEach((number, rank) => {
    ranks[number] = rank
  })
  return {
    count: order.length,
    ofRow: numbers.map((number) => ranks[number] ?? 0),
    heads: order.map((number) => places[number] ?? 0),
  }
}

/** The row of each window and group, or `NO_ROW`; rows come in the order of windows. */
function placesOf(batch: Batch, starts: BigInt64Array, { count, ofRow }: Groups): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(starts.length * count).fill(NO_ROW)
  const times = timesOf(batch)
  let window = 0
  for (let row = 0; row < batch.rows; row++) {
    while (window < starts.length && (starts[window] ?? 0n) < (times[row] ?? 0n)) window++
    places[window * count + (ofRow[row] ?? 0)] = row
  }
  return places
}

function everyTime(starts: BigInt64Array, groups: number): BigInt64Array<ArrayBuffer> {
  const times = new BigInt64Array(starts.length * groups)
  starts.forEach((start, window) => {
    times.fill(start, window * groups, (window + 1) * groups)
  })
  return times
}

function repeated(places: Uint32Array, times: number): Uint32Array {
  const all = new Uint32Array(places.length * times)
  for (let i = 0; i < times; i++) all.set(places, i * places.length)
  return all
}
