import { TidemarkError } from '../../core/errors.ts'

/** How many series there may be: in the store, and in a table by its name or by a prefix that ends in `*`. */
export interface SeriesLimits {
  total?: number
  tables?: Readonly<Record<string, number>>
}

/** Throws `invalid` where a limit is no whole number. */
export function checkLimits(limits: SeriesLimits): SeriesLimits {
  const all: [string, number][] = Object.entries(limits.tables ?? {})
  if (limits.total !== undefined) all.push(['the store', limits.total])
  for (const [name, limit] of all) {
    if (Number.isSafeInteger(limit) && limit >= 0) continue
    throw new TidemarkError('invalid', `maxSeries of ${name} is ${limit}, expected a whole number from 0 on`)
  }
  return limits
}
