import { columnsOf, type Expression } from '../../core/expression.ts'
import { MAX_TIME, MIN_TIME } from '../../core/time.ts'
import type { SourceRange } from '../parse/syntax.ts'
import { conjunctsOf, joinLogical } from './boolean.ts'
import type { AggregateCall } from './checked.ts'
import { queryError } from './query-error.ts'
import type { AggregateRelation, OverlayRelation, Relation } from './relation.ts'
import type { Scope } from './scope.ts'
import { isShiftableTest } from './time-range.ts'

/** Most different offsets of one SELECT: each reads rows of its own. */
export const MAX_OFFSETS = 100

/** The aggregates of items that stand before OFFSET with one duration. */
export interface OffsetCalls {
  offset: bigint
  /** Where the first of them stands. */
  range: SourceRange
  calls: AggregateCall[]
  scope: Scope
}

/** The groups of now with those of earlier, each as the rows of so much later would make them. */
export function withOffsets(grouped: AggregateRelation, offsets: readonly OffsetCalls[]): OverlayRelation | undefined {
  if (offsets.length === 0) return undefined
  const earlier = offsets.map((each) => shifted(grouped, each))
  return { kind: 'overlay', inputs: [grouped, ...earlier], offsets: [0n, ...offsets.map(({ offset }) => offset)] }
}

function shifted(grouped: AggregateRelation, { offset, range, calls }: OffsetCalls): AggregateRelation {
  const { window, time } = grouped
  if (window?.kind === 'calendar') {
    throw queryError(range, 'OFFSET is for windows of a fixed length; these are of a calendar')
  }
  const name = time?.kind === 'column' ? time.name : undefined
  const moved = window && { window: { ...window, origin: window.origin - offset } }
  return { ...grouped, calls, ...moved, input: shiftedRows(grouped.input, name, { offset, range }) }
}

/** The rows of WHERE, and of FROM and TO, so much earlier. */
function shiftedRows(
  input: Relation,
  time: string | undefined,
  { offset, range }: Pick<OffsetCalls, 'offset' | 'range'>,
): Relation {
  if (input.kind !== 'filter' || time === undefined) return input
  const tests = conjunctsOf(input.condition).map((test): Expression => {
    if (!columnsOf(test).includes(time)) return test
    if (isShiftableTest(test)) return shiftedTest(test, offset)
    throw queryError(range, 'OFFSET is possible where WHERE compares time with constants only, joined by AND')
  })
  const below = input.input.kind === 'filter' ? shiftedRows(input.input, time, { offset, range }) : input.input
  return { ...input, input: below, condition: joinLogical('and', tests) }
}

function shiftedTest(test: Extract<Expression, { kind: 'binary' }>, offset: bigint): Expression {
  const move = (side: Expression): Expression =>
    side.kind === 'literal' && typeof side.value === 'bigint'
      ? { ...side, value: withinTime(side.value - offset) }
      : side
  return { ...test, left: move(test.left), right: move(test.right) }
}

function withinTime(time: bigint): bigint {
  return time < MIN_TIME ? MIN_TIME : time > MAX_TIME ? MAX_TIME : time
}
