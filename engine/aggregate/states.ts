import type { Column, ColumnType, FieldType } from '../core/batch.ts'
import { sliceColumn } from '../core/columns.ts'
import { giveUp } from '../core/given-up-memory.ts'
import type { InputStates, Measure, PartialAggregate } from '../core/plan.ts'

/** Values are kept in these; `time` is kept as i64. */
export function stateType(type: ColumnType | 'null'): FieldType {
  if (type === 'time') return 'i64'
  return type === 'null' ? 'f64' : type
}

/** A column of `cells` places for an extreme, a first or a last value. Strings stand in a dictionary of their own. */
export function cellColumn(type: FieldType, cells: number): Column {
  const name = ''
  if (type === 'i64') return { name, type, values: new BigInt64Array(cells) }
  if (type === 'f64') return { name, type, values: new Float64Array(cells) }
  if (type === 'bool') return { name, type, values: new Uint8Array(cells) }
  return { name, type, values: new Uint32Array(cells), dictionary: [] }
}

/** States of `cells` cells that have seen nothing: the `init` of every aggregate. */
export function createStates(type: FieldType, measures: readonly Measure[], cells: number): InputStates {
  const doubles = (): Float64Array<ArrayBuffer> => new Float64Array(cells)
  const wants = (measure: Measure): boolean => measures.includes(measure)
  return {
    type,
    count: doubles(),
    ...(wants('sum') && { sumHigh: doubles(), sumLow: doubles() }),
    ...(wants('min') && { min: cellColumn(type, cells) }),
    ...(wants('max') && { max: cellColumn(type, cells) }),
    ...(wants('first') && { first: cellColumn(type, cells), firstTime: new BigInt64Array(cells) }),
    ...(wants('last') && { last: cellColumn(type, cells), lastTime: new BigInt64Array(cells) }),
    ...(wants('moments') && { mean: doubles(), m2: doubles() }),
  }
}

/** Which measures some states keep. */
export function measuresOf(states: InputStates): Measure[] {
  const kept: Measure[] = []
  if (states.sumHigh) kept.push('sum')
  if (states.min) kept.push('min')
  if (states.max) kept.push('max')
  if (states.first) kept.push('first')
  if (states.last) kept.push('last')
  if (states.mean) kept.push('moments')
  return kept
}

/** The states of the first cells. */
export function firstCells(states: InputStates, count: number): InputStates {
  const { type, min, max, first, firstTime, last, lastTime, sumHigh, sumLow, mean, m2 } = states
  const part = (column: Column): Column => sliceColumn(column, 0, count)
  return {
    type,
    count: states.count.subarray(0, count),
    ...(sumHigh && sumLow && { sumHigh: sumHigh.subarray(0, count), sumLow: sumLow.subarray(0, count) }),
    ...(min && { min: part(min) }),
    ...(max && { max: part(max) }),
    ...(first && firstTime && { first: part(first), firstTime: firstTime.subarray(0, count) }),
    ...(last && lastTime && { last: part(last), lastTime: lastTime.subarray(0, count) }),
    ...(mean && m2 && { mean: mean.subarray(0, count), m2: m2.subarray(0, count) }),
  }
}

/** The arrays of a partial, but for those of its accumulators. */
export function partialArrays({ cellGroup, cellWindow, rows, inputs }: PartialAggregate): ArrayBufferView[] {
  const states = inputs.flatMap((input) =>
    Object.values(input).flatMap((state: Column | ArrayBufferView | string | undefined) =>
      typeof state === 'object' && 'type' in state ? [state.values, state.validity] : [state],
    ),
  )
  return [cellGroup, cellWindow, rows, ...states].filter((each) => ArrayBuffer.isView(each))
}

/** Gives up the memory of a partial that nobody else has, once nothing of it is read any more: with many cells it is large. */
export function giveUpPartial(partial: PartialAggregate): void {
  for (const array of partialArrays(partial)) giveUp(array)
}
