import type { ColumnType } from '../../core/batch.ts'
import { columnsOf, type Expression, expressionType, type Literal } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import { TIME_COLUMN } from '../../core/rows.ts'
import type { TimeWindow } from '../../core/time-window.ts'
import type { SetOperator, SourceRange } from '../parse/syntax.ts'
import {
  type AggregateCall,
  callColumn,
  givesPoints,
  type OrderKey,
  type Output,
  type WindowCall,
  windowColumn,
} from './checked.ts'
import { unitOf } from './unit-of.ts'

export type ColumnSource = 'field' | 'tag' | 'time'

/** A column of a relation. Names are unique within the relation. */
export interface RelationColumn {
  name: string
  type: ColumnType
  /** `tag`: in tests an absent value is `''`; `time`: the time of the row. */
  source: ColumnSource
  /** Whether it is one of the columns that tell rows apart. */
  key: boolean
  unit?: string
}

/** What rows are grouped by, and the column that it becomes. */
export interface GroupKey {
  column: RelationColumn
  expression: Expression
  /** The expression as it was written. */
  label: string
}

/**
 * What a query means: a tree of relations, each with its columns and the order of its rows. How it is answered is the
 * plan's affair.
 */
export type Relation =
  | { kind: 'scan'; table: TableInfo; columns: readonly RelationColumn[] }
  | { kind: 'values'; columns: readonly RelationColumn[]; rows: readonly (readonly Literal[])[] }
  | { kind: 'filter'; input: Relation; condition: Expression }
  | { kind: 'project'; input: Relation; outputs: readonly Output[] }
  | AggregateRelation
  | { kind: 'sort'; input: Relation; order: readonly OrderKey[] }
  | LimitRelation
  | { kind: 'distinct'; input: Relation }
  /** Rows of all inputs, which have like columns; without `all` each row once. */
  | {
      kind: 'set'
      op: SetOperator
      all: boolean
      inputs: readonly Relation[]
      columns: readonly RelationColumn[]
    }
  | JoinRelation
  /** The same rows with a column for each call. `time` is that of a row, for first and last values. */
  | { kind: 'window'; input: Relation; time?: Expression; calls: readonly WindowCall[] }
  | FillRelation
  | OverlayRelation
  | SpanRelation
  | ApplyRelation
  | AroundRelation
  /** The newest row of each partition, in the order of `by`. */
  | { kind: 'latest'; input: Relation; time: Expression; by: readonly Expression[] }

/** Groups in the order of time, then of their keys; without window and groups one row, whatever there is. */
export interface AggregateRelation {
  kind: 'aggregate'
  input: Relation
  window?: TimeWindow
  /** The time of a row, for windows and for first and last values; absent where rows have none: then it is their order. */
  time?: Expression
  groups: readonly GroupKey[]
  calls: readonly AggregateCall[]
}

/**
 * The rows, each with what a query answers that reads columns of the row. A rule makes joins of it; it says so of what it
 * cannot.
 */
export interface ApplyRelation {
  kind: 'apply'
  input: Relation
  query: Relation
  form: ApplyForm
  /** Columns of the query that stand for something of the row. */
  references: readonly { name: string; expression: Expression; range: SourceRange }[]
  column: RelationColumn
  /** Where the query stands. */
  range: SourceRange
}

/** Whether the query has a row; its one value; whether a test of its one column is true of a row, for `operand IN (query)`. */
export type ApplyForm = { kind: 'exists' } | { kind: 'value' } | { kind: 'in'; operand: Expression; test: Expression }

/**
 * The rows, in order of time, each with a window of rows that it is in: once for each of these. Windows are of the rows
 * of one partition that follow one another. Rows that are in none, or have no time, are left out.
 */
export interface SpanRelation {
  kind: 'span'
  input: Relation
  time: Expression
  partition: readonly Expression[]
  rule: SpanRule
}

/** What makes rows one window. */
export type SpanRule =
  /** No two that follow one another are farther apart, in ns. */
  | { kind: 'session'; gap: bigint }
  /** The value is the same; rows without one are in no window, and end none. */
  | { kind: 'state'; state: Expression }
  /** From a row that passes `from` to the next that passes `to`, which may be the same one. */
  | { kind: 'event'; from: Expression; to: Expression }
  /** So many rows, from each `slide`-th on; the last ones have fewer. */
  | { kind: 'count'; count: number; slide: number }

