import type { Expression } from '../../core/expression.ts'
import type { AggregatePlan, Selection } from '../../core/plan.ts'
import { type FixedWindow, type TimeWindow, usualWidth } from '../../core/time-window.ts'
import type { OrderKey } from '../check/checked.ts'
import {
  type AggregateRelation,
  columnReference,
  outputOf,
  overlaidCalls,
  type Relation,
  type RelationOf,
  relationColumns,
} from '../check/relation.ts'
import type { CellsNode, PlanNode } from './node.ts'
import { planStates } from './planned-states.ts'
import { type Predicate, splitCondition } from './predicate.ts'

/**
 * Chooses an operator for each relation. Conditions right above a table become the selection of its scan, aggregates and
 * newest rows right above that are the shards' work, and an order by time is that of the scan. `wanted` is how many of the
 * first rows are asked for.
 */
export function lower(relation: Relation, wanted?: number): PlanNode {
  switch (relation.kind) {
    case 'scan':
      return lowerRows(selectionOf(relation), relation, { order: 'asc', wanted })
    case 'values':
      return relation
    case 'filter':
      return lowerFilter(relation, wanted)
    case 'project':
      return { kind: 'project', input: lower(relation.input, wanted), outputs: relation.outputs }
    case 'aggregate':
      return lowerAggregate(relation, { order: [], wanted })
    case 'sort':
      return lowerSort(relation, wanted)
    case 'limit': {
      const { limit, offset, per } = relation
      const first = Math.min(limit ?? Number.POSITIVE_INFINITY, wanted ?? Number.POSITIVE_INFINITY) + offset
      const inner = per.length > 0 || first === Number.POSITIVE_INFINITY ? undefined : first
      return { ...relation, input: limit === 0 ? NOTHING : lower(relation.input, inner) }
    }
    case 'latest':
      return lowerLatest(relation)
    case 'distinct':
      return { kind: 'distinct', input: lower(relation.input) }
    case 'around': {
      const { left, right, match, calls } = relation
      return { kind: 'around', inputs: [lower(left), lower(right)], match, calls }
    }
    case 'apply':
      throw new Error('a rule has left a query that is asked for each row')
    case 'window':
    case 'span':
      return { ...relation, input: lower(relation.input) }
    case 'overlay': {
      const { inputs, offsets } = relation
      const calls = inputs.map((input, i) => overlaidCalls(input, i))
      const keys = relationColumns(relation).length - calls.flat().length
      return { kind: 'overlay', inputs: inputs.map((input) => timedGroups(input)), offsets, keys, calls }
    }
    case 'fill':
      return { ...relation, input: lower(relation.input), columns: relationColumns(relation.input) }
    case 'join': {
      const { left, right, ...rest } = relation
      const columns = { left: relationColumns(left), right: relationColumns(right) }
      return { ...rest, inputs: [lower(left), lower(right)], columns }
    }
    case 'set':
      return { ...relation, inputs: relation.inputs.map((input) => lower(input)) }
  }
}

const NOTHING: PlanNode = { kind: 'values', columns: [], rows: [] }

type Scan = RelationOf<'scan'>

/** A table with the condition right above it. */
interface TableRows {
  scan: Scan
  predicate: Predicate
  selection: Selection
}

function selectionOf(scan: Scan, condition?: Expression): TableRows {
  const predicate = splitCondition(condition)
  const { matchers, start, end, filter } = predicate
  return { scan, predicate, selection: { table: scan.table.name, matchers, start, end, ...(filter && { filter }) } }
}

function tableRows(relation: Relation): TableRows | undefined {
  if (relation.kind === 'scan') return selectionOf(relation)
  if (relation.kind !== 'filter' || relation.input.kind !== 'scan') return undefined
  return selectionOf(relation.input, relation.condition)
}

interface Reading {
  order: 'asc' | 'desc'
  wanted: number | undefined
}

function lowerRows({ selection, predicate }: TableRows, scan: Scan, { order, wanted }: Reading): PlanNode {
  if (predicate.empty) return NOTHING
  const limit = wanted === undefined ? {} : { limit: wanted }
  return { kind: 'rows', scan: { kind: 'rows', ...selection, ...columnsRead(scan), order, ...limit } }
}

