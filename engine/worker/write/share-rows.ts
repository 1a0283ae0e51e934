import type { TableGroups, TableRows } from '../../core/rows.ts'
import { gatherRows } from '../../kernel/packed-rows.ts'
import type { RowBuffers } from '../../kernel/row-buffers.ts'
import { selectGroups } from '../../storage/table-groups.ts'
import type { SeriesRegistry } from './series-registry.ts'

/** Rows by host, of several, with each host's refs in place of the registry's numbers. What they lay in goes back to the pool where they are copied. */
export function shareRows(
  tables: readonly TableRows[],
  registry: SeriesRegistry,
  hosts: number,
  buffers: RowBuffers,
): TableRows[][] {
  const shares: TableRows[][] = Array.from({ length: hosts }, () => [])
  for (const rows of tables) {
    for (const [host, places] of placesByHost(rows.series, registry, hosts).entries()) {
      if (places.length === 0) continue
      const share = gatherRows(rows, places, buffers)
      registry.replaceByRefs(share.series)
      shares[host]?.push(share)
    }
    if (rows.memory) buffers.give(rows.memory)
  }
  return shares
}

/** Which rows are of which host. */
function placesByHost(series: Uint32Array, registry: SeriesRegistry, hosts: number): Uint32Array[] {
  const counts = new Uint32Array(hosts)
  const owners = series.map((number) => registry.hostOf(number))
  for (const host of owners) counts[host] = (counts[host] as number) + 1
  const places = Array.from(counts, (count) => new Uint32Array(count))
  counts.fill(0)
  owners.forEach((host, row) => {
    const at = counts[host] as number
    ;(places[host] as Uint32Array)[at] = row
    counts[host] = at + 1
  })
  return places
}

/** Groups by host, of several, with each host's refs in place of the registry's numbers. */
export function shareGroups(groups: TableGroups, registry: SeriesRegistry, hosts: number): (TableGroups | undefined)[] {
  const places: number[][] = Array.from({ length: hosts }, () => [])
  for (const [place, number] of groups.series.entries()) places[registry.hostOf(number)]?.push(place)
  return places.map((own) => {
    if (own.length === 0) return undefined
    const share = selectGroups(groups, own)
    return { ...share, series: registry.refsOf(share.series) }
  })
}
