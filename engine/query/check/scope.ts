import type { Batch } from '../../core/batch.ts'
import type { Expression, Literal } from '../../core/expression.ts'
import type { Catalog } from '../../core/plan.ts'
import type { AlignSyntax, ExpressionSyntax, NameSyntax, SelectStatement, SourceRange } from '../parse/syntax.ts'
import type { OuterReference, OuterRow } from './outer-column.ts'
import type { ApplyForm, Relation } from './relation.ts'

export type CallSyntax = Extract<ExpressionSyntax, { kind: 'call' }>
export type ColumnExpression = Extract<Expression, { kind: 'column' }>

/** What is asked before the statement itself: a query in an expression, or the first time of rows. */
export type AskedSyntax = SelectStatement | AlignSyntax

/** Its answers. */
export type QueryAnswers = ReadonlyMap<AskedSyntax, Batch>

/** What is known where an expression or a query stands: the statement's own, and the queries that WITH names around it. */
export interface Environment {
  catalog: Catalog
  params: Readonly<Record<string, Literal>>
  /** The one time that every `now()` of the statement means. */
  now: bigint
  /** Of the whole statement. Set when it asks for the time, since its answer then changes by itself. */
  uses: { now: boolean; applied: number }
  answers: QueryAnswers
  /** Of the whole statement: its queries in expressions that have been checked. An expression may be checked more than once. */
  relations: Map<SelectStatement, Relation>
  queries: ReadonlyMap<string, Relation>
  /** The row around a query in an expression. */
  outer?: OuterRow
  /** Checks a query that stands in another. Queries hold expressions and sources and both hold queries. */
  checkQuery(query: SelectStatement, environment: Environment): Relation
}

/** A query in an expression that is asked anew for each row. */
export interface AppliedQuery {
  relation: Relation
  references: readonly OuterReference[]
  form: ApplyForm
  range: SourceRange
}

/** What names and calls mean at a place of a statement. */
export interface Scope {
  environment: Environment
  column(name: NameSyntax): Expression
  /** The arguments of a function of a row mean what they mean in `scope`, which may be one around this. */
  call(call: CallSyntax, scope: Scope): Expression
  /** What a query that reads columns of the row answers; absent where none can stand. */
  apply?(query: AppliedQuery): Expression
  /** What a whole expression means, before its parts are looked at. */
  whole?(syntax: ExpressionSyntax): Expression | undefined
}
