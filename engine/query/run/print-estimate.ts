import type { NodeEstimate, PlanEstimate } from '../plan/estimate.ts'
import type { PlanNode } from '../plan/node.ts'
import { printMs } from './print-figures.ts'

/** What is expected of an operator, in lines. */
export function printEstimate(estimate: PlanEstimate | undefined, node: PlanNode): readonly string[] {
  const own = estimate?.nodes.get(node)
  if (own === undefined) return []
  return [`~ ${printNode(own)}`, ...printJoin(estimate, node)]
}

function printNode({ rows, us, scan, headerGroups }: NodeEstimate): string {
  const read = scan && `${about(scan.rows)} of ${about(scan.series)} series in ${about(scan.groups)} groups`
  const headers = headerGroups === undefined ? '' : `, ${about(headerGroups)} by headers`
  const cost = printMs(rounded(us / 1000))
  return `about ${about(rows)} rows${read ? `, from ${read}${headers}` : ''}; ${cost} of its own`
}

function printJoin(estimate: PlanEstimate | undefined, node: PlanNode): string[] {
  const costs = estimate?.joins.get(node)
  if (costs === undefined) return []
  const [left, right] = [costs.left, costs.right].map((us) => printMs(rounded(us / 1000)))
  const first = costs.left < costs.right ? 'left' : 'right'
  return [`~ ${first} side first: its inputs take ${left} with the left one first, ${right} with the right one`]
}

/** An estimate has no more digits than it deserves. */
function rounded(value: number): number {
  return Number(value.toPrecision(2))
}

function about(count: number): string {
  return String(count < 1 ? Math.ceil(count) : Math.round(rounded(count)))
}
