import type { Expression } from '../../../core/expression.ts'
import { callInputs, withCallInputs } from '../../check/checked.ts'
import type { AggregateRelation, Relation, RelationOf } from '../../check/relation.ts'
import { mapInputs } from './rule.ts'
import { outputSubstitution, substituteAll } from './substitute.ts'

/**
 * Moves projections up, and makes one of two: `filter over project` becomes `project over filter` with the projection's
 * expressions in the condition. Sub-queries so become part of the query around them, down to the tables.
 */
export function pullProject(relation: Relation): Relation {
  const inner = mapInputs(relation, pullProject)
  if (!('input' in inner) || inner.input.kind !== 'project') return inner
  return pullOver(inner, inner.input) ?? inner
}

type Project = RelationOf<'project'>

/** One relation above a projection, with the projection above or gone. */
function pullOver(relation: Extract<Relation, { input: Relation }>, project: Project): Relation | undefined {
  const { input, outputs } = project
  const put = (expressions: readonly Expression[]): readonly Expression[] | undefined =>
    substituteAll(expressions, outputSubstitution(outputs))
  const lift = (lower: Relation): Relation => ({ kind: 'project', input: lower, outputs })
  switch (relation.kind) {
    case 'project': {
      const put_ = put(relation.outputs.map(({ expression }) => expression))
      return put_ && { kind: 'project', input, outputs: withExpressions(relation.outputs, put_) }
    }
    case 'filter': {
      const [condition] = put([relation.condition]) ?? []
      return condition && lift({ kind: 'filter', input, condition })
    }
    case 'sort': {
      const keys = put(relation.order.map(({ expression }) => expression))
      return keys && lift({ kind: 'sort', input, order: withExpressions(relation.order, keys) })
    }
    case 'limit': {
      const per = put(relation.per)
      return per && lift({ ...relation, input, per })
    }
    case 'latest': {
      const [time, ...by] = put([relation.time, ...relation.by]) ?? []
      return time && lift({ kind: 'latest', input, time, by })
    }
    case 'aggregate':
      return pullIntoAggregate(relation, input, put)
    case 'distinct':
    case 'apply':
    case 'fill':
    case 'span':
    case 'window':
      return undefined
  }
}

function withExpressions<T extends { expression: Expression }>(
  items: readonly T[],
  expressions: readonly Expression[],
): T[] {
  return items.map((item, at) => ({ ...item, expression: expressions[at] ?? item.expression }))
}

/** The times of windows, and of first and last values, are those of the column `time` of the input: it has to stay so. */
function pullIntoAggregate(
  relation: AggregateRelation,
  input: Relation,
  put: (expressions: readonly Expression[]) => readonly Expression[] | undefined,
): Relation | undefined {
  const { groups, calls, time } = relation
  const inputs = calls.flatMap(callInputs)
  const all = put([...groups.map(({ expression }) => expression), ...inputs, ...(time ? [time] : [])])
  if (all === undefined) return undefined
  let at = groups.length
  const newCalls = calls.map((call) => {
    const count = callInputs(call).length
    at += count
    return withCallInputs(call, all.slice(at - count, at))
  })
  return {
    ...relation,
    input,
    groups: withExpressions(groups, all),
    calls: newCalls,
    ...(time && { time: all[at] ?? time }),
  }
}
