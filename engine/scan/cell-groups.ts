import { compareTexts, type Tags, tagValue } from '../core/series.ts'

/** Values of some tags as one key. */
export function groupKey(tags: Tags, by: readonly string[]): string {
  return JSON.stringify(by.map((name) => tagValue(tags, name)))
}

/** The groups of some series in the order of their values, and the number of each by its key. */
export function groupsOf(tagSets: Iterable<Tags>, by: readonly string[]): [string[][], Map<string, number>] {
  const values = new Map<string, string[]>()
  for (const tags of tagSets)
    values.set(
      groupKey(tags, by),
      by.map((name) => tagValue(tags, name)),
    )
  const sorted = [...values].sort(([, a], [, b]) => compareTexts(a, b))
  return [sorted.map(([, group]) => group), new Map(sorted.map(([key], index) => [key, index]))]
}
