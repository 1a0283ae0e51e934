import type { Batch } from '../../core/batch.ts'
import { gatherColumn, NO_ROW } from '../../core/columns.ts'
import type { Expression } from '../../core/expression.ts'
import { evaluateFilter } from '../../scan/evaluate.ts'
import { MAX_LEADING_ROWS, narrowingOf, type Side } from '../plan/narrowing.ts'
import type { JoinNode } from '../plan/node.ts'
import { asofPlaces, sortByTime } from './asof.ts'
import { emptyBatch, type HeldRows, holdRows, keyNumbers } from './held-rows.ts'
import { NO_KEY } from './key-table.ts'
import { narrowed } from './narrowed.ts'
import { type Batches, checkCancelled, type QueryRun, Turns } from './operator.ts'
import { frameOf } from './project.ts'

/** Pairs of rows that are made before they are passed on, unless one row alone has more. */
const PAIRS_A_BATCH = 16_384

type ReadSide = (run: QueryRun) => Batches

/**
 * Joins two sides: the left side's rows in their order, each with its matches in the order of the right side, which is held.
 * The keys of the side that is read first may choose series of the other.
 */
export async function* joinSides(
  [left, right]: readonly [left: ReadSide, right: ReadSide],
  node: JoinNode,
  run: QueryRun,
): AsyncGenerator<Batch> {
  const leading = (await firstSide(node, run)) === 'left' ? await LeadingRows.read(left(run), run) : undefined
  try {
    if (leading?.isNothing) return
    const keys = node.equal.map((key) => key.right)
    const ofRight = leading?.isAll ? narrowed(node, 'right', leading.batches, run) : run
    const held = await holdRows(right(ofRight), { columns: node.columns.right, keys }, run)
    const join = new Join(node, held)
    const turns = new Turns(run)
    for await (const batch of leading?.rows() ?? left(narrowed(node, 'left', [held.batch], run))) {
      for (const matches of join.match(batch)) {
        await turns.next()
        if (matches.rows > 0) yield matches
      }
    }
    yield* join.rest()
    run.memory.release(held.bytes)
  } finally {
    await leading?.close()
  }
}

/** The side whose keys leave less to be read of the other one. */
async function firstSide(node: JoinNode, { queryable }: QueryRun): Promise<Side> {
  if (narrowingOf(node, 'right') === undefined) return 'right'
  if (narrowingOf(node, 'left') === undefined) return 'left'
  const { estimatePlan } = await import('../plan/estimate.ts')
  const costs = (await estimatePlan(node, queryable))?.joins.get(node)
  return costs !== undefined && costs.left < costs.right ? 'left' : 'right'
}

/** The first rows of the left side, and the others behind them. */
class LeadingRows {
  readonly batches: Batch[] = []
  readonly #rest: AsyncIterator<Batch>
  readonly #run: QueryRun
  #bytes = 0
  isAll = false

  static async read(batches: Batches, run: QueryRun): Promise<LeadingRows> {
    const leading = new LeadingRows(batches, run)
    await leading.#read()
    return leading
  }

  private constructor(batches: Batches, run: QueryRun) {
    this.#rest = batches[Symbol.asyncIterator]()
    this.#run = run
  }

  get isNothing(): boolean {
    return this.isAll && this.batches.length === 0
  }

  async #read(): Promise<void> {
    for (let rows = 0; rows <= MAX_LEADING_ROWS; ) {
      const { done, value } = await this.#rest.next()
      this.isAll = done === true
      if (this.isAll) return
      checkCancelled(this.#run)
      if (value.rows === 0) continue
      this.batches.push(value)
      this.#bytes += this.#run.memory.holdBatch(value)
      rows += value.rows
    }
  }

  async *rows(): AsyncGenerator<Batch> {
    yield* this.batches
    this.#run.memory.release(this.#bytes)
    if (!this.isAll) yield* { [Symbol.asyncIterator]: () => this.#rest }
  }

  /** Ends the reading of what has not been read. */
  async close(): Promise<void> {
    await this.#rest.return?.()
  }
}

class Join {
  readonly #node: JoinNode
  readonly #held: HeldRows
  /** 1 for each row of the right side that has matched; kept where the others are asked for. */
  readonly #matched: Uint8Array | undefined

