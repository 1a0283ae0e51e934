import type { Expression } from '../../core/expression.ts'
import type { JoinNode, PlanNode, PlanNodeOf } from './node.ts'

/** Most keys of one side that choose series of the other: each is looked up in the index of series. */
export const MAX_NARROWING_KEYS = 1024

/** Rows of the left side of a join that are read before the right one, so that their keys may choose its series. */
export const MAX_LEADING_ROWS = 65_536

export type Side = 'left' | 'right'

export type Leaf = PlanNodeOf<'rows' | 'latest' | 'cells'>

/** A scan on one side of a join that needs to read only the series whose tag is one of the other side's keys. */
export interface Narrowing {
  /** Which of the join's keys. */
  key: number
  leaf: Leaf
  tag: string
}

/** Of one side; `undefined` where its rows without a match are asked for, or no key is a tag of a table that it reads. */
export function narrowingOf({ join, equal, inputs: [left, right] }: JoinNode, side: Side): Narrowing | undefined {
  if (join === side || join === 'full') return undefined
  for (const [key, pair] of equal.entries()) {
    const place = tagBelow(side === 'left' ? left : right, pair[side])
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
    case 'join':
      return tagBelowJoin(node, column)
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

/** A row that a join makes has one row of a side at most, but where the other side's stay alone it may lose it. */
function tagBelowJoin({ join, asof, columns, inputs }: JoinNode, column: Expression & { kind: 'column' }) {
  const [left, right] = inputs
  if (columns.left.some(({ name }) => name === column.name)) {
    return join === 'inner' || join === 'left' ? tagBelow(left, column) : undefined
  }
  return !asof && (join === 'inner' || join === 'right') ? tagBelow(right, column) : undefined
}
