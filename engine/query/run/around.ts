import { type Batch, type Column, isValid } from '../../core/batch.ts'
import { gatherColumn } from '../../core/columns.ts'
import type { Expression } from '../../core/expression.ts'
import { MIN_TIME } from '../../core/time.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import { callColumn, callInputs } from '../check/checked.ts'
import type { AroundMatch } from '../check/relation.ts'
import type { AroundNode } from '../plan/node.ts'
import { gatherRows } from './filter.ts'
import { aggregateFrames } from './frame-aggregate.ts'
import type { Frames } from './frames.ts'
import { chainsOf, keyNumbers } from './held-rows.ts'
import { KeyTable, NO_KEY } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'
import { frameOf, toType } from './project.ts'
import { joinRows } from './sort-rows.ts'

/** Rows of the left side that are taken together. */
const ROWS_A_STEP = 16_384

/**
 * Rows of the left side with aggregates of the rows of the right side around them. Both sides come in order of time, so that of
 * the right side only those rows are held that are around the rows of a step, and what prevails before.
 */
export async function* aroundRows(
  left: Batches,
  right: Batches,
  node: AroundNode,
  run: QueryRun,
): AsyncGenerator<Batch> {
  const around = new RowsAround(right, node.match, run)
  try {
    let pending: Batch[] = []
    let rows = 0
    for await (const batch of left) {
      checkCancelled(run)
      pending.push(batch)
      rows += batch.rows
      if (rows < ROWS_A_STEP) continue
      yield await withAggregates(joinRows(pending), around, { node, run })
      pending = []
      rows = 0
    }
    if (rows > 0) yield await withAggregates(joinRows(pending), around, { node, run })
  } finally {
    await around.close()
  }
}

async function withAggregates(
  batch: Batch,
  around: RowsAround,
  { node, run }: { node: AroundNode; run: QueryRun },
): Promise<Batch> {
  const frames = await around.framesOf(batch)
  const { held, places } = around
  const frame = frameOf(held)
  const byPosition = (expression: Expression): Column => gatherColumn(evaluateValue(expression, frame), places)
  const time = byPosition(node.match.right)
  const columns = node.calls.map((call, k): Column => {
    checkCancelled(run)
    const rows = { positions: places.length, columns: callInputs(call).map(byPosition), time, run }
    return { ...toType(aggregateFrames(call, frames, rows), call.type), name: callColumn(k) }
  })
  return { rows: batch.rows, columns: [...batch.columns, ...columns] }
}

interface Times {
  column: Column
  values: BigInt64Array
}

function timesOf(batch: Batch, time: Expression): Times {
  const column = evaluateValue(time, frameOf(batch))
  return { column, values: column.values instanceof BigInt64Array ? column.values : new BigInt64Array(batch.rows) }
}

/** The rows of the right side that are near the rows of the left, which are asked for in order of time. */
class RowsAround {
  readonly #match: AroundMatch
  readonly #run: QueryRun
  readonly #input: AsyncIterator<Batch>
  #ended = false
  /** The time of the last row that was read. */
  #reached = MIN_TIME
  /** In order of time. */
  held: Batch = { rows: 0, columns: [] }
  /** The rows that are held, by their keys, and in order of time within one. */
  places: Uint32Array = new Uint32Array()
  #bytes = 0

  constructor(input: Batches, match: AroundMatch, run: QueryRun) {
    this.#match = match
    this.#run = run
    this.#input = input[Symbol.asyncIterator]()
  }

  async close(): Promise<void> {
    this.#run.memory.release(this.#bytes)
    await this.#input.return?.()
  }

  /** Which positions of `places` are around each row. */
  async framesOf(batch: Batch): Promise<Frames> {
    const { left, right, equal, start, end } = this.#match
    const times = timesOf(batch, left)
    const valid = times.values.filter((_, row) => isValid(times.column.validity, row))
    const [first, last] = [valid[0], valid.at(-1)]
    if (first !== undefined && last !== undefined) await this.#hold(first + start, last + end)
    const keys = new KeyTable()
    const own = keyNumbers(
      this.held,
      equal.map((key) => key.right),
      (columns, rows) => keys.add(columns, rows),
    )
    const asked = keyNumbers(
      batch,
      equal.map((key) => key.left),
      (columns, rows) => keys.find(columns, rows),
    )
    const chains = chainsOf(own.numbers, keys.size)
    this.places = chains.places
    const held = timesOf(this.held, right).values
    return this.#frames({ times, numbers: asked.numbers }, (at) => held[chains.places[at] ?? 0] ?? 0n, chains.starts)
  }

