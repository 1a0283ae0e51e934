import type { Changeable } from '../../core/changeable.ts'
import type { DeletePlan } from '../plan/plan-change.ts'
import { oneRow } from './one-row.ts'
import type { QueryRun } from './operator.ts'
import type { QueryResult } from './result.ts'

/** Deletes rows, and answers how many there were. */
export async function runDelete({ rows }: DeletePlan, changeable: Changeable, run: QueryRun): Promise<QueryResult> {
  if (rows === undefined) return oneRow([{ name: 'deleted', type: 'i64', value: 0n }])
  const counted = await run.queryable.aggregate({ kind: 'aggregate', ...rows, by: [], inputs: [] }, run.signal)
  const count = counted.rows.reduce((sum, cell) => sum + cell, 0)
  await changeable.delete(rows)
  return oneRow([{ name: 'deleted', type: 'i64', value: BigInt(count) }])
}
