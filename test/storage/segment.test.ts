import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { SEGMENT_FOOTER_BYTES, type SegmentInfo } from '../../engine/storage/segment-format.ts'
import { generator } from '../support/block-shapes.ts'
import { plainSeries, readSegment, writeSegment } from '../support/segment-reading.ts'
import { segmentShapes } from '../support/segment-shapes.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const shapes = segmentShapes()

const both = shapes.flatMap(([name, parts]): [string, boolean, typeof parts][] => [
  [name, false, parts],
  [`${name}, settled`, true, parts],
])

test.each(both)('a segment gives back its rows: %s', async (_name, settle, parts) => {
  const { bytes, info } = await writeSegment(parts, kernel, settle)
  const read = await readSegment(bytes, info, kernel)
  const sorted = (list: ReturnType<typeof plainSeries>) => [...list].sort((a, b) => (a.series < b.series ? -1 : 1))
  expect(sorted(read)).toEqual(sorted(plainSeries(parts)))
})

test.each(both)(
  'the same rows give the same bytes, and their SHA-256 is the name: %s',
  async (_name, settle, parts) => {
    const { bytes, info } = await writeSegment(parts, kernel, settle)
    const again = await writeSegment(parts, await Kernel.create(await loadCore()), settle)
    expect(again.bytes).toEqual(bytes)
    expect(info.name).toBe(`${createHash('sha256').update(bytes).digest('hex')}.seg`)
    expect(info.bytes).toBe(bytes.length)
  },
)

/** Whether the segment is refused with an error of the right kind; any other error is thrown on. */
async function isRefused(bytes: Uint8Array, info: SegmentInfo): Promise<boolean> {
  try {
    await readSegment(bytes, info, kernel)
    return false
  } catch (error) {
    if (error instanceof TidemarkError && ['corrupt', 'truncated', 'invalid'].includes(error.kind)) return true
    throw error
  }
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

test('a settled segment is smaller, and has dense blocks', async () => {
  const [, parts] = shapes.find(([name]) => name === 'columns-that-share-models') ?? ['', []]
  const plain = await writeSegment(parts, kernel)
  const settled = await writeSegment(parts, kernel, true)
  expect(settled.bytes.length).toBeLessThan(plain.bytes.length)
})

describe('a damaged segment', () => {
  const names = ['one-row', 'no-tags', 'all-types-and-odd-values']
  const small = both.filter(([name]) => names.includes(name) || name === 'all-types-and-odd-values, settled')

  test.each(small)('cut at any byte is refused: %s', async (_name, settle, parts) => {
    const { bytes, info } = await writeSegment(parts, kernel, settle)
    for (let length = 0; length < bytes.length; length++) {
      expect(await isRefused(bytes.slice(0, length), info)).toBe(true)
      // Also where the manifest believes the length.
      expect(await isRefused(bytes.slice(0, length), { ...info, bytes: length })).toBe(true)
    }
  })

  test.each(small)('with any bit flipped is refused, or reads the same: %s', async (_name, settle, parts) => {
    const { bytes, info } = await writeSegment(parts, kernel, settle)
    const whole = JSON.stringify(await readSegment(bytes, info, kernel))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = flipped(bytes, bit)
      if (!(await isRefused(damaged, info)))
        expect(JSON.stringify(await readSegment(damaged, info, kernel))).toBe(whole)
    }
  })

  test('with any bit of its index flipped under a checksum that fits never traps or hangs', async () => {
    for (const [, settle, parts] of small) {
      const { bytes, info } = await writeSegment(parts, kernel, settle)
      const indexStart = new DataView(bytes.buffer).getUint32(bytes.length - SEGMENT_FOOTER_BYTES, true)
      for (let bit = indexStart * 8; bit < (bytes.length - SEGMENT_FOOTER_BYTES) * 8; bit++) {
        await isRefused(resealed(flipped(bytes, bit), indexStart), info)
      }
    }
  })

  test('with random bytes as its index under a checksum that fits never traps or hangs', async () => {
    const next = generator(5)
    const { bytes, info } = await writeSegment(shapes[2]?.[1] ?? [], kernel, true)
    const indexStart = new DataView(bytes.buffer).getUint32(bytes.length - SEGMENT_FOOTER_BYTES, true)
    for (let round = 0; round < 3000; round++) {
      const damaged = new Uint8Array(bytes)
      const at = indexStart + (next() % (bytes.length - SEGMENT_FOOTER_BYTES - indexStart))
      for (let i = at; i < Math.min(at + 1 + (next() % 9), bytes.length - SEGMENT_FOOTER_BYTES); i++)
        damaged[i] = next()
      await isRefused(resealed(damaged, indexStart), info)
    }
  })

  function resealed(bytes: Uint8Array<ArrayBuffer>, indexStart: number): Uint8Array {
    const end = bytes.length - SEGMENT_FOOTER_BYTES
    new DataView(bytes.buffer).setUint32(end + 8, kernel.checksum(bytes.subarray(indexStart, end)), true)
    return bytes
  }
})

describe.each([1, 2, 3])('segments that version %i wrote stay readable', (version) => {
  const folder = new URL(`../golden/segment/v${version}/`, import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.seg'))

  test.each(names)('%s', async (file) => {
    const bytes = new Uint8Array(readFileSync(new URL(file, folder)))
    const expected: { name: string; series: unknown[] } = JSON.parse(
      readFileSync(new URL(file.replace('.seg', '.json'), folder), 'utf8'),
    )
    expect(`${createHash('sha256').update(bytes).digest('hex')}.seg`).toBe(expected.name)
    const info = { name: expected.name, bytes: bytes.length, tables: new Map() }
    const read = await readSegment(bytes, info, kernel)
    expect(read).toHaveLength(expected.series.length)
    expect(read).toEqual(expect.arrayContaining(expected.series))
  })
})
