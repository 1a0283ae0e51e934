import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { decodeRecord, encodeRecord } from '../../engine/storage/record.ts'
import { generator } from '../support/block-shapes.ts'
import { plainRecord, recordShapes } from '../support/record-shapes.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const shapes = recordShapes()

test.each(shapes)('a record gives back its rows: %s', (_name, record) => {
  expect(plainRecord(decodeRecord(encodeRecord(record, kernel), kernel))).toEqual(plainRecord(record))
})

test.each(shapes)('the same rows give the same bytes: %s', async (_name, record) => {
  const again = encodeRecord(record, await Kernel.create(await loadCore()))
  expect(encodeRecord(record, kernel)).toEqual(again)
})

test('records of any length are written whole, at every end of the buffer', () => {
  for (let length = 3900; length < 4200; length++) {
    const record = { newSeries: { numbers: Uint32Array.of(0), keys: packKeys([new Uint8Array(length)]) }, tables: [] }
    expect(decodeRecord(encodeRecord(record, kernel), kernel)).toEqual(record)
  }
})

/** Whether the record is refused with an error of the right kind; any other error is thrown on. */
function isRefused(bytes: Uint8Array): boolean {
  try {
    decodeRecord(bytes, kernel)
    return false
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) return true
    throw error
  }
}

// The frame's checksum keeps damage away from here; what gets through it must do no harm all the same.
describe('a damaged record', () => {
  test.each(shapes)('cut at any byte is refused: %s', (_name, record) => {
    const bytes = encodeRecord(record, kernel)
    const step = bytes.length > 5000 ? 7 : 1
    for (let length = 0; length < bytes.length; length += step) expect(isRefused(bytes.slice(0, length))).toBe(true)
    expect(isRefused(Uint8Array.of(...bytes, 0))).toBe(true)
  })

  test.each(shapes.slice(0, 3))('with any bit flipped never traps or hangs: %s', (_name, record) => {
    const bytes = encodeRecord(record, kernel)
    for (let bit = 0; bit < Math.min(bytes.length, 3000) * 8; bit++) {
      const copy = bytes.slice()
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      isRefused(copy)
    }
  })

  test('of random bytes never traps or hangs', () => {
    const next = generator(3)
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from({ length: next() % 120 }, () => next() % (next() % 2 === 0 ? 256 : 4))
      bytes.set([1, 1].slice(0, bytes.length))
      isRefused(bytes)
    }
  })
})

describe('records that version 1 wrote stay readable', () => {
  const folder = new URL('../golden/record/v1/', import.meta.url)
  const names = readdirSync(folder).filter((name) => name.endsWith('.record'))

  test.each(names)('%s', (file) => {
    const bytes = new Uint8Array(readFileSync(new URL(file, folder)))
    const expected: unknown = JSON.parse(readFileSync(new URL(file.replace('.record', '.json'), folder), 'utf8'))
    expect(plainRecord(decodeRecord(bytes, kernel))).toEqual(expected)
  })
})
