import { columnsOf, type Expression, printExpression, printName } from '../../core/expression.ts'
import type { Matcher } from '../../core/matcher.ts'
import type { AccumulatorInput, AggregateInput, AggregatePlan, Selection, SubPlan } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME, printDuration, printTimestamp } from '../../core/time.ts'
import {
  type AggregateCall,
  type CheckedSelect,
  type CheckedShow,
  type CheckedStatement,
  inputKey,
  type OrderKey,
  type Output,
} from '../check/checked.ts'
import { queryError } from '../check/query-error.ts'
import type { ShowSubject } from '../parse/syntax.ts'
import { accumulatorInput, longestLookBack, printAccumulator } from './accumulators.ts'
import { type Predicate, splitCondition } from './predicate.ts'

/** A call of an aggregate over the states of one input of the scan, or of one of its accumulators. */
export type PlannedCall = AggregateCall & { inputIndex: number }

export interface SelectPlan {
  kind: 'select'
  scan: SubPlan
  /** No row can pass, so nothing need be read. */
  empty: boolean
  calls: readonly PlannedCall[]
  outputs: readonly Output[]
  /** What remains to be sorted after the scan; none where its order is the answer's. */
  order: readonly OrderKey[]
  limit?: number
  offset: number
  /** The answer changes as time passes, without any append. */
  usesNow: boolean
}

export interface ShowPlan {
  kind: 'show'
  subject: ShowSubject
  table?: string
  tags: readonly string[]
  fields: CheckedShowFields
  key?: string
  matchers: readonly Matcher[]
  empty: boolean
  limit: number
}

type CheckedShowFields = NonNullable<CheckedShow['table']>['fields']

export type QueryPlan = SelectPlan | ShowPlan

/** Plans a checked statement: what is pushed down to the scan, and what is left to do with its answer. */
export function plan(statement: CheckedStatement): QueryPlan {
  if (statement.kind === 'show') return planShow(statement)
  const predicate = splitCondition(statement.condition)
  const byTime = orderByTime(statement)
  const inScanOrder = statement.order.length === 0 || (statement.shape === 'rows' && byTime !== undefined)
  const { scan, calls } = planScan(statement, predicate, byTime)
  return {
    kind: 'select',
    scan,
    calls,
    empty: predicate.empty || statement.limit === 0,
    outputs: statement.outputs,
    order: inScanOrder ? [] : statement.order,
    ...(statement.limit !== undefined && { limit: statement.limit }),
    offset: statement.offset,
    usesNow: statement.usesNow,
  }
}

/** The direction in which a statement is sorted by time and nothing else. */
function orderByTime({ order }: CheckedSelect): 'asc' | 'desc' | undefined {
  const [key, second] = order
  if (key === undefined || second !== undefined || !isTimeColumn(key.expression)) return undefined
  return key.descending ? 'desc' : 'asc'
}

export function isTimeColumn(expression: Expression): boolean {
  return expression.kind === 'column' && expression.source === 'time'
}

function planScan(
  statement: CheckedSelect,
  { matchers, start, end, filter }: Predicate,
  byTime: 'asc' | 'desc' | undefined,
): { scan: SubPlan; calls: PlannedCall[] } {
  const selection: Selection = { table: statement.table.name, matchers, start, end, ...(filter && { filter }) }
  if (statement.shape === 'aggregate') return planAggregate(statement, selection)
  const { tags, fields } = columnsRead(statement)
  if (statement.shape === 'latest') {
    return { scan: { kind: 'latest', ...selection, by: statement.by, tags, fields }, calls: [] }
  }
  const limit = statement.limit !== undefined && (byTime !== undefined || statement.order.length === 0)
  return {
    scan: {
      kind: 'rows',
      ...selection,
      tags,
      fields,
      order: byTime ?? 'asc',
      ...(limit && { limit: (statement.limit ?? 0) + statement.offset }),
    },
    calls: [],
  }
}

/** Tags and fields that the answer needs, each in the order of first use. */
function columnsRead({ outputs, order }: CheckedSelect): { tags: string[]; fields: string[] } {
  const expressions = [...outputs, ...order].map((each) => each.expression)
  const read = (source: 'tag' | 'field'): string[] => [
    ...new Set(expressions.flatMap((expression) => columnsOf(expression, source))),
  ]
  return { tags: read('tag'), fields: read('field') }
}

