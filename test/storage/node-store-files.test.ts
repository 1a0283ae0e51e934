import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openNodeStore } from '../../engine/storage/node-store.ts'
import type { LogDamage, Store } from '../../engine/storage/store.ts'
import { replayed } from '../suites/store-suite.ts'
import { patterned } from '../support/patterned.ts'

const FRAME_HEADER = 16
let folder = ''
const stores: Store[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-store-'))
})

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  await rm(folder, { recursive: true })
})

async function open(logFileBytes?: number): Promise<Store> {
  const store = await openNodeStore(folder, { checksum: crc32, ...(logFileBytes !== undefined && { logFileBytes }) })
  stores.push(store)
  return store
}

function logFiles(): Promise<string[]> {
  return readdir(join(folder, 'log'))
}

async function appendAll(store: Store, lengths: readonly number[]): Promise<void> {
  for (const length of lengths) await store.log.append(patterned(length, store.log.next))
}

/** Files of a folder that this process has open. */
async function openFilesIn(path: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd')
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
  return targets.filter((target) => target.startsWith(path))
}

async function damageOf(store: Store): Promise<LogDamage[]> {
  const damage: LogDamage[] = []
  await store.log.replay(
    () => undefined,
    (one) => damage.push(one),
  )
  return damage
}

describe('log files', () => {
  test('cut at every byte of the last frame lose that record only, and take appends after it', async () => {
    const store = await open()
    await appendAll(store, [30, 0, 17])
    const path = join(folder, 'log', '0000000000000000.log')
    const before = (await stat(path)).size
    await appendAll(store, [25])
    await store.close()
    const whole = await readFile(path)
    expect(whole.byteLength).toBe(before + FRAME_HEADER + 25)
    for (let cut = before; cut < whole.byteLength; cut++) {
      await writeFile(path, whole.subarray(0, cut))
      const reopened = await open()
      expect(reopened.log.next, `cut at ${cut}`).toBe(3)
      expect(await reopened.log.append(new Uint8Array([cut & 255]))).toBe(3)
      await reopened.close()
      expect((await stat(path)).size).toBe(before + FRAME_HEADER + 1)
      const again = await open()
      expect((await replayed(again)).map(({ record }) => record.byteLength)).toEqual([30, 0, 17, 1])
      expect(await damageOf(again)).toEqual([])
      await again.close()
    }
  })

  test('cut within the header are started anew', async () => {
    const path = join(folder, 'log', '0000000000000000.log')
    await (await open()).close()
    for (let cut = 0; cut < 20; cut++) {
      await truncate(path, cut)
      const store = await open()
      expect(store.log.next).toBe(0)
      await store.close()
      expect((await stat(path)).size).toBe(20)
    }
  })

  test('with a damaged record in the middle give the others, say so, and are left as they are', async () => {
    const store = await open()
    await appendAll(store, [100, 100, 100])
    await store.close()
    const path = join(folder, 'log', '0000000000000000.log')
    const bytes = await readFile(path)
    bytes[200] = (bytes[200] ?? 0) ^ 0x40
    await writeFile(path, bytes)
    const damaged = await open()
    expect((await replayed(damaged)).map(({ position }) => position)).toEqual([0, 2])
    expect(await damageOf(damaged)).toMatchObject([
      { position: 1, records: 1, message: expect.stringContaining('0000000000000000.log') },
    ])
    expect(await damaged.log.append(new Uint8Array([1]))).toBe(3)
    expect((await readFile(path)).subarray(0, bytes.byteLength).equals(bytes)).toBe(true)
  })

  test('roll at their limit and are named by their first record', async () => {
    const store = await open(1000)
    await appendAll(
      store,
      Array.from({ length: 10 }, () => 300),
    )
    const names = await logFiles()
    expect(names).toEqual(['0000000000000000.log', '0000000000000004.log', '0000000000000008.log'])
    await store.close()
    expect((await replayed(await open(1000))).length).toBe(10)
  })

  test('are deleted from the oldest on, as far as they hold no record that is wanted', async () => {
    const store = await open(1000)
    await appendAll(
      store,
      Array.from({ length: 10 }, () => 300),
    )
    await store.log.truncate(3)
    expect((await logFiles()).length).toBe(3)
    await store.log.truncate(4)
    expect(await logFiles()).toEqual(['0000000000000004.log', '0000000000000008.log'])
    await store.log.truncate(9)
    expect(await logFiles()).toEqual(['0000000000000008.log'])
    await store.log.truncate(10)
    expect(await logFiles()).toEqual(['0000000000000010.log'])
  })

  test('that are missing between others are reported as lost records', async () => {
    const store = await open(1000)
    await appendAll(
      store,
      Array.from({ length: 10 }, () => 300),
    )
    await store.close()
    await rm(join(folder, 'log', '0000000000000004.log'))
    const holed = await open(1000)
    expect((await replayed(holed)).map(({ position }) => position)).toEqual([0, 1, 2, 3, 8, 9])
    expect(await damageOf(holed)).toMatchObject([{ position: 4, records: 4 }])
  })

  test('do not grow by what was in a write that failed half-way', async () => {
    const store = await open()
    await appendAll(store, [10])
    await store.close()
    const path = join(folder, 'log', '0000000000000000.log')
    await writeFile(path, Buffer.concat([await readFile(path), Buffer.alloc(1000, 7)]))
    expect((await open()).log.bytes).toBe(20 + FRAME_HEADER + 10)
  })
})

