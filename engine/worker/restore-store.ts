import { TidemarkError } from '../core/errors.ts'
import { Kernel } from '../kernel/kernel.ts'
import { restoreBackup } from '../storage/backup.ts'
import { MANIFEST_NAME } from '../storage/manifest.ts'
import type { Store } from '../storage/store.ts'
import type { Platform, StoreLocation } from './platform.ts'

export interface RestoreOptions {
  /** Takes the place of the data that a store has; without it a store that has some is refused. */
  replace?: boolean
}

/** Makes the store at a location, which nobody may have open, what a backup says. */
export async function restoreStore(
  platform: Platform,
  location: StoreLocation,
  chunks: AsyncIterable<Uint8Array>,
  { replace = false }: RestoreOptions,
): Promise<void> {
  const kernel = await Kernel.create(await platform.loadCore())
  const store = await platform.openStore(location, { checksum: (bytes) => kernel.checksum(bytes) })
  try {
    if (!replace && (await hasData(store))) {
      throw new TidemarkError('invalid', 'the store has data already; nothing was restored', {
        hint: 'Restore to another place, or say that the data is to be replaced.',
      })
    }
    await restoreBackup(store, chunks, kernel)
  } finally {
    await store.close()
  }
}

/** Segments alone are what a restoration left that did not come to its end. */
async function hasData({ blobs, log }: Store): Promise<boolean> {
  return log.next > 0 || (await blobs.list()).some(({ name }) => name === MANIFEST_NAME)
}
