import type { Batch } from '../../core/batch.ts'
import type { PlanNodeOf } from '../plan/node.ts'
import { distinctRows } from './distinct.ts'
import { gatherRows } from './filter.ts'
import { KeyTable, NO_KEY } from './key-table.ts'
import { type Batches, checkCancelled, type QueryRun } from './operator.ts'

/** Bytes that a row of the right side takes, with the count of its likes, for each of its columns. */
const BYTES_A_VALUE = 56

/** UNION, INTERSECT or EXCEPT of rows with like columns. */
export function combineRows(
  inputs: readonly Batches[],
  { op, all }: Pick<PlanNodeOf<'set'>, 'op' | 'all'>,
  run: QueryRun,
): AsyncGenerator<Batch> {
  if (op === 'union') return all ? concatenated(inputs, run) : distinctRows(concatenated(inputs, run), run)
  const [first, ...others] = inputs
  if (first === undefined) throw new Error('a set operation has operands')
  return others.reduce<AsyncGenerator<Batch>>(
    (left, right) => {
      const matched = matchRows(left, right, { keep: op === 'intersect' ? 'found' : 'others', all, run })
      return all ? matched : distinctRows(matched, run)
    },
    concatenated([first], run),
  )
}

async function* concatenated(inputs: readonly Batches[], run: QueryRun): AsyncGenerator<Batch> {
  for (const input of inputs) {
    for await (const batch of input) {
      checkCancelled(run)
      yield batch
    }
  }
}

interface Matching {
  keep: 'found' | 'others'
  /** Each row of the right side stands for one of the left, and not for all like it. */
  all: boolean
  run: QueryRun
}

/** The rows of the left side that are on the right, or that are not. */
async function* matchRows(left: Batches, right: Batches, { keep, all, run }: Matching): AsyncGenerator<Batch> {
  const keys = new KeyTable()
  const counts: number[] = []
  for await (const batch of right) {
    checkCancelled(run)
    const before = keys.size
    for (const number of keys.add(batch.columns, batch.rows)) counts[number] = (counts[number] ?? 0) + 1
    run.memory.hold((keys.size - before) * BYTES_A_VALUE * Math.max(1, batch.columns.length))
  }
  for await (const batch of left) {
    const places: number[] = []
    keys.find(batch.columns, batch.rows).forEach((number, row) => {
      const count = number === NO_KEY ? 0 : (counts[number] ?? 0)
      if (all && count > 0) counts[number] = count - 1
      if (count > 0 === (keep === 'found')) places.push(row)
    })
    if (places.length > 0) yield gatherRows(batch, Uint32Array.from(places))
  }
}