  #frames(
    { times, numbers }: { times: Times; numbers: Uint32Array },
    timeAt: (position: number) => bigint,
    chains: Uint32Array,
  ): Frames {
    const { start, end, prevailing } = this.#match
    const starts = new Uint32Array(numbers.length)
    const ends = new Uint32Array(numbers.length)
    numbers.forEach((number, row) => {
      if (number === NO_KEY || !isValid(times.column.validity, row)) return
      const chain = { from: chains[number] ?? 0, to: chains[number + 1] ?? 0 }
      const time = times.values[row] ?? 0n
      const from = firstWhere(chain, (at) => timeAt(at) >= time + start)
      const to = firstWhere({ from, to: chain.to }, (at) => timeAt(at) > time + end)
      const isHeld = prevailing && from > chain.from && (from === chain.to || timeAt(from) > time + start)
      starts[row] = isHeld ? from - 1 : from
      ends[row] = to
    })
    return { starts, ends }
  }

  /** Reads up to a time, and lets go of rows before another. */
  async #hold(from: bigint, to: bigint): Promise<void> {
    const { memory } = this.#run
    let parts: Batch[] = []
    let rows = 0
    while (!this.#ended && this.#reached <= to) {
      const next = await this.#input.next()
      checkCancelled(this.#run)
      if (next.done) {
        this.#ended = true
        break
      }
      parts.push(next.value)
      rows += next.value.rows
      this.#bytes += memory.holdBatch(next.value)
      this.#reach(next.value)
      if (rows < ROWS_A_STEP) continue
      this.#keep(parts, from)
      parts = []
      rows = 0
    }
    this.#keep(parts, from)
  }

  /** Rows without a time come last, and are around none. */
  #reach(batch: Batch): void {
    const { column, values } = timesOf(batch, this.#match.right)
    const last = batch.rows - 1
    if (isValid(column.validity, last)) this.#reached = values[last] ?? this.#reached
    else this.#ended = true
  }

  /** Of these rows and those held before, what is near a time or behind it; before it the last of each key where it prevails. */
  #keep(parts: readonly Batch[], from: bigint): void {
    const all = [this.held, ...parts].filter(({ rows }) => rows > 0)
    if (all.length === 0) return
    const joined = joinRows(all)
    const places = this.#nearPlaces(joined, from)
    this.#run.memory.release(this.#bytes)
    this.held = places.length === joined.rows ? joined : gatherRows(joined, places)
    this.#bytes = this.#run.memory.holdBatch(this.held)
  }

  #nearPlaces(batch: Batch, from: bigint): Uint32Array {
    const { equal, right, prevailing } = this.#match
    const { column, values } = timesOf(batch, right)
    const isBefore = (row: number): boolean => (values[row] ?? 0n) < from
    const prevails = new Set<number>()
    if (prevailing && isBefore(0)) {
      const keys = equal.map((key) => key.right)
      const { numbers } = keyNumbers(batch, keys, (columns, rows) => new KeyTable().add(columns, rows))
      const last = new Map<number, number>()
      for (let row = 0; row < batch.rows && isBefore(row); row++) last.set(numbers[row] ?? NO_KEY, row)
      for (const row of last.values()) prevails.add(row)
    }
    const rows = Uint32Array.from({ length: batch.rows }, (_, row) => row)
    return rows.filter((row) => isValid(column.validity, row) && (!isBefore(row) || prevails.has(row)))
  }
}

/** The first of some positions that passes a test which all behind it pass, too. */
function firstWhere({ from, to }: { from: number; to: number }, passes: (at: number) => boolean): number {
  let [low, high] = [from, to]
  while (low < high) {
    const middle = (low + high) >> 1
    if (passes(middle)) high = middle
    else low = middle + 1
  }
  return low
}
