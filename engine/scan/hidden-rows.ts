import type { Column } from '../core/batch.ts'
import { gatherColumn } from '../core/columns.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { decodeColumn, decodeTimes, PlainGroup } from './merge-groups.ts'
import type { RowGroup, TimeRange } from './row-group.ts'

/**
 * A group without the rows in some ranges of time; `undefined` where none is left. A group that the ranges do not touch stays
 * as it is, encoded; what is left of another one is plain, since its headers tell of rows that are gone.
 */
export function withoutHidden(
  group: RowGroup,
  hidden: readonly TimeRange[],
  fields: readonly string[],
  kernel: Kernel,
): RowGroup | undefined {
  const touching = hidden.filter(({ start, end }) => group.minTime < end && group.maxTime >= start)
  if (touching.length === 0) return group
  if (touching.some(({ start, end }) => group.minTime >= start && group.maxTime < end)) return undefined
  const times = decodeTimes(group, kernel)
  const places = new Uint32Array(times.length)
  let count = 0
  for (let row = 0; row < times.length; row++) {
    const time = times[row] as bigint
    if (!touching.some(({ start, end }) => time >= start && time < end)) places[count++] = row
  }
  if (count === 0) return undefined
  if (count === times.length) return group
  const kept = places.subarray(0, count)
  const columns = new Map<string, Column>()
  for (const name of fields) {
    const column = group.field(name)
    if (column) columns.set(name, gatherColumn(decodeColumn(column, name, kernel), kept))
  }
  return new PlainGroup(
    BigInt64Array.from(kept, (row) => times[row] as bigint),
    columns,
  )
}

/** Groups without the rows at hidden times. */
export function visibleGroups(
  groups: readonly RowGroup[],
  hidden: readonly TimeRange[] | undefined,
  fields: readonly string[],
  kernel: Kernel,
): readonly RowGroup[] {
  if (hidden === undefined || hidden.length === 0) return groups
  return groups.flatMap((group) => withoutHidden(group, hidden, fields, kernel) ?? [])
}
