import type { AggregatePlan } from '../../core/plan.ts'
import { ROLLUP_MEASURES } from '../../core/rollup.ts'
import { TimeRanges } from '../../core/time-ranges.ts'
import type { TimeRange } from '../../scan/row-group.ts'

/** A part of an aggregate's range, answered from rows, or from the rollup of a width. */
export interface Piece extends TimeRange {
  rollup?: bigint
}

/** The widest of some widths whose windows add up to exactly what a plan asks for; `undefined` where none does. */
export function fittingWidth(plan: AggregatePlan, widths: readonly bigint[]): bigint | undefined {
  const { accumulators, filter, inputs, window } = plan
  if (filter !== undefined || (accumulators && accumulators.length > 0)) return undefined
  const isKept = inputs.every(({ expression, measures }) => {
    if (expression === undefined) return true
    const isField = expression.kind === 'column' && expression.source === 'field' && expression.type !== 'string'
    return isField && measures.every((measure) => ROLLUP_MEASURES.includes(measure))
  })
  if (!isKept) return undefined
  return widths.findLast((width) => {
    const coversWindows = window === undefined || (window.width % width === 0n && window.origin % width === 0n)
    return coversWindows && innerRange(plan, width) !== undefined
  })
}

/**
 * A plan's range as pieces in order of time. Windows of the rollup that lie in the range and whose rows have not changed
 * since come from it, all else from rows. `rowsFrom` and `windowsFrom` are where rows and windows have not expired.
 */
export function planPieces(
  { start, end }: TimeRange,
  { width, stale, rowsFrom, windowsFrom }: RollupState,
): readonly Piece[] {
  const inner = innerRange({ start: windowsFrom > start ? windowsFrom : start, end }, width)
  if (inner === undefined) return rowPieces([{ start, end }], rowsFrom)
  // Of windows whose rows have begun to expire nothing better can be computed any more.
  const unexpired = ceilTo(rowsFrom, width)
  const kept = new TimeRanges(rowPieces(stale, unexpired)).gaps(inner)
  const rest = new TimeRanges(kept).gaps({ start, end })
  const pieces: Piece[] = [...rowPieces(rest, rowsFrom), ...kept.map((range) => ({ ...range, rollup: width }))]
  return pieces.sort((a, b) => (a.start < b.start ? -1 : 1))
}

export interface RollupState {
  width: bigint
  /** Whole windows that may lack something. */
  stale: readonly TimeRange[]
  rowsFrom: bigint
  windowsFrom: bigint
}

function rowPieces(ranges: readonly TimeRange[], rowsFrom: bigint): Piece[] {
  return ranges
    .map(({ start, end }) => ({ start: start < rowsFrom ? rowsFrom : start, end }))
    .filter(({ start, end }) => start < end)
}

/** The whole windows of a range. */
function innerRange({ start, end }: TimeRange, width: bigint): TimeRange | undefined {
  const first = ceilTo(start, width)
  const last = floorTo(end, width)
  return first < last ? { start: first, end: last } : undefined
}

export function floorTo(time: bigint, width: bigint): bigint {
  const past = time % width
  return time - (past < 0n ? past + width : past)
}

export function ceilTo(time: bigint, width: bigint): bigint {
  return -floorTo(-time, width)
}
