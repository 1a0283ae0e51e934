import { TidemarkError } from '../../core/errors.ts'
import { checkSecure } from '../../storage/browser-store-lock.ts'

/** Tabs that have one database open at the same time. */
export const MAX_TABS = 64

/** A lock of this site that is held until it is let go or the thread ends. */
export interface HeldLock {
  release(): void
}

/** Waits for a lock. Rejects where the signal aborts first. */
export async function holdLock(name: string, signal?: AbortSignal): Promise<HeldLock> {
  const held = await requestLock(name, signal ? { signal } : {})
  if (held === undefined) throw new Error('a lock that is waited for is granted')
  return held
}

/** The least number that no other living tab of the database has, and the lock by which it is held. */
export async function takeTabNumber(database: string): Promise<{ tab: number; lock: HeldLock }> {
  checkSecure()
  for (let tab = 0; tab < MAX_TABS; tab++) {
    const lock = await requestLock(tabLockName(database, tab), { ifAvailable: true })
    if (lock) return { tab, lock }
  }
  throw new TidemarkError('quota', `${MAX_TABS} tabs have the database '${database}' open already`)
}

/** Held by a tab for as long as it lives. */
export function tabLockName(database: string, tab: number): string {
  return `tidemark/${database}/tab ${tab}`
}

/** Held by the tab whose worker has the store. */
export function leaderLockName(database: string): string {
  return `tidemark/${database}/leader`
}

function requestLock(name: string, options: LockOptions): Promise<HeldLock | undefined> {
  const granted = Promise.withResolvers<HeldLock | undefined>()
  const held = navigator.locks.request(name, options, (lock) => {
    if (lock === null) {
      granted.resolve(undefined)
      return undefined
    }
    return new Promise<void>((release) => {
      granted.resolve({ release })
    })
  })
  held.catch(granted.reject)
  return granted.promise
}
