import type { Aggregate } from '../aggregate/aggregate.ts'
import { AGGREGATES } from '../aggregate/registry.ts'
import type { ColumnType } from '../core/batch.ts'
import { type Expression, expressionType, type Literal, printExpression } from '../core/expression.ts'
import type { Catalog, TableInfo } from '../core/plan.ts'
import { TIME_COLUMN } from '../core/rows.ts'
import { checkCondition, checkExpression, fixedDuration } from './check-expression.ts'
import { printSyntax } from './print-syntax.ts'
import { queryError, unknownName } from './query-error.ts'
import { type CallSyntax, columnNames, findColumn, type Scope, type StatementContext, tableColumn } from './scope.ts'
import type {
  DurationSyntax,
  ExpressionSyntax,
  NameSyntax,
  SelectItem,
  SelectStatement,
  ShowStatement,
  ShowSubject,
  SourceRange,
  Statement,
} from './syntax.ts'

/** Most rows that LIMIT and OFFSET may name. */
export const MAX_LIMIT = 1_000_000_000

/** One call of an aggregate; the same call in two places of a statement is one. */
export interface AggregateCall {
  aggregate: Aggregate
  /** Absent for `count(*)`. */
  input?: Expression
  type: ColumnType
  /** The input as text, for errors. */
  label: string
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
  limit: number
}

export type CheckedStatement = CheckedSelect | CheckedShow

export interface CheckOptions {
  params?: Readonly<Record<string, Literal>>
  /** What `now()` means in the statement. */
  now: bigint
}

/**
 * Checks a statement against what tables there are: names, types, and where aggregates may stand. Throws `query` with the
 * position. A statement with `=~` or `!~` needs `loadPatterns` before.
 */
export function check(statement: Statement, catalog: Catalog, { params = {}, now }: CheckOptions): CheckedStatement {
  const context: StatementContext = { params, now, usesNow: false }
  return statement.kind === 'show' ? checkShow(statement, catalog, context) : checkSelect(statement, catalog, context)
}

/** The name under which the outputs of an aggregating statement find the k-th call. */
export function callColumn(k: number): string {
  return `#${k}`
}

function findTable(catalog: Catalog, name: NameSyntax): TableInfo {
  const table = catalog.tables.find((each) => each.name === name.name)
  if (table === undefined) {
    throw unknownName(
      name.range,
      'table',
      name.name,
      catalog.tables.map((each) => each.name),
    )
  }
  return table
}

/** The meaning of names and calls in WHERE and within aggregates. */
function rowScope(table: TableInfo, context: StatementContext, where: string): Scope {
  return {
    context,
    column: (name) => tableColumn(table, name),
    call: (call) => {
      if (!AGGREGATES.has(call.name)) return scalarCall(call, context)
      throw queryError(call.range, `${call.name}() cannot stand ${where}`)
    },
  }
}

/** Functions of a row; all of them so far are constant in a statement. */
function scalarCall(call: CallSyntax, context: StatementContext): Expression {
  if (call.name !== 'now') throw unknownName(call.nameRange, 'function', call.name, FUNCTION_NAMES)
  if (call.args.length > 0 || call.star) throw queryError(call.range, 'now() takes no argument')
  context.usesNow = true
  return { kind: 'literal', type: 'time', value: context.now }
}

/** Every function that a statement can call, by name. */
export const FUNCTION_NAMES: readonly string[] = [...AGGREGATES.keys(), 'now'].sort()

function checkSelect(statement: SelectStatement, catalog: Catalog, context: StatementContext): CheckedSelect {
  const table = findTable(catalog, statement.table)
  const where = statement.where && checkCondition(statement.where, rowScope(table, context, 'in WHERE'), 'WHERE')
  const aggregates =
    statement.groupBy.length > 0 ||
    statement.items.some(callsAggregate) ||
    statement.orderBy.some(({ expression }) => containsAggregate(expression))
  const body = aggregates ? checkAggregates(statement, table, context) : checkRows(statement, table, context)
  requireUniqueNames(body.outputs, statement)
  const limit = statement.limit && rowCount(statement.limit, 'LIMIT', context)
  return {
    kind: 'select',
    table,
    ...body,
    ...(where && { condition: where }),
    ...(limit !== undefined && { limit }),
    offset: statement.offset ? rowCount(statement.offset, 'OFFSET', context) : 0,
    usesNow: context.usesNow,
  }
}