function planAggregate(statement: CheckedSelect, selection: Selection): { scan: AggregatePlan; calls: PlannedCall[] } {
  const inputs: AggregateInput[] = []
  const accumulators: AccumulatorInput[] = []
  const { window, by } = statement
  const calls = statement.calls.map((call): PlannedCall => {
    if (call.kind === 'accumulated') {
      const inputIndex = accumulators.push(accumulatorInput(call, window?.width)) - 1
      return { ...call, inputIndex }
    }
    const key = inputKey(call.input)
    const known = inputs.findIndex((input) => inputKey(input.expression) === key)
    const inputIndex = known >= 0 ? known : inputs.length
    const measures = [...new Set([...(inputs[inputIndex]?.measures ?? []), ...call.aggregate.measures])]
    inputs[inputIndex] = { ...(call.input && { expression: call.input }), measures }
    return { ...call, inputIndex }
  })
  const lookBack = longestLookBack(accumulators)
  const scan: AggregatePlan = {
    kind: 'aggregate',
    ...selection,
    ...(window && { window }),
    by,
    inputs,
    ...(accumulators.length > 0 && { accumulators }),
    ...(lookBack > 0n && { lookBack }),
  }
  return { scan, calls }
}

function planShow(statement: CheckedShow): ShowPlan {
  const { matchers, start, end, filter, empty } = splitCondition(statement.condition)
  if (filter || start !== MIN_TIME || end !== MAX_TIME) {
    throw queryError(statement.conditionRange ?? { offset: 0, length: 0 }, 'SHOW SERIES takes tests of tags only', {
      expected: ['tests of tags'],
    })
  }
  return {
    kind: 'show',
    subject: statement.subject,
    tags: statement.table?.tags ?? [],
    fields: statement.table?.fields ?? [],
    matchers,
    empty,
    limit: statement.limit,
    ...(statement.table && { table: statement.table.name }),
    ...(statement.key !== undefined && { key: statement.key }),
  }
}

/** A plan as text, one step a line, the scan last. */
export function printPlan(query: QueryPlan): string {
  if (query.kind === 'show') return `show ${query.subject}${query.table === undefined ? '' : ` from ${query.table}`}\n`
  const lines: string[] = []
  if (query.limit !== undefined) lines.push(`limit ${query.limit} offset ${query.offset}`)
  if (query.order.length > 0) lines.push(`sort ${query.order.map(printOrder).join(', ')}`)
  lines.push(
    `project ${query.outputs.map((each) => `${printName(each.name)} = ${printExpression(each.expression)}`).join(', ')}`,
  )
  query.calls.forEach((call, k) => {
    const place = call.kind === 'measured' ? 'input' : 'accumulator'
    lines.push(`finish #${k} = ${call.aggregate.name}(${call.label}) of ${place} ${call.inputIndex}`)
  })
  lines.push(query.empty ? 'nothing' : printScan(query.scan))
  return `${lines.map((line, depth) => '  '.repeat(depth) + line).join('\n')}\n`
}

function printOrder({ expression, descending, nullsFirst }: OrderKey): string {
  return `${printExpression(expression)}${descending ? ' desc' : ''}${nullsFirst ? ' nulls first' : ''}`
}

function printScan(scan: SubPlan): string {
  const words = [`${scan.kind} of ${printName(scan.table)}`]
  if (scan.start !== MIN_TIME) words.push(`from ${printTimestamp(scan.start)}`)
  if (scan.end !== MAX_TIME) words.push(`to ${printTimestamp(scan.end)}`)
  for (const matcher of scan.matchers) words.push(`where ${printMatcher(matcher)}`)
  if (scan.filter) words.push(`filter ${printExpression(scan.filter)}`)
  if (scan.kind === 'aggregate') {
    if (scan.window) words.push(`by ${printDuration(scan.window.width)}`)
    words.push(...scan.by.map((tag) => `by ${printName(tag)}`))
    words.push(...scan.inputs.map((input) => `keep ${printInput(input)}`))
    words.push(...(scan.accumulators ?? []).map((input) => `keep ${printAccumulator(input)}`))
    if (scan.lookBack !== undefined) words.push(`look back ${printDuration(scan.lookBack)}`)
  } else {
    if (scan.kind === 'rows') words.push(scan.order, ...(scan.limit === undefined ? [] : [`limit ${scan.limit}`]))
    else words.push(...scan.by.map((tag) => `by ${printName(tag)}`))
    words.push(`read ${['time', ...scan.tags, ...scan.fields].map(printName).join(', ')}`)
  }
  return words.join(' ')
}

function printInput({ expression, measures }: AggregateInput): string {
  return `${['count', ...measures].join('+')} of ${expression ? printExpression(expression) : 'rows'}`
}

function printMatcher(matcher: Matcher): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
  const value = 'values' in matcher ? `(${matcher.values.map(quote).join(', ')})` : quote(matcher.value)
  return `${printName(matcher.tag)} ${matcher.op} ${value}`
}
