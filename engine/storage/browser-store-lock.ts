import { TidemarkError } from '../core/errors.ts'
import { browserError } from './browser-error.ts'

/** A reloaded page meets the lock of its own worker from before, to which Chromium gives 2 s to end if it is busy. */
const LOCK_WAIT_MS = 3_000

/**
 * Takes a database for this page or worker and returns how to let it go; the browser lets it go when that dies. Throws
 * `locked` where another has it and keeps it for `LOCK_WAIT_MS`.
 */
export async function lockDatabase(database: string): Promise<() => void> {
  checkSecure()
  const granted = Promise.withResolvers<() => void>()
  const signal = AbortSignal.timeout(LOCK_WAIT_MS)
  const held = navigator.locks.request(`tidemark/${database}`, { signal }, () => {
    return new Promise<void>((release) => {
      granted.resolve(release)
    })
  })
  held.catch((error: unknown) => {
    granted.reject(signal.aborted ? lockedElsewhere(database) : browserError(error, `lock the database '${database}'`))
  })
  return granted.promise
}

/** Throws `io` where the browser lets no page keep data that was not loaded securely. */
export function checkSecure(): void {
  if (navigator.locks !== undefined) return
  throw new TidemarkError('io', 'this page may not keep data in the browser, since it was not loaded securely', {
    hint: 'Open it over https or from localhost.',
  })
}

export function lockedElsewhere(database: string): TidemarkError {
  return new TidemarkError('locked', `another tab or worker of this site has the database '${database}' open`, {
    hint: 'Close that tab, or go on in it.',
  })
}
