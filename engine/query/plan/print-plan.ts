import type { SelectedRows } from '../../core/changeable.ts'
import { type Expression, printExpression, printLiteral, printName } from '../../core/expression.ts'
import type { Matcher } from '../../core/matcher.ts'
import type { AggregateInput, SubPlan } from '../../core/plan.ts'
import { MAX_TIME, MIN_TIME, printDuration, printTimestamp } from '../../core/time.ts'
import { printWindow } from '../../core/time-window.ts'
import type { OrderKey, WindowCall } from '../check/checked.ts'
import type { AroundRelation, FillRelation, JoinKey, JoinRelation, SpanRelation, SpanRule } from '../check/relation.ts'
import { printAccumulator } from './accumulators.ts'
import { printRowsAnHour } from './cost.ts'
import { MAX_NARROWING_KEYS, narrowingOf } from './narrowing.ts'
import {
  type CellsNode,
  type GroupNode,
  inputsOf,
  type JoinNode,
  type LimitNode,
  type PlanNode,
  type PlannedCall,
} from './node.ts'
import type { ModelPlan, QueryPlan, SelectPlan } from './plan.ts'
import type { DeletePlan, InsertPlan } from './plan-change.ts'
import type { ViewAnswer } from './view-answer.ts'

/** Most rows of constants that are printed. */
const MAX_PRINTED_ROWS = 3

/** What is to be said of a node, in lines below it. */
export type NodeNotes = (node: PlanNode) => readonly string[]

/** A plan as text, one step a line, each above what it reads. */
export function printPlan(query: QueryPlan, notes: NodeNotes = () => []): string {
  if (query.kind === 'explain') return printPlan(query.plan, notes)
  if (query.kind === 'show') return `show ${query.subject}${query.table === undefined ? '' : ` from ${query.table}`}\n`
  if (query.kind === 'delete') return printDelete(query)
  if (query.kind === 'subscribe') return printPlan(query.select)
  if (query.kind === 'kill') return `kill query ${query.id}\n`
  if (query.kind === 'export')
    return `export to ${printLiteral(query.path)} as ${query.format}\n${printPlan(query.select)}`
  if (query.kind === 'import') return `import from ${printLiteral(query.request.path)}\n`
  if (query.kind === 'table') return `${query.verb} ${printName(query.table)}\n`
  if (query.kind === 'view') return `${query.verb} ${printName(query.name)}\n`
  const head = headOf(query)
  const below = printNode(query.root, notes).map((line) => `${'  '.repeat(head.length)}${line}`)
  return `${[...head, ...below].join('\n')}\n`
}

/** What is done with the rows, where they are not the answer. */
function headOf(query: SelectPlan | ModelPlan | InsertPlan): string[] {
  if (query.kind === 'model') return [`${query.verb} using ${query.models.map(({ text }) => text).join(', ')}`]
  if (query.kind === 'select') return []
  const columns = query.targets.map(({ name, kind, type }) => `${printName(name)} ${kind === 'field' ? type : kind}`)
  return [
    `insert into ${printName(query.table)} (${columns.join(', ')})${query.readsTarget ? ', once all are read' : ''}`,
  ]
}

function printNode(node: PlanNode, notes: NodeNotes): string[] {
  const [own, ...more] = describe(node)
  const below = [...more, ...notes(node), ...inputsOf(node).flatMap((input) => printNode(input, notes))]
  return [own ?? '', ...below.map((line) => `  ${line}`)]
}

