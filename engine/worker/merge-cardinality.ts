import type { TableCardinality, TagCardinality } from '../core/plan.ts'
import { isReservedName } from '../core/rollup.ts'
import { compareUtf8 } from '../core/series.ts'
import type { TagValueCount } from '../index/series-index.ts'

/** Series by table, of several hosts together, without the tables that the engine keeps for itself. */
export function mergeTables(found: readonly TableCardinality[]): TableCardinality[] {
  const series = new Map<string, number>()
  for (const each of found) series.set(each.table, (series.get(each.table) ?? 0) + each.series)
  return [...series]
    .filter(([table, count]) => count > 0 && !isReservedName(table))
    .map(([table, count]) => ({ table, series: count }))
    .sort((a, b) => b.series - a.series || compareUtf8(a.table, b.table))
}

/** Values by tag, of several hosts together, which may have the same values. */
export function mergeTags(found: readonly TagValueCount[]): TagCardinality[] {
  const merged = [...Map.groupBy(found, ({ tag }) => tag)].map(([tag, parts]) => ({
    tag,
    values: parts.length === 1 ? (parts[0]?.values ?? 0) : countDistinct(parts),
    series: parts.reduce((total, { series }) => total + series, 0),
  }))
  return merged.filter(({ series }) => series > 0).sort((a, b) => b.values - a.values || compareUtf8(a.tag, b.tag))
}

function countDistinct(parts: readonly TagValueCount[]): number {
  const hashes = new Float64Array(parts.reduce((total, { values }) => total + values, 0))
  let at = 0
  for (const part of parts) {
    if (part.hashes === undefined) throw new Error('a host counted values without their hashes')
    hashes.set(part.hashes, at)
    at += part.hashes.length
  }
  hashes.sort()
  let distinct = 0
  for (let i = 0; i < hashes.length; i++) if (i === 0 || hashes[i] !== hashes[i - 1]) distinct++
  return distinct
}
