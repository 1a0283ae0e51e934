import { describe, expect, test } from 'vitest'
import {
  FAN_IN,
  MAX_COMPACTED_BYTES,
  planCompaction,
  planSettling,
  SEGMENT_BYTES,
  SETTLED_BYTES,
} from '../../engine/storage/compaction.ts'
import type { SegmentInfo } from '../../engine/storage/segment-format.ts'

const MIB = 1 << 20
const noCutoffs = { cutoffs: () => undefined }

function segments(bytes: readonly number[], maxTimes: readonly bigint[] = []): SegmentInfo[] {
  return bytes.map((size, i) => ({
    name: `${i}.seg`,
    bytes: size,
    tables: new Map([['t', { rows: 1, minTime: 0n, maxTime: maxTimes[i] ?? 100n }]]),
  }))
}

const names = (list: readonly SegmentInfo[]): string[] => list.map(({ name }) => name)

test('merges neighbours of one tier once there are so many, and no sooner', () => {
  const few = segments(Array.from({ length: FAN_IN - 1 }, () => 1000))
  expect(planCompaction(few, noCutoffs).merge).toEqual([])
  const enough = segments(Array.from({ length: FAN_IN }, () => 1000))
  expect(planCompaction(enough, noCutoffs).merge).toEqual(enough)
})

test('never reaches over a segment of a greater tier', () => {
  const sizes = [1, 1, 1, 5 * MIB, 1, 1, 1].map((size) => size + 1000)
  expect(planCompaction(segments(sizes), noCutoffs).merge).toEqual([])
  const more = [5 * MIB, ...Array.from({ length: FAN_IN }, () => 1000)]
  expect(names(planCompaction(segments(more), noCutoffs).merge)).toEqual(
    Array.from({ length: FAN_IN }, (_, i) => `${i + 1}.seg`),
  )
})

test('does not rewrite a large segment for a few small ones, and takes small ones between large ones along', () => {
  const small = Array.from({ length: FAN_IN - 1 }, () => 1000)
  expect(planCompaction(segments([3 * MIB, ...small]), noCutoffs).merge).toEqual([])
  const mixed = segments(Array.from({ length: 2 * FAN_IN }, (_, i) => (i % 2 === 0 ? 2 * MIB : 1000)))
  expect(planCompaction(mixed, noCutoffs).merge).toEqual(mixed)
})

test('makes nothing larger than the greatest segment', () => {
  const sizes = Array.from({ length: FAN_IN * 2 }, () => MAX_COMPACTED_BYTES / 4)
  expect(planCompaction(segments(sizes), noCutoffs).merge).toEqual([])
})

test('drops what holds expired rows alone, and merges nothing that it drops', () => {
  const sizes = Array.from({ length: FAN_IN + 1 }, () => 1000)
  const times = [5n, ...Array.from({ length: FAN_IN }, () => 100n)]
  const all = segments(sizes, times)
  const { drop, merge } = planCompaction(all, { cutoffs: () => 50n })
  expect(names(drop)).toEqual(['0.seg'])
  expect(merge).toEqual(all.slice(1))
  expect(planCompaction(all, { cutoffs: (table) => (table === 'u' ? 50n : undefined) }).drop).toEqual([])
  expect(planCompaction(all, { cutoffs: () => 5n }).drop).toEqual([])
})

test('leaves damaged segments where they are, and merges on either side of them', () => {
  const all = segments(Array.from({ length: 2 * FAN_IN }, () => 1000))
  const damaged = new Set(['2.seg'])
  expect(names(planCompaction(all, { ...noCutoffs, damaged }).merge)).toEqual(names(all.slice(3)))
})

test('with several writers waits until a merge leaves fewer segments', () => {
  const all = segments(Array.from({ length: 4 * FAN_IN }, () => 1000))
  expect(planCompaction(all.slice(0, 4 * FAN_IN - 1), { ...noCutoffs, writers: 4 }).merge).toEqual([])
  expect(planCompaction(all, { ...noCutoffs, writers: 4 }).merge).toEqual(all)
})

test('settles a merge that is large enough to last, and no smaller one', () => {
  const small = segments(Array.from({ length: FAN_IN }, () => 1000))
  expect(planCompaction(small, noCutoffs).settle).toBe(false)
  const large = segments(Array.from({ length: FAN_IN }, () => Math.ceil(SETTLED_BYTES / FAN_IN)))
  expect(planCompaction(large, noCutoffs).settle).toBe(true)
})

describe('settling everything', () => {
  test('merges all neighbours that fit into one, around damaged ones', () => {
    const all = segments([1000, 5 * MIB, 1000, 1000, 300 * MIB, 1000])
    const { merges } = planSettling(all, { ...noCutoffs, damaged: new Set(['2.seg']) })
    expect(merges.map(names)).toEqual([['0.seg', '1.seg'], ['3.seg'], ['4.seg'], ['5.seg']])
  })

  test('writes nothing again that is settled and would become no fewer', () => {
    const [one, two, three] = segments([1000, 1000, 2 * SEGMENT_BYTES - 1]).map((info) => ({ ...info, settled: true }))
    if (one === undefined || two === undefined || three === undefined) throw new Error('there are three')
    expect(planSettling([one], noCutoffs).merges).toEqual([])
    expect(planSettling([three], noCutoffs).merges).toEqual([])
    expect(planSettling([one, two], { ...noCutoffs, writers: 2 }).merges).toEqual([])
    expect(planSettling([one, two], noCutoffs).merges).toEqual([[one, two]])
    expect(planSettling([{ ...one, settled: false }], noCutoffs).merges).toHaveLength(1)
  })

  test('drops what has expired', () => {
    const all = segments([1000, 1000], [5n, 100n])
    const { merges, drop } = planSettling(all, { cutoffs: () => 50n })
    expect([merges.map(names), names(drop)]).toEqual([[['1.seg']], ['0.seg']])
  })
})
