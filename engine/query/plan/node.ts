import type { Expression, Literal } from '../../core/expression.ts'
import type { AggregatePlan, LatestPlan, RowsPlan, SubPlan } from '../../core/plan.ts'
import type { TimeWindow } from '../../core/time-window.ts'
import type { AggregateCall, OrderKey, Output, WindowCall } from '../check/checked.ts'
import type {
  AroundRelation,
  FillRelation,
  GroupKey,
  JoinRelation,
  RelationColumn,
  SpanRelation,
} from '../check/relation.ts'
import type { SetOperator } from '../parse/syntax.ts'
import type { ViewAnswer } from './view-answer.ts'

/** A call of an aggregate over the states of one input of the scan, or of one of its accumulators. */
export type PlannedCall = AggregateCall & { inputIndex: number }

/** An aggregate that the shards answer with states by cell, which are merged and finished here. */
export interface CellsNode {
  kind: 'cells'
  scan: AggregatePlan
  /** The names of the columns that the tags of the scan become. */
  names: readonly string[]
  calls: readonly PlannedCall[]
  /** Windows that the scan has not: they are read as runs of windows of one length that follow one another. */
  window?: TimeWindow
  /** What a view has of them. */
  fromView?: ViewAnswer
  /** No row can pass, so nothing need be read. */
  empty: boolean
  /** Before the order of time and groups. */
  order: readonly OrderKey[]
  /** Only so many of the first rows are asked for. */
  wanted?: number
}

/** An aggregate over rows of any kind. */
export interface GroupNode {
  kind: 'group'
  input: PlanNode
  window?: TimeWindow
  time?: Expression
  groups: readonly GroupKey[]
  calls: readonly AggregateCall[]
}

export interface LimitNode {
  kind: 'limit'
  input: PlanNode
  limit?: number
  offset: number
  per: readonly Expression[]
}

/** What an operator does with the rows of its inputs. The leaves are sub-plans for the shards, and constants. */
export type PlanNode =
  | { kind: 'rows'; scan: RowsPlan }
  | { kind: 'latest'; scan: LatestPlan }
  | CellsNode
  | { kind: 'values'; columns: readonly RelationColumn[]; rows: readonly (readonly Literal[])[] }
  | { kind: 'filter'; input: PlanNode; condition: Expression }
  | { kind: 'project'; input: PlanNode; outputs: readonly Output[] }
  | GroupNode
  /** With `wanted`, only so many of the first rows are asked for. */
  | { kind: 'sort'; input: PlanNode; order: readonly OrderKey[]; wanted?: number }
  | LimitNode
  | { kind: 'distinct'; input: PlanNode }
  | { kind: 'set'; op: SetOperator; all: boolean; inputs: readonly PlanNode[]; columns: readonly RelationColumn[] }
  | JoinNode
  | WindowNode
  | FillNode
  | OverlayNode
  | SpanNode
  | AroundNode
  | { kind: 'newest'; input: PlanNode; time: Expression; by: readonly Expression[] }

export type PlanNodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>

/** Rows of the right side are held by their keys; those of the left come through in their order. */
export interface JoinNode extends Omit<JoinRelation, 'left' | 'right'> {
  inputs: readonly [left: PlanNode, right: PlanNode]
  columns: { left: readonly RelationColumn[]; right: readonly RelationColumn[] }
}

/** Window functions: each adds a column to the rows, which keep their order. */
export interface WindowNode {
  kind: 'window'
  input: PlanNode
  time?: Expression
  calls: readonly WindowCall[]
}

/** Puts groups of several inputs that have the same time and keys into one row. */
export interface OverlayNode {
  kind: 'overlay'
  inputs: readonly PlanNode[]
  /** By input: how much its times are moved, in ns. */
  offsets: readonly bigint[]
  /** How many of the first columns of each input tell groups apart. */
  keys: number
  /** By input: the columns of its calls. */
  calls: readonly (readonly RelationColumn[])[]
}

/** Rows of the left side with aggregates of those of the right that are around them; both come in order of time. */
export interface AroundNode extends Omit<AroundRelation, 'left' | 'right'> {
  inputs: readonly [left: PlanNode, right: PlanNode]
}

/** Puts rows into windows that they make by themselves. */
export interface SpanNode extends Omit<SpanRelation, 'input'> {
  input: PlanNode
}

/** Adds rows for windows without one. */
export interface FillNode extends Omit<FillRelation, 'input'> {
  input: PlanNode
  columns: readonly RelationColumn[]
}

/** The nodes whose rows a node takes. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  if ('inputs' in node) return node.inputs
  return 'input' in node ? [node.input] : []
}

/** Every sub-plan for the shards. */
export function scansOf(node: PlanNode): readonly SubPlan[] {
  return 'scan' in node ? [node.scan] : inputsOf(node).flatMap(scansOf)
}
