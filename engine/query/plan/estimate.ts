import { columnsOf, type Expression } from '../../core/expression.ts'
import type { AggregatePlan, Measure, Queryable, ScanEstimate, SubPlan } from '../../core/plan.ts'
import { conjunctsOf } from '../check/boolean.ts'
import { COST_US } from './cost.ts'
import { type JoinCosts, joinCosts } from './join-costs.ts'
import { type Narrowing, narrowingOf, type Side } from './narrowing.ts'
import { type CellsNode, type GroupNode, inputsOf, type JoinNode, type PlanNode, scansOf } from './node.ts'

/** What an operator is expected to give, and to cost without its inputs. */
export interface NodeEstimate {
  rows: number
  us: number
  /** Series that its rows are of. */
  series: number
  /** Of a scan: what it will meet. */
  scan?: ScanEstimate
  /** How many of its groups headers answer. */
  headerGroups?: number
}

export interface PlanEstimate {
  nodes: ReadonlyMap<PlanNode, NodeEstimate>
  /** Of joins of which either side can choose series of the other. */
  joins: ReadonlyMap<PlanNode, JoinCosts>
}

/** Shares of rows that pass a test of which nothing is known, as planners have taken them since System R (Selinger 1979). */
const PASSING = { equal: 0.1, other: 1 / 3 }
/** Groups and different rows among rows of which nothing is known. */
const DIFFERENT_SHARE = 0.1

/** What a plan will meet and cost; `undefined` where nothing is known of what it reads. */
export async function estimatePlan(
  root: PlanNode,
  queryable: Pick<Queryable, 'estimate'>,
): Promise<PlanEstimate | undefined> {
  const scans = [...scansOf(root), ...joinsOf(root).flatMap(keyScans)]
  const found = await queryable.estimate?.(scans)
  if (found === undefined) return undefined
  const estimates = new Map(scans.map((scan, at) => [JSON.stringify(scan, plain), found[at] as ScanEstimate]))
  const making: Making = {
    scanOf: (scan) => estimates.get(JSON.stringify(scan, plain)),
    nodes: new Map(),
    joins: new Map(),
  }
  estimateNode(root, making)
  return making
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}

interface Making extends PlanEstimate {
  scanOf(scan: SubPlan): ScanEstimate | undefined
  nodes: Map<PlanNode, NodeEstimate>
  joins: Map<PlanNode, JoinCosts>
}

function joinsOf(node: PlanNode): JoinNode[] {
  return [...(node.kind === 'join' ? [node] : []), ...inputsOf(node).flatMap(joinsOf)]
}

/** Ask for the values of the tags that are keys. */
function keyScans(join: JoinNode): SubPlan[] {
  return SIDES.flatMap((side) => {
    const narrowing = narrowingOf(join, side)
    return narrowing ? [keyScan(narrowing)] : []
  })
}

const SIDES: readonly Side[] = ['left', 'right']

function keyScan({ leaf, tag }: Narrowing): SubPlan {
  const { table, matchers, start, end } = leaf.scan
  return { kind: 'latest', table, matchers, start, end, by: [tag], tags: [], fields: [] }
}

function estimateNode(node: PlanNode, making: Making): NodeEstimate {
  for (const input of inputsOf(node)) estimateNode(input, making)
  if (node.kind === 'join') narrowSides(node, making)
  const inputs = inputsOf(node).map((input) => making.nodes.get(input) ?? NOTHING)
  const scan = 'scan' in node ? making.scanOf(node.scan) : undefined
  const estimate = scan && 'scan' in node ? scanned(node, scan) : operated(node, inputs)
  making.nodes.set(node, estimate)
  return estimate
}

const NOTHING: NodeEstimate = { rows: 0, us: 0, series: 0 }

