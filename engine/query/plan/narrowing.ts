import type { Expression } from '../../core/expression.ts'
import type { JoinNode, PlanNode, PlanNodeOf } from './node.ts'

/** Most keys of the right side that choose series of the left one: each is looked up in the index of series. */
export const MAX_NARROWING_KEYS = 1024

type Leaf = PlanNodeOf<'rows' | 'latest' | 'cells'>

/** A scan on the left side of a join that needs to read only the series whose tag is one of the right side's keys. */
export interface Narrowing {
  /** Which of the join's keys. */
  key: number
  leaf: Leaf
  tag: string
}

/** `undefined` where rows without a match are asked for, or no key is a tag of the table that the left side reads. */
export function narrowingOf({ join, equal, inputs: [left] }: JoinNode): Narrowing | undefined {
  if (join === 'left' || join === 'full') return undefined
  for (const [key, { left: expression }] of equal.entries()) {
    const place = tagBelow(left, expression)
    if (place) return { key, ...place }
  }
  return undefined
}

/** The scan that a column comes from as a tag, where other series make no difference to the rows of each: no limit is below. */
function tagBelow(node: PlanNode, column: Expression): Pick<Narrowing, 'leaf' | 'tag'> | undefined {
  if (column.kind !== 'column') return undefined
  switch (node.kind) {
    case 'project': {
      const output = node.outputs.find(({ name }) => name === column.name)
      return output && tagBelow(node.input, output.expression)
    }
    case 'filter':
    case 'sort':
      return tagBelow(node.input, column)
    case 'rows':
      return column.source === 'tag' ? { leaf: node, tag: column.name } : undefined
    case 'latest':
      return column.source === 'tag' && node.scan.by.includes(column.name)
        ? { leaf: node, tag: column.name }
        : undefined
    case 'cells': {
      const tag = node.scan.by[node.names.indexOf(column.name)]
      return tag !== undefined && !node.fromView ? { leaf: node, tag } : undefined
    }
    default:
      return undefined
  }
}
