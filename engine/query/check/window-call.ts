import type { ColumnType } from '../../core/batch.ts'
import { type Expression, expressionType } from '../../core/expression.ts'
import { childrenOf } from '../parse/children.ts'
import { printSyntax } from '../parse/print-syntax.ts'
import type {
  BoundSyntax,
  CoreSyntax,
  ExpressionSyntax,
  FrameSyntax,
  OrderItem,
  OverSyntax,
  SourceRange,
} from '../parse/syntax.ts'
import { aggregateCall, isAggregate } from './aggregate-call.ts'
import { checkExpression } from './check-expression.ts'
import {
  type AggregateCall,
  type Frame,
  type FrameBound,
  givesPoints,
  type OrderKey,
  type PlaceFunction,
  type WindowCall,
  windowColumn,
} from './checked.ts'
import { type Ranged, unify } from './coerce.ts'
import { queryError } from './query-error.ts'
import type { Relation } from './relation.ts'
import type { CallSyntax, Scope } from './scope.ts'
import { unitOf } from './unit-of.ts'

interface PlaceSignature {
  least: number
  most: number
  /** Absent where it is that of the first argument. */
  gives?: ColumnType
  /** Which argument is a constant count. */
  count?: number
}

const PLACE_FUNCTIONS: Readonly<Record<PlaceFunction, PlaceSignature>> = {
  row_number: { least: 0, most: 0, gives: 'i64' },
  rank: { least: 0, most: 0, gives: 'i64' },
  dense_rank: { least: 0, most: 0, gives: 'i64' },
  percent_rank: { least: 0, most: 0, gives: 'f64' },
  cume_dist: { least: 0, most: 0, gives: 'f64' },
  ntile: { least: 1, most: 1, gives: 'i64', count: 0 },
  lag: { least: 1, most: 3, count: 1 },
  lead: { least: 1, most: 3, count: 1 },
  first_value: { least: 1, most: 1 },
  last_value: { least: 1, most: 1 },
  nth_value: { least: 2, most: 2, count: 1 },
}

/** Functions that stand nowhere but before OVER. */
export const PLACE_FUNCTION_NAMES: readonly string[] = Object.keys(PLACE_FUNCTIONS)

export function isPlaceFunction(name: string): name is PlaceFunction {
  return Object.hasOwn(PLACE_FUNCTIONS, name)
}

/** Where calls with OVER may stand: what they are added to, and what their parts mean. */
export interface WindowPlace {
  where: string
  windows: WindowCall[] | undefined
  inner(): Scope
}

/** What a call with OVER means at a place. */
export function callOver(call: CallSyntax, over: OverSyntax, { where, windows, inner }: WindowPlace): Expression {
  if (windows === undefined) throw queryError(call.range, `${call.name}() with OVER cannot stand ${where}`)
  return windowCall(call, over, windows, inner())
}

/** Checks a call with OVER, whose parts mean what they mean in `inner`, and adds it to `calls` unless it is there. */
function windowCall(call: CallSyntax, over: OverSyntax, calls: WindowCall[], inner: Scope): Expression {
  const checked = checkWindow(call, over, inner)
  const key = windowKey(checked)
  const same = calls.findIndex((other) => windowKey(other) === key)
  const k = same >= 0 ? same : calls.push(checked) - 1
  const { type, unit } = checked
  return { kind: 'column', source: 'field', name: windowColumn(k), type, ...(unit !== undefined && { unit }) }
}

/** Whether items or the order of an answer have calls with OVER. */
export function usesOver({ items }: CoreSyntax, orderBy: readonly OrderItem[]): boolean {
  const of = items.flatMap((item) => (item.kind === 'expression' ? [item.expression] : []))
  return [...of, ...orderBy.map(({ expression }) => expression)].some(containsOver)
}

function containsOver(syntax: ExpressionSyntax): boolean {
  return (syntax.kind === 'call' && syntax.over !== undefined) || childrenOf(syntax).some(containsOver)
}

/** The relation with the columns of calls with OVER. `time` is that of its rows. */
export function withWindows(input: Relation, calls: readonly WindowCall[], time: Expression | undefined): Relation {
  return { kind: 'window', input, calls, ...(time && { time }) }
}

/** Labels of one scope mean the same wherever they stand in it. */
function windowKey({ label }: WindowCall): string {
  return label
}

function checkWindow(call: CallSyntax, over: OverSyntax, inner: Scope): WindowCall {
  const partition = over.partitionBy.map((each) => checkExpression(each, inner))
  const order = over.orderBy.map(({ expression, ...rest }): OrderKey => {
    return { expression: checkExpression(expression, inner), ...rest }
  })
  const frame = over.frame ? checkFrame(over.frame, order, inner) : defaultFrame(order)
  const label = printSyntax(call)
  const rows = { partition, order, frame, label }
  if (isPlaceFunction(call.name)) return { ...rows, ...placeCall(call, call.name, inner) }
  if (!isAggregate(call.name)) throw queryError(call.nameRange, `${call.name}() is no aggregate; OVER expected one`)
  const of = overAggregate(call, inner)
  return { ...rows, of, type: of.type, ...(of.unit !== undefined && { unit: of.unit }) }
}

