import { type Batch, type Column, isValid } from '../../core/batch.ts'
import { evaluateValue } from '../../scan/evaluate.ts'
import type { PlanNodeOf } from '../plan/node.ts'
import { gatherRows } from './filter.ts'
import { KeyTable } from './key-table.ts'
import type { Batches, QueryRun } from './operator.ts'
import { frameOf } from './project.ts'
import { joinRows, orderedPlaces } from './sort-rows.ts'

/** The newest row of each key, of one time the later one; in the order of the keys, missing ones first. */
export async function* newestRows(
  input: Batches,
  { time, by }: PlanNodeOf<'newest'>,
  { memory }: QueryRun,
): AsyncGenerator<Batch> {
  let newest: Batch | undefined
  let bytes = 0
  for await (const batch of input) {
    const both = newest === undefined ? batch : joinRows([newest, batch])
    const frame = frameOf(both)
    const keys = by.map((key) => evaluateValue(key, frame))
    newest = gatherRows(both, newestPlaces(keys, evaluateValue(time, frame), both.rows))
    memory.release(bytes)
    bytes = memory.holdBatch(newest)
  }
  memory.release(bytes)
  if (newest === undefined) return
  const order = by.map((expression) => ({ expression, descending: false, nullsFirst: true }))
  yield gatherRows(newest, orderedPlaces(order, newest))
}

function newestPlaces(keys: readonly Column[], time: Column, rows: number): Uint32Array {
  const table = new KeyTable()
  const places: number[] = []
  table.add(keys, rows).forEach((number, row) => {
    if (!isValid(time.validity, row)) return
    const known = places[number]
    if (known === undefined || (time.values[row] ?? 0) >= (time.values[known] ?? 0)) places[number] = row
  })
  return Uint32Array.from(places.filter((place) => place !== undefined))
}
