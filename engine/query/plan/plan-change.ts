import type { SelectedRows } from '../../core/changeable.ts'
import { joinLogical } from '../check/boolean.ts'
import type {
  CheckedDelete,
  CheckedImport,
  CheckedInsert,
  CheckedTable,
  CheckedView,
  InsertTarget,
} from '../check/checked.ts'
import { queryError } from '../check/query-error.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { type PlanNode, scansOf } from './node.ts'
import { splitCondition } from './predicate.ts'

export interface InsertPlan {
  kind: 'insert'
  range: SourceRange
  table: string
  targets: readonly InsertTarget[]
  /** The rows, with the columns of the targets in their order. */
  root: PlanNode
  /** The rows come of the table that they go to: all are read before the first is written. */
  readsTarget: boolean
}

export interface DeletePlan {
  kind: 'delete'
  range: SourceRange
  /** Absent where no row can be meant. */
  rows?: SelectedRows
  table: string
}

/** A statement that says what a table is; it reads no rows. */
export type TablePlan = CheckedTable

/** A plan that changes something. */
export type ChangePlan = InsertPlan | DeletePlan | TablePlan | ImportPlan | ViewPlan

/** A statement about a view is done as it is checked. */
export type ViewPlan = CheckedView

/** Rows of a file on their way into tables. */
export type ImportPlan = CheckedImport

export function planInsert({ kind, range, table, targets }: CheckedInsert, root: PlanNode): InsertPlan {
  return { kind, range, table, targets, root, readsTarget: scansOf(root).some((scan) => scan.table === table) }
}

/** Plans DELETE. Throws `query` at a test that asks for more than tags and time. */
export function planDelete({ kind, range, table, tests }: CheckedDelete): DeletePlan {
  for (const test of tests) {
    if (splitCondition(test.condition).filter === undefined) continue
    throw queryError(test.range, 'DELETE takes tests of tags and a range of time only, joined by AND', {
      expected: ['a test of a tag', 'a comparison of time'],
    })
  }
  const { matchers, start, end, empty } = splitCondition(
    joinLogical(
      'and',
      tests.map(({ condition }) => condition),
    ),
  )
  return { kind, range, table, ...(!empty && { rows: { table, matchers, start, end } }) }
}
