import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import type { LogDamage } from '../../engine/storage/store.ts'
import { replayed, runStoreSuite } from '../suites/store-suite.ts'
import { FaultyDisk, openFaultyDisk, openFaultyStore } from '../support/faulty-store.ts'
import { patterned } from '../support/patterned.ts'

runStoreSuite('simulated disk without faults', async () => {
  const disk = new FaultyDisk(3)
  return { open: async () => openFaultyDisk(disk), remove: async () => undefined }
})

test('keeps every acknowledged append and put over a power failure at any operation', async () => {
  await assert(
    asyncProperty(integer(), integer({ min: 0, max: 60 }), async (seed, powerFailsAt) => {
      const store = openFaultyStore(seed, { powerFailsAt })
      const appended = new Set<number>()
      const put = new Set<number>()
      const writes: Promise<unknown>[] = []
      for (let i = 0; i < 40; i++) {
        const record = patterned((i * 97) % 1500, i)
        writes.push(store.log.append(record).then((position) => appended.add(position)))
        if (i % 5 === 0) writes.push(store.blobs.put(`blob-${i}`, record).then(() => put.add(i)))
        if (i % 3 === 0) await Promise.resolve()
      }
      await Promise.allSettled(writes)
      const restarted = store.crash()
      const damage: LogDamage[] = []
      const kept: number[] = []
      await restarted.log.replay(
        (record, position) => {
          expect(record).toEqual(patterned((position * 97) % 1500, position))
          kept.push(position)
        },
        (one) => damage.push(one),
      )
      expect(damage).toEqual([])
      expect(kept).toEqual(kept.map((_, i) => i))
      expect(kept.length).toBeGreaterThanOrEqual(appended.size)
      for (const i of put) expect(await restarted.blobs.get(`blob-${i}`)).toEqual(patterned((i * 97) % 1500, i))
      for (const { name, bytes } of await restarted.blobs.list()) {
        expect(bytes).toBe((Number(name.slice(5)) * 97) % 1500)
      }
      expect(await restarted.log.append(new Uint8Array([1]))).toBe(kept.length)
    }),
    { numRuns: 300 },
  )
})

test('takes no more appends after a failed sync, and none of the failed ones is acknowledged', async () => {
  const store = openFaultyStore(1, { syncFailsAt: 6 })
  const results: string[] = []
  for (let i = 0; i < 6; i++) {
    await store.log.append(patterned(2000, i)).then(
      () => results.push('durable'),
      (error: { kind: string }) => results.push(error.kind),
    )
  }
  expect(results).toEqual(['durable', 'durable', 'durable', 'io', 'io', 'io'])
  const records = await replayed(store.crash())
  expect(records.slice(0, 3)).toEqual([0, 1, 2].map((i) => ({ position: i, record: patterned(2000, i) })))
  expect(records.length).toBeLessThanOrEqual(4)
})

test('says that the disk is full, and has what was acknowledged after a restart', async () => {
  const store = openFaultyStore(2, { diskBytes: 5000 })
  for (let i = 0; i < 4; i++) await store.log.append(patterned(1000, i))
  await expect(store.log.append(patterned(1000, 4))).rejects.toMatchObject({ kind: 'quota' })
  await expect(store.log.append(patterned(1, 5))).rejects.toMatchObject({ kind: 'quota' })
  await expect(store.blobs.put('a', patterned(1000, 6))).rejects.toMatchObject({ kind: 'quota' })
  expect((await replayed(store)).length).toBe(4)
  expect((await replayed(store.crash())).length).toBe(4)
})
