import { TidemarkError } from '../core/errors.ts'

/**
 * Takes a database for this page or worker and returns how to let it go; the browser lets it go when that dies. Throws
 * `locked` where another has it.
 */
export async function lockDatabase(database: string): Promise<() => void> {
  if (navigator.locks === undefined) {
    throw new TidemarkError('io', 'this page may not keep data in the browser, since it was not loaded securely', {
      hint: 'Open it over https or from localhost.',
    })
  }
  const granted = Promise.withResolvers<() => void>()
  const held = navigator.locks.request(`tidemark/${database}`, { ifAvailable: true }, (lock) => {
    if (!lock) throw lockedElsewhere(database)
    return new Promise<void>((release) => {
      granted.resolve(release)
    })
  })
  held.catch(granted.reject)
  return granted.promise
}

export function lockedElsewhere(database: string): TidemarkError {
  return new TidemarkError('locked', `another tab or worker of this site has the database '${database}' open`, {
    hint: 'Close that tab, or go on in it.',
  })
}