function overAggregate(call: CallSyntax, inner: Scope): AggregateCall {
  const found: AggregateCall[] = []
  aggregateCall(call, found, inner)
  const [of] = found
  if (of === undefined) throw new Error('a call is checked into one call')
  if (!isFramed(of)) throw queryError(call.range, `${call.name}() cannot have OVER`)
  return of
}

/** Whether an aggregate can be of the rows of a frame: it gives a value, and needs no series. */
export function isFramed(call: AggregateCall): boolean {
  return call.kind === 'measured' || !(givesPoints([call]) || call.aggregate.ordered)
}

type PlacePart = Pick<WindowCall, 'of' | 'type' | 'unit'>

function placeCall(call: CallSyntax, place: PlaceFunction, inner: Scope): PlacePart {
  const { least, most, gives, count } = PLACE_FUNCTIONS[place]
  const { args: given, star, distinct, filter } = call
  if (given.length < least || given.length > most || star || distinct || filter) {
    const expected = least === most ? `${least}` : `${least} to ${most}`
    throw queryError(call.range, `${place}() takes ${expected} argument${most === 1 ? '' : 's'}`)
  }
  const checked = given.map((argument, k): Ranged => {
    return [k === count ? checkCount(argument, place, inner) : checkExpression(argument, inner), argument.range]
  })
  const [value, n, otherwise] = checked
  const typed = value && otherwise && unify([value, otherwise], `${place}()`)
  const args =
    typed && n ? [typed.all[0] ?? value[0], n[0], typed.all[1] ?? otherwise[0]] : checked.map(([each]) => each)
  const [first] = args
  const own = first ? expressionType(first) : 'null'
  const unit = gives === undefined && first ? unitOf(first) : undefined
  const type = gives ?? (own === 'null' ? 'f64' : own)
  return { of: { place, args }, type, ...(unit !== undefined && { unit }) }
}

function checkCount(syntax: ExpressionSyntax, place: string, inner: Scope): Expression {
  const checked = checkExpression(syntax, inner)
  const value = checked.kind === 'literal' ? checked.value : null
  const least = place === 'lag' || place === 'lead' ? 0n : 1n
  if (typeof value === 'bigint' && value >= least && value <= MAX_COUNT) return checked
  throw queryError(syntax.range, `${place}() expected a whole number from ${least} to ${MAX_COUNT}`)
}

const MAX_COUNT = 1_000_000_000n

/** Up to the current row and its equals where there is an order, else the whole partition. */
function defaultFrame(order: readonly OrderKey[]): Frame {
  const end: FrameBound = order.length > 0 ? { kind: 'current' } : { kind: 'following' }
  return { unit: 'range', start: { kind: 'preceding' }, end }
}

const RANKS: Readonly<Record<FrameBound['kind'], number>> = { preceding: -1, current: 0, following: 1 }

function checkFrame(syntax: FrameSyntax, order: readonly OrderKey[], inner: Scope): Frame {
  const { unit, range } = syntax
  const start = checkBound(syntax.start, syntax, { order, inner })
  const end = checkBound(syntax.end, syntax, { order, inner })
  const never = RANKS[start.kind] > RANKS[end.kind]
  if (never || isUnbounded(start, 'following') || isUnbounded(end, 'preceding')) {
    throw queryError(range, 'the frame ends before it starts')
  }
  return { unit, start, end }
}

function isUnbounded({ kind, distance }: FrameBound, direction: FrameBound['kind']): boolean {
  return kind === direction && distance === undefined
}

interface BoundPlace {
  order: readonly OrderKey[]
  inner: Scope
}

function checkBound(
  { kind, distance, range }: BoundSyntax,
  { unit }: FrameSyntax,
  { order, inner }: BoundPlace,
): FrameBound {
  if (distance === undefined) return { kind }
  const checked = checkExpression(distance, inner)
  const value = checked.kind === 'literal' ? checked.value : null
  if (unit === 'range') return { kind, distance: rangeDistance(value, { order, range }) }
  if (typeof value === 'bigint' && value >= 0n && value <= MAX_COUNT) return { kind, distance: Number(value) }
  throw queryError(distance.range, `ROWS expected a whole number from 0 to ${MAX_COUNT}`)
}

/** A distance in what the rows are sorted by: a duration for times, a number for numbers. */
function rangeDistance(
  value: unknown,
  { order, range }: { order: readonly OrderKey[]; range: SourceRange },
): number | bigint {
  const [key, second] = order
  const type = key && !second ? expressionType(key.expression) : undefined
  if (type !== 'time' && type !== 'i64' && type !== 'f64') {
    throw queryError(range, 'RANGE with a distance expected ORDER BY one time or number')
  }
  if (type === 'f64' && (typeof value === 'number' || typeof value === 'bigint') && Number(value) >= 0)
    return Number(value)
  if (type !== 'f64' && typeof value === 'bigint' && value >= 0n) return value
  throw queryError(range, `RANGE expected ${type === 'time' ? 'a duration' : 'a number'} of 0 or more`)
}
