import { type Column, isValid } from '../core/batch.ts'
import { ROLLUP_ROWS, type RollupPart, rollupField } from '../core/rollup.ts'
import { SLOT, STATE_SLOTS } from '../kernel/span-state.ts'
import type { ColumnDecoder } from './group-frame.ts'
import type { InputCells, StateViews } from './input-cells.ts'
import type { RowGroup } from './row-group.ts'

/** Where the parts of a state go. Parts that a measure does not need stay 0. */
const SLOTS: Readonly<Record<Exclude<RollupPart, 'count'>, number>> = {
  high: SLOT.sumHigh,
  low: SLOT.sumLow,
  min: SLOT.min,
  max: SLOT.max,
  first: SLOT.first,
  firstTime: SLOT.firstTime,
  last: SLOT.last,
  lastTime: SLOT.lastTime,
}

/** Parts that an input's measures need. */
export function partsOf({ measures }: Pick<InputCells, 'measures'>): RollupPart[] {
  const parts: RollupPart[] = ['count']
  for (const measure of measures) {
    if (measure === 'sum') parts.push('high', 'low')
    else if (measure === 'min' || measure === 'max') parts.push(measure)
    else if (measure === 'first') parts.push('first', 'firstTime')
    else if (measure === 'last') parts.push('last', 'lastTime')
  }
  return parts
}

/** A rollup's rows as states of one field, `STATE_SLOTS` a row, in the form in which the kernel returns them. */
export function readStates(
  group: RowGroup,
  { field, parts, decode }: { field: string; parts: readonly RollupPart[]; decode: ColumnDecoder },
): StateViews {
  const bytes = new ArrayBuffer(group.rows * STATE_SLOTS * 8)
  const views = { f64: new Float64Array(bytes), i64: new BigInt64Array(bytes) }
  for (const part of parts) {
    const name = rollupField(field, part)
    const stored = group.field(name)
    if (stored === undefined) continue
    const column = decode(stored, name)
    if (part === 'count') putCounts(views.f64, column)
    else putSlot(views, column, SLOTS[part])
  }
  return views
}

/** Rows that each window of a rollup has, by row of the group. */
export function readRowCounts(group: RowGroup, decode: ColumnDecoder): Float64Array {
  const stored = group.field(ROLLUP_ROWS)
  return Float64Array.from(stored ? decode(stored, ROLLUP_ROWS).values : new Float64Array(group.rows), Number)
}

function putCounts(out: Float64Array, column: Column): void {
  for (let row = 0; row < column.values.length; row++) {
    if (isValid(column.validity, row)) out[row * STATE_SLOTS + SLOT.count] = Number(column.values[row])
  }
}

/** A row without a value has any bits here: its count is 0. */
function putSlot({ f64, i64 }: StateViews, column: Column, slot: number): void {
  const { type, values } = column
  if (type === 'f64') for (let row = 0; row < values.length; row++) f64[row * STATE_SLOTS + slot] = values[row] ?? 0
  else for (let row = 0; row < values.length; row++) i64[row * STATE_SLOTS + slot] = BigInt(values[row] ?? 0)
}