/** Of the side that is read last only the series are read that the other has. */
function narrowSides(join: JoinNode, { scanOf, nodes, joins }: Making): void {
  const narrowings = { left: narrowingOf(join, 'left'), right: narrowingOf(join, 'right') }
  const keys = (side: Side): number | undefined => {
    const narrowing = narrowings[side]
    return narrowing && scanOf(keyScan(narrowing))?.partitions
  }
  const costs = joinCosts(join, nodes, { left: keys('left'), right: keys('right') })
  if (narrowings.left && narrowings.right) joins.set(join, costs)
  const isLeftFirst = narrowings.right !== undefined && (narrowings.left === undefined || costs.left < costs.right)
  const last = isLeftFirst ? 'right' : 'left'
  const narrowing = narrowings[last]
  if (narrowing) shrink(join.inputs[last === 'left' ? 0 : 1], narrowing.leaf, costs.shares[last], nodes)
}

/** Scales what is estimated of the nodes from one down to a leaf; tells whether that is below. */
function shrink(node: PlanNode, leaf: PlanNode, share: number, nodes: Map<PlanNode, NodeEstimate>): boolean {
  if (node !== leaf && !inputsOf(node).some((input) => shrink(input, leaf, share, nodes))) return false
  const { scan, headerGroups, ...own } = nodes.get(node) ?? NOTHING
  nodes.set(node, {
    ...{ rows: own.rows * share, us: own.us * share, series: own.series * share },
    ...(headerGroups !== undefined && { headerGroups: headerGroups * share }),
    ...(scan && {
      scan: { ...scan, series: scan.series * share, groups: scan.groups * share, rows: scan.rows * share },
    }),
  })
  return true
}

function scanned(node: PlanNode & { scan: SubPlan }, scan: ScanEstimate): NodeEstimate {
  const { filter } = node.scan
  const { series } = scan
  const lookedUp = series * COST_US.series + scan.groups * COST_US.header
  const passing = scan.rows * passingShare(filter)
  const tested = filter ? scan.rows * COST_US.value * columnsOf(filter).length : 0
  if (node.kind === 'cells') return { scan, series, ...cellsEstimate(node, scan, { passing, us: lookedUp + tested }) }
  if (node.scan.kind === 'rows') {
    const rows = Math.min(passing, node.scan.limit ?? Number.POSITIVE_INFINITY)
    // Rows come in order of time, so that a limit ends the scan.
    const read = passing === 0 ? 0 : rows / passing
    const columns = 1 + node.scan.tags.length + node.scan.fields.length
    return { scan, series, rows, us: lookedUp + read * tested + rows * columns * COST_US.row }
  }
  return { scan, series, rows: Math.min(scan.partitions, passing), us: series * COST_US.series + tested }
}

const HEADER_MEASURES: ReadonlySet<Measure> = new Set(['sum', 'min', 'max'])

function cellsEstimate(
  { scan: plan, empty }: CellsNode,
  { series, groups, rows, groupNs, partitions }: ScanEstimate,
  { passing, us }: { passing: number; us: number },
): Omit<NodeEstimate, 'scan' | 'series'> {
  if (empty) return { rows: 0, us: 0 }
  const spanNs = series === 0 ? 0 : (groups / series) * groupNs
  const windows = plan.window ? Math.max(1, Math.min(spanNs / Number(plan.window.width) + 1, rows / (series || 1))) : 1
  const cells = plan.by.length === 0 && !plan.window ? 1 : Math.min(partitions * windows, passing)
  if (plan.filter || plan.accumulators?.length || !plan.inputs.every(isOfHeaders)) {
    const inputs = plan.inputs.length + (plan.accumulators?.length ?? 0)
    return { rows: cells, headerGroups: 0, us: us + passing * inputs * COST_US.value + cells * COST_US.row }
  }
  // A window as long as n groups has an end in one of n of them.
  const cut = plan.window === undefined ? 0 : Math.min(1, groupNs / Number(plan.window.width))
  const columns = plan.inputs.filter(({ expression }) => expression).length
  return {
    rows: cells,
    headerGroups: groups * (1 - cut),
    us: us + groups * cut * Math.max(1, columns) * COST_US.block + cells * COST_US.row,
  }
}

