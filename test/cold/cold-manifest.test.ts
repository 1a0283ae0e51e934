import { crc32 } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  type ColdManifest,
  DAY_NS,
  dayOf,
  decodeColdManifest,
  encodeColdManifest,
  FILE_KEY,
  fileKey,
} from '../../engine/cold/cold-manifest.ts'

const HASH = 'ab'.repeat(32)
const start = 20_000n * DAY_NS

const manifest: ColdManifest = {
  generation: 7,
  files: ['cpu', 'a b/ü(*)', '__proto__'].map((table, i) => ({
    ...{ key: fileKey(table, 20_000, HASH), bytes: 1000, table, day: 20_000, rows: 10, series: 2 },
    ...{ minTime: start, maxTime: start + DAY_NS - 1n, indexStart: 900, indexBytes: 50, indexChecksum: 4_000_000_000 },
    ...(i > 0 && { deletes: i }),
  })),
  tables: new Map(
    ['cpu', 'a b/ü(*)', '__proto__'].map((table) => [
      table,
      { tags: ['host'], fields: new Map([['v', 'f64'] as const, ['__proto__', 'string'] as const]) },
    ]),
  ),
}

test('a manifest comes back as it was', () => {
  expect(decodeColdManifest(encodeColdManifest(manifest, crc32), crc32, 'it')).toEqual(manifest)
})

test('any flipped bit and any cut is corrupt', () => {
  const bytes = encodeColdManifest({ ...manifest, files: manifest.files.slice(0, 1) }, crc32)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => decodeColdManifest(damaged, crc32, 'it')).toThrow('it is damaged')
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeColdManifest(bytes.subarray(0, length), crc32, 'it')).toThrow('it is damaged')
  }
})

test.each([
  ['a key of another table', { key: fileKey('mem', 20_000, HASH) }],
  ['a key that leads elsewhere', { key: `table=cpu/day=2024-10-04/../${HASH}.parquet` }],
  ['times of another day', { maxTime: start + DAY_NS }],
  ['times that run backwards', { maxTime: start - 1n + DAY_NS, minTime: start + DAY_NS }],
  ['an index beyond its end', { indexBytes: 101 }],
  ['a count below 0', { rows: -1 }],
  ['deletes that are no count', { deletes: 0.5 }],
])('a file with %s is corrupt', (_name, wrong) => {
  const files = manifest.files.slice(0, 1).map((file) => ({ ...file, ...wrong }))
  expect(() => decodeColdManifest(encodeColdManifest({ ...manifest, files }, crc32), crc32, 'it')).toThrow('damaged')
})

test('keys are of characters that every store takes, and name table and day', () => {
  expect(fileKey('a b/ü(*)', 0, HASH)).toBe(`table=a%20b%2F%C3%BC%28%2A%29/day=1970-01-01/${HASH}.parquet`)
  for (const { key } of manifest.files) expect(key).toMatch(FILE_KEY)
})

test.each([
  [0n, 0],
  [DAY_NS - 1n, 0],
  [DAY_NS, 1],
  [-1n, -1],
  [-DAY_NS, -1],
  [-DAY_NS - 1n, -2],
])('the day of %d ns is %i', (time, day) => {
  expect(dayOf(time)).toBe(day)
})
