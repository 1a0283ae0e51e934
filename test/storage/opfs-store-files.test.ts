import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { openStoreInFolder } from '../../engine/storage/opfs-store.ts'
import type { Store } from '../../engine/storage/store.ts'
import { replayed } from '../suites/store-suite.ts'
import { generator } from '../support/block-shapes.ts'
import { fnv1a } from '../support/fnv.ts'
import { patterned } from '../support/patterned.ts'
import { SimulatedFolder } from '../support/simulated-folder.ts'
import { StorePromises } from '../support/store-promises.ts'

const LOG_FILE_BYTES = 400

function open(folder: SimulatedFolder): Promise<Store> {
  return openStoreInFolder(folder, { checksum: fnv1a, logFileBytes: LOG_FILE_BYTES, unlock: () => undefined })
}

describe('a store in files of the browser, when the power is cut', () => {
  test('keeps what it acknowledged, and no part of what it did not, over cut after cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const next = generator(seed)
        const promises = new StorePromises()
        let folder = new SimulatedFolder(next() % 150)
        for (let cut = 0; cut < 6; cut++) {
          await open(folder)
            .then(async (store) => {
              await promises.check(store)
              await promises.useUntilCut(store, next)
            })
            .catch((error: unknown) => {
              if (!String(error).includes('the power is gone')) throw error
            })
          folder = folder.afterCut(next(), next() % 150)
        }
        await promises.check(await open(folder.afterCut(0)))
      }),
      { numRuns: 400 },
    )
  })
})

async function filledFolder(): Promise<SimulatedFolder> {
  const folder = new SimulatedFolder()
  const store = await open(folder)
  for (let i = 0; i < 4; i++) {
    await store.blobs.put(`blob-${i}`, patterned(30 + i, i))
    await store.log.append(patterned(150, i))
  }
  await store.blobs.delete('blob-1')
  await store.close()
  return folder
}

const FILLED = ['blob-0', 'blob-2', 'blob-3']

describe('the table of names', () => {
  test('is written anew when it has many changes, and stays what it was', async () => {
    const folder = new SimulatedFolder()
    const store = await open(folder)
    for (let i = 0; i < 2_000; i++) await store.blobs.put(`blob-${i % 3}`, patterned(10, i))
    await store.close()
    expect(folder.bytesOf('names-0').byteLength + folder.bytesOf('names-1').byteLength).toBeLessThan(32_768)
    const again = await open(folder)
    for (let i = 0; i < 3; i++) {
      const last = 1_998 + i - (i > 1 ? 3 : 0)
      expect(await again.blobs.get(`blob-${last % 3}`)).toEqual(patterned(10, last))
    }
  })

  test('cut at every byte it is refused or gives some state that once was', async () => {
    const folder = await filledFolder()
    const slot = folder.bytesOf('names-0').byteLength > 0 ? 'names-0' : 'names-1'
    const bytes = folder.bytesOf(slot)
    let refused = 0
    for (let length = 0; length < bytes.byteLength; length++) {
      const outcome = await namesIn(folder.withBytes(slot, bytes.slice(0, length)))
      if (outcome === 'corrupt') refused += 1
      else expect(outcome.every((name) => ['blob-0', 'blob-1', 'blob-2', 'blob-3'].includes(name))).toBe(true)
    }
    expect(refused).toBeGreaterThan(20)
  })

  test('with any bit flipped it is refused or gives a state that once was: never another file under a name', async () => {
    const folder = await filledFolder()
    const slot = folder.bytesOf('names-0').byteLength > 0 ? 'names-0' : 'names-1'
    const bytes = folder.bytesOf(slot)
    let refused = 0
    for (let bit = 0; bit < bytes.byteLength * 8; bit++) {
      const flipped = bytes.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const outcome = await namesIn(folder.withBytes(slot, flipped))
      if (outcome === 'corrupt') refused += 1
      else expect([...FILLED, 'blob-1'], `bit ${bit}`).toEqual(expect.arrayContaining(outcome))
    }
    // Only the last change can pass for one that was cut short.
    expect(refused).toBeGreaterThan(bytes.byteLength * 6)
  })
})

/** The names whose blobs are whole, or that the store was refused. */
async function namesIn(folder: SimulatedFolder): Promise<string[] | 'corrupt'> {
  try {
    const store = await open(folder)
    const names: string[] = []
    for (const { name } of await store.blobs.list()) {
      const bytes = await store.blobs.get(name).catch((error: unknown) => {
        expect(error).toMatchObject({ kind: 'truncated' })
        return undefined
      })
      if (bytes === undefined) continue
      const number = Number(name.at(-1))
      expect(bytes).toEqual(patterned(30 + number, number))
      names.push(name)
    }
    return names
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'invalid')) return 'corrupt'
    throw error
  }
}

test('the log goes on in a new file, and old files are used again', async () => {
  const folder = new SimulatedFolder()
  const store = await open(folder)
  for (let i = 0; i < 200; i++) {
    await store.log.append(patterned(100, i))
    await store.log.truncate(Math.max(0, i - 3))
  }
  expect((await folder.names()).length).toBeLessThan(16)
  const records = await replayed(store)
  expect(records.at(-1)).toEqual({ position: 199, record: patterned(100, 199) })
  expect(records.length).toBeLessThan(12)
})
