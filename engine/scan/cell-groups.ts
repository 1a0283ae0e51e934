import { compareTexts, type Tags, tagValue } from '../core/series.ts'

/** Values of some tags as one key. */
export function groupKey(tags: Tags, by: readonly string[]): string {
  const [only] = by
  if (only === undefined) return ''
  if (by.length === 1) return tagValue(tags, only)
  return JSON.stringify(by.map((name) => tagValue(tags, name)))
}

/** Groups in the order of their values, and the number of each by its key. */
export interface SeriesGroups {
  values: readonly (readonly string[])[]
  numberOf: ReadonlyMap<string, number>
}

/** The groups of some series by some tags. */
export function seriesGroups(tagSets: Iterable<Tags>, by: readonly string[]): SeriesGroups {
  const values = new Map<string, string[]>()
  for (const tags of tagSets)
    values.set(
      groupKey(tags, by),
      by.map((name) => tagValue(tags, name)),
    )
  const sorted = [...values].sort(([, a], [, b]) => compareTexts(a, b))
  return { values: sorted.map(([, group]) => group), numberOf: new Map(sorted.map(([key], index) => [key, index])) }
}