/** What a rule asks of rows. */
export function ruleExpressions(rule: SpanRule): readonly Expression[] {
  if (rule.kind === 'event') return [rule.from, rule.to]
  return rule.kind === 'state' ? [rule.state] : []
}

/** Columns that a row gets: when its window begins; its own time where it may be the last of its window; the window's number. */
export const SPAN_COLUMNS: Readonly<Record<'start' | 'end' | 'number', RelationColumn>> = {
  start: { name: '@start', type: 'time', source: 'field', key: true },
  end: { name: '@end', type: 'time', source: 'field', key: false },
  number: { name: '@number', type: 'i64', source: 'field', key: false },
}

/** What stands where a window has no value. */
export type FillMethod =
  | { kind: 'null' | 'previous' | 'next' | 'linear' }
  /** A value of the column's type. */
  | { kind: 'value'; value: Literal }

/**
 * A row for each window of the range and each group that there is. Rows of the input come by time, of which a window and a
 * group have one at most; so do those that come out.
 */
export interface FillRelation {
  kind: 'fill'
  input: Relation
  window: TimeWindow
  /** From the start of the first window to behind that of the last one; where it is open, rows decide. */
  range: OpenRange
  /** Columns that tell groups apart. */
  keys: readonly string[]
  /** Columns that are computed of each row before any is filled. */
  computed: readonly Output[]
  /** What stands in the columns besides time and keys, by their names, and in those that are not here. */
  methods: ReadonlyMap<string, FillMethod>
  otherwise: FillMethod
  /** More windows in a row than this, in ns, stay without values. */
  maxGap?: bigint
}

/**
 * Groups of several aggregates over the same keys as one row: those of now, and those of earlier. A group is there where one
 * of the inputs has it; times of an input are moved by its offset, in ns.
 */
export interface OverlayRelation {
  kind: 'overlay'
  inputs: readonly AggregateRelation[]
  offsets: readonly bigint[]
}

/** The rows of the left side, in order of time, each with aggregates of the rows of the right side that are around it. */
export interface AroundRelation {
  kind: 'around'
  left: Relation
  right: Relation
  match: AroundMatch
  calls: readonly AggregateCall[]
}

/** Which rows of the right side are around one of the left. */
export interface AroundMatch {
  /** What has to be the same, one of each side. */
  equal: readonly JoinKey[]
  /** The times of both sides. */
  left: Expression
  right: Expression
  /** How far from the row's time they are, in ns; both ends are among them. */
  start: bigint
  end: bigint
  /** Also the last row that is not behind the start. */
  prevailing: boolean
}

/** Half-open, and open on a side that is absent. */
export interface OpenRange {
  start?: bigint
  end?: bigint
}

/** Rows of two sides, which have no column name in common. */
export interface JoinRelation {
  kind: 'join'
  /** Whose rows are there also without a match. */
  join: 'inner' | 'left' | 'right' | 'full'
  left: Relation
  right: Relation
  /** What has to be the same, one of each side; without any every row meets every row. */
  equal: readonly JoinKey[]
  /** What has to be true, too, for two rows to match. */
  residual?: Expression
  /** Of the rows that match, only the one whose time is next to that of the left side's row. */
  asof?: AsofMatch
}

export interface JoinKey {
  left: Expression
  right: Expression
}

export interface AsofMatch {
  direction: 'previous' | 'next' | 'nearest'
  left: Expression
  right: Expression
  /** Greatest distance in ns. */
  tolerance?: bigint
}

export interface LimitRelation {
  kind: 'limit'
  input: Relation
  limit?: number
  offset: number
  /** The limit and the offset count the rows of each key. */
  per: readonly Expression[]
}

export type RelationOf<Kind extends Relation['kind']> = Extract<Relation, { kind: Kind }>

