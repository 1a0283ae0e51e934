import type { Batch, Column } from '../../core/batch.ts'
import { concatColumns, gatherColumn, NO_ROW } from '../../core/columns.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { Frame as RowFrame } from '../../scan/frame.ts'
import { type PlaceFunction, type WindowCall, windowColumn } from '../check/checked.ts'
import type { WindowNode } from '../plan/node.ts'
import { aggregateFrames } from './frame-aggregate.ts'
import { type Frames, framesOf, type Ordering, type Partition } from './frames.ts'
import { KeyTable } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { frameOf, toType } from './project.ts'
import { type SortKey, sortPlaces } from './sort.ts'
import { joinRows } from './sort-rows.ts'

/** The rows with a column for each window function, as one batch in the order in which they came. */
export async function* windowRows(input: Batches, node: WindowNode, run: QueryRun): AsyncGenerator<Batch> {
  const held: Batch[] = []
  let bytes = 0
  for await (const batch of input) {
    checkCancelled(run)
    held.push(batch)
    bytes += run.memory.holdBatch(batch)
  }
  if (held.length === 0) return
  const batch = joinRows(held)
  const frame = frameOf(batch)
  const columns = node.calls.map((call, k): Column => {
    checkCancelled(run)
    return { ...toType(callColumn(call, node, { frame, run }), call.type), name: windowColumn(k) }
  })
  yield { rows: batch.rows, columns: [...batch.columns, ...columns] }
  run.memory.release(bytes)
}

interface Rows {
  frame: RowFrame
  run: QueryRun
}

/** The values of a call by row. */
function callColumn(call: WindowCall, { time }: WindowNode, { frame, run }: Rows): Column {
  const order = orderOf(call, frame)
  const rowOf = order.places
  const { of } = call
  const sorted =
    'place' in of
      ? placeColumn(
          of.place,
          of.args.map((argument) => gatherColumn(evaluateValue(argument, frame), rowOf)),
          order,
        )
      : aggregateFrames(of, framesOf(call.frame, order.ordering), {
          positions: rowOf.length,
          columns: ('inputs' in of ? of.inputs : of.input ? [of.input] : []).map((each) =>
            gatherColumn(evaluateValue(each, frame), rowOf),
          ),
          time: time && gatherColumn(evaluateValue(time, frame), rowOf),
          run,
        })
  const back = new Uint32Array(rowOf.length)
  rowOf.forEach((row, at) => {
    back[row] = at
  })
  return gatherColumn(sorted, back)
}

interface Order {
  /** The row at each position. */
  places: Uint32Array
  ordering: Ordering
  frames: Frames
}

/** Rows by partition, and within one in their order; rows that are sorted alike keep theirs. */
function orderOf({ partition, order, frame: kind }: WindowCall, frame: RowFrame): Order {
  const { rows } = frame
  const numbers = new KeyTable().add(
    partition.map((key) => evaluateValue(key, frame)),
    rows,
  )
  const keys = order.map(({ expression, ...rest }): SortKey => ({ column: evaluateValue(expression, frame), ...rest }))
  const byPartition: Column = { name: '', type: 'f64', values: Float64Array.from(numbers) }
  const places = sortPlaces(rows, [{ column: byPartition, descending: false, nullsFirst: false }, ...keys])
  const ranks = new KeyTable().add(
    keys.map(({ column }) => column),
    rows,
  )
  const partitions = runsOf(places, (row) => numbers[row] ?? 0)
  const peers = peersOf(places, (row) => `${numbers[row]} ${keys.length === 0 ? 0 : ranks[row]}`)
  const [first, second] = keys
  const ordering: Ordering = {
    rows,
    partitions,
    peers,
    key: first && !second ? gatherColumn(first.column, places) : undefined,
    descending: first?.descending ?? false,
  }
  return { places, ordering, frames: framesOf(kind, ordering) }
}

/** Positions of one value after the other. */
function runsOf<T>(places: Uint32Array, keyOf: (row: number) => T): Partition[] {
  const runs: Partition[] = []
  for (let from = 0; from < places.length; ) {
    const value = keyOf(places[from] ?? 0)
    let to = from + 1
    while (to < places.length && keyOf(places[to] ?? 0) === value) to++
    runs.push({ from, to })
    from = to
  }
  return runs
}

function peersOf(places: Uint32Array, keyOf: (row: number) => string): Frames {
  const starts = new Uint32Array(places.length)
  const ends = new Uint32Array(places.length)
  for (const { from, to } of runsOf(places, keyOf)) {
    starts.fill(from, from, to)
    ends.fill(to, from, to)
  }
  return { starts, ends }
}

