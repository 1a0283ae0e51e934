import { expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { BlockCache } from '../../engine/storage/block-cache.ts'
import { ByteReader } from '../../engine/storage/byte-reader.ts'
import { CHUNK_BLOCKS, chunkOf, chunksOf } from '../../engine/storage/header-chunks.ts'
import { Segment } from '../../engine/storage/segment.ts'
import { SEGMENT_FOOTER_BYTES } from '../../engine/storage/segment-format.ts'
import { SegmentHeaders } from '../../engine/storage/segment-headers.ts'
import { readSegmentIndex } from '../../engine/storage/segment-index.ts'
import type { BlobStore } from '../../engine/storage/store.ts'
import { blobsOf, plainSeries, readSegment, type SegmentSeriesRows, writeSegment } from '../support/segment-reading.ts'
import { segmentShapes } from '../support/segment-shapes.ts'

const kernel = await Kernel.create(await loadCore())
const SERIES = 5000

/** Series of one row of one field each, so two blocks. */
function manySeries(): SegmentSeriesRows[] {
  return Array.from({ length: SERIES }, (_, i) => ({
    series: { table: 't', tags: [['host', `${i}`]] },
    rows: [{ time: BigInt(i) * 1000n, fields: { level: i / 2 } }],
  }))
}

test('chunks are closed by the series that brings them to their blocks, and a long one has its own', () => {
  expect(chunksOf([])).toEqual([])
  expect(chunksOf([CHUNK_BLOCKS - 1, 1, 2])).toEqual([
    { end: 2, blocks: CHUNK_BLOCKS },
    { end: 3, blocks: 2 },
  ])
  expect(chunksOf([1, 3 * CHUNK_BLOCKS, 5])).toEqual([
    { end: 2, blocks: 1 + 3 * CHUNK_BLOCKS },
    { end: 3, blocks: 5 },
  ])
})

test('a series of a large segment is read by its own chunk of headers, and others stay on disk', async () => {
  const { bytes, info } = await writeSegment(manySeries(), kernel)
  const whole = blobsOf(bytes)
  let read = 0
  const blobs: BlobStore = {
    ...whole,
    get: (name, start, end) => {
      read += (end ?? bytes.length) - (start ?? 0)
      return whole.get(name, start, end)
    },
  }
  const index = new SeriesIndex(kernel)
  const cache = new BlockCache(1 << 20)
  const segment = await Segment.open(info, { blobs, cache, kernel }, { index, adopts: () => true })
  const [ref = -1] = await index.select('t', [{ tag: 'host', op: '=', value: '777' }])
  read = 0
  await segment.prepare([ref])
  expect(segment.bounds(ref)).toEqual({ start: 777_000n, end: 777_000n })
  expect(read).toBeGreaterThan(0)
  expect(cache.bytes).toBeLessThan((2 * CHUNK_BLOCKS + 4) * 80)
  const once = read
  await segment.prepare([ref])
  expect(read).toBe(once)
  await segment.prepare()
  expect(read).toBeGreaterThan(2 * once)
  segment.drop()
  expect(cache.bytes).toBe(0)
})

test('a segment of several chunks gives back every row', async () => {
  const parts = manySeries()
  const { bytes, info } = await writeSegment(parts, kernel)
  const byName = (a: { series: string }, b: { series: string }): number => (a.series < b.series ? -1 : 1)
  expect((await readSegment(bytes, info, kernel)).sort(byName)).toEqual([...plainSeries(parts)].sort(byName))
})

test('headers with any bit flipped are refused or fit, whatever their checksum says', async () => {
  const [, parts] = segmentShapes().find(([name]) => name === 'all-types-and-odd-values') ?? ['', []]
  const { bytes } = await writeSegment(parts, kernel)
  const view = new DataView(bytes.buffer)
  const indexStart = view.getUint32(bytes.length - SEGMENT_FOOTER_BYTES, true)
  const reader = new ByteReader(bytes.subarray(indexStart, bytes.length - SEGMENT_FOOTER_BYTES), 'an index')
  const adopter = { index: new SeriesIndex(kernel), adopts: () => true }
  const { places, chunks } = readSegmentIndex({ reader, indexStart, version: 3 }, kernel, adopter)
  const headers = bytes.slice(chunks.bytes[0], chunks.bytes[1])
  const readHeaders = (some: Uint8Array): SegmentHeaders =>
    SegmentHeaders.read({ what: 'headers', version: 3, bytes: some }, places.layouts, { chunks, chunk: 0 }, kernel)
  expect(chunkOf(chunks, places.layouts.blocks - 1)).toBe(0)
  expect(readHeaders(headers).bytes).toBeGreaterThan(0)
  let refused = 0
  const attempt = (some: Uint8Array): void => {
    try {
      readHeaders(some)
    } catch (error) {
      expect(error).toBeInstanceOf(TidemarkError)
      refused++
    }
  }
  for (let length = 0; length < headers.length; length++) attempt(headers.subarray(0, length))
  expect(refused).toBe(headers.length)
  for (let bit = 0; bit < headers.length * 8; bit++) {
    const damaged = headers.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    attempt(damaged)
  }
})
