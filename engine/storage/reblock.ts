import type { Column } from '../core/batch.ts'
import { concatColumns } from '../core/columns.ts'
import { BLOCK_ROWS } from '../kernel/header.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { decodeColumn, decodeTimes, orderGroups, sliceGroups } from '../scan/merge-groups.ts'
import type { RowGroup } from '../scan/row-group.ts'
import { type EncodedGroup, encodeGroup } from './encoded-group.ts'

/**
 * Groups of one series, of which later ones win, as encoded groups that follow each other in time and are full but for the
 * last. Full groups that nothing overlaps keep their bytes.
 */
export function reblock(groups: readonly RowGroup[], fields: readonly string[], kernel: Kernel): EncodedGroup[] {
  const out: EncodedGroup[] = []
  let waiting: RowGroup[] = []
  let waitingRows = 0
  const finish = (): void => {
    for (const group of joinGroups(waiting, fields, kernel)) out.push(encodeGroup(group, fields, kernel))
    waiting = []
    waitingRows = 0
  }
  for (const group of orderGroups(groups, fields, kernel)) {
    if (group.rows === BLOCK_ROWS && waitingRows % BLOCK_ROWS === 0) {
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

function joinGroups(groups: readonly RowGroup[], fields: readonly string[], kernel: Kernel): readonly RowGroup[] {
  if (groups.length <= 1) return groups
  const rows = groups.reduce((total, group) => total + group.rows, 0)
  const times = new BigInt64Array(rows)
  let at = 0
  for (const group of groups) {
    times.set(decodeTimes(group, kernel), at)
    at += group.rows
  }
  const columns = new Map<string, Column>()
  for (const name of fields) {
    const parts = groups.map((group) => {
      const column = group.field(name)
      return { rows: group.rows, column: column && decodeColumn(column, name, kernel) }
    })
    const joined = concatColumns(name, parts)
    if (joined) columns.set(name, joined)
  }
  return sliceGroups(times, columns)
}
