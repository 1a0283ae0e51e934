import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { encodeSeriesKey } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { groupsOfRows } from '../../engine/scan/merge-groups.ts'
import { BlockCache } from '../../engine/storage/block-cache.ts'
import type { EncodedGroup } from '../../engine/storage/encoded-group.ts'
import { emptyMemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { reblock } from '../../engine/storage/reblock.ts'
import { Segment } from '../../engine/storage/segment.ts'
import { SegmentOutput, UNWRITTEN_BYTES } from '../../engine/storage/segment-output.ts'
import { type BlobStore, PIECE_BYTES, type Store } from '../../engine/storage/store.ts'
import { SegmentWriting } from '../../engine/worker/shard/segment-writing.ts'
import { generator } from '../support/block-shapes.ts'
import { openFaultyStore } from '../support/faulty-store.ts'
import { columnOf } from '../support/plain-column.ts'
import { readSegment } from '../support/segment-reading.ts'

const SERIES = 120
const ROWS = 3000
const FIELD = 'level'

let kernel: Kernel
let groups: EncodedGroup[]
let seriesBytes: number

/** The same rows each time, in memory of their own. */
function newGroups(): EncodedGroup[] {
  const random = generator(1)
  const values = Array.from({ length: ROWS }, () => random() / (1 + random()))
  const times = BigInt64Array.from(values, (_, i) => BigInt(i))
  return reblock(groupsOfRows(times, new Map([[FIELD, columnOf(FIELD, 'f64', values)]]), kernel), [FIELD], kernel)
}

beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
  groups = newGroups()
  seriesBytes = groups.reduce((sum, { bytes }) => sum + bytes, 0)
})

/** Some series in the order of a segment, all of one shard. */
function manySeries(index: SeriesIndex): Uint32Array {
  return index.inSegmentOrder(
    Uint32Array.from({ length: SERIES }, (_, i) => {
      return index.register(encodeSeriesKey({ table: 't', tags: [['host', `h${i}`]] }), 7)
    }),
  )
}

/** A store's blobs, and how many bytes each call has written. */
function counted(blobs: BlobStore): { blobs: BlobStore; writes: number[] } {
  const writes: number[] = []
  const begin: BlobStore['begin'] = async () => {
    const blob = await blobs.begin()
    const write = async (bytes: Uint8Array): Promise<void> => {
      writes.push(bytes.length)
      await blob.write(bytes)
    }
    return { ...blob, write }
  }
  return { blobs: { ...read(blobs), begin }, writes }
}

function read(blobs: BlobStore): BlobStore {
  return {
    put: (name, bytes) => blobs.put(name, bytes),
    begin: () => blobs.begin(),
    get: (name, start, end) => blobs.get(name, start, end),
    list: () => blobs.list(),
    delete: (name) => blobs.delete(name),
  }
}

test('a segment goes to the store as it comes: no more than the limit and a series wait, and its bytes have its name', async () => {
  const store = await openMemoryStore(emptyMemoryContents())
  const { blobs, writes } = counted(store.blobs)
  const index = new SeriesIndex(kernel)
  const output = new SegmentOutput({ blobs, kernel, index, settle: false, pause: async () => undefined })
  let added = 0
  let most = 0
  for (const ref of manySeries(index)) {
    await output.add(ref, [FIELD], newGroups())
    added += seriesBytes
    most = Math.max(most, added - writes.reduce((sum, bytes) => sum + bytes, 0))
  }
  expect(added).toBeGreaterThan(2 * UNWRITTEN_BYTES)
  expect(most).toBeLessThan(UNWRITTEN_BYTES + PIECE_BYTES + seriesBytes)
  expect(await blobs.list()).toEqual([])
  const [info] = await output.finish()
  if (info === undefined) throw new Error('there is a segment')
  expect(writes.length).toBeGreaterThan(2)
  for (const bytes of writes.slice(0, -1)) expect(bytes % PIECE_BYTES).toBe(0)
  const bytes = await blobs.get(info.name)
  expect(await blobs.list()).toEqual([{ name: info.name, bytes: info.bytes }])
  expect(`${createHash('sha256').update(bytes).digest('hex')}.seg`).toBe(info.name)
  const found = await readSegment(bytes, info, kernel)
  expect(found.length).toBe(SERIES)
  for (const { rows } of found) expect(rows).toEqual(found[0]?.rows)
  expect(found[0]?.rows.length).toBe(ROWS)
})

test('groups give their memory up once they are written, but not what they share with others', async () => {
  const store = await openMemoryStore(emptyMemoryContents())
  for (const settle of [false, true]) {
    const index = new SeriesIndex(kernel)
    const output = new SegmentOutput({ blobs: store.blobs, kernel, index, settle, pause: async () => undefined })
    const [first, second] = manySeries(index)
    const own = newGroups()
    const shared = reblock(groups, [FIELD], kernel)
    await output.add(first as number, [FIELD], own)
    await output.add(second as number, [FIELD], shared)
    await output.finish()
    const bytesOf = (group: EncodedGroup): number =>
      group.time.payload.length + (group.field(FIELD)?.payload.length ?? 0)
    expect(own.map(bytesOf)).toEqual(own.map(() => 0))
    expect(shared.reduce((sum, group) => sum + bytesOf(group), 0)).toBeGreaterThan(ROWS)
  }
})

test('where a series is in a segment tells what it takes without its headers: all of them together exactly', async () => {
  const store = await openMemoryStore(emptyMemoryContents())
  const index = new SeriesIndex(kernel)
  const refs = manySeries(index)
  const [info] = await write(store, index, refs)
  if (info === undefined) throw new Error('there is a segment')
  const place = { blobs: store.blobs, cache: new BlockCache(1 << 20), kernel }
  const segment = await Segment.open(info, place, { index, adopts: () => true })
  const bytes = refs.reduce((sum, ref) => sum + segment.bytesOf(ref), 0)
  expect(bytes).toBeCloseTo(SERIES * seriesBytes, 0)
  expect(segment.bytesOf(index.refLimit)).toBe(0)
})

test('a disk that is full in the middle of a segment has nothing of it, and takes it when there is room', async () => {
  const store = openFaultyStore(3, { diskBytes: 2 * UNWRITTEN_BYTES })
  const index = new SeriesIndex(kernel)
  const refs = manySeries(index)
  await store.blobs.put('kept', new Uint8Array(10))
  const { usage } = await store.estimate()
  await expect(write(store, index, refs)).rejects.toMatchObject({ kind: 'quota' })
  expect(await store.blobs.list()).toEqual([{ name: 'kept', bytes: 10 }])
  expect((await store.estimate()).usage).toBe(usage)
  const [info] = await write(store.crash(), index, refs)
  expect(info?.tables.get('t')?.rows).toBe(SERIES * ROWS)
})

function write(store: Store, index: SeriesIndex, refs: Uint32Array): ReturnType<SegmentWriting['write']> {
  return new SegmentWriting({ blobs: store.blobs, kernel, index }).write(refs, false, {
    bytesOf: () => seriesBytes,
    read: async (some) => new Map(Array.from(some, (ref) => [ref, [groups, [FIELD]]])),
  })
}