type Placing = (order: Order, args: readonly Column[]) => Column

/** Functions of a row's place. Columns and answers are by position. */
const PLACINGS: Readonly<Record<PlaceFunction, Placing>> = {
  row_number: ({ ordering }) => counted(ordering, (at, { from }) => at - from + 1),
  rank: ({ ordering }) => counted(ordering, (at, { from }) => (ordering.peers.starts[at] ?? 0) - from + 1),
  dense_rank: ({ ordering }) => denseRanks(ordering),
  percent_rank: ({ ordering }) =>
    measured(ordering, (at, { from, to }) =>
      to - from < 2 ? 0 : ((ordering.peers.starts[at] ?? 0) - from) / (to - from - 1),
    ),
  cume_dist: ({ ordering }) =>
    measured(ordering, (at, { from, to }) => ((ordering.peers.ends[at] ?? 0) - from) / (to - from)),
  ntile: ({ ordering }, [count]) =>
    counted(ordering, (at, { from, to }) => tileOf(at - from, to - from, constantOf(count, 1))),
  lag: ({ ordering }, args) => shiftedRows(ordering, args, -1),
  lead: ({ ordering }, args) => shiftedRows(ordering, args, 1),
  first_value: ({ frames }, [value]) => inFrame(frames, value, (start) => start),
  last_value: ({ frames }, [value]) => inFrame(frames, value, (_, end) => end - 1),
  nth_value: ({ frames }, [value, n]) => inFrame(frames, value, (start) => start + constantOf(n, 1) - 1),
}

function placeColumn(place: PlaceFunction, args: readonly Column[], order: Order): Column {
  return PLACINGS[place](order, args)
}

/** The constant that a column holds in every row. */
function constantOf(column: Column | undefined, otherwise: number): number {
  return column === undefined ? otherwise : Number(column.values[0] ?? otherwise)
}

function counted({ rows, partitions }: Ordering, count: (at: number, partition: Partition) => number): Column {
  const values = new BigInt64Array(rows)
  for (const partition of partitions) {
    for (let at = partition.from; at < partition.to; at++) values[at] = BigInt(count(at, partition))
  }
  return { name: '', type: 'i64', values }
}

function measured({ rows, partitions }: Ordering, measure: (at: number, partition: Partition) => number): Column {
  const values = new Float64Array(rows)
  for (const partition of partitions) {
    for (let at = partition.from; at < partition.to; at++) values[at] = measure(at, partition)
  }
  return { name: '', type: 'f64', values }
}

function denseRanks(ordering: Ordering): Column {
  let rank = 0
  return counted(ordering, (at, { from }) => {
    if (at === from) rank = 0
    if (ordering.peers.starts[at] === at) rank++
    return rank
  })
}

/** The first tiles have one row more where the rows do not go in evenly. */
function tileOf(at: number, rows: number, tiles: number): number {
  const size = Math.floor(rows / tiles)
  const larger = rows % tiles
  const inLarger = larger * (size + 1)
  return at < inLarger ? Math.floor(at / (size + 1)) + 1 : larger + Math.floor((at - inLarger) / Math.max(1, size)) + 1
}

/** The value so many rows before or behind; beyond the partition the third argument, or nothing. */
function shiftedRows({ rows, partitions }: Ordering, [value, n, otherwise]: readonly Column[], sign: -1 | 1): Column {
  if (value === undefined) throw new Error('lag and lead have a value')
  const offset = sign * constantOf(n, 1)
  const places = new Uint32Array(rows).fill(NO_ROW)
  for (const { from, to } of partitions) {
    for (let at = from; at < to; at++) {
      const place = at + offset
      if (place >= from && place < to) places[at] = place
      else if (otherwise) places[at] = rows + at
    }
  }
  const both = otherwise
    ? concatColumns(
        '',
        [value, toType(otherwise, value.type)].map((column) => ({ rows, column })),
      )
    : value
  return gatherColumn(both ?? value, places)
}

function inFrame(
  { starts, ends }: Frames,
  value: Column | undefined,
  placeOf: (start: number, end: number) => number,
): Column {
  if (value === undefined) throw new Error('a value of a frame has an argument')
  const places = starts.map((start, at) => {
    const end = ends[at] ?? start
    const place = placeOf(start, end)
    return place >= start && place < end ? place : NO_ROW
  })
  return gatherColumn(value, places)
}
