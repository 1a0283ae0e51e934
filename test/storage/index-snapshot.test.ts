import { describe, expect, test } from 'vitest'
import { encodeSeriesKey, type Series } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { IndexSnapshot, type KnownPlaces } from '../../engine/storage/index-snapshot.ts'
import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import type { BlobStore } from '../../engine/storage/store.ts'
import { generator } from '../support/block-shapes.ts'
import { loadCore as loadScalarCore } from '../support/load-scalar.ts'

const kernel = await Kernel.create(await loadCore())
const OWNER = { number: 0, hosts: 1 }
const PLACES: KnownPlaces = new Map([
  ['a.seg', { count: 3, first: 1, refs: Uint32Array.of(1, 5, 90), numbers: Uint32Array.of(2, 0, 1) }],
  ['b.seg', { count: 40, first: 7, refs: undefined, numbers: undefined }],
])

function seriesOf(i: number): Series {
  return {
    table: i % 5 === 0 ? 'u' : 't',
    tags: [['pod', `name-${i}`], ['rack', `${i % 7}`], ...(i % 3 === 0 ? [] : [['zone', `${i % 200}`] as const])],
  }
}

function register(index: SeriesIndex, from: number, to: number): number[] {
  const keys = Array.from({ length: to - from }, (_, i) => encodeSeriesKey(seriesOf(from + i)))
  return [...index.registerKeys(packKeys(keys), new Uint8Array(keys.length))]
}

async function newBlobs(): Promise<BlobStore> {
  return (await openMemoryStore(emptyMemoryContents())).blobs
}

/** An index of which some series were forgotten, and which refs the others have. */
function churnedIndex(series: number, seed: number): { index: SeriesIndex; refs: Map<number, number> } {
  const index = new SeriesIndex(kernel)
  const next = generator(seed)
  const refs = new Map(register(index, 0, series).map((ref, i) => [i, ref]))
  const gone = [...refs].filter(() => next() % 4 === 0)
  const forgotten = Uint32Array.from(gone, ([, ref]) => ref)
  index.unlink(forgotten)
  index.free(forgotten)
  while (index.sweep(1000));
  for (const [i] of gone) refs.delete(i)
  for (const [i, ref] of register(index, series, series + 300).entries()) refs.set(series + i, ref)
  return { index, refs }
}

async function expectSeries(index: SeriesIndex, refs: ReadonlyMap<number, number>): Promise<void> {
  expect(index.size).toBe(refs.size)
  for (const [i, ref] of refs) {
    expect(index.find(encodeSeriesKey(seriesOf(i)), 0)).toBe(ref)
    expect(index.series(ref)).toEqual(seriesOf(i))
  }
  for (const rack of ['0', '3']) {
    const found = await index.select('t', [{ tag: 'rack', op: '=', value: rack }])
    const expected = [...refs].filter(([i]) => i % 5 !== 0 && `${i % 7}` === rack).map(([, ref]) => ref)
    expect([...found].sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b))
  }
}

test.each([1 << 10, 1 << 16, 1 << 25])(
  'an index that was written is read as it was, in pieces of %i bytes, and goes on',
  async (pieceBytes) => {
    const blobs = await newBlobs()
    const { index, refs } = churnedIndex(5000, 3)
    const snapshot = new IndexSnapshot({ blobs, kernel }, OWNER, pieceBytes)
    await snapshot.write(index, PLACES)
    const read = new SeriesIndex(kernel)
    expect(await new IndexSnapshot({ blobs, kernel }, OWNER).read(read)).toEqual(PLACES)
    await expectSeries(read, refs)
    for (const each of [index, read]) {
      const added = register(each, 9000, 12_000)
      expect(added[0]).toBe(5300)
      expect(register(each, 9000, 12_000)).toEqual(added)
    }
    expect(read.tableCardinality()).toEqual(index.tableCardinality())
    // The desk, which counts among entries, has been as large as what was asked.
    expect({ ...read.bytes, entries: 0 }).toEqual({ ...index.bytes, entries: 0 })
    await expectSeries(
      index,
      new Map([...refs, ...Array.from({ length: 3000 }, (_, i) => [9000 + i, 5300 + i] as const)]),
    )
  },
)

test('the snapshot that is written later takes the place of the one before, and of those of other numbers of hosts', async () => {
  const blobs = await newBlobs()
  await new IndexSnapshot({ blobs, kernel }, { number: 1, hosts: 2 }).write(churnedIndex(100, 1).index, PLACES)
  const snapshot = new IndexSnapshot({ blobs, kernel }, OWNER, 1 << 16)
  expect(await snapshot.read(new SeriesIndex(kernel))).toBeUndefined()
  await snapshot.write(churnedIndex(5000, 1).index, PLACES)
  const { index, refs } = churnedIndex(400, 2)
  await snapshot.write(index, new Map())
  const read = new SeriesIndex(kernel)
  expect(await snapshot.read(read)).toEqual(new Map())
  await expectSeries(read, refs)
  const names = (await blobs.list()).map(({ name }) => name)
  expect(names.every((name) => /^series-0-of-1(\.3\.\d+)?\.idx$/.test(name))).toBe(true)
  expect(names.length).toBeGreaterThan(1)
})