describe('blob files', () => {
  test('that a crash left half-written are gone after opening', async () => {
    await mkdir(join(folder, 'blobs'))
    await writeFile(join(folder, 'blobs', '~0'), 'half')
    await writeFile(join(folder, 'blobs', 'whole'), 'whole')
    const store = await open()
    expect(await store.blobs.list()).toEqual([{ name: 'whole', bytes: 5 }])
    expect(await readdir(join(folder, 'blobs'))).toEqual(['whole'])
  })

  test('have the names and bytes of the blobs', async () => {
    const store = await open()
    await store.blobs.put('a.b', new Uint8Array([104, 105]))
    expect(await readFile(join(folder, 'blobs', 'a.b'), 'utf8')).toBe('hi')
  })

  test.runIf(process.platform === 'linux')('are open for reading up to 64 at a time', async () => {
    const store = await open()
    for (let i = 0; i < 70; i++) await store.blobs.put(`blob-${i}`, patterned(10, i))
    for (let i = 0; i < 70; i++) await store.blobs.get(`blob-${i}`)
    expect((await openFilesIn(join(folder, 'blobs'))).length).toBe(64)
    for (let i = 0; i < 70; i++) await store.blobs.delete(`blob-${i}`)
    expect(await openFilesIn(join(folder, 'blobs'))).toEqual([])
  })

  test('that were cut short behind the store are truncated, not padded', async () => {
    const store = await open()
    await store.blobs.put('a', patterned(100, 1))
    await store.blobs.get('a', 0, 1)
    await truncate(join(folder, 'blobs', 'a'), 50)
    await expect(store.blobs.get('a')).rejects.toMatchObject({ kind: 'truncated' })
  })
})

describe('a folder that cannot be used is refused with a sentence', () => {
  test('where the path is a file', async () => {
    const path = join(folder, 'file')
    await writeFile(path, '')
    await expect(openNodeStore(path, { checksum: crc32 })).rejects.toMatchObject({
      kind: 'io',
      message: `cannot use as a folder ${path}: a file of that name is in the way`,
    })
  })

  test('where a part of the path is a file', async () => {
    await writeFile(join(folder, 'file'), '')
    await expect(openNodeStore(join(folder, 'file', 'below'), { checksum: crc32 })).rejects.toMatchObject({
      kind: 'io',
      message: expect.stringContaining('a part of the path is a file'),
    })
  })

  test('where a log file is a folder, and is free again afterwards', async () => {
    await mkdir(join(folder, 'log', '0000000000000000.log'), { recursive: true })
    await expect(openNodeStore(folder, { checksum: crc32 })).rejects.toMatchObject({ kind: 'io' })
    await rm(join(folder, 'log'), { recursive: true })
    expect((await open()).log.next).toBe(0)
  })
})

test('makes the folder and those above it', async () => {
  const deep = join(folder, 'a', 'b', 'c')
  const store = await openNodeStore(deep, { checksum: crc32 })
  await store.blobs.put('x', new Uint8Array([1]))
  await store.close()
  expect((await readdir(deep)).sort()).toEqual(['blobs', 'log'])
})
