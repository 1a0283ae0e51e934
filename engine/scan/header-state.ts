import type { Column } from '../core/batch.ts'
import {
  blockFirstI64,
  blockLastI64,
  blockMaxI64,
  blockMinI64,
  blockNulls,
  blockRows,
  blockSumHigh,
  blockSumLow,
} from '../kernel/header.ts'
import { SLOT } from '../kernel/span-state.ts'
import type { InputCells, StateViews } from './input-cells.ts'
import { type Block, isBlock, type RowGroup } from './row-group.ts'

/** Whether the header alone answers: it has no moments and no texts, and of a first or last value only the first row's. */
export function hasHeaderState(column: Block | Column, cells: InputCells): boolean {
  if (!isBlock(column) || cells.type === 'string' || cells.measures.includes('moments')) return false
  const timed = cells.measures.includes('first') || cells.measures.includes('last')
  return !timed || blockNulls(column.view, column.block) === 0
}

/** The state of all rows of a block, from its header. */
export function readHeaderState(block: Block, rows: RowGroup, out: StateViews): void {
  const { view } = block
  // The bits of doubles pass as those of integers.
  out.f64[SLOT.count] = blockRows(view, block.block) - blockNulls(view, block.block)
  out.f64[SLOT.sumHigh] = blockSumHigh(view, block.block)
  out.f64[SLOT.sumLow] = blockSumLow(view, block.block)
  out.i64[SLOT.min] = blockMinI64(view, block.block)
  out.i64[SLOT.max] = blockMaxI64(view, block.block)
  out.i64[SLOT.first] = blockFirstI64(view, block.block)
  out.i64[SLOT.last] = blockLastI64(view, block.block)
  out.i64[SLOT.firstTime] = rows.minTime
  out.i64[SLOT.lastTime] = rows.maxTime
}
