import { type Batch, type Column, emptyValidity, isValid, setValid } from '../../core/batch.ts'
import { gatherColumn } from '../../core/columns.ts'
import { evaluateFilter, evaluateValue } from '../../scan/evaluate.ts'
import type { Frame } from '../../scan/frame.ts'
import { SPAN_COLUMNS, type SpanRule } from '../check/relation.ts'
import type { SpanNode } from '../plan/node.ts'
import { KeyTable } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { frameOf } from './project.ts'

/** Rows that are made before they are passed on: a row may be in many windows. */
const ROWS_A_BATCH = 65_536
/** An estimate for what is kept of a partition, and of a state. */
const BYTES_A_KEY = 120

/**
 * Rows in order of time with the windows that they are in, as they come. Of each partition no more is kept than the
 * windows that are open.
 */
export async function* spanRows(input: Batches, node: SpanNode, run: QueryRun): AsyncGenerator<Batch> {
  const walk = new SpanWalk(node, run)
  for await (const batch of input) {
    for (const rows of walk.take(batch)) {
      checkCancelled(run)
      yield rows
    }
  }
}

/** A row, of which partition it is, and when it was. */
interface PlacedRow {
  row: number
  partition: number
  time: bigint
}

/** Rows with windows, until they are passed on. */
class Placed {
  readonly rows: number[] = []
  readonly starts: bigint[] = []
  readonly ends: (bigint | undefined)[] = []
  readonly numbers: number[] = []

  add(row: number, { start, number }: OpenSpan, end: bigint | undefined): void {
    this.rows.push(row)
    this.starts.push(start)
    this.numbers.push(number)
    this.ends.push(end)
  }
}

/** A window that the next row may be in. */
interface OpenSpan {
  start: bigint
  number: number
}

/** Puts a row into the windows that it is in. */
type Place = (at: PlacedRow, into: Placed) => void

/** For the rows of a batch. What is known of partitions goes on from batch to batch. */
type Placing = (frame: Frame) => Place

class SpanWalk {
  readonly #node: SpanNode
  readonly #run: QueryRun
  readonly #partitions = new KeyTable()
  readonly #placing: Placing

  constructor(node: SpanNode, run: QueryRun) {
    this.#node = node
    this.#run = run
    this.#placing = placingOf(node.rule, run)
  }

  *take(batch: Batch): Generator<Batch> {
    const frame = frameOf(batch)
    const time = evaluateValue(this.#node.time, frame)
    const { values } = time
    if (!(values instanceof BigInt64Array)) throw new Error('the time of a row is a time')
    const keys = this.#node.partition.map((key) => evaluateValue(key, frame))
    const partitions = numbered(this.#partitions, { columns: keys, rows: batch.rows }, this.#run)
    const place = this.#placing(frame)
    let placed = new Placed()
    for (let row = 0; row < batch.rows; row++) {
      if (!isValid(time.validity, row)) continue
      place({ row, partition: partitions[row] ?? 0, time: values[row] ?? 0n }, placed)
      if (placed.rows.length < ROWS_A_BATCH) continue
      yield placedRows(batch, placed)
      placed = new Placed()
    }
    if (placed.rows.length > 0) yield placedRows(batch, placed)
  }
}

/** The numbers of keys; new ones count against the memory of the query. */
function numbered(
  table: KeyTable,
  { columns, rows }: { columns: readonly Column[]; rows: number },
  { memory }: QueryRun,
): Uint32Array {
  const known = table.size
  const numbers = table.add(columns, rows)
  memory.hold((table.size - known) * BYTES_A_KEY)
  return numbers
}

function placedRows(batch: Batch, { rows, starts, ends, numbers }: Placed): Batch {
  const places = Uint32Array.from(rows)
  const validity = ends.includes(undefined) ? emptyValidity(rows.length) : undefined
  if (validity) for (let at = 0; at < ends.length; at++) if (ends[at] !== undefined) setValid(validity, at)
  const columns: Column[] = [
    { name: SPAN_COLUMNS.start.name, type: 'time', values: BigInt64Array.from(starts) },
    {
      name: SPAN_COLUMNS.end.name,
      type: 'time',
      values: BigInt64Array.from(ends, (end) => end ?? 0n),
      ...(validity && { validity }),
    },
    { name: SPAN_COLUMNS.number.name, type: 'i64', values: BigInt64Array.from(numbers, BigInt) },
  ]
  return { rows: rows.length, columns: [...batch.columns.map((column) => gatherColumn(column, places)), ...columns] }
}

function placingOf(rule: SpanRule, run: QueryRun): Placing {
  switch (rule.kind) {
    case 'session':
      return sessions(rule.gap)
    case 'state':
      return states(rule, run)
    case 'event':
      return events(rule)
    case 'count':
      return counts(rule)
  }
}

function sessions(gap: bigint): Placing {
  const open: (OpenSpan & { last: bigint })[] = []
  const place: Place = ({ row, partition, time }, into) => {
    let span = open[partition]
    if (span === undefined || time - span.last > gap) {
      span = { start: time, number: (span?.number ?? -1) + 1, last: time }
      open[partition] = span
    }
    span.last = time
    into.add(row, span, time)
  }
  return () => place
}

function states({ state }: Extract<SpanRule, { kind: 'state' }>, run: QueryRun): Placing {
  const open: (OpenSpan & { state: number })[] = []
  const known = new KeyTable()
  return (frame) => {
    const column = evaluateValue(state, frame)
    const numbers = numbered(known, { columns: [column], rows: frame.rows }, run)
    return ({ row, partition, time }, into) => {
      if (!isValid(column.validity, row)) return
      const own = numbers[row] ?? 0
      let span = open[partition]
      if (span === undefined || span.state !== own) {
        span = { start: time, number: (span?.number ?? -1) + 1, state: own }
        open[partition] = span
      }
      into.add(row, span, time)
    }
  }
}

function events({ from, to }: Extract<SpanRule, { kind: 'event' }>): Placing {
  const spans: (OpenSpan & { isOpen: boolean })[] = []
  return (frame) => {
    const begins = evaluateFilter(from, frame)
    const ends = evaluateFilter(to, frame)
    return ({ row, partition, time }, into) => {
      let span = spans[partition]
      if (span === undefined || !span.isOpen) {
        if (begins[row] !== 1) return
        span = { start: time, number: (span?.number ?? -1) + 1, isOpen: true }
        spans[partition] = span
      }
      span.isOpen = ends[row] !== 1
      into.add(row, span, span.isOpen ? undefined : time)
    }
  }
}

/** The rows of a partition so far, and its windows that are not full. */
interface CountedRows {
  rows: number
  open: OpenSpan[]
}

function counts({ count, slide }: Extract<SpanRule, { kind: 'count' }>): Placing {
  const known: CountedRows[] = []
  const place: Place = ({ row, partition, time }, into) => {
    const counted = known[partition] ?? { rows: 0, open: [] }
    known[partition] = counted
    const { rows, open } = counted
    if (rows % slide === 0) open.push({ start: time, number: rows / slide })
    if ((open[0]?.number ?? 0) * slide + count <= rows) open.shift()
    for (const span of open) into.add(row, span, time)
    counted.rows++
  }
  return () => place
}