function isOfHeaders({ expression, measures }: AggregatePlan['inputs'][number]): boolean {
  return (
    (expression === undefined || expression.kind === 'column') && measures.every((each) => HEADER_MEASURES.has(each))
  )
}

function operated(node: PlanNode, inputs: readonly NodeEstimate[]): NodeEstimate {
  const series = inputs.reduce((sum, input) => sum + input.series, 0)
  return { series, ...rowsAndCost(node, inputs, series) }
}

function rowsAndCost(
  node: PlanNode,
  inputs: readonly NodeEstimate[],
  series: number,
): Pick<NodeEstimate, 'rows' | 'us'> {
  const rows = inputs.reduce((sum, input) => sum + input.rows, 0)
  const held = rows * COST_US.held
  switch (node.kind) {
    case 'filter':
      return { rows: rows * passingShare(node.condition), us: rows * COST_US.value }
    case 'project': {
      const computed = node.outputs.filter(({ expression }) => expression.kind !== 'column').length
      return { rows, us: rows * computed * COST_US.value }
    }
    case 'values':
      return { rows: node.rows.length, us: 0 }
    case 'sort':
      return { rows: Math.min(rows, node.wanted ?? rows), us: rows * Math.log2(rows + 2) * COST_US.sorted }
    case 'limit':
      return { rows: Math.min(Math.max(0, rows - node.offset), node.limit ?? rows), us: 0 }
    case 'group':
      return { rows: groupsOf(node, rows, series), us: held }
    case 'distinct':
    case 'newest':
      return { rows: rows * DIFFERENT_SHARE, us: held }
    case 'set':
      return { rows: node.op === 'union' ? rows : (inputs[0]?.rows ?? 0), us: node.all ? 0 : held }
    case 'join':
      return joined(node, inputs)
    case 'around':
      return { rows: inputs[0]?.rows ?? 0, us: held }
    default:
      return { rows, us: held }
  }
}

/** Groups by tags are as many as series at most. */
function groupsOf({ groups, window }: GroupNode, rows: number, series: number): number {
  if (groups.length === 0 && !window) return 1
  const isByTags = groups.every(({ expression }) => expression.kind === 'column' && expression.source === 'tag')
  return !window && isByTags ? Math.min(rows, series) : rows * DIFFERENT_SHARE
}

/** Each row of one side finds, by its keys, as many of the other as there are more of these. */
function joined({ join, asof, equal }: JoinNode, inputs: readonly NodeEstimate[]): Pick<NodeEstimate, 'rows' | 'us'> {
  const [left = 0, right = 0] = inputs.map(({ rows }) => rows)
  const pairs = asof ? left : equal.length === 0 ? left * right : Math.max(left, right) * (left && right ? 1 : 0)
  const least = { inner: 0, left, right, full: Math.max(left, right) }[join]
  const rows = Math.max(pairs, least)
  return { rows, us: (left + right) * COST_US.held + rows * COST_US.row }
}

/** The share of rows that pass a condition, by its form. */
function passingShare(condition: Expression | undefined): number {
  if (condition === undefined) return 1
  const tests = conjunctsOf(condition)
  if (tests.length > 1) return tests.reduce((all, test) => all * passingShare(test), 1)
  if (condition.kind === 'binary' && condition.op === 'or') {
    return 1 - (1 - passingShare(condition.left)) * (1 - passingShare(condition.right))
  }
  if (condition.kind === 'unary' && condition.op === 'not') return 1 - passingShare(condition.operand)
  if (condition.kind === 'unary' && condition.op === 'is not null') return 1
  return condition.kind === 'binary' && condition.op === '=' ? PASSING.equal : PASSING.other
}
