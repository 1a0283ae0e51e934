import type { NodeEstimate } from './estimate.ts'
import { MAX_LEADING_ROWS, MAX_NARROWING_KEYS, type Side } from './narrowing.ts'
import { inputsOf, type JoinNode, type PlanNode } from './node.ts'

/** Of both sides, what reading them takes where one is read first, and its keys choose series of the other, in microseconds. */
export interface JoinCosts extends Readonly<Record<Side, number>> {
  /** Which part of a side the keys of the other choose. */
  shares: Readonly<Record<Side, number>>
}

/** `values` is how many different ones the tag has that is a key, on each side; `undefined` where it has no such tag. */
export function joinCosts(
  { inputs: [left, right] }: JoinNode,
  nodes: ReadonlyMap<PlanNode, NodeEstimate>,
  values: Readonly<Record<Side, number | undefined>>,
): JoinCosts {
  const costs = { left: costOf(left, nodes), right: costOf(right, nodes) }
  const rows = { left: nodes.get(left)?.rows ?? 0, right: nodes.get(right)?.rows ?? 0 }
  const keys = {
    left: Math.min(values.left ?? rows.left, rows.left),
    right: Math.min(values.right ?? rows.right, rows.right),
  }
  const shares = {
    left: shareChosen(keys.right, values.left),
    right: rows.left > MAX_LEADING_ROWS ? 1 : shareChosen(keys.left, values.right),
  }
  return { left: costs.left + costs.right * shares.right, right: costs.right + costs.left * shares.left, shares }
}

/** Which part of a tag's values some keys choose. */
function shareChosen(keys: number, values: number | undefined): number {
  return values === undefined || values === 0 || keys > MAX_NARROWING_KEYS ? 1 : Math.min(1, keys / values)
}

function costOf(node: PlanNode, nodes: ReadonlyMap<PlanNode, NodeEstimate>): number {
  return inputsOf(node).reduce((sum, input) => sum + costOf(input, nodes), nodes.get(node)?.us ?? 0)
}
