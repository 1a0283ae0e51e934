import { TidemarkError } from '../../core/errors.ts'

/** How many bytes a store may take, and what may go when it would take more. */
export interface SpaceLimit {
  /** Of segments and log together. A compaction takes more for a while: what it writes, until what it replaces has gone. */
  maxBytes: number
  /**
   * Tables by name or by a prefix that ends in `*` whose rows are elsewhere too: the oldest go first, as by a delete. No other
   * rows ever do.
   */
  evictable?: readonly string[]
}

/** Throws `invalid` where a limit is none. */
export function checkSpace(limit: SpaceLimit, { isTiered }: { isTiered: boolean }): SpaceLimit {
  const { maxBytes, evictable = [] } = limit
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new TidemarkError('invalid', `space.maxBytes is ${maxBytes}, expected a whole number of bytes from 1 on`)
  }
  if (isTiered && evictable.length > 0) {
    throw new TidemarkError('invalid', 'tables of a store with a cold tier are not evictable', {
      hint: 'Days leave this place by a tier rule with maxLocalBytes.',
    })
  }
  return limit
}
