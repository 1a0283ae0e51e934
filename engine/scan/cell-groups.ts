import { compareTexts, type Tags, tagValue } from '../core/series.ts'

/** Values of some tags as one key. */
function groupKey(tags: Tags, by: readonly string[]): string {
  const [only] = by
  if (only === undefined) return ''
  if (by.length === 1) return tagValue(tags, only)
  return JSON.stringify(by.map((name) => tagValue(tags, name)))
}

/** Groups of some series in the order of their values. */
export interface SeriesGroups {
  values: readonly (readonly string[])[]
  /** Of each series the number of its group. */
  numbers: Uint32Array
}

/** The groups of series by some tags. */
export function seriesGroups(tagSets: Iterable<Tags>, by: readonly string[]): SeriesGroups {
  const met = new Map<string, { values: string[]; order: number }>()
  const orders: number[] = []
  for (const tags of tagSets) {
    const key = groupKey(tags, by)
    const known = met.get(key) ?? { values: by.map((name) => tagValue(tags, name)), order: met.size }
    met.set(key, known)
    orders.push(known.order)
  }
  const sorted = [...met.values()].sort((a, b) => compareTexts(a.values, b.values))
  const numberOf = new Uint32Array(sorted.length)
  sorted.forEach(({ order }, number) => {
    numberOf[order] = number
  })
  return {
    values: sorted.map(({ values }) => values),
    numbers: Uint32Array.from(orders, (order) => numberOf[order] as number),
  }
}
