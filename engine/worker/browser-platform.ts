import { TidemarkError } from '../core/errors.ts'
import { loadCore } from '../kernel/load-browser.ts'
import { openIndexedDbStore } from '../storage/indexeddb-store.ts'
import { openMemoryStore } from '../storage/memory-store.ts'
import type { Platform } from './platform.ts'
import { randomSeed } from './random-seed.ts'

export const browserPlatform: Platform = {
  loadCore,
  randomSeed,
  openStore: async (location, options) => {
    if (location.kind === 'indexeddb') return openIndexedDbStore(location.database, options)
    if (location.kind === 'memory') return openMemoryStore()
    throw new TidemarkError('invalid', 'a browser has no folders', { hint: "use { kind: 'indexeddb', database }" })
  },
  openBlobs: async () => {
    throw new TidemarkError('invalid', 'a store in a browser has one worker at most')
  },
}
