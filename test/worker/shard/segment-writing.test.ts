import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import type { FieldType } from '../../../engine/core/batch.ts'
import { encodeSeriesKey } from '../../../engine/core/series.ts'
import { SeriesIndex } from '../../../engine/index/series-index.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { BlockCache } from '../../../engine/storage/block-cache.ts'
import { Head } from '../../../engine/storage/head.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { Segment } from '../../../engine/storage/segment.ts'
import type { SegmentInfo } from '../../../engine/storage/segment-format.ts'
import { MERGED_BYTES, SegmentWriting } from '../../../engine/worker/shard/segment-writing.ts'
import { generator } from '../../support/block-shapes.ts'
import { columnOf, type Value } from '../../support/plain-column.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const FIELDS: Readonly<Record<string, FieldType>> = {
  load: 'f64',
  jobs: 'i64',
  up: 'bool',
  host: 'f64',
  note: 'string',
}
const TABLES = ['cpu', 'air', 'host']
const SERIES = 300

function register(index: SeriesIndex, series: number): { ref: number; table: string } {
  const table = TABLES[series % 7 === 0 ? 1 : series % 11 === 0 ? 2 : 0] ?? ''
  const tags: [string, string][] = [['host', `h${(series * 7919) % SERIES}`]]
  if (series % 3 === 0) tags.push(['load', ['jobs', 'ä', 'cpu'][series % 5] ?? 'up'])
  return { table, ref: index.register(encodeSeriesKey({ table, tags }), (series * 5) % 64) }
}

/** A head of many series, most of which have a few rows that rise in time, the others all that a head can have. */
function randomHead(seed: number, index: SeriesIndex): Head {
  const random = generator(seed)
  const below = (limit: number): number => random() % limit
  const head = new Head(kernel)
  const hasNotes = below(3) === 0
  const known = Array.from({ length: SERIES }, (_, series) => register(index, series))
  const odd = below(3) === 0
  for (let batch = 0; batch < 5; batch++) {
    for (const table of TABLES) {
      const names = Object.keys(FIELDS).filter((name) => below(3) > 0 && (name !== 'note' || hasNotes))
      const rows = known.flatMap(({ ref, table: own }) => {
        if (own !== table || below(4) === 0) return []
        const count = odd && below(60) === 0 ? 1100 : 1 + below(3)
        return Array.from({ length: count }, (_, i) => ({ ref, time: batch * 2000 + (odd ? below(2000) : i) }))
      })
      if (rows.length === 0) continue
      head.append({
        table,
        series: Uint32Array.from(rows, ({ ref }) => ref),
        time: BigInt64Array.from(rows, ({ time }) => BigInt(time)),
        fields: names.map((name) =>
          columnOf(
            name,
            FIELDS[name] as FieldType,
            rows.map(() => randomValue(name, below)),
          ),
        ),
      })
      head.seal(() => true)
    }
  }
  if (odd)
    head.delete(
      known.slice(10, 40).map(({ ref }) => ref),
      { start: 1000n, end: 4000n },
    )
  return head
}

function randomValue(name: string, below: (limit: number) => number): Value {
  if (below(3) === 0) return null
  switch (FIELDS[name]) {
    case 'i64':
      return BigInt(below(1000)) << BigInt(below(50))
    case 'bool':
      return below(2) === 1
    case 'string':
      return `${below(9)}`
    default:
      return [NaN, -0, 1.25, 3, 1e300, below(1000) / 100][below(6)] ?? 0
  }
}

async function writingOf(index: SeriesIndex) {
  const store = await openMemoryStore(emptyMemoryContents())
  return { blobs: store.blobs, writing: new SegmentWriting({ blobs: store.blobs, kernel, index }) }
}

test('a head is written as the same bytes, which name it, whether its series are encoded together or one by one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), async (seed) => {
      const index = new SeriesIndex(kernel)
      const head = randomHead(seed, index)
      const random = generator(seed)
      const below = (limit: number): number => 1 + (random() % limit)
      const { writing } = await writingOf(index)
      const [together] = await writing.writeHead(head)
      const [single] = await writing.write(head.refs, false, {
        bytesOf: () => MERGED_BYTES / below(20),
        read: async (refs) => {
          const fields = (ref: number) => head.fieldsOf(ref)
          return new Map(Array.from(refs, (ref) => [ref, [head.groups(ref, fields(ref)), fields(ref)]]))
        },
      })
      expect(together).toEqual(single)
    }),
    { numRuns: 25 },
  )
}, 60_000)

test('what was written says where its series are as reading it does', async () => {
  const index = new SeriesIndex(kernel)
  const { writing, blobs } = await writingOf(index)
  const [info] = (await writing.writeHead(randomHead(7, index))) as [SegmentInfo]
  const place = { blobs, kernel, cache: new BlockCache(1 << 20) }
  const read = await Segment.open(info, place, { index, adopts: () => true })
  const known = writing.takePlaces(info.name)
  expect(known).toEqual(read.parts)
  expect(writing.takePlaces(info.name)).toBeUndefined()
  const opened = await Segment.open(info, place, { index, adopts: () => true, known })
  expect([...opened.refs]).toEqual([...read.refs])
  for (const ref of opened.refs) expect(opened.fieldsOf(ref)).toEqual(read.fieldsOf(ref))
})

test('series are read together up to the limit of bytes, one byte more is for the next time, and one alone may have more', async () => {
  const index = new SeriesIndex(kernel)
  const { writing } = await writingOf(index)
  const refs = index.inSegmentOrder(Uint32Array.from({ length: 7 }, (_, series) => register(index, series).ref))
  const half = MERGED_BYTES / 2
  const bytes = new Map(Array.from(refs, (ref, i) => [ref, [half, half, half, half + 1, 1, 3 * half, 0][i] ?? 0]))
  const shares: number[][] = []
  const written = await writing.write(refs, false, {
    bytesOf: (ref) => bytes.get(ref) ?? 0,
    read: async (some) => {
      shares.push(Array.from(some, (ref) => refs.indexOf(ref)))
      return new Map()
    },
  })
  expect(shares).toEqual([[0, 1], [2], [3, 4], [5], [6]])
  expect(written).toEqual([])
})