type SelectBody = Pick<CheckedSelect, 'shape' | 'window' | 'by' | 'calls' | 'outputs' | 'order'>

function callsAggregate(item: SelectItem): boolean {
  return item.kind === 'expression' && containsAggregate(item.expression)
}

function containsAggregate(syntax: ExpressionSyntax): boolean {
  switch (syntax.kind) {
    case 'call':
      return AGGREGATES.has(syntax.name) || syntax.args.some(containsAggregate)
    case 'unary':
    case 'match':
      return containsAggregate(syntax.operand)
    case 'binary':
      return containsAggregate(syntax.left) || containsAggregate(syntax.right)
    case 'logical':
      return syntax.operands.some(containsAggregate)
    case 'in':
      return containsAggregate(syntax.operand)
    case 'between':
      return [syntax.operand, syntax.low, syntax.high].some(containsAggregate)
    default:
      return false
  }
}

function checkRows(statement: SelectStatement, table: TableInfo, context: StatementContext): SelectBody {
  const scope = rowScope(table, context, 'here')
  const outputs = statement.items.flatMap((item) =>
    item.kind === 'star' ? starOutputs(table) : [checkItem(item, table, scope)],
  )
  const order = checkOrder(statement, outputs, scope)
  const { latest } = statement
  const by = latest ? tagNames(latest.by, table) : []
  return { shape: latest ? 'latest' : 'rows', by, calls: [], outputs, order }
}

function starOutputs(table: TableInfo): Output[] {
  return columnNames(table).flatMap((name) => {
    const column = findColumn(table, name)
    return column ? [outputOf(name, column, table)] : []
  })
}

function checkItem(item: Exclude<SelectItem, { kind: 'star' }>, table: TableInfo, scope: Scope): Output {
  const expression = checkExpression(item.expression, scope)
  const { expression: syntax, alias } = item
  return outputOf(alias?.name ?? (syntax.kind === 'name' ? syntax.name : printSyntax(syntax)), expression, table)
}

function outputOf(
  name: string,
  expression: Expression,
  table: TableInfo,
  calls: readonly AggregateCall[] = [],
): Output {
  const type = expressionType(expression)
  const unit = unitOf(expression, table, calls)
  const key = expression.kind === 'column' && expression.source !== 'field'
  return { name, type: type === 'null' ? 'f64' : type, expression, key, ...(unit !== undefined && { unit }) }
}

function unitOf(expression: Expression, table: TableInfo, calls: readonly AggregateCall[]): string | undefined {
  if (expression.kind !== 'column' || expression.source !== 'field') return undefined
  const call = calls.find((_, k) => callColumn(k) === expression.name)
  if (call !== undefined) return call.aggregate.keepsUnit && call.input ? unitOf(call.input, table, []) : undefined
  return table.fields.find((field) => field.name === expression.name)?.unit
}

function tagNames(names: readonly NameSyntax[], table: TableInfo): string[] {
  for (const { name, range } of names) {
    if (table.tags.includes(name)) continue
    if (findColumn(table, name) === undefined) throw unknownName(range, `tag in '${table.name}'`, name, table.tags)
    throw queryError(range, `'${name}' is no tag; expected a tag`, { expected: table.tags })
  }
  return [...new Set(names.map((each) => each.name))]
}

