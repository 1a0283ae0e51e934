import type { Batch } from '../../core/batch.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { OrderKey } from '../check/checked.ts'
import type { PlanNodeOf } from '../plan/node.ts'
import { gatherRows } from './filter.ts'
import type { Batches, QueryRun } from './operator.ts'
import { frameOf } from './project.ts'
import { joinBatches } from './result.ts'
import { sortPlaces } from './sort.ts'

/** Rows beyond those asked for that are gathered before the surplus is dropped. */
const SURPLUS_ROWS = 65_536

type SortNode = PlanNodeOf<'sort'>

/** All rows in order, as one batch. Where only the first are asked for, only those that can be among them are kept. */
export async function* sortRows(
  input: Batches,
  { order, wanted = Number.POSITIVE_INFINITY }: Pick<SortNode, 'order' | 'wanted'>,
  { memory }: QueryRun,
): AsyncGenerator<Batch> {
  let held: Batch[] = []
  let [count, bytes] = [0, 0]
  for await (const batch of input) {
    held.push(batch)
    count += batch.rows
    bytes += memory.holdBatch(batch)
    if (count < wanted + SURPLUS_ROWS) continue
    held = [firstRows(order, held, wanted)]
    count = wanted
    memory.release(bytes)
    bytes = held.reduce((sum, kept) => sum + memory.holdBatch(kept), 0)
  }
  if (count > 0) yield firstRows(order, held, Math.min(wanted, count))
  memory.release(bytes)
}

function firstRows(order: readonly OrderKey[], held: readonly Batch[], count: number): Batch {
  const joined = joinRows(held)
  return gatherRows(joined, orderedPlaces(order, joined).subarray(0, count))
}

/** The places of a batch's rows in order; rows that are equal keep theirs. */
export function orderedPlaces(order: readonly OrderKey[], batch: Batch): Uint32Array<ArrayBuffer> {
  const frame = frameOf(batch)
  const keys = order.map(({ expression, ...rest }) => ({ column: evaluateValue(expression, frame), ...rest }))
  return sortPlaces(batch.rows, keys)
}

/** Batches with the same columns as one. */
export function joinRows(held: readonly Batch[]): Batch {
  const columns = held[0]?.columns.map(({ name, type }) => ({ name, type })) ?? []
  return joinBatches(columns, held)
}
