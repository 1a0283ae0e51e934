import type { Statement } from '../parse/statement.ts'
import { OnDemand } from './on-demand.ts'

export const DELETE_CHECK: OnDemand<typeof import('./check-delete.ts')> = new OnDemand(
  () => import('./check-delete.ts'),
)
export const INSERT_CHECK: OnDemand<typeof import('./check-insert.ts')> = new OnDemand(
  () => import('./check-insert.ts'),
)
export const MODEL_CHECK: OnDemand<typeof import('./check-model.ts')> = new OnDemand(() => import('./check-model.ts'))
export const SUBSCRIBE_CHECK: OnDemand<typeof import('./check-subscribe.ts')> = new OnDemand(
  () => import('./check-subscribe.ts'),
)
export const TABLE_CHECK: OnDemand<typeof import('./check-table.ts')> = new OnDemand(() => import('./check-table.ts'))
export const TRANSFER_CHECK: OnDemand<typeof import('./check-transfer.ts')> = new OnDemand(
  () => import('./check-transfer.ts'),
)
export const VIEW_CHECK: OnDemand<typeof import('./check-view.ts')> = new OnDemand(() => import('./check-view.ts'))

/** The checks of statements other than queries, by the kinds of these. */
const RARE_CHECKS: Partial<Record<Statement['kind'], OnDemand<unknown>>> = {
  delete: DELETE_CHECK,
  insert: INSERT_CHECK,
  forecast: MODEL_CHECK,
  detect: MODEL_CHECK,
  subscribe: SUBSCRIBE_CHECK,
  'create table': TABLE_CHECK,
  'alter table': TABLE_CHECK,
  'drop table': TABLE_CHECK,
  export: TRANSFER_CHECK,
  import: TRANSFER_CHECK,
  'create view': VIEW_CHECK,
  'alter view': VIEW_CHECK,
  'drop view': VIEW_CHECK,
  'refresh view': VIEW_CHECK,
}

/** Loads what checks a statement; to be awaited before it is checked. */
export async function loadCheckOf(statement: Statement): Promise<void> {
  const { kind } = statement.kind === 'explain' ? statement.statement : statement
  await RARE_CHECKS[kind]?.load()
}
