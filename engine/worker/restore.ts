import { loadPlatform } from './load-platform.ts'
import type { StoreLocation } from './platform.ts'
import type { RestoreOptions } from './restore-store.ts'

/**
 * Makes the store at a location what a backup says. The store must not be open, and must be new or empty unless `replace` says
 * that its data is to go. Nothing of it changes until the whole backup has arrived and passed its checks. Throws `corrupt`
 * or `truncated` where the backup is damaged, `invalid` where the store has data or the backup has cold rows and `cold` does not
 * say where those are or go, `io` where that place does not have them, `locked` where the store is open.
 */
export async function restoreStore(
  location: StoreLocation,
  backup: AsyncIterable<Uint8Array>,
  options: RestoreOptions = {},
): Promise<void> {
  const [{ spawn }, { restoreInThread }] = await Promise.all([loadPlatform(), import('./restore-store.ts')])
  await restoreInThread(spawn(), location, backup, options)
}
