import type { AggregateRelation, Relation } from '../../check/relation.ts'

/** A rewriting of a relation into one with the same rows, columns and order of rows. */
export type Rule = (relation: Relation) => Relation

/** A rule makes of an aggregate one of the same columns. */
function aggregateOf(relation: Relation): AggregateRelation {
  if (relation.kind === 'aggregate') return relation
  throw new Error(`a rule has made an aggregate a ${relation.kind}`)
}

/** A relation with other inputs in place of its own. */
export function mapInputs(relation: Relation, map: Rule): Relation {
  switch (relation.kind) {
    case 'scan':
    case 'values':
      return relation
    case 'set':
      return { ...relation, inputs: relation.inputs.map(map) }
    case 'overlay':
      return { ...relation, inputs: relation.inputs.map((input) => aggregateOf(map(input))) }
    case 'apply':
      return { ...relation, input: map(relation.input), query: map(relation.query) }
    case 'join':
    case 'around':
      return { ...relation, left: map(relation.left), right: map(relation.right) }
    default:
      return { ...relation, input: map(relation.input) }
  }
}
