import type { Expression } from '../../../core/expression.ts'
import { joinLogical } from '../../check/check-expression.ts'
import { type AggregateRelation, type Relation, readsOnly } from '../../check/relation.ts'
import { conjunctsOf } from '../predicate.ts'
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
    default:
      return filter(input, tests)
  }
}

function filter(input: Relation, tests: readonly Expression[]): Relation {
  return tests.length === 0 ? input : { kind: 'filter', input, condition: joinLogical('and', tests) }
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

export function partition<T>(items: readonly T[], passes: (item: T) => boolean): [T[], T[]] {
  const chosen: T[] = []
  const others: T[] = []
  for (const item of items) (passes(item) ? chosen : others).push(item)
  return [chosen, others]
}
