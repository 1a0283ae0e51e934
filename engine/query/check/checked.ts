import type { StatefulAggregate } from '../../aggregate/accumulator.ts'
import type { Aggregate } from '../../aggregate/aggregate.ts'
import type { ColumnType } from '../../core/batch.ts'
import type { TableChange } from '../../core/definition.ts'
import { type Expression, expressionType, type Literal, printExpression, printLiteral } from '../../core/expression.ts'
import type { FileRequest } from '../../core/file-access.ts'
import type { TableInfo } from '../../core/plan.ts'
import type { TimeRange, TimeWindow } from '../../core/time-window.ts'
import type { ViewDefinition } from '../../core/view.ts'
import type { ShowSubject, SourceRange } from '../parse/syntax.ts'
import type { TableStatement } from '../parse/table-syntax.ts'
import type { ExportFormat } from './export-format.ts'
import type { Relation } from './relation.ts'

interface CallBase {
  type: ColumnType
  unit?: string
  /** The arguments as text, for errors. */
  label: string
  /** Where the statement calls it first. */
  range: SourceRange
}

/** A call of an aggregate that is a `finish` over measures. */
export interface MeasuredCall extends CallBase {
  kind: 'measured'
  aggregate: Aggregate
  /** Absent for `count(*)`. */
  input?: Expression
}

/** A call of an aggregate with states of its own kind. */
export interface AccumulatedCall extends CallBase {
  kind: 'accumulated'
  aggregate: StatefulAggregate
  inputs: readonly Expression[]
  /** The constant arguments, with those that were left out. */
  parameters: readonly Literal[]
}

/** One call of an aggregate; the same call in two places of a statement is one. */
export type AggregateCall = MeasuredCall | AccumulatedCall

/** Two calls are the same where their keys are. */
export function callKey(call: AggregateCall): string {
  if (call.kind === 'measured') return `${call.aggregate.name} ${inputKey(call.input)}`
  return [call.aggregate.name, ...call.inputs.map(inputKey), ...call.parameters.map(printLiteral)].join(' ')
}

/** The arguments of a call that differ from row to row. */
export function callInputs(call: AggregateCall): readonly Expression[] {
  if (call.kind === 'accumulated') return call.inputs
  return call.input ? [call.input] : []
}

/** The call with other arguments in the place of those, in their order. */
export function withCallInputs(call: AggregateCall, inputs: readonly Expression[]): AggregateCall {
  if (call.kind === 'accumulated') return { ...call, inputs }
  const [input] = inputs
  return input ? { ...call, input } : call
}

/** Whether calls give rows of a time and a value rather than one value a cell. */
export function givesPoints(calls: readonly AggregateCall[]): boolean {
  return calls.some((call) => call.kind === 'accumulated' && call.aggregate.gives === 'points')
}

/** A function of a row's place among the rows of its partition. */
export type PlaceFunction =
  | 'row_number'
  | 'rank'
  | 'dense_rank'
  | 'percent_rank'
  | 'cume_dist'
  | 'ntile'
  | 'lag'
  | 'lead'
  | 'first_value'
  | 'last_value'
  | 'nth_value'

/** One end of a frame; without a distance it is UNBOUNDED. */
export interface FrameBound {
  kind: 'preceding' | 'current' | 'following'
  distance?: number | bigint
}

/** The rows around one that a window function sees: counted, or by the distance of what they are sorted by. */
export interface Frame {
  unit: 'rows' | 'range'
  start: FrameBound
  end: FrameBound
}

/** A call with OVER. */
export interface WindowCall {
  of: { place: PlaceFunction; args: readonly Expression[] } | AggregateCall
  partition: readonly Expression[]
  order: readonly OrderKey[]
  frame: Frame
  type: ColumnType
  unit?: string
  /** As it was written. */
  label: string
}

/** The name under which a relation with window functions has the k-th. */
export function windowColumn(k: number): string {
  return `~${k}`
}

/** The expressions that a call with OVER reads. */
export function windowInputs({ of, partition, order }: WindowCall): Expression[] {
  const args = 'place' in of ? of.args : callInputs(of)
  return [...args, ...partition, ...order.map(({ expression }) => expression)]
}

