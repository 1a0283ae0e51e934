import { queryError } from '../check/query-error.ts'
import type { KillPlan } from '../plan/plan.ts'
import { oneRow } from './one-row.ts'
import type { QueryControl } from './query-progress.ts'
import type { QueryResult } from './result.ts'

/** Ends a query, and answers its number. Throws `query` where there is none. */
export function runKill({ id, idRange }: KillPlan, queries: QueryControl | undefined): QueryResult {
  if (!queries?.kill(id)) {
    throw queryError(idRange, `there is no query ${id}`, { hint: 'SHOW QUERIES lists those that there are.' })
  }
  return oneRow([{ name: 'killed', type: 'i64', value: BigInt(id) }])
}
