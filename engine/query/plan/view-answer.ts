import { printExpression } from '../../core/expression.ts'
import type { Matcher } from '../../core/matcher.ts'
import type { AggregateInput, AggregatePlan, Measure } from '../../core/plan.ts'
import type { TimeRange } from '../../core/time-window.ts'
import type { ViewDefinition } from '../../core/view.ts'
import { callKey, type MeasuredCall } from '../check/checked.ts'
import { cheapest } from './cost.ts'
import { type CellsNode, inputsOf, type PlanNode } from './node.ts'

/** A view with the plan of its query. */
export interface PlannedView {
  definition: ViewDefinition
  cells: CellsNode
  /** Fields that are nothing but the value of a call, by the key of the call. */
  fields: ReadonlyMap<string, string>
  /** How many it has in a window, where that is known. */
  groups?: number
}

/** How cells come of a view, where its windows are not stale. */
export interface ViewAnswer {
  view: string
  window: { origin: bigint; width: bigint }
  /** How many groups a window of the view has, by estimation. */
  groups: number | undefined
  matchers: readonly Matcher[]
  by: readonly string[]
  /** What is aggregated of the view's fields. */
  inputs: readonly AggregateInput[]
  /** By input of the scan: which of the inputs above have its states. */
  parts: readonly InputParts[]
  /** Which of them counts rows. */
  rows?: number
}

export type InputParts = { readonly [P in ViewPart]?: number }
type ViewPart = 'count' | 'sum' | 'min' | 'max'

/** The parts that give a call its value, bit for bit: sums of integers are exact, sums of floats depend on their order. */
const PARTS: Readonly<Record<string, readonly ViewPart[]>> = {
  count: ['count'],
  min: ['min'],
  max: ['max'],
  sum: ['sum'],
  avg: ['sum', 'count'],
}
/** What becomes of the part of several windows. */
const MEASURES: Readonly<Record<ViewPart, Measure>> = { count: 'sum', sum: 'sum', min: 'min', max: 'max' }

/** The same plan, in which cells come of views where these say exactly the same. */
export function answerFromViews(node: PlanNode, views: readonly PlannedView[]): PlanNode {
  if (views.length === 0) return node
  if (node.kind === 'cells') return withView(node, views)
  const inputs = inputsOf(node).map((input) => answerFromViews(input, views))
  if (inputs.every((input, i) => input === inputsOf(node)[i])) return node
  if ('inputs' in node) return { ...node, inputs } as PlanNode // as many inputs as before
  return { ...node, input: inputs[0] } as PlanNode // one input, as before
}

/** The cells of the view that costs least of those that fit. */
function withView(node: CellsNode, views: readonly PlannedView[]): CellsNode {
  const fromView = cheapest(views.flatMap((view) => viewAnswer(node, view) ?? []))
  return fromView ? { ...node, fromView } : node
}

function viewAnswer(node: CellsNode, view: PlannedView): ViewAnswer | undefined {
  const { scan } = node
  const own = view.cells.scan
  const { window } = own
  if (node.empty || node.window || scan.table !== own.table || window === undefined) return undefined
  if (!addUp(window, scan.window) || !sameFilter(scan, own) || own.start > scan.start || own.end < scan.end) {
    return undefined
  }
  const matchers = remainingMatchers(scan, view)
  const by = scan.by.map((tag) => tagOf(view, tag))
  const values = viewInputs(node, view)
  if (matchers === undefined || values === undefined || !by.every((tag) => tag !== undefined)) return undefined
  return { view: view.definition.name, window, groups: view.groups, matchers, by, ...values }
}

/** Whether windows of the view make those that are asked for. */
function addUp(window: { origin: bigint; width: bigint }, asked: AggregatePlan['window']): boolean {
  return (
    asked === undefined || (asked.width % window.width === 0n && (asked.origin - window.origin) % window.width === 0n)
  )
}

function sameFilter({ filter: a }: AggregatePlan, { filter: b }: AggregatePlan): boolean {
  return a === undefined || b === undefined ? a === b : printExpression(a) === printExpression(b)
}

/** The tests of the scan that the view has not made itself, as tests of its tags. */
function remainingMatchers({ matchers }: AggregatePlan, view: PlannedView): Matcher[] | undefined {
  const made = new Set(view.cells.scan.matchers.map((matcher) => JSON.stringify(matcher)))
  const asked = new Set(matchers.map((matcher) => JSON.stringify(matcher)))
  if ([...made].some((matcher) => !asked.has(matcher))) return undefined
  const rest: Matcher[] = []
  for (const matcher of matchers) {
    if (made.has(JSON.stringify(matcher))) continue
    const tag = tagOf(view, matcher.tag)
    if (tag === undefined) return undefined
    rest.push({ ...matcher, tag })
  }
  return rest
}

function tagOf({ definition }: PlannedView, tag: string): string | undefined {
  return definition.tags.find((each) => each.tag === tag)?.name
}

type ViewValues = Pick<ViewAnswer, 'inputs' | 'parts' | 'rows'>

/** Which fields of the view have what the calls need; `undefined` where one lacks. */
function viewInputs({ scan, calls }: CellsNode, view: PlannedView): ViewValues | undefined {
  // A row of a view that has no value is not there: with a count every row has one.
  if (![...view.fields.keys()].some((key) => key.startsWith('count '))) return undefined
  const inputs: AggregateInput[] = []
  const parts: Partial<Record<ViewPart, number>>[] = scan.inputs.map(() => ({}))
  let rows: number | undefined
  for (const call of calls) {
    const needed = call.kind === 'measured' ? PARTS[call.aggregate.name] : undefined
    if (call.kind !== 'measured' || needed === undefined) return undefined
    for (const part of needed) {
      const input = viewInput(call, part, view)
      if (input === undefined) return undefined
      const at = inputs.push(input) - 1
      if (call.input === undefined) rows = at
      else parts[call.inputIndex] = { ...parts[call.inputIndex], [part]: at }
    }
  }
  return { inputs, parts, ...(rows !== undefined && { rows }) }
}

/** What is aggregated of the field of the view that has one part of a call. */
function viewInput(call: MeasuredCall, part: ViewPart, { fields, cells }: PlannedView): AggregateInput | undefined {
  const partOf = cells.calls.find((each) => {
    return each.kind === 'measured' && each.aggregate.name === part && callKey(each) === keyOf(call, part)
  })
  const name = partOf && fields.get(callKey(partOf))
  const isNumber = partOf?.type === 'i64' || (partOf?.type === 'f64' && part !== 'sum')
  if (partOf === undefined || name === undefined || !isNumber) return undefined
  const expression = { kind: 'column', name, source: 'field', type: partOf.type } as const
  return { expression, measures: [MEASURES[part]] }
}

/** The key of the call of another aggregate with the same input. */
function keyOf(call: MeasuredCall, part: ViewPart): string {
  return callKey({ ...call, aggregate: { ...call.aggregate, name: part } })
}

/** The whole windows of a view in a range. */
export function wholeWindows(
  { start, end }: TimeRange,
  { origin, width }: ViewAnswer['window'],
): TimeRange | undefined {
  const first = start + ((((origin - start) % width) + width) % width)
  const last = end - ((((end - origin) % width) + width) % width)
  return first < last ? { start: first, end: last } : undefined
}
