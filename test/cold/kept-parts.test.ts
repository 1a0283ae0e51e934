import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { KeptParts, MAX_PARTS, MAX_WAITING_BYTES } from '../../engine/cold/kept-parts.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import type { BlobStore, Store } from '../../engine/storage/store.ts'

const ALONE = { number: 0, hosts: 1 }
const stores: Store[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

function keyOf(file: number): string {
  return `table=cpu/day=2024-10-04/${file.toString(16).padStart(64, '0')}.parquet`
}

/** The byte of a file at a place. */
function byteAt(file: number, place: number): number {
  return (31 * file + 7 * place) & 255
}

function bytesOf(file: number, start: number, end: number): Uint8Array {
  return Uint8Array.from({ length: end - start }, (_, i) => byteAt(file, start + i))
}

async function opened(contents: MemoryContents): Promise<Store> {
  for (const store of stores.splice(0)) await store.close()
  const store = await openMemoryStore(contents)
  stores.push(store)
  return store
}

async function keptIn(contents: MemoryContents, budgetBytes: number, owner = ALONE): Promise<KeptParts> {
  const kept = await KeptParts.open({ blobs: (await opened(contents)).blobs, budgetBytes, owner })
  kept.setFiles([0, 1, 2, 3].map(keyOf))
  return kept
}

function read(kept: KeptParts, file: number, start: number, end: number): Promise<Uint8Array | undefined> {
  const expected = bytesOf(file, start, end)
  return kept.read(keyOf(file), { start, end }, (bytes) => Buffer.compare(bytes, expected) === 0)
}

function names(contents: MemoryContents): string[] {
  return [...contents.blobs.keys()].sort()
}

function storedBytes(contents: MemoryContents): number {
  return [...contents.blobs.values()].reduce((total, { length }) => total + length, 0)
}

/** Everything that was begun has ended. */
async function settled(kept: KeptParts): Promise<void> {
  let before = -1
  while (before !== kept.bytes) {
    before = kept.bytes
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

const smallFile = fc.nat(3)
const step = fc.oneof(
  fc.record({
    kind: fc.constant('keep' as const),
    file: smallFile,
    start: fc.nat(60),
    length: fc.integer({ min: 1, max: 40 }),
  }),
  fc.record({
    kind: fc.constant('read' as const),
    file: smallFile,
    start: fc.nat(60),
    length: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ kind: fc.constant('files' as const), files: fc.uniqueArray(smallFile) }),
  fc.record({ kind: fc.constant('damage' as const), blob: fc.nat(), bit: fc.nat(7) }),
  fc.record({ kind: fc.constant('reopen' as const) }),
)

describe('kept parts of cold files', () => {
  test('are the bytes of the file or nothing, and never take more than their budget, whatever is done', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 120 }), async (steps, budget) => {
        const contents = emptyMemoryContents()
        let kept = await keptIn(contents, budget)
        for (const one of steps) {
          if (one.kind === 'keep')
            kept.keep(keyOf(one.file), one.start, bytesOf(one.file, one.start, one.start + one.length))
          if (one.kind === 'files') kept.setFiles(one.files.map(keyOf))
          if (one.kind === 'reopen') kept = await keptIn(contents, budget)
          if (one.kind === 'read') {
            const [start, end] = [one.start, one.start + one.length]
            const bytes = await read(kept, one.file, start, end)
            if (bytes) expect([...bytes]).toEqual([...bytesOf(one.file, start, end)])
          }
          if (one.kind === 'damage') {
            const blob = contents.blobs.get(names(contents)[one.blob % Math.max(1, contents.blobs.size)] ?? '')
            if (blob?.[0] !== undefined) blob[0] ^= 1 << one.bit
          }
          expect(storedBytes(contents)).toBeLessThanOrEqual(budget)
        }
        await settled(kept)
        expect(kept.bytes).toBe(storedBytes(contents))
      }),
      { numRuns: 300, seed: 20_261_123 },
    )
  })

  test('answer for every range within one of them, over a new opening too', async () => {
    const contents = emptyMemoryContents()
    let kept = await keptIn(contents, 100)
    kept.keep(keyOf(1), 10, bytesOf(1, 10, 50))
    await expect.poll(() => kept.bytes).toBe(40)
    for (const owner of [ALONE, { number: 0, hosts: 2 }]) {
      kept = await keptIn(contents, 100, owner)
      expect(await read(kept, 1, 10, 50)).toEqual(bytesOf(1, 10, 50))
      expect(await read(kept, 1, 49, 50)).toEqual(bytesOf(1, 49, 50))
      expect(await read(kept, 1, 9, 11)).toBeUndefined()
      expect(await read(kept, 1, 49, 51)).toBeUndefined()
      expect(await read(kept, 2, 10, 50)).toBeUndefined()
    }
  })

  test('that were used longest ago go first', async () => {
    const contents = emptyMemoryContents()
    const kept = await keptIn(contents, 30)
    for (const file of [0, 1, 2]) kept.keep(keyOf(file), 0, bytesOf(file, 0, 10))
    await expect.poll(() => kept.bytes).toBe(30)
    await read(kept, 0, 0, 10)
    kept.keep(keyOf(3), 0, bytesOf(3, 0, 11))
    await expect.poll(() => kept.bytes).toBe(21)
    expect(await read(kept, 0, 0, 10)).toBeDefined()
    expect(await read(kept, 1, 0, 10)).toBeUndefined()
    expect(await read(kept, 2, 0, 10)).toBeUndefined()
    expect(await read(kept, 3, 0, 11)).toBeDefined()
  })

  test('give way to one that has all of them', async () => {
    const contents = emptyMemoryContents()
    const kept = await keptIn(contents, 1000)
    kept.keep(keyOf(0), 5, bytesOf(0, 5, 10))
    kept.keep(keyOf(0), 20, bytesOf(0, 20, 30))
    kept.keep(keyOf(0), 0, bytesOf(0, 0, 30))
    kept.keep(keyOf(0), 1, bytesOf(0, 1, 30))
    await expect.poll(() => kept.bytes).toBe(30)
    expect(contents.blobs.size).toBe(1)
  })

  test('that are damaged, cut or gone are not used again, and can be kept anew', async () => {
    for (const harm of ['flip', 'cut', 'remove'] as const) {
      const contents = emptyMemoryContents()
      const kept = await keptIn(contents, 100)
      kept.keep(keyOf(0), 0, bytesOf(0, 0, 10))
      await expect.poll(() => kept.bytes).toBe(10)
      const [name = ''] = names(contents)
      const blob = contents.blobs.get(name) ?? new Uint8Array()
      if (harm === 'flip') blob[3] = 1 ^ (blob[3] ?? 0)
      if (harm === 'cut') contents.blobs.set(name, blob.slice(0, 9))
      if (harm === 'remove') contents.blobs.delete(name)
      expect(await read(kept, 0, 0, 10), harm).toBeUndefined()
      kept.keep(keyOf(0), 0, bytesOf(0, 0, 10))
      await expect.poll(() => kept.bytes).toBe(10)
      expect(await read(kept, 0, 0, 10), harm).toEqual(bytesOf(0, 0, 10))
    }
  })

  test('go with their file, also one that was read while it went', async () => {
    const contents = emptyMemoryContents()
    const kept = await keptIn(contents, 100)
    kept.keep(keyOf(0), 0, bytesOf(0, 0, 10))
    kept.keep(keyOf(1), 0, bytesOf(1, 0, 10))
    kept.setFiles([keyOf(1)])
    kept.keep(keyOf(0), 20, bytesOf(0, 20, 30))
    await expect.poll(() => names(contents).length).toBe(1)
    expect(await read(kept, 1, 0, 10)).toBeDefined()
    expect(await read(kept, 0, 0, 10)).toBeUndefined()
  })

  test('of hosts that are no more go at the next opening, and all where nothing is to be kept', async () => {
    const contents = emptyMemoryContents()
    const kept = await keptIn(contents, 100, { number: 1, hosts: 2 })
    kept.keep(keyOf(0), 0, bytesOf(0, 0, 10))
    await expect.poll(() => kept.bytes).toBe(10)
    await keptIn(contents, 100, { number: 0, hosts: 2 })
    expect(contents.blobs.size).toBe(1)
    await KeptParts.open({ blobs: (await opened(contents)).blobs, budgetBytes: undefined, owner: ALONE })
    expect(contents.blobs.size).toBe(1)
    const alone = await keptIn(contents, 100)
    expect(contents.blobs.size).toBe(0)
    alone.keep(keyOf(0), 0, bytesOf(0, 0, 10))
    await expect.poll(() => alone.bytes).toBe(10)
    await keptIn(contents, 0)
    expect(contents.blobs.size).toBe(0)
  })

  test('leave other blobs alone', async () => {
    const contents = emptyMemoryContents()
    const others = ['cold-0-abc-0-1.part', 'cold-manifest.json', 'manifest.json', 'x.seg']
    for (const name of others) contents.blobs.set(name, new Uint8Array(1))
    await keptIn(contents, 0)
    expect(names(contents)).toEqual(others)
  })

  test('let go of all where the disk is full, and go on with less', async () => {
    const contents = emptyMemoryContents()
    const { blobs } = await opened(contents)
    let isFull = false
    const full: BlobStore = {
      get: (name, start, end) => blobs.get(name, start, end),
      list: () => blobs.list(),
      delete: (name) => blobs.delete(name),
      begin: () => blobs.begin(),
      put: async (name, bytes) => {
        if (isFull) throw new TidemarkError('quota', 'the disk is full')
        await blobs.put(name, bytes)
      },
    }
    const kept = await KeptParts.open({ blobs: full, budgetBytes: 100, owner: ALONE })
    kept.setFiles([keyOf(0)])
    kept.keep(keyOf(0), 0, bytesOf(0, 0, 10))
    await expect.poll(() => kept.bytes).toBe(10)
    isFull = true
    kept.keep(keyOf(0), 20, bytesOf(0, 20, 30))
    await expect.poll(() => contents.blobs.size).toBe(0)
    isFull = false
    kept.keep(keyOf(0), 0, bytesOf(0, 0, 10))
    await expect.poll(() => kept.bytes).toBe(10)
  })

  test('that wait to be written are bounded', async () => {
    const contents = emptyMemoryContents()
    const { blobs } = await opened(contents)
    let goOn = (): void => undefined
    const slow: BlobStore = {
      get: (name, start, end) => blobs.get(name, start, end),
      list: () => blobs.list(),
      delete: (name) => blobs.delete(name),
      begin: () => blobs.begin(),
      put: (name) =>
        new Promise((resolve) => {
          goOn = () => void blobs.put(name, new Uint8Array()).then(resolve)
        }),
    }
    const kept = await KeptParts.open({ blobs: slow, budgetBytes: 2 * MAX_WAITING_BYTES, owner: ALONE })
    kept.setFiles([keyOf(0), keyOf(1), keyOf(2)])
    kept.keep(keyOf(0), 0, new Uint8Array(MAX_WAITING_BYTES - 1))
    kept.keep(keyOf(1), 0, new Uint8Array(2))
    kept.keep(keyOf(2), 0, new Uint8Array(1))
    for (let part = 0; part < 2; part++) {
      const before = kept.bytes
      await new Promise((resolve) => setTimeout(resolve, 2))
      goOn()
      await expect.poll(() => kept.bytes).toBeGreaterThan(before)
    }
    expect(kept.bytes).toBe(MAX_WAITING_BYTES)
    expect(names(contents).map((name) => /[0-2]-.*$/.exec(name.slice(70))?.[0])).toEqual([
      `0-0-${MAX_WAITING_BYTES - 1}.part`,
      '2-0-1.part',
    ])
  })

  test(`are ${MAX_PARTS} at most`, async () => {
    const contents = emptyMemoryContents()
    const hash = '0'.repeat(64)
    for (let i = 0; i <= MAX_PARTS; i++) contents.blobs.set(`cold-0-${hash}-${i}-${i + 1}.part`, new Uint8Array(1))
    const kept = await keptIn(contents, 1e9)
    expect(kept.bytes).toBe(MAX_PARTS)
    kept.keep(keyOf(1), 0, bytesOf(1, 0, 2))
    await expect.poll(() => kept.bytes).toBe(MAX_PARTS + 1)
    expect(contents.blobs.size).toBe(MAX_PARTS)
  })
})
