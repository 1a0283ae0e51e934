import type { Expression } from '../../core/expression.ts'
import { childrenOf } from '../parse/children.ts'
import type { CoreSyntax, ExpressionSyntax, QueryBody, SelectStatement } from '../parse/syntax.ts'
import { type CheckedCore, checkCore } from './check-core.ts'
import { checkExpression } from './check-expression.ts'
import { checkValues, combineRelations } from './check-set.ts'
import { answerSources, renameColumns } from './check-source.ts'
import type { OrderKey, Output } from './checked.ts'
import { distinctRows } from './distinct-rows.ts'
import { itemScope } from './item-scope.ts'
import { queryError } from './query-error.ts'
import { columnReference, outputOf, type Relation, relationColumns } from './relation.ts'
import { rowCount, rowScope } from './row-scope.ts'
import type { Environment, Scope } from './scope.ts'

/** Checks a query, and the queries in it. */
export function checkQuery(query: SelectStatement, outer: Environment): Relation {
  const environment = withNamedQueries(query, outer)
  const { body } = query
  if (body.kind === 'core' && !body.distinct) {
    const { relation, outputs, scope } = checkCore(body, environment, query.orderBy)
    return { kind: 'project', input: arrange(query, relation, { scope, outputs, environment }), outputs }
  }
  return arrangeAnswer(query, body, environment)
}

/** ORDER BY and LIMIT behind DISTINCT, UNION and VALUES see the columns of the answer and nothing else. */
function arrangeAnswer(query: SelectStatement, body: QueryBody, environment: Environment): Relation {
  const relation = checkBody(body, environment)
  const columns = relationColumns(relation)
  const outputs = columns.map((column) => outputOf(column.name, columnReference(column), columns))
  const scope = rowScope(answerSources(relation), environment, 'here')
  return arrange(query, relation, { scope, outputs, environment })
}

function withNamedQueries(query: SelectStatement, outer: Environment): Environment {
  if (query.tables.length === 0) return outer
  const queries = new Map(outer.queries)
  const own = new Set<string>()
  for (const { name, columns, query: inner } of query.tables) {
    if (own.has(name.name)) throw queryError(name.range, `two queries of WITH have the name '${name.name}'`)
    own.add(name.name)
    const relation = checkQuery(inner, { ...outer, queries })
    queries.set(name.name, renameColumns(relation, columns, name.name))
  }
  return { ...outer, queries }
}

function checkBody(body: QueryBody, environment: Environment): Relation {
  switch (body.kind) {
    case 'select':
      return checkQuery(body, environment)
    case 'core':
      return answerOf(checkCore(body, environment, []), body)
    case 'values':
      return checkValues(body, environment)
    case 'set':
      return combineRelations(
        body,
        body.operands.map((operand) => checkBody(operand, environment)),
      )
  }
}

function answerOf({ relation, outputs }: CheckedCore, { distinct }: CoreSyntax): Relation {
  const project: Relation = { kind: 'project', input: relation, outputs }
  return distinct ? distinctRows(project) : project
}

interface Arrangement {
  scope: Scope
  /** What a name means first. */
  outputs: readonly Output[]
  environment: Environment
}

/** ORDER BY, LIMIT and OFFSET around a relation. */
function arrange(query: SelectStatement, input: Relation, { scope, outputs, environment }: Arrangement): Relation {
  const named = itemScope(scope, outputs)
  const order = query.orderBy.flatMap(({ expression, descending, nullsFirst }): OrderKey[] => {
    const column = answerColumn(expression, outputs, 'ORDER BY')
    const checked = column ?? checkExpression(expression, named)
    if (checked.kind === 'literal') {
      // It may be constant only by what a query in it answers.
      if (column || asksQuery(expression)) return []
      throw queryError(expression.range, 'ORDER BY a constant means nothing; expected a column', {
        expected: ['a column'],
      })
    }
    return [{ expression: checked, descending, nullsFirst }]
  })
  const sorted: Relation = order.length === 0 ? input : { kind: 'sort', input, order }

  const limit = query.limit && rowCount(query.limit, 'LIMIT', environment)
  const offset = query.offset ? rowCount(query.offset, 'OFFSET', environment) : 0
  if (limit === undefined) return sorted
  const per = query.per.map((key) => answerColumn(key, outputs, 'PER') ?? checkExpression(key, named))
  return { kind: 'limit', input: sorted, limit, offset, per }
}

function asksQuery(syntax: ExpressionSyntax): boolean {
  return 'query' in syntax || childrenOf(syntax).some(asksQuery)
}

/** A name first means a column of the answer, and a whole number its place there. */
export function answerColumn(
  syntax: ExpressionSyntax,
  outputs: readonly Output[],
  clause: string,
): Expression | undefined {
  if (syntax.kind === 'name' && syntax.qualifier === undefined) {
    return outputs.find((each) => each.name === syntax.name)?.expression
  }
  if (syntax.kind !== 'integer') return undefined
  const output = outputs[Number(syntax.text) - 1]
  if (output !== undefined) return output.expression
  throw queryError(syntax.range, `${clause} ${syntax.text}: the answer has ${outputs.length} columns`, {
    expected: [`a number from 1 to ${outputs.length}`],
  })
}
