import { describe, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { restoreBackup } from '../../engine/storage/backup-reader.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import type { Store } from '../../engine/storage/store.ts'
import { ColdRestore } from '../../engine/worker/cold/cold-backup.ts'
import { MAX_BACKUPS } from '../../engine/worker/store-files.ts'
import { generator } from '../support/block-shapes.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { openFaultyStore } from '../support/faulty-store.ts'
import { checkRequests, requestLines } from '../support/numbered-requests.ts'

const kernel = await Kernel.create(await loadCore())
const upTo = (count: number) => new Set(Array.from({ length: count }, (_, request) => request))
const promised = (count: number) => ({ acknowledged: upTo(count), wasBegun: (request: number) => request < count })

async function backupOf({ files }: EngineOverStore): Promise<Uint8Array> {
  const backup = await files.openBackup('reference')
  const parts: Uint8Array[] = []
  for (let chunk = await files.nextChunk(backup); chunk; chunk = await files.nextChunk(backup)) parts.push(chunk)
  await files.closeBackup(backup)
  return Buffer.concat(parts)
}

async function* inChunks(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length)
}

const restore = (store: Store, bytes: Uint8Array, length = 1000): Promise<void> =>
  restoreBackup(
    store,
    inChunks(bytes, length),
    kernel,
    new ColdRestore(kernel, { location: undefined, replace: false }),
  )

/** A store with some requests, in several segments and in the log. */
async function filled(store: Store, requests: number): Promise<EngineOverStore> {
  const engine = await openOverStore(store)
  for (let request = 0; request < requests; request++) {
    await engine.appendLines(requestLines(request), { id: 'p', sequence: BigInt(request) })
    if (request % 3 === 0) await engine.writer.flush()
  }
  return engine
}

test.each([1, 7, 1000, 1 << 20])(
  'a backup restores every row that was acknowledged, in chunks of %i bytes',
  async (length) => {
    const bytes = await backupOf(await filled(openFaultyStore(1), 11))
    const contents = emptyMemoryContents()
    const store = await openMemoryStore(contents)
    await restore(store, bytes, length)
    await store.close()
    const engine = await openOverStore(await openMemoryStore(contents))
    expect((await checkRequests(engine.queryable, promised(11))).size).toBe(11)
    expect((await engine.statistics()).quarantined).toEqual([])
    // What producers have sent, and what was deleted, is known there too.
    expect(await engine.appendLines(requestLines(10), { id: 'p', sequence: 10n })).toMatchObject({ duplicate: true })
  },
)

test('a backup is of one moment, whatever is appended, merged and deleted while it is read', async () => {
  const store = openFaultyStore(2)
  const engine = await filled(store, 9)
  const backup = await engine.files.openBackup('reference')
  const parts: Uint8Array[] = []
  for (let chunk = await engine.files.nextChunk(backup); chunk; chunk = await engine.files.nextChunk(backup)) {
    parts.push(chunk)
    await engine.appendLines(requestLines(8 + parts.length))
    if (parts.length % 2 === 0) await engine.writer.compact()
    if (parts.length === 3) await engine.writer.delete({ table: 't', matchers: [], start: 0n, end: 9n })
  }
  await engine.files.closeBackup(backup)
  const restored = openFaultyStore(3)
  await restore(restored, Buffer.concat(parts))
  const found = await checkRequests((await openOverStore(restored.crash())).queryable, promised(9))
  expect(found.size).toBe(9)
})

test('files that a backup needed are removed once it is closed, and no sooner', async () => {
  const store = openFaultyStore(4)
  const engine = await filled(store, 9)
  const segments = async (): Promise<number> => {
    return (await store.blobs.list()).filter(({ name }) => name.endsWith('.seg')).length
  }
  const backup = await engine.files.openBackup('reference')
  const before = await segments()
  await engine.writer.compact()
  expect(await segments()).toBe(before + 1)
  await engine.files.closeBackup(backup)
  expect(await segments()).toBe(1)
})

test('so many backups may be taken at once and no more', async () => {
  const { files } = await filled(openFaultyStore(5), 2)
  const open = await Promise.all(Array.from({ length: MAX_BACKUPS }, () => files.openBackup('reference')))
  await expect(files.openBackup('reference')).rejects.toMatchObject({ kind: 'quota' })
  await files.closeBackup(open[0] ?? '')
  await files.openBackup('reference')
  await expect(files.nextChunk(open[0] ?? '')).rejects.toMatchObject({ kind: 'io' })
})

