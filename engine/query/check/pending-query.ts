import type { Relation } from './relation.ts'
import type { AskedSyntax } from './scope.ts'

/** Thrown by `check`: a query in an expression has to be asked before more can be said of the statement. */
export class PendingQuery extends Error {
  readonly query: AskedSyntax
  /** What of the query has to be read. */
  readonly relation: Relation

  constructor(query: AskedSyntax, relation: Relation) {
    super('a query in an expression has not been asked yet')
    this.name = 'PendingQuery'
    this.query = query
    this.relation = relation
  }
}
