import { columnsOf, type Expression } from '../../../core/expression.ts'
import { callInputs, windowInputs } from '../../check/checked.ts'
import { type JoinRelation, type Relation, relationColumns, ruleExpressions } from '../../check/relation.ts'
import { mapInputs } from './rule.ts'

/** Leaves out the columns of tables and sub-queries that nothing above reads. */
export function pruneColumns(relation: Relation): Relation {
  return prune(
    relation,
    relationColumns(relation).map(({ name }) => name),
  )
}

/** `needed` names columns in the order in which they are to be read, perhaps more than once. */
function prune(relation: Relation, needed: readonly string[]): Relation {
  switch (relation.kind) {
    case 'scan': {
      const byName = new Map(relation.columns.map((column) => [column.name, column]))
      return { ...relation, columns: [...new Set(needed)].flatMap((name) => byName.get(name) ?? []) }
    }
    case 'values':
      return relation
    case 'set':
      return { ...relation, inputs: relation.inputs.map((input) => prune(input, allColumns(input))) }
    case 'distinct':
      return { ...relation, input: prune(relation.input, allColumns(relation.input)) }
    case 'project': {
      const names = new Set(needed)
      const outputs = relation.outputs.filter(({ name }) => names.has(name))
      return { ...relation, outputs, input: prune(relation.input, readBy(outputs.map(({ expression }) => expression))) }
    }
    case 'aggregate': {
      const { groups, calls, time } = relation
      const inputs = calls.flatMap(callInputs)
      const read = readBy([...groups.map(({ expression }) => expression), ...inputs, ...(time ? [time] : [])])
      return { ...relation, input: prune(relation.input, read) }
    }
    case 'overlay':
      return mapInputs(relation, (input) => prune(input, allColumns(input)))
    case 'fill': {
      const computed = relation.computed.filter(({ name }) => needed.includes(name))
      const read = readBy(computed.map(({ expression }) => expression))
      return { ...relation, computed, input: prune(relation.input, [...relation.keys, ...needed, ...read]) }
    }
    case 'join':
      return pruneJoin(relation, needed)
    case 'filter':
      // A scan reads what its condition needs by itself.
      if (relation.input.kind === 'scan') return { ...relation, input: prune(relation.input, needed) }
      return { ...relation, input: prune(relation.input, [...needed, ...columnsOf(relation.condition)]) }
    case 'sort':
      return {
        ...relation,
        input: prune(relation.input, [...needed, ...readBy(relation.order.map(({ expression }) => expression))]),
      }
    case 'limit':
      return { ...relation, input: prune(relation.input, [...needed, ...readBy(relation.per)]) }
    case 'around': {
      const { match, calls, left, right } = relation
      const ofLeft = readBy([match.left, ...match.equal.map((key) => key.left)])
      const ofRight = readBy([match.right, ...match.equal.map((key) => key.right), ...calls.flatMap(callInputs)])
      return { ...relation, left: prune(left, [...needed, ...ofLeft]), right: prune(right, ofRight) }
    }
    case 'apply':
      return mapInputs(relation, (input) => prune(input, allColumns(input)))
    case 'span': {
      const read = readBy([relation.time, ...relation.partition, ...ruleExpressions(relation.rule)])
      return { ...relation, input: prune(relation.input, [...needed, ...read]) }
    }
    case 'window': {
      const { calls, time } = relation
      const read = readBy([...calls.flatMap(windowInputs), ...(time ? [time] : [])])
      return { ...relation, input: prune(relation.input, [...needed, ...read]) }
    }
    case 'latest':
      return { ...relation, input: prune(relation.input, [...needed, ...readBy([relation.time, ...relation.by])]) }
  }
}

function pruneJoin(relation: JoinRelation, needed: readonly string[]): Relation {
  const { equal, residual, asof } = relation
  const keys = equal.flatMap(({ left, right }) => [left, right])
  const times = asof ? [asof.left, asof.right] : []
  const read = [...needed, ...readBy([...keys, ...times, ...(residual ? [residual] : [])])]
  return { ...relation, left: prune(relation.left, read), right: prune(relation.right, read) }
}

function allColumns(relation: Relation): string[] {
  return relationColumns(relation).map(({ name }) => name)
}

function readBy(expressions: readonly Expression[]): string[] {
  return expressions.flatMap((expression) => columnsOf(expression))
}
