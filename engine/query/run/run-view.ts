import type { Changeable } from '../../core/changeable.ts'
import { queryError } from '../check/query-error.ts'
import type { ViewPlan } from '../plan/plan-change.ts'
import { oneRow } from './one-row.ts'
import type { QueryResult } from './result.ts'

/** Makes, changes, refreshes or drops a view, and answers what was done. */
export async function runView(plan: ViewPlan, { views }: Changeable): Promise<QueryResult> {
  if (views === undefined) throw queryError(plan.range, 'there can be no views here')
  switch (plan.verb) {
    case 'create materialized view':
      if (plan.definition) await views.create(plan.definition)
      return done('created', plan.definition !== undefined)
    case 'alter materialized view':
      await views.alter(plan.definition)
      return done('altered', true)
    case 'drop materialized view':
      if (plan.exists) await views.drop(plan.name)
      return done('dropped', plan.exists)
    case 'refresh materialized view': {
      const { written, removed } = await views.refresh(plan.name, plan.within)
      return oneRow([
        { name: 'written', type: 'i64', value: BigInt(written) },
        { name: 'removed', type: 'i64', value: BigInt(removed) },
      ])
    }
  }
}

function done(name: string, value: boolean): QueryResult {
  return oneRow([{ name, type: 'bool', value }])
}