  constructor(node: JoinNode, held: HeldRows) {
    this.#node = node
    this.#held = node.asof ? sortByTime(held, node.asof.right) : held
    this.#matched = node.join === 'right' || node.join === 'full' ? new Uint8Array(held.batch.rows) : undefined
  }

  /** The rows that a batch of the left side makes, in parts; some of them may be empty. */
  *match(batch: Batch): Generator<Batch> {
    const { equal, asof } = this.#node
    const { keys, starts } = this.#held
    const { numbers } = keyNumbers(
      batch,
      equal.map((key) => key.left),
      (columns, rows) => keys.find(columns, rows),
    )
    const chosen = asof && asofPlaces(asof, { batch, numbers }, this.#held)
    for (let from = 0; from < batch.rows; ) {
      let to = from
      let pairs = 0
      while (to < batch.rows && pairs < PAIRS_A_BATCH) {
        const number = numbers[to] ?? NO_KEY
        if (chosen) pairs++
        else if (number !== NO_KEY) pairs += (starts[number + 1] ?? 0) - (starts[number] ?? 0)
        to++
      }
      const places = chosen ? chosenPairs(chosen, from, to) : this.#candidates(numbers, from, to)
      yield this.#kept(batch, places, { from, to })
      from = to
    }
  }

  /** The rows of the right side that nothing has matched. */
  *rest(): Generator<Batch> {
    const matched = this.#matched
    if (matched === undefined) return
    const right = Uint32Array.from(matched.keys()).filter((row) => matched[row] === 0)
    if (right.length === 0) return
    yield this.#rows(emptyBatch(this.#node.columns.left), {
      left: new Uint32Array(right.length).fill(NO_ROW),
      right,
    })
  }

  #candidates(numbers: Uint32Array, from: number, to: number): Pairs {
    const { starts, places } = this.#held
    const left: number[] = []
    const right: number[] = []
    for (let row = from; row < to; row++) {
      const number = numbers[row] ?? NO_KEY
      if (number === NO_KEY) continue
      for (let at = starts[number] ?? 0; at < (starts[number + 1] ?? 0); at++) {
        left.push(row)
        right.push(places[at] ?? 0)
      }
    }
    return { left: Uint32Array.from(left), right: Uint32Array.from(right) }
  }

  /** The pairs that match, and rows of the left side alone where these are asked for. */
  #kept(batch: Batch, candidates: Pairs, { from, to }: { from: number; to: number }): Batch {
    const { residual, join } = this.#node
    const passes = residual && this.#passes(residual, batch, candidates)
    const matched = this.#matched
    const alone = join === 'left' || join === 'full'
    const left: number[] = []
    const right: number[] = []
    let at = 0
    for (let row = from; row < to; row++) {
      const before = left.length
      for (; candidates.left[at] === row; at++) {
        if (passes && passes[at] === 0) continue
        const place = candidates.right[at] ?? 0
        left.push(row)
        right.push(place)
        if (matched) matched[place] = 1
      }
      if (!alone || left.length > before) continue
      left.push(row)
      right.push(NO_ROW)
    }
    return this.#rows(batch, { left: Uint32Array.from(left), right: Uint32Array.from(right) })
  }

  #passes(residual: Expression, batch: Batch, candidates: Pairs): Uint8Array {
    return evaluateFilter(residual, frameOf(this.#rows(batch, candidates)))
  }

  #rows(batch: Batch, { left, right }: Pairs): Batch {
    const columns = [
      ...batch.columns.map((column) => gatherColumn(column, left)),
      ...this.#held.batch.columns.map((column) => gatherColumn(column, right)),
    ]
    return { rows: left.length, columns }
  }
}

/** Places of rows that belong together, on both sides, by those of the left side. */
interface Pairs {
  left: Uint32Array
  right: Uint32Array
}

function chosenPairs(chosen: Uint32Array, from: number, to: number): Pairs {
  const rows = Uint32Array.from({ length: to - from }, (_, i) => from + i)
  const left = rows.filter((row) => chosen[row] !== NO_ROW)
  return { left, right: left.map((row) => chosen[row] ?? NO_ROW) }
}
