import type { Expression } from '../../../core/expression.ts'
import { conjunctsOf, joinLogical } from '../../check/boolean.ts'
import { splitJoin } from '../../check/check-join.ts'
import {
  type AggregateRelation,
  type JoinRelation,
  type Relation,
  type RelationOf,
  readsOnly,
  relationColumns,
} from '../../check/relation.ts'
import { mapInputs } from './rule.ts'
import { outputSubstitution, substituteAll } from './substitute.ts'

/** Moves conditions down to where rows come from: below sorts, into all sides of a union, below groups by what they test. */
export function pushFilter(relation: Relation): Relation {
  const pushed = relation.kind === 'filter' ? pushBelow(relation.input, conjunctsOf(relation.condition)) : relation
  return mapInputs(pushed, pushFilter)
}

/** The rows of a relation that pass all tests, with each test as low as it can be. */
function pushBelow(input: Relation, tests: readonly Expression[]): Relation {
  switch (input.kind) {
    case 'filter':
      return pushBelow(input.input, [...conjunctsOf(input.condition), ...tests])
    case 'sort':
    case 'distinct':
      return { ...input, input: pushBelow(input.input, tests) }
    case 'set':
      return { ...input, inputs: input.inputs.map((each) => pushBelow(each, tests)) }
    case 'project':
      return (
        pushBelowProject(input.outputs, tests, (lower) => ({ ...input, input: pushBelow(input.input, lower) })) ??
        filter(input, tests)
      )
    case 'aggregate':
      return pushBelowGroups(input, tests)
    case 'join':
      return pushBelowJoin(input, tests)
    case 'span':
      return pushBelowSpan(input, tests)
    case 'around': {
      const names = new Set(relationColumns(input.left).map(({ name }) => name))
      const [ofLeft, others] = partition(tests, (test) => readsOnly(test, names))
      return filter({ ...input, left: pushBelow(input.left, ofLeft) }, others)
    }
    default:
      return filter(input, tests)
  }
}

function filter(input: Relation, all: readonly Expression[]): Relation {
  const tests = all.filter((test) => !isCertain(test))
  return tests.length === 0 ? input : { kind: 'filter', input, condition: joinLogical('and', tests) }
}

/** A constant that is there is so for every row. */
function isCertain(test: Expression): boolean {
  if (test.kind !== 'unary' || test.op !== 'is not null') return false
  return test.operand.kind === 'literal' && test.operand.value !== null
}

function pushBelowProject(
  outputs: Parameters<typeof outputSubstitution>[0],
  tests: readonly Expression[],
  below: (tests: readonly Expression[]) => Relation,
): Relation | undefined {
  const lower = substituteAll(tests, outputSubstitution(outputs))
  return lower && below(lower)
}

/** A test of what rows are grouped by passes all rows of a group or none. A single group is there without rows, too. */
function pushBelowGroups(input: AggregateRelation, tests: readonly Expression[]): Relation {
  const names = new Set(input.groups.map(({ column }) => column.name))
  const outputs = input.groups.map(({ column, expression }) => ({ name: column.name, expression }))
  const [ofGroups, others] = partition(tests, (test) => names.size > 0 && readsOnly(test, names))
  const pushed = pushBelowProject(outputs, ofGroups, (lower) => ({ ...input, input: pushBelow(input.input, lower) }))
  return pushed ? filter(pushed, others) : filter(input, tests)
}

/** A test of a partition leaves its windows as they are or takes them all. */
function pushBelowSpan(input: RelationOf<'span'>, tests: readonly Expression[]): Relation {
  const keys = new Set(input.partition.flatMap((key) => (key.kind === 'column' ? [key.name] : [])))
  const [ofKeys, others] = partition(tests, (test) => keys.size > 0 && readsOnly(test, keys))
  return filter({ ...input, input: pushBelow(input.input, ofKeys) }, others)
}

/** A test of one side narrows that side, unless rows of the other are there also without it. */
function pushBelowJoin(outer: JoinRelation, tests: readonly Expression[]): Relation {
  const input = needsMatch(outer, tests) ? { ...outer, join: 'inner' as const } : outer
  const { join, asof } = input
  const always = { left: join === 'inner' || join === 'left', right: !asof && (join === 'inner' || join === 'right') }
  const names = (side: Relation): Set<string> => new Set(relationColumns(side).map(({ name }) => name))
  const ofLeft = names(input.left)
  const ofRight = names(input.right)
  const [left, notLeft] = partition(tests, (test) => always.left && readsOnly(test, ofLeft))
  const [right, both] = partition(notLeft, (test) => always.right && readsOnly(test, ofRight))
  const keyed = join === 'inner' && !asof ? splitJoin(input.left, input.right, both) : { equal: [], others: both }
  const narrowed: JoinRelation = {
    ...input,
    left: left.length === 0 ? input.left : pushBelow(input.left, left),
    right: right.length === 0 ? input.right : pushBelow(input.right, right),
    equal: [...input.equal, ...keyed.equal],
  }
  return filter(narrowed, keyed.others)
}

/** Whether no row passes that has no match, so that a left join leaves the same rows as an inner one. */
function needsMatch({ join, right }: JoinRelation, tests: readonly Expression[]): boolean {
  if (join !== 'left') return false
  const names = new Set(relationColumns(right).map(({ name }) => name))
  return tests.some((test) => {
    return (
      test.kind === 'unary' &&
      test.op === 'is not null' &&
      test.operand.kind === 'column' &&
      names.has(test.operand.name)
    )
  })
}

function partition<T>(items: readonly T[], passes: (item: T) => boolean): [T[], T[]] {
  const chosen: T[] = []
  const others: T[] = []
  for (const item of items) (passes(item) ? chosen : others).push(item)
  return [chosen, others]
}