test('deleted rows and deletes that wait are restored as they are', async () => {
  const engine = await filled(openFaultyStore(6), 6)
  await engine.writer.flush()
  await engine.writer.delete({ table: 't', matchers: [], start: 0n, end: 9n })
  const restored = openFaultyStore(7)
  await restore(restored, await backupOf(engine))
  const again = await openOverStore(restored.crash())
  const left = new Set([3, 4, 5])
  expect(await checkRequests(again.queryable, { acknowledged: left, wasBegun: (one) => left.has(one) })).toEqual(left)
})

test('a restoration over data replaces all of it, and none where it fails', async () => {
  const bytes = await backupOf(await filled(openFaultyStore(8), 5))
  const contents = emptyMemoryContents()
  await (await filled(await openMemoryStore(contents), 12)).close()
  const other = await openMemoryStore(contents)
  await expect(restore(other, bytes.subarray(0, bytes.length - 1))).rejects.toMatchObject({ kind: 'truncated' })
  await other.close()
  const kept = await openOverStore(await openMemoryStore(contents))
  expect((await checkRequests(kept.queryable, promised(12))).size).toBe(12)
  await kept.close()
  const target = await openMemoryStore(contents)
  await restore(target, bytes)
  await target.close()
  const replaced = await openOverStore(await openMemoryStore(contents))
  expect((await checkRequests(replaced.queryable, promised(5))).size).toBe(5)
  expect((await replaced.statistics()).quarantined).toEqual([])
})

test.each(['first', 'last'])('there is no backup of a segment whose %s byte is another', async (place) => {
  const contents = emptyMemoryContents()
  await (await filled(await openMemoryStore(contents), 4)).writer.close()
  const [name, bytes] = [...contents.blobs].find(([each]) => each.endsWith('.seg')) ?? ['', new Uint8Array()]
  const at = place === 'first' ? 0 : bytes.length - 1
  const engine = await openOverStore(await openMemoryStore(contents))
  bytes[at] = (bytes[at] as number) ^ 1
  await expect(backupOf(engine)).rejects.toMatchObject({ kind: 'corrupt', message: expect.stringContaining(name) })
})

describe('a damaged backup restores nothing', () => {
  const emptyAfter = ({ blobs }: MemoryContents): boolean => !blobs.has('manifest.json')

  test('cut at any byte', async () => {
    const bytes = await backupOf(await filled(openFaultyStore(9), 2))
    for (let length = 0; length < bytes.length; length++) {
      const contents = emptyMemoryContents()
      const restoring = restore(await openMemoryStore(contents), bytes.subarray(0, length), 97)
      await expect(restoring, `cut at ${length}`).rejects.toMatchObject({ kind: 'truncated' })
      expect(emptyAfter(contents)).toBe(true)
    }
    await expect(restore(await openMemoryStore(), Buffer.concat([bytes, bytes]))).rejects.toMatchObject({
      kind: 'corrupt',
    })
  })

  test('with any bit flipped', async () => {
    const bytes = await backupOf(await filled(openFaultyStore(10), 1))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const copy = new Uint8Array(bytes)
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const contents = emptyMemoryContents()
      const error = await restore(await openMemoryStore(contents), copy).catch((reason: unknown) => reason)
      expect(['corrupt', 'truncated'], `bit ${bit}`).toContain((error as { kind?: string } | undefined)?.kind)
      expect(emptyAfter(contents)).toBe(true)
    }
  })
})

const ROUNDS = 60

test(`a restoration that the power cuts at any moment leaves all or nothing, over ${ROUNDS} cuts`, async () => {
  const bytes = await backupOf(await filled(openFaultyStore(11), 7))
  let whole = 0
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const next = generator(seed)
    const store = openFaultyStore(seed, { powerFailsAt: next() % 12 })
    const outcome = await restore(store, bytes).then(
      () => true,
      () => false,
    )
    const engine = await openOverStore(store.crash())
    const { tables } = await engine.queryable.catalog()
    if (outcome) expect(tables).toHaveLength(1)
    if (tables.length === 0) continue
    whole++
    expect((await checkRequests(engine.queryable, promised(7))).size).toBe(7)
  }
  expect(whole).toBeGreaterThan(0)
  expect(whole).toBeLessThan(ROUNDS)
})