test('a snapshot of another build of the core counts for nothing', async () => {
  const blobs = await newBlobs()
  await new IndexSnapshot({ blobs, kernel }, OWNER).write(churnedIndex(100, 1).index, PLACES)
  const scalar = await Kernel.create(await loadScalarCore())
  const index = new SeriesIndex(scalar)
  expect(await new IndexSnapshot({ blobs, kernel: scalar }, OWNER).read(index)).toBeUndefined()
  expect(register(index, 0, 10)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('an index that changes while it is written is not kept', async () => {
  const inner = await newBlobs()
  const { index } = churnedIndex(3000, 1)
  let next = 20_000
  const blobs: BlobStore = {
    begin: () => inner.begin(),
    put: async (name, bytes) => {
      register(index, next++, next)
      await inner.put(name, bytes)
    },
    get: (name, start, end) => inner.get(name, start, end),
    list: () => inner.list(),
    delete: (name) => inner.delete(name),
  }
  await new IndexSnapshot({ blobs, kernel }, OWNER, 1 << 16).write(index, PLACES)
  expect(await inner.list()).toEqual([])
})

test('an index in use is kept as it was when writing began, whatever is registered and asked meanwhile', async () => {
  const inner = await newBlobs()
  const { index, refs } = churnedIndex(3000, 1)
  let next = 20_000
  const blobs: BlobStore = {
    begin: () => inner.begin(),
    put: async (name, bytes) => {
      register(index, next, next + 500)
      next += 500
      await index.select('t', [{ tag: 'rack', op: '=', value: '3' }])
      await inner.put(name, bytes)
    },
    get: (name, start, end) => inner.get(name, start, end),
    list: () => inner.list(),
    delete: (name) => inner.delete(name),
  }
  await new IndexSnapshot({ blobs, kernel }, OWNER, 1 << 14).write(index, PLACES, true)
  expect(next).toBeGreaterThan(22_000)
  const read = new SeriesIndex(kernel)
  expect(await new IndexSnapshot({ blobs: inner, kernel }, OWNER).read(read)).toEqual(PLACES)
  await expectSeries(read, refs)
})

describe('damage', () => {
  const written = async (): Promise<{ blobs: BlobStore; refs: Map<number, number> }> => {
    const blobs = await newBlobs()
    const { index, refs } = churnedIndex(60, 5)
    await new IndexSnapshot({ blobs, kernel }, OWNER, 1 << 14).write(index, PLACES)
    return { blobs, refs }
  }

  /** There is no snapshot then, and the index takes series. */
  const expectNone = async (blobs: BlobStore): Promise<void> => {
    const index = new SeriesIndex(kernel)
    expect(await new IndexSnapshot({ blobs, kernel }, OWNER).read(index)).toBeUndefined()
    expect(register(index, 0, 3)).toEqual([0, 1, 2])
    expect(index.size).toBe(3)
  }

  test('a head that is cut anywhere, or has any bit flipped, counts for nothing', async () => {
    const { blobs } = await written()
    const name = 'series-0-of-1.idx'
    const head = (await blobs.get(name)).slice()
    for (let cut = 0; cut < head.length; cut++) {
      await blobs.put(name, head.slice(0, cut))
      await expectNone(blobs)
    }
    for (let bit = 0; bit < head.length * 8; bit++) {
      const flipped = head.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      await blobs.put(name, flipped)
      await expectNone(blobs)
    }
  })

  test('a piece that is cut, missing or has a bit flipped makes all of it count for nothing', async () => {
    const { blobs } = await written()
    const next = generator(8)
    for (const { name, bytes } of await blobs.list()) {
      if (name === 'series-0-of-1.idx') continue
      const piece = (await blobs.get(name)).slice()
      await blobs.delete(name)
      await expectNone(blobs)
      for (let i = 0; i < 60; i++) {
        await blobs.put(name, piece.slice(0, next() % bytes))
        await expectNone(blobs)
        const flipped = piece.slice()
        const at = next() % bytes
        flipped[at] = (flipped[at] as number) ^ (1 << (next() % 8))
        await blobs.put(name, flipped)
        await expectNone(blobs)
      }
      await blobs.put(name, piece)
    }
  })

  test('writing that ends after any step leaves the snapshot before it, or the new one', async () => {
    const { blobs: inner, refs } = await written()
    const later = churnedIndex(80, 6)
    for (let steps = 0; ; steps++) {
      let left = steps
      const step = async (action: () => Promise<void>): Promise<void> => {
        if (left-- <= 0) throw new Error('the disk has gone')
        await action()
      }
      const blobs: BlobStore = {
        begin: () => inner.begin(),
        put: (name, bytes) => step(() => inner.put(name, bytes)),
        delete: (name) => step(() => inner.delete(name)),
        get: (name, start, end) => inner.get(name, start, end),
        list: () => inner.list(),
      }
      const done = new IndexSnapshot({ blobs, kernel }, OWNER, 1 << 13).write(later.index, PLACES)
      const isDone = await done.then(
        () => true,
        () => false,
      )
      const index = new SeriesIndex(kernel)
      expect(await new IndexSnapshot({ blobs: inner, kernel }, OWNER).read(index)).toEqual(PLACES)
      await expectSeries(index, index.size === refs.size ? refs : later.refs)
      if (isDone) return
    }
  })
})
