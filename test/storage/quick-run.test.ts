import { beforeAll, expect, test } from 'vitest'
import { type Column, valueAt } from '../../engine/core/batch.ts'
import { canonicalTags } from '../../engine/core/series.ts'
import { SeriesIndex } from '../../engine/index/series-index.ts'
import { blockEncoding, HEADER_BYTES } from '../../engine/kernel/header.ts'
import { KeptSpace } from '../../engine/kernel/kept-space.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { decodeColumn } from '../../engine/scan/merge-groups.ts'
import { type Block, isBlock } from '../../engine/scan/row-group.ts'
import { BlockCache } from '../../engine/storage/block-cache.ts'
import { Segment } from '../../engine/storage/segment.ts'
import { generator } from '../support/block-shapes.ts'
import { START } from '../support/random-table.ts'
import { blobsOf, type SegmentSeriesRows, writeSegment } from '../support/segment-reading.ts'

const DENSE_MODE = 10
const ROWS = 1500
const EVERYTHING = { start: START, end: START + 10n ** 15n }

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

/** Series of walks of integers, some rows without, of floats, and of booleans. */
function walks(series: number): SegmentSeriesRows[] {
  return Array.from({ length: series }, (_, number) => {
    const next = generator(100 + number)
    let [count, level] = [50n, 20]
    const tags = { host: `host_${number}` }
    const rows = Array.from({ length: ROWS }, (_, i) => {
      count += BigInt((next() % 3) - 1)
      level += ((next() % 5) - 2) / 10
      const fields = { level, up: next() % 8 > 0, ...(number % 2 === 0 || next() % 4 > 0 ? { count } : {}) }
      return { time: START + BigInt(i) * 10_000_000_000n, tags, fields }
    })
    return { series: { table: 't', tags: canonicalTags(Object.entries(tags)) }, rows }
  })
}

async function openSettled(parts: readonly SegmentSeriesRows[], cache: BlockCache): Promise<[Segment, number[]]> {
  const { bytes, info } = await writeSegment(parts, kernel, true)
  const adopter = { index: new SeriesIndex(kernel), adopts: () => true }
  const segment = await Segment.open(info, { blobs: blobsOf(bytes), cache, kernel }, adopter)
  await segment.prepare()
  return [segment, [...segment.refs]]
}

type Fields = readonly string[]

/** The blocks of a field of a series, as a load for queries gives them. */
async function readBlocks(segment: Segment, ref: number, field: string, among: Fields = [field]): Promise<Block[]> {
  const loaded = await segment.loadQuick([ref], among, { range: EVERYTHING })
  const blocks: Block[] = []
  segment.eachGroup(ref, undefined, (group) => {
    const column = segment.group(ref, group, loaded).field(field)
    if (column && isBlock(column)) blocks.push(column)
  })
  return blocks
}

const isDense = ({ view, block }: Block): boolean => (blockEncoding(view, block) & 15) === DENSE_MODE

const plainValues = (blocks: readonly Block[], name: string): unknown[] =>
  blocks.flatMap((block) => {
    const column: Column = decodeColumn(block, name, kernel)
    return Array.from({ length: column.values.length }, (_, row) => valueAt(column, row))
  })

/** What a header says of values and rows, without how they are encoded. */
const statisticsOf = ({ headers, block }: Block): number[] => {
  const at = block * HEADER_BYTES
  return [...headers.subarray(at + 1, at + 8), ...headers.subarray(at + 16, at + HEADER_BYTES)]
}

test.each(['count', 'up'])('dense blocks read a second time are fast ones of the same values: %s', async (field) => {
  const parts = walks(6)
  const [segment, refs] = await openSettled(parts, new BlockCache(1 << 24))
  for (const [i, ref] of refs.entries()) {
    const rows = parts[i]?.rows ?? []
    const expected = rows.map(({ fields }) => fields[field] ?? null)
    const first = await readBlocks(segment, ref, field)
    const second = await readBlocks(segment, ref, field)
    expect(plainValues(first, field)).toEqual(expected)
    expect(plainValues(second, field)).toEqual(expected)
    expect(second.map(statisticsOf)).toEqual(first.map(statisticsOf))
    expect(second.filter(isDense)).toEqual([])
    if (field === 'count') expect(first.some(isDense)).toBe(true)
  }
})