function columnsRead({ columns }: Scan): { tags: string[]; fields: string[] } {
  const read = (source: 'tag' | 'field'): string[] =>
    columns.filter((column) => column.source === source).map(({ name }) => name)
  return { tags: read('tag'), fields: read('field') }
}

function lowerFilter(relation: RelationOf<'filter'>, wanted: number | undefined): PlanNode {
  const { input, condition } = relation
  if (input.kind === 'scan') return lowerRows(selectionOf(input, condition), input, { order: 'asc', wanted })
  return { kind: 'filter', input: lower(input), condition }
}

function lowerSort({ input, order }: RelationOf<'sort'>, wanted: number | undefined): PlanNode {
  const rows = tableRows(input)
  const byTime = orderByTime(order)
  if (rows && byTime) return lowerRows(rows, rows.scan, { order: byTime, wanted })
  if (input.kind === 'aggregate') return lowerAggregate(input, { order, wanted })
  return { kind: 'sort', input: lower(input), order, ...(wanted !== undefined && { wanted }) }
}

/** The direction in which rows are sorted by time and nothing else. */
function orderByTime([key, second]: readonly OrderKey[]): 'asc' | 'desc' | undefined {
  if (key === undefined || second !== undefined || !isTimeColumn(key.expression)) return undefined
  return key.descending ? 'desc' : 'asc'
}

export function isTimeColumn(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'time'
}

function lowerLatest({ input, time, by }: RelationOf<'latest'>): PlanNode {
  const rows = tableRows(input)
  const tags = by.flatMap((key) => (key.kind === 'column' && key.source === 'tag' ? [key.name] : []))
  if (rows === undefined || !isTimeColumn(time) || tags.length < by.length) {
    return { kind: 'newest', input: lower(input), time, by }
  }
  if (rows.predicate.empty) return NOTHING
  const scan = { kind: 'latest', ...rows.selection, by: [...new Set(tags)], ...columnsRead(rows.scan) } as const
  return { kind: 'latest', scan }
}

interface Arrangement {
  order: readonly OrderKey[]
  wanted: number | undefined
}

function lowerAggregate(relation: AggregateRelation, { order, wanted }: Arrangement): PlanNode {
  return cellsOf(relation, { order, wanted }) ?? sorted(groupRows(relation), { order, wanted })
}

/** Groups whose columns begin with what tells them apart: cells always have a time. */
function timedGroups(relation: AggregateRelation): PlanNode {
  const columns = relationColumns(relation)
  const outputs = columns.map((column) => outputOf(column.name, columnReference(column), columns))
  return { kind: 'project', input: lower(relation), outputs }
}

function groupRows({ input, ...relation }: AggregateRelation): PlanNode {
  return { ...relation, kind: 'group', input: lower(input) }
}

function sorted(input: PlanNode, { order, wanted }: Arrangement): PlanNode {
  return order.length === 0 ? input : { kind: 'sort', input, order, ...(wanted !== undefined && { wanted }) }
}

/** Whether windows are as long as one another and do not overlap: what a scan can have. */
function isPlain(window: TimeWindow): window is FixedWindow {
  return window.kind === 'fixed' && window.step === undefined
}

function plainWindow(window: TimeWindow | undefined): Pick<AggregatePlan, 'window'> {
  if (window === undefined || !isPlain(window)) return {}
  const { origin, width } = window
  return { window: { origin, width } }
}

/** An aggregate over the rows of a table, by windows of its time and by tags: what shards answer. */
function cellsOf(relation: AggregateRelation, { order, wanted }: Arrangement): CellsNode | undefined {
  const { groups, window, time } = relation
  const rows = tableRows(relation.input)
  if (rows === undefined || (time && !isTimeColumn(time))) return undefined
  const by = groups.flatMap(({ expression }) =>
    expression.kind === 'column' && expression.source === 'tag' ? [expression.name] : [],
  )
  if (by.length < groups.length) return undefined
  const { calls, ...states } = planStates(relation.calls, window && usualWidth(window))
  return {
    kind: 'cells',
    scan: { kind: 'aggregate', ...rows.selection, ...plainWindow(window), by, ...states },
    ...(window && !isPlain(window) && { window }),
    names: groups.map(({ column }) => column.name),
    calls,
    empty: rows.predicate.empty,
    order,
    ...(wanted !== undefined && { wanted }),
  }
}
