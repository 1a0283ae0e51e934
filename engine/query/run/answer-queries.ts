import type { Batch } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import type { Catalog, Queryable, SubPlan } from '../../core/plan.ts'
import { type CheckOptions, check } from '../check/check.ts'
import { PendingQuery } from '../check/pending-query.ts'
import { relationColumns } from '../check/relation.ts'
import type { AskedSyntax } from '../check/scope.ts'
import type { Statement } from '../parse/statement.ts'
import { scansOf } from '../plan/node.ts'
import { type FromViews, plan, planRelation, type QueryPlan } from '../plan/plan.ts'
import { execute } from './execute.ts'
import { QueryMemory } from './memory.ts'
import { checkCancelled } from './operator.ts'
import { joinBatches } from './result.ts'

/** Most queries in the expressions of one statement. */
export const MAX_EXPRESSION_QUERIES = 100

export interface Asking extends CheckOptions {
  catalog: Catalog
  fromViews?: FromViews
  signal?: AbortSignal
  maxHeldBytes?: number
  memory?: QueryMemory
}

export interface Planned {
  plan: QueryPlan
  /** What was read for it. */
  asked: readonly SubPlan[]
}

/**
 * Plans a statement. The queries in its expressions are asked first, inner ones before outer ones, and it is planned with what
 * they answer: as constants, so that they choose series and times.
 */
export async function planAnswered(statement: Statement, queryable: Queryable, asking: Asking): Promise<Planned> {
  const answers = new Map<AskedSyntax, Batch>()
  const asked: SubPlan[] = []
  for (;;) {
    const next = checked(statement, { ...asking, answers })
    if (!(next instanceof PendingQuery)) return { plan: plan(next, asked, asking.fromViews), asked }
    if (answers.size === MAX_EXPRESSION_QUERIES) throw tooMany(next)
    const root = planRelation(next.relation)
    asked.push(...scansOf(root))
    const run = { queryable, signal: asking.signal, memory: asking.memory ?? new QueryMemory(asking.maxHeldBytes) }
    const batches: Batch[] = []
    for await (const batch of execute(root, run)) {
      checkCancelled(run)
      run.memory.holdBatch(batch)
      batches.push(batch)
    }
    answers.set(next.query, joinBatches(relationColumns(next.relation), batches))
  }
}

function checked(statement: Statement, options: Asking): ReturnType<typeof check> | PendingQuery {
  try {
    return check(statement, options.catalog, options)
  } catch (error) {
    if (error instanceof PendingQuery) return error
    throw error
  }
}

function tooMany({ query }: PendingQuery): TidemarkError {
  const message = `the expressions of a statement may hold ${MAX_EXPRESSION_QUERIES} queries`
  return new TidemarkError('quota', message, { position: query.range })
}