/** One column of an answer, over the columns of the relation below it. */
export interface Output {
  name: string
  type: ColumnType
  unit?: string
  expression: Expression
  /** Whether it is one of the columns that tell rows apart. */
  key: boolean
  /** Where it is computed and yet a tag, whose absence is `''` in tests. */
  source?: 'tag'
}

export interface OrderKey {
  expression: Expression
  descending: boolean
  nullsFirst: boolean
}

export interface CheckedSelect {
  kind: 'select'
  relation: Relation
  usesNow: boolean
}

export interface CheckedShow {
  kind: 'show'
  subject: ShowSubject
  table?: TableInfo
  /** That SHOW CREATE VIEW names. */
  view?: ViewDefinition
  key?: string
  condition?: Expression
  /** Where the condition stands. */
  conditionRange?: SourceRange
  limit: number
}

/** FORECAST or DETECT. */
export interface CheckedModel {
  kind: 'model'
  verb: string
  /** What the models read: `time`, what tells series apart, and `value`. */
  relation: Relation
  models: readonly ModelUse[]
  usesNow: boolean
}

/** A model that a statement names, with its place there. */
export interface ModelUse {
  name: string
  range: SourceRange
  /** With its arguments. */
  text: string
}

export interface CheckedExplain {
  kind: 'explain'
  /** Whether the statement is run too. */
  analyze: boolean
  statement: CheckedSelect | CheckedModel
}

/** A column that INSERT fills. */
export interface InsertTarget {
  name: string
  kind: 'time' | 'tag' | 'field'
  type: ColumnType
}

export interface CheckedInsert {
  kind: 'insert'
  range: SourceRange
  table: string
  targets: readonly InsertTarget[]
  /** The rows, with the columns of the targets in their order. */
  relation: Relation
}

export interface CheckedDelete {
  kind: 'delete'
  range: SourceRange
  table: string
  /** What all has to be true of a row, and where each test stands. */
  tests: readonly { condition: Expression; range: SourceRange }[]
}

/** Windows of time, of each of which rows have the start in a column. */
export interface WindowsOfRows {
  window: TimeWindow
  column: string
}

/** When answers are sent: as rows change, every so many ns, or once for each window, when it closes. */
export type Emission = { kind: 'change' } | { kind: 'every'; every: bigint } | { kind: 'close' }

export interface CheckedSubscribe {
  kind: 'subscribe'
  range: SourceRange
  relation: Relation
  usesNow: boolean
  emit: Emission
  windows?: WindowsOfRows
  /** How long after its end a window closes, in ns. */
  lateness?: bigint
}

/** Ends a query; `idRange` is where its number stands. */
export interface CheckedKill {
  kind: 'kill'
  range: SourceRange
  id: number
  idRange: SourceRange
}

/** CREATE, ALTER and DROP TABLE. */
export interface CheckedTable {
  kind: 'table'
  verb: TableStatement['kind']
  range: SourceRange
  table: string
  tableRange: SourceRange
  /** Absent where everything stays as it is. */
  change?: TableChange
}

/** An answer that goes to a file. */
export interface CheckedExport {
  kind: 'export'
  range: SourceRange
  relation: Relation
  usesNow: boolean
  path: string
  format: ExportFormat
}

/** A file whose rows are written. */
export interface CheckedImport {
  kind: 'import'
  range: SourceRange
  request: FileRequest
}

/** CREATE, ALTER, REFRESH and DROP MATERIALIZED VIEW; absent is what is so already. */
export type CheckedView = { kind: 'view'; range: SourceRange; name: string } & (
  | { verb: 'create materialized view'; definition?: ViewDefinition }
  | { verb: 'alter materialized view'; definition: ViewDefinition }
  | { verb: 'refresh materialized view'; within?: TimeRange }
  | { verb: 'drop materialized view'; exists: boolean }
)

export type CheckedStatement =
  | CheckedKill
  | CheckedSelect
  | CheckedShow
  | CheckedModel
  | CheckedExplain
  | CheckedInsert
  | CheckedDelete
  | CheckedSubscribe
  | CheckedTable
  | CheckedExport
  | CheckedImport
  | CheckedView

/** The name under which an aggregating relation has its k-th call. */
export function callColumn(k: number): string {
  return `#${k}`
}

export function inputKey(input: Expression | undefined): string {
  return input === undefined ? '*' : `${expressionType(input)} ${printExpression(input)}`
}
