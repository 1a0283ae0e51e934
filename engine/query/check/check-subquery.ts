import { type Batch, type Column, valueAt } from '../../core/batch.ts'
import { TidemarkError } from '../../core/errors.ts'
import { type Expression, expressionType, type Literal } from '../../core/expression.ts'
import type { ExpressionSyntax, SelectStatement } from '../parse/syntax.ts'
import { literal } from './coerce.ts'
import { comparison } from './comparison.ts'
import { distinctRows } from './distinct-rows.ts'
import { membersOf } from './member.ts'
import type { OuterReference } from './outer-column.ts'
import { PendingQuery } from './pending-query.ts'
import { queryError } from './query-error.ts'
import { type ApplyForm, columnReference, type Relation, type RelationColumn, relationColumns } from './relation.ts'
import type { Scope } from './scope.ts'

/** Most different values that a query behind IN may give. */
export const MAX_QUERY_VALUES = 100_000

type SyntaxOf<Kind extends ExpressionSyntax['kind']> = Extract<ExpressionSyntax, { kind: Kind }>

/** `(query)` as a value: that of its one row, missing without a row. */
export function scalarOf({ query }: SyntaxOf<'query'>, scope: Scope): Expression {
  const { relation, references } = relationOf(query, scope)
  const { type, unit } = onlyColumn(query, relation)
  if (references.length > 0) return applied(query, { relation, references }, { form: { kind: 'value' }, scope })
  const { rows, columns } = firstRows(query, relation, { scope, most: 2 })
  if (rows > 1) throw queryError(query.range, 'a query as a value expected one row, but this has more')
  const [value = null] = valuesOf(columns[0], rows)
  return { kind: 'literal', type, value, ...(unit !== undefined && { unit }) }
}

/** `EXISTS (query)`. */
export function existenceOf({ query }: SyntaxOf<'exists'>, scope: Scope): Expression {
  const { relation, references } = relationOf(query, scope)
  if (references.length > 0) return applied(query, { relation, references }, { form: { kind: 'exists' }, scope })
  return literal(firstRows(query, relation, { scope, most: 1 }).rows > 0)
}

/** `operand IN (query)`: in no rows is nothing, not even what is missing. The value of an absent tag is `''`, as in all tests. */
export function membershipOf(syntax: SyntaxOf<'in query'>, operand: Expression, scope: Scope): Expression {
  const { query, negated } = syntax
  const { relation, references } = relationOf(query, scope)
  const column = onlyColumn(query, relation)
  const { type, source } = column
  if (references.length > 0) {
    const test = comparison('=', [operand, syntax.operand.range], [columnReference(column), query.range])
    const found = applied(query, { relation, references }, { form: { kind: 'in', operand, test }, scope })
    return negated ? { kind: 'unary', op: 'not', type: 'bool', operand: found } : found
  }
  const operandType = expressionType(operand)
  // A column of another type is refused whatever is in it.
  membersOf({ kind: 'literal', type, value: null }, operandType, query.range)
  const { rows, columns } = firstRows(query, distinctRows(relation), { scope, most: MAX_QUERY_VALUES + 1 })
  if (rows > MAX_QUERY_VALUES) {
    throw new TidemarkError('quota', `a query behind IN may give ${MAX_QUERY_VALUES} values`, { position: query.range })
  }
  if (rows === 0) return literal(negated)
  const absent = source === 'tag' ? '' : null
  const values = valuesOf(columns[0], rows).flatMap((value) => {
    return membersOf({ kind: 'literal', type, value: value ?? absent }, operandType, query.range)
  })
  return { kind: 'in', operand, negated, values }
}

/** A query, and what it reads of the row around it. */
interface CheckedInner {
  relation: Relation
  references: readonly OuterReference[]
}

/** What a query reads of the row around depends on where it stands; without that it is checked once. */
function relationOf(query: SelectStatement, scope: Scope): CheckedInner {
  const { environment } = scope
  const { relations } = environment
  const known = relations.get(query)
  if (known) return { relation: known, references: [] }
  const references: OuterReference[] = []
  const relation = environment.checkQuery(query, { ...environment, outer: { scope, references } })
  if (references.length === 0) relations.set(query, relation)
  return { relation, references }
}

interface Applying {
  form: ApplyForm
  scope: Scope
}

function applied({ range }: SelectStatement, inner: CheckedInner, { form, scope }: Applying): Expression {
  if (scope.apply) return scope.apply({ ...inner, form, range })
  const [reference] = inner.references
  throw queryError(reference?.range ?? range, 'a query here cannot read columns of the rows around it', {
    hint: 'It can in WHERE, in items and in HAVING, outside of aggregates and OVER.',
  })
}

/** Known before the query has been asked. */
function onlyColumn({ range }: SelectStatement, relation: Relation): RelationColumn {
  const columns = relationColumns(relation)
  const [column] = columns
  if (column && columns.length === 1) return column
  throw queryError(range, `a query in an expression expected 1 column, but this has ${columns.length}`)
}

interface Asking {
  scope: Scope
  /** Rows beyond so many need not be read. */
  most: number
}

/** The first rows of a query. Throws `PendingQuery` where it has not been asked yet. */
function firstRows(query: SelectStatement, input: Relation, { scope, most }: Asking): Batch {
  const answer = scope.environment.answers.get(query)
  if (answer) return answer
  throw new PendingQuery(query, { kind: 'limit', input, limit: most, offset: 0, per: [] })
}

function valuesOf(column: Column | undefined, rows: number): Literal[] {
  return column ? Array.from({ length: rows }, (_, row) => valueAt(column, row)) : []
}
