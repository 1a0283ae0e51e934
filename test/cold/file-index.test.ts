import { beforeAll, expect, test } from 'vitest'
import { type FileIndex, readFileIndex, writeFileIndex } from '../../engine/cold/file-index.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { encodeSeriesKey } from '../../engine/core/series.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

let kernel: Kernel

beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

/** Series of which every fourth one takes a row group more. */
function indexOf(series: number): FileIndex {
  const keys = Array.from({ length: series }, (_, s) => encodeSeriesKey({ table: 't', tags: [['host', `h${s}`]] }))
  const extents: [series: number, rows: number][] = []
  const groupRows: number[] = []
  for (let s = 0; s < series; s++) {
    extents.push([s, 100 + s])
    if (s % 4 === 3) extents.push([s, 7])
    groupRows.push(100 + s, ...(s % 4 === 3 ? [7] : []))
  }
  const columns = [
    { name: 'time', kind: 'time', type: 'time' } as const,
    { name: 'v', kind: 'field', type: 'f64' } as const,
    { name: 'host', kind: 'tag', type: 'string' } as const,
  ]
  return {
    table: 't',
    codec: 'ZSTD',
    columns,
    groupRows: Uint32Array.from(groupRows),
    chunkBytes: Uint32Array.from({ length: 3 * groupRows.length }, (_, i) => 1000 + i),
    chunkChecksums: Uint32Array.from({ length: 3 * groupRows.length }, (_, i) => Math.imul(i, 0x9e3779b1)),
    keys,
    extents: {
      series: Uint32Array.from(extents, ([s]) => s),
      rows: Uint32Array.from(extents, ([, rows]) => rows),
      minTimes: BigInt64Array.from(extents, (_, i) => BigInt(i) * 1000n),
      maxTimes: BigInt64Array.from(extents, (_, i) => BigInt(i) * 1000n + 999n),
    },
  }
}

test.each([0, 1, 5, 100])('an index of %i series comes back as it was', (series) => {
  const index = indexOf(series)
  expect(readFileIndex(writeFileIndex(index, kernel), kernel, 'it')).toEqual(index)
})

/** An error of ours, or an index that holds together. */
function expectSound(bytes: Uint8Array): void {
  try {
    const { keys, extents, groupRows, chunkBytes, columns } = readFileIndex(bytes, kernel, 'it')
    const rows = extents.rows.reduce((total, count) => total + count, 0)
    expect(rows).toBe(groupRows.reduce((total, count) => total + count, 0))
    expect(chunkBytes.length).toBe(groupRows.length * columns.length)
    expect(Math.max(-1, ...extents.series)).toBe(keys.length - 1)
  } catch (error) {
    expect(error).toBeInstanceOf(TidemarkError)
  }
}

test.each([2, 30])('of %i series, any flipped bit is an error or an index that holds together', (series) => {
  const bytes = writeFileIndex(indexOf(series), kernel)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expectSound(damaged)
  }
})

test('any cut is an error', () => {
  const bytes = writeFileIndex(indexOf(30), kernel)
  for (let length = 0; length < bytes.length; length++) {
    expect(() => readFileIndex(bytes.subarray(0, length), kernel, 'it')).toThrow(TidemarkError)
  }
})

test.each<[string, (index: FileIndex) => FileIndex]>([
  ['series out of order', (i) => ({ ...i, extents: { ...i.extents, series: i.extents.series.toReversed() } })],
  ['an extent that is longer than its row group', (i) => ({ ...i, groupRows: i.groupRows.map((n) => n - 1) })],
  ['row groups without extents', (i) => ({ ...i, keys: [], extents: { ...indexOf(0).extents } })],
  [
    'times that run backwards',
    (i) => ({ ...i, extents: { ...i.extents, maxTimes: i.extents.maxTimes.map(() => -1n) } }),
  ],
  ['no times', (i) => ({ ...i, columns: i.columns.toReversed() })],
])('an index with %s is corrupt', (_what, change) => {
  expect(() => readFileIndex(writeFileIndex(change(indexOf(5)), kernel), kernel, 'it')).toThrow(
    expect.objectContaining({ kind: 'corrupt' }),
  )
})
