import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openNodeStore } from '../../engine/storage/node-store.ts'
import { generator } from '../support/block-shapes.ts'
import { StorePromises } from '../support/store-promises.ts'
import { WatchedDisk } from '../support/watched-disk.ts'

vi.mock('node:fs/promises', async (original) =>
  (await import('../support/watched-disk.ts')).watchedFiles(await original()),
)
vi.mock('node:fs', async (original) => (await import('../support/watched-disk.ts')).watchedWrites(await original()))

const SEEDS = 60
const CUTS = 6
const LOG_FILE_BYTES = 400

let parent = ''
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'tidemark-power-'))
})
afterEach(() => rm(parent, { recursive: true }))

/** Opens the store of a disk, whose power may fail meanwhile, and ends it without the power that it may lack. */
async function withStore(disk: WatchedDisk, promises: StorePromises, next: () => number): Promise<boolean> {
  try {
    const store = await openNodeStore(disk.folder, { checksum: crc32, logFileBytes: LOG_FILE_BYTES })
    try {
      await promises.check(store)
      await promises.useUntilCut(store, next)
    } finally {
      await store.close().catch(isPowerCut)
    }
    return false
  } catch (error) {
    return isPowerCut(error)
  }
}

function isPowerCut(error: unknown): true {
  if (!String(error).includes('the power is gone')) throw error
  return true
}

test('a store in files keeps what it acknowledged, and no part of what it did not, over cut after cut', async () => {
  let cuts = 0
  for (let seed = 0; seed < SEEDS; seed++) {
    const next = generator(seed)
    const promises = new StorePromises()
    let disk = new WatchedDisk(parent, next() % 250)
    for (let cut = 0; cut < CUTS; cut++) {
      if (await withStore(disk, promises, next).catch((cause) => Promise.reject(new Error(`seed ${seed}`, { cause }))))
        cuts += 1
      disk = disk.afterCut(next(), next() % 250)
    }
    await withStore(disk.afterCut(0), promises, next)
  }
  expect(cuts).toBeGreaterThan((SEEDS * CUTS) / 2)
})
