import { join } from 'node:path'
import { TidemarkError } from '../core/errors.ts'
import { loadCore } from '../kernel/load-node.ts'
import { openMemoryStore } from '../storage/memory-store.ts'
import { openNodeBlobStore } from '../storage/node-blob-store.ts'
import { openNodeStore } from '../storage/node-store.ts'
import type { Platform } from './platform.ts'
import { randomSeed } from './write/random-seed.ts'

export const nodePlatform: Platform = {
  hasFolders: true,
  sharesMemory: true,
  loadCore,
  randomSeed,
  openStore: async (location, options) => {
    if (location.kind === 'files') return openNodeStore(location.directory, options)
    if (location.kind === 'memory') return openMemoryStore()
    throw new TidemarkError('invalid', 'Node keeps no databases of a browser', {
      hint: "use { kind: 'files', directory }",
    })
  },
  openBlobs: async (location) => {
    if (location.kind === 'files') return openNodeBlobStore(join(location.directory, 'blobs'))
    throw new TidemarkError('invalid', `a store of kind '${location.kind}' has one worker at most`)
  },
}