/** Aggregates: columns outside of calls have to be the same for all rows of a group. */
function checkAggregates(statement: SelectStatement, table: TableInfo, context: StatementContext): SelectBody {
  if (statement.latest) {
    throw queryError(statement.latest.range, 'LATEST ON takes whole rows; expected items without aggregates')
  }
  const window = windowOf(statement.groupBy)
  const by = tagNames(
    statement.groupBy.filter((item) => item.kind === 'name'),
    table,
  )
  const calls: AggregateCall[] = []
  const scope = groupScope({ table, context, calls, by, window: window !== undefined })
  const items = statement.items.map((item) => {
    if (item.kind === 'expression') return checkItem(item, table, scope)
    throw queryError(item.range, "'*' cannot stand beside aggregates or GROUP BY", { expected: ['an aggregate'] })
  })
  for (const item of items) item.unit ?? Object.assign(item, unitField(unitOf(item.expression, table, calls)))
  const implicit = [...(window ? [TIME_COLUMN] : []), ...by]
    .filter((name) => !items.some(({ expression }) => expression.kind === 'column' && expression.name === name))
    .flatMap((name) => findColumn(table, name) ?? [])
    .map((column) => outputOf(column.name, column, table))
  const outputs = [...implicit, ...items]
  const order = checkOrder(statement, outputs, scope)
  return { shape: 'aggregate', by, calls, outputs, order, ...(window && { window }) }
}

function unitField(unit: string | undefined): { unit?: string } {
  return unit === undefined ? {} : { unit }
}

/** A Monday, since weeks begin there; all else is aligned to 1970. */
const FIRST_MONDAY = 4n * 86_400_000_000_000n

function windowOf(groupBy: SelectStatement['groupBy']): CheckedSelect['window'] {
  const durations = groupBy.filter((item): item is DurationSyntax => item.kind === 'duration')
  const [duration, second] = durations
  if (second) throw queryError(second.range, 'GROUP BY takes one duration', { expected: ['a tag'] })
  if (duration === undefined) return undefined
  const width = fixedDuration(duration.text, duration.range)
  if (width === 0n) throw queryError(duration.range, 'a window of no length; expected a duration above 0')
  return { origin: /^\d+w$/.test(duration.text) ? FIRST_MONDAY : 0n, width }
}

interface GroupScope {
  table: TableInfo
  context: StatementContext
  calls: AggregateCall[]
  by: readonly string[]
  window: boolean
}

function groupScope({ table, context, calls, by, window }: GroupScope): Scope {
  const inner = rowScope(table, context, 'within another aggregate')
  return {
    context,
    column: (name) => {
      const column = tableColumn(table, name)
      if (column.source === 'time' ? window : by.includes(column.name)) return column
      const needed = column.source === 'time' ? 'a duration in GROUP BY' : `'${name.name}' in GROUP BY`
      const hint = column.source === 'field' ? `Write for example avg(${name.name}) or last(${name.name}).` : undefined
      throw queryError(
        name.range,
        column.source === 'field'
          ? `'${name.name}' differs within a group; expected it inside an aggregate`
          : `'${name.name}' differs within a group; expected ${needed}, or an aggregate`,
        hint === undefined ? {} : { hint },
      )
    },
    call: (call) => (AGGREGATES.has(call.name) ? aggregateCall(call, calls, inner) : scalarCall(call, context)),
  }
}

function aggregateCall(call: CallSyntax, calls: AggregateCall[], inner: Scope): Expression {
  const aggregate = AGGREGATES.get(call.name)
  if (aggregate === undefined) throw unknownName(call.nameRange, 'function', call.name, FUNCTION_NAMES)
  const checked = call.star ? countRows(call, aggregate) : aggregateOf(call, aggregate, inner)
  const same = calls.findIndex(
    (other) => other.aggregate === checked.aggregate && inputKey(other.input) === inputKey(checked.input),
  )
  const k = same >= 0 ? same : calls.push(checked) - 1
  return { kind: 'column', source: 'field', name: callColumn(k), type: checked.type }
}

export function inputKey(input: Expression | undefined): string {
  return input === undefined ? '*' : `${expressionType(input)} ${printExpression(input)}`
}

