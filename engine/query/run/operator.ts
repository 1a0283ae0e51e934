import type { Batch } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Queryable } from '../../core/plan.ts'
import type { QueryMemory } from './memory.ts'

/** What the operators of one query share. */
export interface QueryRun {
  queryable: Queryable
  signal: AbortSignal | undefined
  memory: QueryMemory
}

/** The rows of an operator, batch by batch. */
export type Batches = AsyncIterable<Batch>

/** To be called between batches. */
export function checkCancelled({ signal }: Pick<QueryRun, 'signal'>): void {
  if (signal?.aborted) throw new TidemarkError('cancelled', 'the query was cancelled', { cause: signal.reason })
}