/** The columns of a relation's rows, in order. */
export function relationColumns(relation: Relation): readonly RelationColumn[] {
  switch (relation.kind) {
    case 'scan':
    case 'values':
    case 'set':
      return relation.columns
    case 'project':
      return relation.outputs.map(outputColumn)
    case 'aggregate':
      return aggregateColumns(relation)
    case 'join':
      return joinColumns(relation)
    case 'overlay':
      return relation.inputs.flatMap((input, i) => (i === 0 ? aggregateColumns(input) : overlaidCalls(input, i)))
    case 'fill':
      return [...relationColumns(relation.input), ...relation.computed.map(outputColumn)]
    case 'around':
      return [...relationColumns(relation.left), ...relation.calls.map(callResult(callColumn))]
    case 'apply':
      return [...relationColumns(relation.input), relation.column]
    case 'span':
      return [...relationColumns(relation.input), ...Object.values(SPAN_COLUMNS)]
    case 'window':
      return [...relationColumns(relation.input), ...relation.calls.map(callResult(windowColumn))]
    default:
      return relationColumns(relation.input)
  }
}

/** Without a match a column is missing, and nothing but missing: also one of a tag is then no `''`. */
function joinColumns({ join, left, right }: JoinRelation): RelationColumn[] {
  const side = (columns: readonly RelationColumn[], always: boolean): RelationColumn[] =>
    columns.map((column) => (always ? column : { ...column, source: 'field' }))
  return [
    ...side(relationColumns(left), join === 'inner' || join === 'left'),
    ...side(relationColumns(right), join === 'inner' || join === 'right'),
  ]
}

/** The relations that one reads. */
export function relationInputs(relation: Relation): readonly Relation[] {
  if ('inputs' in relation) return relation.inputs
  if (relation.kind === 'apply') return [relation.input, relation.query]
  if (relation.kind === 'join' || relation.kind === 'around') return [relation.left, relation.right]
  return 'input' in relation ? [relation.input] : []
}

/** The column that an output becomes. */
export function outputColumn({ name, type, key, unit, expression, source }: Output): RelationColumn {
  const of = expression.kind === 'column' ? expression.source : 'field'
  return { name, type, source: source ?? of, key, ...(unit !== undefined && { unit }) }
}

function aggregateColumns({ window, groups, calls }: AggregateRelation): RelationColumn[] {
  const time: RelationColumn = { name: TIME_COLUMN, type: 'time', source: 'time', key: true }
  return [
    ...(window || givesPoints(calls) ? [time] : []),
    ...groups.map(({ column }) => column),
    ...calls.map(callResult(callColumn)),
  ]
}

/** The columns of the calls of the i-th input of an overlay. */
export function overlaidCalls({ calls }: AggregateRelation, i: number): RelationColumn[] {
  return calls.map(callResult((k) => overlaidColumn(callColumn(k), i)))
}

/** The name that a column of the i-th input of an overlay has. */
export function overlaidColumn(name: string, i: number): string {
  return i === 0 ? name : `${name}<${i}`
}

/** The column that a call becomes. */
function callResult(nameOf: (k: number) => string) {
  return ({ type, unit }: Pick<WindowCall, 'type' | 'unit'>, k: number): RelationColumn => {
    return { name: nameOf(k), type, source: 'field', key: false, ...(unit !== undefined && { unit }) }
  }
}

/** The columns of a table: `time`, its tags, its fields. */
export function tableColumns(table: TableInfo): RelationColumn[] {
  return [
    { name: TIME_COLUMN, type: 'time', source: 'time', key: true },
    ...table.tags.map((name): RelationColumn => ({ name, type: 'string', source: 'tag', key: true })),
    ...table.fields.map(
      ({ name, type, unit }): RelationColumn => ({
        name,
        type,
        source: 'field',
        key: false,
        ...(unit !== undefined && { unit }),
      }),
    ),
  ]
}

/** The expression that reads a column. */
export function columnReference({ name, source, type, unit }: RelationColumn): Extract<Expression, { kind: 'column' }> {
  return { kind: 'column', name, source, type, ...(unit !== undefined && { unit }) }
}

/** An expression as a column of a relation, which inherits what a bare column is. */
export function outputOf(name: string, expression: Expression, columns: readonly RelationColumn[]): Output {
  const type = expressionType(expression)
  const column = expression.kind === 'column' ? columns.find((each) => each.name === expression.name) : undefined
  const unit = unitOf(expression)
  return {
    name,
    type: type === 'null' ? 'f64' : type,
    expression,
    key: column?.key ?? false,
    ...(unit !== undefined && { unit }),
  }
}

/** Whether an expression reads no other columns than these. */
export function readsOnly(expression: Expression, names: ReadonlySet<string>): boolean {
  return columnsOf(expression).every((name) => names.has(name))
}
