import type { StatefulAggregate } from '../../aggregate/accumulator.ts'
import type { Aggregate } from '../../aggregate/aggregate.ts'
import type { ColumnType } from '../../core/batch.ts'
import { type Expression, expressionType, type Literal, printExpression, printLiteral } from '../../core/expression.ts'
import type { TableInfo } from '../../core/plan.ts'
import type { ShowSubject, SourceRange } from '../parse/syntax.ts'

interface CallBase {
  type: ColumnType
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

/** One column of an answer; for aggregates its expression is over `time`, the tags and `callColumn(k)`. */
export interface Output {
  name: string
  type: ColumnType
  unit?: string
  expression: Expression
  /** Whether it is one of the columns that tell rows apart. */
  key: boolean
}

export interface OrderKey {
  expression: Expression
  descending: boolean
  nullsFirst: boolean
}

export interface CheckedSelect {
  kind: 'select'
  shape: 'rows' | 'latest' | 'aggregate'
  table: TableInfo
  condition?: Expression
  window?: { origin: bigint; width: bigint }
  by: readonly string[]
  calls: readonly AggregateCall[]
  outputs: readonly Output[]
  order: readonly OrderKey[]
  limit?: number
  offset: number
  usesNow: boolean
}

export interface CheckedShow {
  kind: 'show'
  subject: ShowSubject
  table?: TableInfo
  key?: string
  condition?: Expression
  /** Where the condition stands. */
  conditionRange?: SourceRange
  limit: number
}

export type CheckedStatement = CheckedSelect | CheckedShow

/** The name under which the outputs of an aggregating statement find the k-th call. */
export function callColumn(k: number): string {
  return `#${k}`
}

export function inputKey(input: Expression | undefined): string {
  return input === undefined ? '*' : `${expressionType(input)} ${printExpression(input)}`
}

/** What the two kinds of SELECT differ in. */
export type SelectBody = Pick<CheckedSelect, 'shape' | 'window' | 'by' | 'calls' | 'outputs' | 'order'>
