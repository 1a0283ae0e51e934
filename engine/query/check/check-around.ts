import type { Expression } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { AroundSyntax, BoundSyntax, CoreSyntax, JoinSyntax } from '../parse/syntax.ts'
import { aggregateCall, isAggregate } from './aggregate-call.ts'
import { conjunctsOf } from './boolean.ts'
import { checkExpression } from './check-expression.ts'
import { between } from './check-windows.ts'
import type { AggregateCall } from './checked.ts'
import { queryError } from './query-error.ts'
import type { AroundMatch, AroundRelation, JoinKey, Relation } from './relation.ts'
import { constantScope, rowScope } from './row-scope.ts'
import type { CallSyntax, ColumnExpression, Environment, Scope } from './scope.ts'
import { sideTime } from './side-time.ts'
import { type AroundRows, findColumn, type Sources } from './sources.ts'
import { narrow } from './time-range.ts'
import { isFramed } from './window-call.ts'

interface Sides {
  left: Sources
  right: Sources
  equal: readonly JoinKey[]
  environment: Environment
}

/** Which rows of the right side are around one of the left. */
export function aroundMatch(
  join: JoinSyntax,
  around: AroundSyntax,
  { left, right, equal, environment }: Sides,
): AroundMatch {
  const times = {
    left: sideTime(left, join.left.range, 'WINDOW JOIN'),
    right: sideTime(right, join.right.range, 'WINDOW JOIN'),
  }
  const [start, end] = [boundOf(around.start, environment), boundOf(around.end, environment)]
  if (start > end) throw queryError(around.end.range, 'RANGE expected an end that is not before its start')
  return { equal, ...times, start, end, prevailing: around.prevailing }
}

/** How far behind a row's time a bound is, in ns. */
function boundOf({ kind, distance, range }: BoundSyntax, environment: Environment): bigint {
  if (kind === 'current') return 0n
  const expected = 'a duration of 0 or more'
  if (distance === undefined) throw queryError(range, `WINDOW JOIN expected ${expected}; what is unbounded is not held`)
  const checked = checkExpression(distance, constantScope(environment, 'RANGE', expected))
  if (checked.kind !== 'literal' || typeof checked.value !== 'bigint' || checked.value < 0n) {
    throw queryError(distance.range, `RANGE expected ${expected}`, { expected: [expected] })
  }
  return kind === 'preceding' ? -checked.value : checked.value
}

/** What items mean where rows have others around them, and the relation that has them. */
export interface CheckedAround {
  scope: Scope
  /** To be taken once all items are checked. */
  relation: AroundRelation
}

/** Names are of the rows themselves, but in aggregates of the rows around. `rows` is what names mean without these. */
export function checkAround(
  core: CoreSyntax,
  sources: Sources,
  { around, rows }: { around: AroundRows; rows: Scope },
): CheckedAround {
  refuseGroups(core)
  const calls: AggregateCall[] = []
  const inner = rowScope(around.sources, rows.environment, 'within another aggregate')
  const scope: Scope = {
    ...rows,
    column: (name) => {
      if (findColumn(name, sources) === undefined && findColumn(name, around.sources)) {
        throw queryError(name.range, `'${name.name}' is of the rows around; expected it inside an aggregate`)
      }
      return rows.column(name)
    },
    call: (call, own) => (isOfAround(call) ? aroundCall(call, calls, inner) : rows.call(call, own)),
  }
  return { scope, relation: aroundRelation(sources.relation, around, calls) }
}

function isOfAround({ name, over }: CallSyntax): boolean {
  return over === undefined && isAggregate(name)
}

function aroundCall(call: CallSyntax, calls: AggregateCall[], inner: Scope): ColumnExpression {
  const column = aggregateCall(call, calls, inner)
  if (calls.every(isFramed)) return column
  throw queryError(call.range, `${call.name}() needs series; WINDOW JOIN takes aggregates of rows`)
}

function refuseGroups({ groupBy: [group], having, latest, span }: CoreSyntax): void {
  const range = group?.range ?? span?.range ?? having?.range ?? latest?.range
  if (range === undefined) return
  throw queryError(
    range,
    'aggregates are of the rows around each row here; put the WINDOW JOIN in brackets to group its rows',
  )
}

function aroundRelation(
  left: Relation,
  { sources, match }: AroundRows,
  calls: readonly AggregateCall[],
): AroundRelation {
  const right = withinReach(left, sources.relation, match)
  return { kind: 'around', left: byTime(left, match.left), right: byTime(right, match.right), match, calls }
}

function byTime(input: Relation, expression: Expression): Relation {
  return { kind: 'sort', input, order: [{ expression, descending: false, nullsFirst: false }] }
}

/** The rows of the right side that can be around rows of the left: those near the times that WHERE leaves. */
function withinReach(left: Relation, right: Relation, match: AroundMatch): Relation {
  if (left.kind !== 'filter' || match.right.kind !== 'column') return right
  const range = { start: MIN_TIME, end: MAX_TIME }
  for (const test of conjunctsOf(left.condition)) {
    const own = { start: MIN_TIME, end: MAX_TIME }
    if (!readsTime(test, match.left) || !narrow(own, test)) continue
    if (own.start > range.start) range.start = own.start
    if (own.end < range.end) range.end = own.end
  }
  const start = range.start === MIN_TIME || match.prevailing ? MIN_TIME : range.start + match.start
  const end = range.end === MAX_TIME ? MAX_TIME : range.end + match.end
  if (start === MIN_TIME && end === MAX_TIME) return right
  return { kind: 'filter', input: right, condition: between(match.right, { start, end }) }
}

/** Whether a comparison is of this time. */
function readsTime(test: Expression, time: Expression): boolean {
  if (test.kind !== 'binary' || time.kind !== 'column') return false
  return [test.left, test.right].some((side) => side.kind === 'column' && side.name === time.name)
}
