import type { Changeable } from '../../core/changeable.ts'
import { TidemarkError } from '../../core/errors.ts'
import { queryError } from '../check/query-error.ts'
import type { TablePlan } from '../plan/plan-change.ts'
import { oneRow } from './one-row.ts'
import type { QueryResult } from './result.ts'

/** Makes a table what a statement says of it, and answers whether anything changed. */
export async function runTable(plan: TablePlan, changeable: Changeable): Promise<QueryResult> {
  const { table, change } = plan
  const changed = change !== undefined && (await changeTable(plan, change, changeable))
  return oneRow([
    { name: 'table', type: 'string', value: table },
    { name: 'changed', type: 'bool', value: changed },
  ])
}

/** What the store refuses is wrong at the table's name: the statement as such has been checked. */
async function changeTable(
  { table, tableRange }: TablePlan,
  change: NonNullable<TablePlan['change']>,
  changeable: Changeable,
): Promise<boolean> {
  try {
    return await changeable.changeTable(table, change)
  } catch (error) {
    if (!(error instanceof TidemarkError && error.kind === 'invalid')) throw error
    throw queryError(tableRange, error.message, error.hint === undefined ? {} : { hint: error.hint })
  }
}
