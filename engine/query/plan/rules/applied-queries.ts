import { OnDemand } from '../../check/on-demand.ts'
import { type Relation, relationInputs } from '../../check/relation.ts'

const DECORRELATION: OnDemand<typeof import('./decorrelate.ts')> = new OnDemand(() => import('./decorrelate.ts'))

/** A query in a query, which alone can be asked for each row of the one around it. */
const QUERY_IN_QUERY = /\b(select|values)\b[\s\S]*\b(select|values)\b/i

/** Loads what plans a statement and few need: to be awaited before it is planned. */
export async function loadRulesFor(text: string): Promise<void> {
  if (QUERY_IN_QUERY.test(text)) await DECORRELATION.load()
}

/** A relation without queries that are asked for each row. */
export function withoutApplied(relation: Relation): Relation {
  return holdsApplied(relation) ? DECORRELATION.part.decorrelate(relation) : relation
}

function holdsApplied(relation: Relation): boolean {
  return relation.kind === 'apply' || relationInputs(relation).some(holdsApplied)
}
