import type { Batch } from '../../core/batch.ts'
import { gatherRows } from './filter.ts'
import { KeyTable, newKeys } from './key-table.ts'
import type { Batches, QueryRun } from './operator.ts'

/** Bytes that a known row takes, for each of its columns. */
const BYTES_A_VALUE = 48

/** Each row once, where it comes first. */
export async function* distinctRows(input: Batches, { memory }: Pick<QueryRun, 'memory'>): AsyncGenerator<Batch> {
  const known = new KeyTable()
  for await (const batch of input) {
    const { places } = newKeys(known, batch.columns, batch)
    memory.hold(places.length * BYTES_A_VALUE * Math.max(1, batch.columns.length))
    if (places.length > 0) yield gatherRows(batch, places)
  }
}
