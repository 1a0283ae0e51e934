import { TidemarkError } from '../../core/errors.ts'
import { type ApplyRelation, columnReference, type Relation, type RelationColumn, relationColumns } from './relation.ts'
import type { AppliedQuery, ColumnExpression, Environment } from './scope.ts'

/** Most queries in the expressions of one statement that are asked for each row. */
export const MAX_APPLIED_QUERIES = 100

/** What a relation of rows becomes where queries are asked for each. */
export type AppliedStep = Omit<ApplyRelation, 'input'>

/** Adds a query to those that are asked for each row, and gives the column of its answers. */
export function appliedColumn(
  { relation, references, form, range }: AppliedQuery,
  applied: AppliedStep[],
  { uses }: Environment,
): ColumnExpression {
  if (uses.applied === MAX_APPLIED_QUERIES) {
    const message = `the expressions of a statement may hold ${MAX_APPLIED_QUERIES} queries that read the row around`
    throw new TidemarkError('quota', message, { position: range })
  }
  const [only] = relationColumns(relation)
  const type = form.kind === 'value' && only ? only.type : 'bool'
  const unit = form.kind === 'value' && only?.unit !== undefined ? { unit: only.unit } : {}
  const column: RelationColumn = { name: `?${uses.applied++}`, type, source: 'field', key: false, ...unit }
  applied.push({ kind: 'apply', query: relation, form, references, column, range })
  return columnReference(column)
}

/** The rows with the answers of all. */
export function withApplied(input: Relation, applied: readonly AppliedStep[]): Relation {
  return applied.reduce((rows: Relation, step) => ({ ...step, input: rows }), input)
}
