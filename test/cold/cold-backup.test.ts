import { afterEach, beforeEach, expect, test } from 'vitest'
import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { restoreBackup } from '../../engine/storage/backup-reader.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { type ColdBackup, ColdRestore } from '../../engine/worker/cold/cold-backup.ts'
import type { Tiers } from '../../engine/worker/tiers.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { dayLines, FIRST_DAY, rows } from '../support/cold-rows.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { S3Server } from '../support/s3-server.ts'

const kernel = await Kernel.create(await loadCore())
const rules = { '*': { afterMs: 0 } }
const clock = { now: () => FIRST_DAY + 10n * DAY_NS }
const ofHostA = {
  table: 'cpu',
  matchers: [{ tag: 'host', op: '=', value: 'a' }],
  start: MIN_TIME,
  end: MAX_TIME,
} as const

let server: S3Server
const open: EngineOverStore[] = []

beforeEach(async () => {
  server = await S3Server.start()
})

afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close()
  await server.close()
})

async function opened(contents: MemoryContents, tiers?: Tiers): Promise<EngineOverStore> {
  const engine = await openOverStore(await openMemoryStore(contents), { clock, ...(tiers && { tiers }) })
  open.push(engine)
  return engine
}

/** Days 0 and 1 cold, day 9 here. */
async function coldStore(contents: MemoryContents = emptyMemoryContents()): Promise<EngineOverStore> {
  const engine = await opened(contents, tiersOn(server, 'p', rules))
  for (const day of [0, 1]) await engine.appendLines(dayLines(day))
  await engine.writer.moveToCold()
  await engine.appendLines(dayLines(9))
  return engine
}

async function backupOf({ files }: EngineOverStore, kind: ColdBackup): Promise<Uint8Array> {
  const backup = await files.openBackup(kind)
  const parts: Uint8Array[] = []
  for (let chunk = await files.nextChunk(backup); chunk; chunk = await files.nextChunk(backup)) parts.push(chunk)
  await files.closeBackup(backup)
  return Buffer.concat(parts)
}

interface Where {
  prefix?: string
  replace?: boolean
  contents?: MemoryContents
}

/** Restores into a store; the place of its cold rows is where no prefix is named. */
async function restored(bytes: Uint8Array, { prefix, replace = false, contents }: Where = {}): Promise<MemoryContents> {
  const made = contents ?? emptyMemoryContents()
  const store = await openMemoryStore(made)
  const location = prefix === undefined ? undefined : tiersOn(server, prefix).cold
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += 1000) yield bytes.subarray(from, from + 1000)
  }
  try {
    await restoreBackup(store, chunks(), kernel, new ColdRestore(kernel, { location, replace }))
  } finally {
    await store.close()
  }
  return made
}

test('a backup by reference restores every row with the place, which it checks, and says how it is called', async () => {
  const engine = await coldStore()
  const before = await rows(engine)
  const bytes = await backupOf(engine, 'reference')
  await engine.close()
  open.splice(0)
  expect(await rows(await opened(await restored(bytes, { prefix: 'p' }), tiersOn(server, 'p', rules)))).toEqual(before)
  await expect(restored(bytes)).rejects.toMatchObject({ kind: 'invalid', hint: expect.stringContaining('Say where') })
  await expect(restored(bytes, { prefix: 'other' })).rejects.toMatchObject({
    kind: 'io',
    message: expect.stringContaining('nothing was restored'),
    hint: expect.stringContaining('s3://tide/p'),
  })
})

test('a store that was restored by reference says that rows are cold where it is opened without them', async () => {
  const bytes = await backupOf(await coldStore(), 'reference')
  const engine = await opened(await restored(bytes, { prefix: 'p' }))
  await expect(rows(engine)).rejects.toMatchObject({ kind: 'io', message: expect.stringContaining('cold tier') })
})

test('a backup by reference is refused by a place that is older than it', async () => {
  const contents = emptyMemoryContents()
  const engine = await coldStore(contents)
  const older = server.objects.get('p/tidemark-manifest.json')
  await engine.appendLines(dayLines(3))
  await engine.writer.moveToCold()
  const bytes = await backupOf(engine, 'reference')
  if (older) server.objects.set('p/tidemark-manifest.json', older)
  await expect(restored(bytes, { prefix: 'p' })).rejects.toMatchObject({ kind: 'invalid' })
})