function countRows(call: CallSyntax, aggregate: Aggregate): AggregateCall {
  if (aggregate.name !== 'count') throw queryError(call.range, `${call.name}(*) means nothing; expected a column`)
  return { aggregate, type: 'i64', label: '*' }
}

function aggregateOf(call: CallSyntax, aggregate: Aggregate, inner: Scope): AggregateCall {
  const [argument, second] = call.args
  if (argument === undefined || second !== undefined) {
    throw queryError(second?.range ?? call.range, `${call.name}() takes one argument`, { expected: ['one argument'] })
  }
  const input = checkExpression(argument, inner)
  const inputType = expressionType(input)
  const type = aggregate.outputType(inputType === 'null' ? 'f64' : inputType)
  if (type === undefined) {
    throw queryError(argument.range, `${call.name}() expected a number, but this is a ${inputType}`, {
      expected: ['a number'],
    })
  }
  return { aggregate, input, type, label: printSyntax(argument) }
}

/** A name in ORDER BY first means a column of the answer; anything else is an expression like the items. */
function checkOrder(statement: SelectStatement, outputs: readonly Output[], scope: Scope): OrderKey[] {
  return statement.orderBy.map(({ expression: syntax, descending, nullsFirst }) => {
    const output = syntax.kind === 'name' ? outputs.find((each) => each.name === syntax.name) : undefined
    const expression = output?.expression ?? checkExpression(syntax, scope)
    if (expression.kind === 'literal') {
      throw queryError(syntax.range, 'ORDER BY a constant means nothing; expected a column', { expected: ['a column'] })
    }
    return { expression, descending, nullsFirst }
  })
}

function requireUniqueNames(outputs: readonly Output[], statement: SelectStatement): void {
  const names = new Set<string>()
  for (const { name } of outputs) {
    if (names.has(name)) {
      const range = rangeOfItem(statement, name)
      throw queryError(range, `two columns would have the name '${name}'`, { hint: 'Name one of them with AS.' })
    }
    names.add(name)
  }
}

function rangeOfItem(statement: SelectStatement, name: string): SourceRange {
  const named = statement.items.filter((item) => item.kind === 'expression')
  const item = named.findLast(
    ({ alias, expression }) =>
      (alias?.name ?? (expression.kind === 'name' ? expression.name : printSyntax(expression))) === name,
  )
  return item?.alias?.range ?? item?.expression.range ?? statement.range
}

function rowCount(syntax: ExpressionSyntax, clause: string, context: StatementContext): number {
  const constants: Scope = {
    context,
    column: (name) => {
      throw queryError(name.range, `${clause} expected a whole number`, { expected: ['a whole number'] })
    },
    call: (call) => {
      throw queryError(call.range, `${clause} expected a whole number`, { expected: ['a whole number'] })
    },
  }
  const checked = checkExpression(syntax, constants)
  const value = checked.kind === 'literal' ? checked.value : null
  const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  if (!whole || Number(value) < 0 || Number(value) > MAX_LIMIT) {
    throw queryError(syntax.range, `${clause} expected a whole number from 0 to ${MAX_LIMIT}`, {
      expected: ['a whole number'],
    })
  }
  return Number(value)
}

/** Most lines of a SHOW without LIMIT. */
const DEFAULT_SHOW_LIMIT = 1_000_000

function checkShow(statement: ShowStatement, catalog: Catalog, context: StatementContext): CheckedShow {
  const table = statement.table && findTable(catalog, statement.table)
  const { where } = statement
  const condition = where && table && checkCondition(where, rowScope(table, context, 'in WHERE'), 'WHERE')
  if (statement.key && table) tagNames([statement.key], table)
  return {
    kind: 'show',
    subject: statement.subject,
    limit: statement.limit ? rowCount(statement.limit, 'LIMIT', context) : DEFAULT_SHOW_LIMIT,
    ...(table && { table }),
    ...(statement.key && { key: statement.key.name }),
    ...(condition && { condition }),
  }
}