/** What a node does; of some in more than one line. */
function describe(node: PlanNode): string[] {
  switch (node.kind) {
    case 'rows':
    case 'latest':
      return [printScan(node.scan)]
    case 'cells':
      return describeCells(node)
    case 'values':
      return [describeValues(node.rows)]
    case 'filter':
      return [`filter ${printExpression(node.condition)}`]
    case 'project':
      return [`project ${node.outputs.map(({ name, expression }) => printNamed(name, expression)).join(', ')}`]
    case 'group':
      return [describeGroup(node)]
    case 'sort':
      return [`sort ${node.order.map(printOrder).join(', ')}${first(node.wanted)}`]
    case 'limit':
      return [describeLimit(node)]
    case 'distinct':
      return ['distinct']
    case 'set':
      return [`${node.op}${node.all ? ' all' : ''}`]
    case 'join':
      return [describeJoin(node), ...describeNarrowing(node)]
    case 'window':
      return [describeWindow(node.calls)]
    case 'around':
      return [describeAround(node)]
    case 'span':
      return [describeSpan(node)]
    case 'overlay':
      return [describeOverlay(node)]
    case 'fill':
      return [describeFill(node)]
    case 'newest':
      return [`newest by ${node.by.map(printExpression).join(', ')}`]
  }
}

function describeCells({ scan, calls, window, fromView, empty, order, wanted }: CellsNode): string[] {
  const lines = [...calls.map(printFinish), ...(window ? [`windows of ${printWindow(window)}`] : [])]
  const sorting = order.length === 0 ? [] : [`sort ${order.map(printOrder).join(', ')}${first(wanted)}`]
  return [...sorting, ...lines, ...(fromView ? [describeView(fromView)] : []), empty ? 'nothing' : printScan(scan)]
}

function describeView(fromView: ViewAnswer): string {
  const { view, window, groups } = fromView
  const cost = groups === undefined ? '' : ` (about ${printRowsAnHour(fromView)} rows an hour)`
  return `windows of view ${printName(view)} by ${printDuration(window.width)}${cost} that are not stale, else`
}

function describeGroup({ window, groups, calls }: GroupNode): string {
  const words = ['group']
  if (window) words.push(`by ${printWindow(window)}`)
  words.push(...groups.map(({ expression }) => `by ${printExpression(expression)}`))
  words.push(...calls.map((call, k) => `#${k} = ${call.aggregate.name}(${call.label})`))
  return words.join(' ')
}

export function describeOverlay({ offsets }: { offsets: readonly bigint[] }): string {
  return `overlay ${offsets.map((offset) => (offset === 0n ? 'now' : printDuration(offset))).join(', ')}`
}

export function describeAround({ match, calls }: Pick<AroundRelation, 'match' | 'calls'>): string {
  const { equal, start, end, prevailing } = match
  const words = [`window join from ${printOffset(start)} to ${printOffset(end)}`]
  if (prevailing) words.push('and what prevails')
  if (equal.length > 0) words.push(`on ${equal.map(printKey).join(' and ')}`)
  words.push(...calls.map((call, k) => `#${k} = ${call.aggregate.name}(${call.label})`))
  return words.join(' ')
}

function printOffset(offset: bigint): string {
  return offset < 0n ? `-${printDuration(-offset)}` : printDuration(offset)
}

function printKey({ left, right }: JoinKey): string {
  return `${printExpression(left)} = ${printExpression(right)}`
}

export function describeSpan({ rule, partition }: Pick<SpanRelation, 'rule' | 'partition'>): string {
  return ['windows of', printRule(rule), ...partition.map((key) => `by ${printExpression(key)}`)].join(' ')
}

function printRule(rule: SpanRule): string {
  switch (rule.kind) {
    case 'session':
      return `a gap of ${printDuration(rule.gap)}`
    case 'state':
      return `the state ${printExpression(rule.state)}`
    case 'event':
      return `events from ${printExpression(rule.from)} to ${printExpression(rule.to)}`
    case 'count':
      return `${rule.count} rows from each ${rule.slide} on`
  }
}

export function describeFill({ window, range, methods, maxGap }: Omit<FillRelation, 'input'>): string {
  const words = [`fill windows of ${printWindow(window)}`]
  if (range.start !== undefined) words.push(`from ${printTimestamp(range.start)}`)
  if (range.end !== undefined) words.push(`to ${printTimestamp(range.end)}`)
  for (const [name, method] of methods) {
    words.push(`${name} ${method.kind === 'value' ? printLiteral(method.value) : method.kind}`)
  }
  if (maxGap !== undefined) words.push(`max gap ${printDuration(maxGap)}`)
  return words.join(' ')
}

