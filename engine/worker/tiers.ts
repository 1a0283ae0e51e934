import { type ColdLocation, checkLocation } from '../cold/cold-location.ts'
import type { TierRule } from '../cold/move-plan.ts'
import { TidemarkError } from '../core/errors.ts'

/** Where what is no longer hot lies, and when it goes there. */
export interface Tiers {
  /** A place that one store writes to; others may read it. */
  cold: ColdLocation
  /**
   * When whole days of a table become cold, by the table's name or by a prefix that ends in `*`. Without rules nothing is
   * moved. What is read of the cold tier is kept in the same cache as blocks of segments.
   */
  rules?: Readonly<Record<string, TierRule>>
  /**
   * What queries read of the cold tier is kept beside the segments too, up to so many bytes; what was not read for longest goes
   * first. The limit of `space` does not count it, the browser does. Default 0: nothing is kept, and what was is removed.
   */
  keptBytes?: number
}

/** The same, or what stands for a cold tier that the store has and that was not opened with it. */
export type OpenedTiers = Tiers | { cold: { kind: 'closed' }; rules?: undefined; keptBytes?: undefined }

/** The tiers with addresses that hold in workers too. Throws `invalid` where something is missing or wrong. */
export function checkTiers({ cold, rules, keptBytes = 0 }: Tiers): Tiers {
  const location = checkLocation(cold)
  if (!Number.isSafeInteger(keptBytes) || keptBytes < 0) {
    throw new TidemarkError('invalid', `tiers.keptBytes is ${keptBytes}, expected a whole number of bytes`)
  }
  if (rules === undefined) return { cold: location, keptBytes }
  if (location.kind === 'http' && Object.keys(rules).length > 0) {
    throw new TidemarkError('invalid', 'a published folder cannot be written: nothing can be moved to it')
  }
  for (const [name, { afterMs, maxLocalBytes, keepReadMs }] of Object.entries(rules)) {
    const asks = afterMs !== undefined || maxLocalBytes !== undefined
    const given = [afterMs, maxLocalBytes, keepReadMs].filter((value) => value !== undefined)
    if (asks && given.every((value) => Number.isSafeInteger(value) && value >= 0)) continue
    throw new TidemarkError(
      'invalid',
      `the tier rule of '${name}' needs afterMs or maxLocalBytes, and these and keepReadMs are whole numbers of 0 and more`,
    )
  }
  return { cold: location, rules, keptBytes }
}
