import { giveUp } from '../core/given-up-memory.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { joinGroups, orderGroups, sliceGroups } from '../scan/merge-groups.ts'
import type { RowGroup } from '../scan/row-group.ts'
import { type EncodedGroup, encodeGroup } from './encoded-group.ts'

/** Groups of so many rows are worth keeping as they are where what is made of them is written again later. */
export const WELL_FILLED_ROWS: number = BLOCK_ROWS / 2

/**
 * Groups of one series, of which later ones win, as encoded groups that follow each other in time and are full but for the
 * last. Those of `kept` rows and more that nothing overlaps keep their bytes.
 */
export function reblock(
  groups: readonly RowGroup[],
  fields: readonly string[],
  kernel: Kernel,
  kept: number = BLOCK_ROWS,
): EncodedGroup[] {
  const out: EncodedGroup[] = []
  let waiting: RowGroup[] = []
  let waitingRows = 0
  const finish = (): void => {
    const joined = waiting.length > 1 ? joinGroups(waiting, fields, kernel) : undefined
    for (const group of joined ? sliceGroups(...joined) : waiting) out.push(encodeGroup(group, fields, kernel))
    if (joined) for (const { values } of [{ values: joined[0] }, ...joined[1].values()]) giveUp(values)
    waiting = []
    waitingRows = 0
  }
  for (const group of orderGroups(groups, fields, kernel)) {
    if (group.rows >= kept && waitingRows % BLOCK_ROWS === 0) {
      finish()
      out.push(encodeGroup(group, fields, kernel))
      continue
    }
    waiting.push(group)
    waitingRows += group.rows
    if (waitingRows >= MAX_WAITING_ROWS) finish()
  }
  finish()
  return out
}

/** Bounds the memory of a long run of groups that never meets a block's end; costs one block that is not full. */
const MAX_WAITING_ROWS = 64 * BLOCK_ROWS