test('deletes that wait for cold rows are in the backup', async () => {
  const engine = await coldStore()
  await engine.writer.delete(ofHostA)
  for (const kind of ['reference', 'include'] as const) {
    const prefix = kind === 'reference' ? 'p' : 'copy'
    const again = await opened(await restored(await backupOf(engine, kind), { prefix }), tiersOn(server, prefix, rules))
    expect(await rows(again), kind).toHaveLength(108)
    expect((await again.writer.statistics()).waitingDeletes).toBe(1)
  }
})

test('a whole backup restores every row of its moment into another place, whatever becomes of the first', async () => {
  const engine = await coldStore()
  const before = await rows(engine)
  const backup = await engine.files.openBackup('include')
  const parts = [await engine.files.nextChunk(backup)]
  // The days are written anew while the backup is read, and the files that it needs stay until it is closed.
  await engine.writer.delete(ofHostA)
  await engine.writer.compact()
  expect(filesBelow(server, 'p')).toHaveLength(4)
  for (let chunk = parts[0]; chunk; chunk = await engine.files.nextChunk(backup))
    if (chunk !== parts[0]) parts.push(chunk)
  await engine.files.closeBackup(backup)
  await engine.writer.compact()
  expect(filesBelow(server, 'p')).toHaveLength(2)
  for (const key of [...server.objects.keys()]) server.objects.delete(key)
  const bytes = Buffer.concat(parts.flatMap((part) => part ?? []))
  const again = await opened(await restored(bytes, { prefix: 'q' }), tiersOn(server, 'q', rules))
  expect(await rows(again)).toEqual(before)
  expect((await again.writer.statistics()).cold).toMatchObject({ files: 2, rows: 144 })
  await again.writer.moveToCold()
  expect(filesBelow(server, 'q')).toHaveLength(2)
})

test('a place that has the cold tier of a store is replaced only where that is said', async () => {
  const engine = await coldStore()
  const before = await rows(engine)
  const bytes = await backupOf(engine, 'include')
  await engine.writer.delete(ofHostA)
  await engine.writer.compact()
  await engine.close()
  open.splice(0)
  const contents = emptyMemoryContents()
  await expect(restored(bytes, { prefix: 'p', contents })).rejects.toMatchObject({ kind: 'invalid' })
  expect(contents.blobs.has('manifest.json')).toBe(false)
  const again = await opened(await restored(bytes, { prefix: 'p', replace: true }), tiersOn(server, 'p', rules))
  expect(await rows(again)).toEqual(before)
})

test('a backup without cold rows takes the place of a store with some, and nothing of those is left', async () => {
  const plain = await opened(emptyMemoryContents())
  await plain.appendLines(dayLines(5))
  const before = await rows(plain)
  const bytes = await backupOf(plain, 'reference')
  const contents = emptyMemoryContents()
  const cold = await coldStore(contents)
  open.splice(open.indexOf(cold), 1)
  await cold.close()
  const engine = await opened(await restored(bytes, { contents, replace: true }))
  expect(await rows(engine)).toEqual(before)
})

test('cut at any byte or with any bit flipped it restores nothing', async () => {
  const engine = await opened(emptyMemoryContents(), tiersOn(server, 'p', rules))
  await engine.appendLines(`cpu,host=a v=1 ${FIRST_DAY}`)
  await engine.writer.moveToCold()
  const bytes = await backupOf(engine, 'include')
  for (let at = 0; at < bytes.length; at += 7) {
    const flipped = Uint8Array.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
    for (const damaged of [bytes.subarray(0, at), flipped]) {
      const contents = emptyMemoryContents()
      server.objects.clear()
      await expect(restored(damaged, { prefix: 'q', contents })).rejects.toMatchObject({
        kind: expect.stringMatching(/corrupt|truncated/),
      })
      expect(contents.blobs.has('manifest.json')).toBe(false)
      expect(server.objects.has('q/tidemark-manifest.json')).toBe(false)
    }
  }
})
