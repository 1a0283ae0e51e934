import type { Expression, Literal } from '../../core/expression.ts'
import type { Catalog } from '../../core/plan.ts'
import type { ExpressionSyntax, NameSyntax, SelectStatement } from '../parse/syntax.ts'
import type { Relation } from './relation.ts'

export type CallSyntax = Extract<ExpressionSyntax, { kind: 'call' }>
export type ColumnExpression = Extract<Expression, { kind: 'column' }>

/** What does not change while a statement is checked. */
export interface StatementContext {
  catalog: Catalog
  params: Readonly<Record<string, Literal>>
  /** The one time that every `now()` of the statement means. */
  now: bigint
  /** Set when the statement asks for the time, since its answer then changes by itself. */
  usesNow: boolean
}

/** What is known where a query stands: the statement, and the queries that WITH names around it. */
export interface Environment {
  context: StatementContext
  queries: ReadonlyMap<string, Relation>
  /** Checks a query that stands in another. Queries hold expressions and sources and both hold queries. */
  checkQuery(query: SelectStatement, environment: Environment): Relation
}

/** What names and calls mean at a place of a statement. */
export interface Scope {
  context: StatementContext
  column(name: NameSyntax): Expression
  call(call: CallSyntax): Expression
  /** What a whole expression means, before its parts are looked at. */
  whole?(syntax: ExpressionSyntax): Expression | undefined
}