test('blocks of floats stay as they are, since their sums would not be the same to the last bit', async () => {
  const [segment, [ref = 0]] = await openSettled(walks(6), new BlockCache(1 << 24))
  const first = await readBlocks(segment, ref, 'level')
  await readBlocks(segment, ref, 'level')
  expect(first.some(isDense)).toBe(true)
  expect(await readBlocks(segment, ref, 'level')).toEqual(first)
})

test('some blocks of a fast run are decoded together, from whatever byte their payloads begin', async () => {
  const parts = walks(12)
  const [segment, refs] = await openSettled(parts, new BlockCache(1 << 24))
  for (let round = 0; round < 2; round++) for (const ref of refs) await readBlocks(segment, ref, 'count')
  for (const [i, ref] of refs.entries()) {
    const wanted = (parts[i]?.rows ?? []).map(({ fields }) => fields.count)
    if (wanted.includes(undefined)) continue
    const loaded = await segment.loadQuick([ref], ['count'], { range: EVERYTHING })
    for (const [first, count] of [
      [0, 2],
      [0, 1],
      [1, 1],
    ] as const) {
      const run = segment.group(ref, first, loaded).fieldBlocks?.('count', count)
      if (run === undefined) throw new Error('there are no blocks')
      expect(run.full).toBe('i64')
      const values = new BigInt64Array(ROWS)
      const rows = kernel.decodeBlocks(run, values, 0)
      expect(Array.from(values.subarray(0, rows))).toEqual(wanted.slice(first * 1024, (first + count) * 1024))
    }
  }
})

test('a load puts at most 1024 blocks into the fast family, the next one more', async () => {
  const [segment, refs] = await openSettled(walks(600), new BlockCache(1 << 26))
  const blocks = async (): Promise<number> => {
    const loaded = await segment.loadQuick(refs, ['count'], { range: EVERYTHING })
    const isKept = (ref: number): boolean => {
      const kept = segment.group(ref, 0, loaded).kept?.(2)
      return kept?.blocks.has(1 + kept.fields.indexOf('count')) ?? false
    }
    return refs.filter(isKept).length * 2
  }
  expect([await blocks(), await blocks(), await blocks(), await blocks()]).toEqual([0, 1024, 1200, 1200])
})

test('what is let go gives the core its memory back, and reading it then is an error, not other bytes', async () => {
  kernel = await Kernel.create(await loadCore())
  const cache = new BlockCache(1)
  const [segment, [ref = 0]] = await openSettled(walks(2), cache)
  const load = () => segment.loadQuick([ref], ['count'], { range: EVERYTHING })
  await load()
  await load()
  const group = segment.group(ref, 0, await load())
  const expected = plainValues([group.field('count') as Block], 'count')
  const [block, run] = [group.field('count') as Block, group.fieldBlocks?.('count', 2)]
  expect(KeptSpace.of(kernel.instance).bytes).toBeGreaterThan(500)
  cache.trim()
  expect([cache.bytes, KeptSpace.of(kernel.instance).bytes]).toEqual([0, 0])
  expect(() => block.payload).toThrow(/not kept/)
  expect(() => run && kernel.decodeBlocks(run, new BigInt64Array(ROWS), 0)).toThrow(/not kept/)
  // The load has the bytes of the file, too, since its times were not kept.
  expect(plainValues([group.field('count') as Block], 'count')).toEqual(expected)
  await segment.prepare()
  expect(plainValues((await readBlocks(segment, ref, 'count')).slice(0, 1), 'count')).toEqual(expected)
  await load()
  expect(KeptSpace.of(kernel.instance).bytes).toBeGreaterThan(500)
  segment.drop()
  expect([cache.bytes, KeptSpace.of(kernel.instance).bytes]).toEqual([0, 0])
})

test('loads of the same blocks at one moment keep them once, and dropping them gives their memory back', async () => {
  const cache = new BlockCache(1 << 26)
  const [segment, [ref = 0]] = await openSettled(walks(1), cache)
  const { instance } = kernel
  const before = KeptSpace.of(instance).bytes
  const load = () => segment.loadQuick([ref], ['count'], { range: EVERYTHING })
  await load()
  const loaded = await Promise.all([load(), load()])
  expect(loaded.every(({ quick }) => quick !== undefined)).toBe(true)
  expect(KeptSpace.of(instance).bytes).toBeGreaterThan(before)
  segment.drop()
  expect(KeptSpace.of(instance).bytes).toBe(before)
})
