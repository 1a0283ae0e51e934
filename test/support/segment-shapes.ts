import { canonicalTags } from '../../engine/core/series.ts'
import { generator } from './block-shapes.ts'
import type { Value } from './plain-column.ts'
import { START } from './random-table.ts'
import type { SegmentSeriesRows } from './segment-reading.ts'

const STEP = 10_000_000_000n

/** Named contents of segments, the same everywhere. */
export function segmentShapes(): [string, SegmentSeriesRows[]][] {
  return [
    ['one-row', [part({ host: 'a' }, 1, 0)]],
    ['no-tags', [part({}, 5, 1)]],
    ['all-types-and-odd-values', [part({ host: 'a' }, 40, 2), part({ host: 'b', region: '\u{1f600}' }, 40, 3)]],
    ['blocks-of-1024', [part({ host: 'a' }, 1500, 4)]],
    [
      'many-series',
      Array.from({ length: 20 }, (_, i) => part({ host: `host_${i}`, ...(i % 3 === 0 && { rack: `${i % 7}` }) }, 3, i)),
    ],
    ['columns-that-share-models', Array.from({ length: 3 }, (_, i) => part({ host: `host_${i}` }, 300, 50 + i))],
  ]
}

function part(tags: Record<string, string>, rows: number, seed: number): SegmentSeriesRows {
  const next = generator(seed)
  return {
    series: { table: 't', tags: canonicalTags(Object.entries(tags)) },
    rows: Array.from({ length: rows }, (_, i) => ({ time: START + BigInt(i) * STEP, tags, fields: fieldsOf(next, i) })),
  }
}

function fieldsOf(next: () => number, row: number): Record<string, Value> {
  const odd = [Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324][next() % 4] ?? 0
  const ends = [2n ** 63n - 1n, -(2n ** 63n), 0n][next() % 3] ?? 0n
  const all: [string, Value][] = [
    ['level', ((next() % 20_000) - 10_000) / 100],
    ['odd', odd],
    ['count', BigInt(row) * 7n],
    ['ends', ends],
    ['up', next() % 2 === 0],
    ['text', ['', 'a', 'ünïcode'][next() % 3] ?? ''],
  ]
  return Object.fromEntries(all.filter(([name]) => name === 'level' || next() % 4 !== 0))
}
