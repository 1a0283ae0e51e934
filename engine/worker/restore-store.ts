import type { ColdLocation } from '../cold/cold-location.ts'
import { remote } from '../core/calls.ts'
import { TidemarkError } from '../core/errors.ts'
import { Kernel } from '../kernel/kernel.ts'
import { restoreBackup } from '../storage/backup-reader.ts'
import { MANIFEST_NAME } from '../storage/manifest.ts'
import type { Store } from '../storage/store.ts'
import type { Platform, StoreLocation, Thread } from './platform.ts'
import type { ShardWorker } from './shard/shard-worker.ts'
import { ThreadFailure } from './thread-failure.ts'

export interface RestoreOptions {
  /** Takes the place of the data that a store has; without it a store that has some is refused. */
  replace?: boolean
  /** Where the cold rows of the backup are; where the backup has their files, where these are to be put. */
  cold?: ColdLocation
}

/** The next bytes of a backup; `undefined` at its end. */
export type NextChunk = () => Promise<Uint8Array | undefined>

/** Restores in a thread: files of a browser can be opened only there. */
export async function restoreInThread(
  thread: Thread,
  location: StoreLocation,
  chunks: AsyncIterable<Uint8Array>,
  options: RestoreOptions,
): Promise<void> {
  const failure = new ThreadFailure([thread])
  const iterator = chunks[Symbol.asyncIterator]()
  const next: NextChunk = async () => {
    const { done, value } = await iterator.next()
    return done ? undefined : value
  }
  try {
    const { checkLocation } = await import('../cold/cold-location.ts')
    const worker = remote<ShardWorker>(thread.endpoint)
    const checked = { ...options, ...(options.cold && { cold: checkLocation(options.cold) }) }
    await failure.guard(worker.restore(location, checked, next))
  } finally {
    failure.end()
    await iterator.return?.()
  }
}

/** Makes the store at a location, which nobody may have open, what a backup says. */
export async function restoreStore(
  platform: Platform,
  location: StoreLocation,
  next: NextChunk,
  { replace = false, cold: place }: RestoreOptions,
): Promise<void> {
  const { ColdRestore } = await import('./cold/cold-backup.ts')
  const kernel = await Kernel.create(await platform.loadCore())
  const store = await platform.openStore(location, { checksum: (bytes) => kernel.checksum(bytes) })
  try {
    if (!replace && (await hasData(store))) {
      throw new TidemarkError('invalid', 'the store has data already; nothing was restored', {
        hint: 'Restore to another place, or say that the data is to be replaced.',
      })
    }
    await restoreBackup(store, pulled(next), kernel, new ColdRestore(kernel, { location: place, replace }))
  } finally {
    await store.close()
  }
}

async function* pulled(next: NextChunk): AsyncGenerator<Uint8Array> {
  for (let chunk = await next(); chunk; chunk = await next()) yield chunk
}

/** Segments alone are what a restoration left that did not come to its end. */
async function hasData({ blobs, log }: Store): Promise<boolean> {
  return log.next > 0 || (await blobs.list()).some(({ name }) => name === MANIFEST_NAME)
}
