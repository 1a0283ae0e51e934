import type { AggregatePlan } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import type { TimeRange } from '../core/time-window.ts'
import type { CellsNode, PlanNode } from '../query/plan/node.ts'
import type { SelectPlan } from '../query/plan/plan.ts'
import { isPointsCall } from '../query/run/finish-call.ts'

/** How to ask a plan for some of its windows alone: the rows of each come of the rows of its times only. */
export interface Narrowing {
  scan: AggregatePlan
  window: { origin: bigint; width: bigint }
  /** Which column of the answer has the starts of the windows. */
  column: number
  /** The plan but for its range of time, as a text. */
  shape: string
  /** The plan of the windows in a range that begins and ends with windows. */
  within(range: TimeRange): PlanNode
}

/** `undefined` where rows of a window depend on more than its own times, as with LIMIT, FILL and joins, or their keys do not tell them apart. */
export function narrowingOf({ root, columns, asked }: SelectPlan): Narrowing | undefined {
  const cells = cellsBelow(root)
  const window = cells?.scan.window
  const column = columns.findIndex(({ name }) => name === windowColumn(root))
  if (cells === undefined || window === undefined || column < 0 || asked.length > 0) return undefined
  if (columns.filter(({ key }) => key).length < 1 + cells.names.length) return undefined
  const within = (range: TimeRange): PlanNode => mapScan(root, (scan) => withinRange(scan, range))
  const shape = JSON.stringify(within({ start: 0n, end: 0n }), (key, value: unknown) => {
    if (key === 'start' || key === 'end') return undefined
    return typeof value === 'bigint' ? String(value) : value
  })
  return { scan: cells.scan, window, column, shape, within }
}

function cellsBelow(node: PlanNode): CellsNode | undefined {
  if (node.kind === 'project' || node.kind === 'filter') return cellsBelow(node.input)
  if (node.kind === 'sort') return node.wanted === undefined ? cellsBelow(node.input) : undefined
  if (node.kind !== 'cells' || node.window || node.wanted !== undefined || node.empty) return undefined
  return node.calls.some(isPointsCall) ? undefined : node
}

/** The name that the column of the windows' starts has in the rows of a node. */
function windowColumn(node: PlanNode): string | undefined {
  if (node.kind === 'cells') return TIME_COLUMN
  if (node.kind === 'filter' || node.kind === 'sort') return windowColumn(node.input)
  if (node.kind !== 'project') return undefined
  const inner = windowColumn(node.input)
  return node.outputs.find(({ expression }) => expression.kind === 'column' && expression.name === inner)?.name
}

function mapScan(node: PlanNode, map: (scan: AggregatePlan) => AggregatePlan): PlanNode {
  if (node.kind === 'project' || node.kind === 'filter' || node.kind === 'sort') {
    return { ...node, input: mapScan(node.input, map) }
  }
  return node.kind === 'cells' ? { ...node, scan: map(node.scan) } : node
}

function withinRange(scan: AggregatePlan, { start, end }: TimeRange): AggregatePlan {
  return {
    ...scan,
    start: start > scan.start ? start : scan.start,
    end: end < scan.end ? end : scan.end,
    asked: { start: scan.start, end: scan.end },
  }
}