export function describeWindow(calls: readonly WindowCall[]): string {
  return `window ${calls.map(({ label }, k) => `~${k} = ${label}`).join(', ')}`
}

export function describeJoin({ join, equal, residual, asof }: Omit<JoinRelation, 'left' | 'right'>): string {
  const words = [`${asof ? `asof ${asof.direction} ` : ''}${join} join`]
  if (equal.length > 0) {
    words.push(`on ${equal.map(printKey).join(' and ')}`)
  }
  if (asof?.tolerance !== undefined) words.push(`within ${printDuration(asof.tolerance)}`)
  if (residual) words.push(`where ${printExpression(residual)}`)
  return words.join(' ')
}

function describeNarrowing(node: JoinNode): string[] {
  const sides = [narrowingOf(node, 'left'), narrowingOf(node, 'right')]
  const keys = ['keys', 'keys of the left side']
  const chosen = sides.flatMap((narrowing, at) => {
    if (narrowing === undefined) return []
    const { leaf, tag } = narrowing
    return `${keys[at]} choose series of ${printName(leaf.scan.table)} by ${printName(tag)}`
  })
  return chosen.length === 0 ? [] : [`up to ${MAX_NARROWING_KEYS} ${chosen.join(', or ')}`]
}

function describeLimit({ limit, offset, per }: LimitNode): string {
  const of = per.length === 0 ? '' : ` per ${per.map(printExpression).join(', ')}`
  return `limit ${limit}${of} offset ${offset}`
}

function describeValues(rows: readonly (readonly Parameters<typeof printLiteral>[0][])[]): string {
  if (rows.length === 0) return 'nothing'
  const shown = rows.slice(0, MAX_PRINTED_ROWS).map((row) => `(${row.map(printLiteral).join(', ')})`)
  return `values ${shown.join(', ')}${rows.length > MAX_PRINTED_ROWS ? ` and ${rows.length - MAX_PRINTED_ROWS} more` : ''}`
}

function first(wanted: number | undefined): string {
  return wanted === undefined ? '' : ` first ${wanted}`
}

function printNamed(name: string, expression: Expression): string {
  return `${printName(name)} = ${printExpression(expression)}`
}

export function printOrder({ expression, descending, nullsFirst }: OrderKey): string {
  return `${printExpression(expression)}${descending ? ' desc' : ''}${nullsFirst ? ' nulls first' : ''}`
}

function printDelete({ table, rows }: DeletePlan): string {
  if (rows === undefined) return `delete nothing of ${printName(table)}\n`
  return `${[`delete of ${printName(table)}`, ...printSelected(rows)].join(' ')}\n`
}

function printSelected({ start, end, matchers }: SelectedRows): string[] {
  return [
    ...(start === MIN_TIME ? [] : [`from ${printTimestamp(start)}`]),
    ...(end === MAX_TIME ? [] : [`to ${printTimestamp(end)}`]),
    ...matchers.map((matcher) => `where ${printMatcher(matcher)}`),
  ]
}

function printScan(scan: SubPlan): string {
  const words = [`${scan.kind} of ${printName(scan.table)}`, ...printSelected(scan)]
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

function printFinish(call: PlannedCall, k: number): string {
  const place = call.kind === 'measured' ? 'input' : 'accumulator'
  return `finish #${k} = ${call.aggregate.name}(${call.label}) of ${place} ${call.inputIndex}`
}

function printInput({ expression, measures }: AggregateInput): string {
  return `${['count', ...measures].join('+')} of ${expression ? printExpression(expression) : 'rows'}`
}

function printMatcher(matcher: Matcher): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`
  const value = 'values' in matcher ? `(${matcher.values.map(quote).join(', ')})` : quote(matcher.value)
  return `${printName(matcher.tag)} ${matcher.op} ${value}`
}
