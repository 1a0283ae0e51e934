import { TidemarkError } from '../core/errors.ts'
import { loadCore } from '../kernel/load-browser.ts'
import { checkNotLost, hasIndexedDb, markDatabase } from '../storage/indexeddb-mark.ts'
import { hasOpfsFolder, hasPrivateFiles } from '../storage/opfs-folder.ts'
import { openOpfsThread } from './browser-store-thread.ts'
import type { BrowserEngine, Platform } from './platform.ts'
import { randomSeed } from './write/random-seed.ts'

export const browserPlatform: Platform = {
  hasFolders: false,
  sharesMemory: false,
  loadCore,
  randomSeed,
  openStore: async (location, options) => {
    if (location.kind === 'memory') return (await import('../storage/memory-store.ts')).openMemoryStore()
    if (location.kind !== 'browser') {
      throw new TidemarkError('invalid', 'a browser has no folders', { hint: "use { kind: 'browser', database }" })
    }
    const { database, engine = 'auto', replaceLost = false } = location
    const chosen = engine === 'auto' ? await chooseEngine(database, replaceLost) : engine
    if (chosen === 'opfs') return openOpfsThread(database)
    const [{ openIndexedDbStore }] = await Promise.all([
      import('../storage/indexeddb-store.ts'),
      checkNotLost(database, replaceLost),
    ])
    const store = await openIndexedDbStore(database, options)
    await markDatabase(database)
    return store
  },
  openBlobs: async () => {
    throw new TidemarkError('invalid', 'a store in a browser has one worker at most')
  },
}

/**
 * What has the database. A new one gets files where the browser has them: Chromium can lose one in IndexedDB when all of it is
 * killed, and test/bench/browser-store.ts loads 11.7 M values a second into files and 6.1 into IndexedDB (Chromium 156, two
 * cores), with 0.38 and 0.52 s of CPU; one row takes 1.0 and 1.5 ms (p99 5 and 14). Only of many single rows at a time
 * IndexedDB takes more, 2,500 a second to 1,000.
 */
async function chooseEngine(database: string, replaceLost: boolean): Promise<Exclude<BrowserEngine, 'auto'>> {
  const [inFiles, inIndexedDb] = await Promise.all([hasOpfsFolder(database), hasIndexedDb(database)])
  if (inFiles && inIndexedDb) {
    throw new TidemarkError('invalid', `there are two databases '${database}', one in files and one in IndexedDB`, {
      hint: "Say which one is meant with engine: 'opfs' or engine: 'indexeddb'.",
    })
  }
  if (inFiles) return 'opfs'
  if (!inIndexedDb) await checkNotLost(database, replaceLost)
  return !inIndexedDb && hasPrivateFiles() ? 'opfs' : 'indexeddb'
}
