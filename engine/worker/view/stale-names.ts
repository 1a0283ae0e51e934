import type { Matcher } from '../../core/matcher.ts'
import { decodeSeriesKey, tagValue } from '../../core/series.ts'
import type { ViewDefinition } from '../../core/view.ts'
import type { SeriesRegistry } from '../write/series-registry.ts'
import type { Views } from './views.ts'

/** Series whose tags are kept in a manifest, of all views; of further ones all groups of their parts are stale after a restart. */
export const MAX_NAMED_SERIES = 16_384

/** Finds for the next manifest what the stale groups of views are called: numbers of series mean nothing after a restart. */
export async function nameStaleGroups(views: Views, registry: Pick<SeriesRegistry, 'keysOf'>): Promise<void> {
  let room = MAX_NAMED_SERIES
  const unnamed = views.groups().filter(({ groups }) => {
    if (groups.isAll || groups.series.length > room) return false
    room -= groups.series.length
    return groups.kept === undefined
  })
  // All keys are asked for at once, before the hosts can forget a series.
  const asked = unnamed.map(({ groups }) => ({ count: groups.series.length, keys: registry.keysOf(groups.series) }))
  for (const [i, { definition, groups }] of unnamed.entries()) {
    const { count = 0, keys = [] } = asked[i] ?? {}
    groups.name(valuesOf(await keys, definition), count)
  }
}

/** Tests that the groups of some series pass: of the values that each tag has among them. */
export function valuesOf(keys: readonly Uint8Array[], { tags }: ViewDefinition): Matcher[] {
  const names = [...new Set(tags.map(({ tag }) => tag))]
  const values = names.map(() => new Set<string>())
  for (const key of keys) {
    const series = decodeSeriesKey(key)
    if (series) for (const [at, name] of names.entries()) values[at]?.add(tagValue(series.tags, name))
  }
  return names.map((tag, at) => ({ tag, op: 'in', values: [...(values[at] ?? [])] }))
}
