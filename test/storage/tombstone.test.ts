import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { isDeleteRecord } from '../../engine/storage/record.ts'
import { decodeDelete, encodeDelete, mayHide } from '../../engine/storage/tombstone.ts'
import { DELETE_SHAPES } from '../support/delete-shapes.ts'

test.each(DELETE_SHAPES)('the record of a delete gives it back: %s', (_name, tombstone) => {
  const bytes = encodeDelete(tombstone)
  expect(isDeleteRecord(bytes)).toBe(true)
  expect(decodeDelete(bytes)).toEqual(tombstone)
})

test.each(DELETE_SHAPES)('the record that version 1 wrote stays readable: %s', (name, tombstone) => {
  const golden = new URL(`../golden/delete/v1/${name}.record`, import.meta.url)
  expect(decodeDelete(new Uint8Array(readFileSync(golden)))).toEqual(tombstone)
})

/** Whether the record is refused with an error of the right kind; any other error is thrown on. */
function isRefused(bytes: Uint8Array): boolean {
  try {
    decodeDelete(bytes)
    return false
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) return true
    throw error
  }
}

describe('a damaged record of a delete', () => {
  test.each(DELETE_SHAPES)('cut at any byte is refused: %s', (_name, tombstone) => {
    const bytes = encodeDelete(tombstone)
    for (let length = 0; length < bytes.length; length++) expect(isRefused(bytes.slice(0, length))).toBe(true)
    expect(isRefused(Uint8Array.of(...bytes, 0))).toBe(true)
  })

  test.each(DELETE_SHAPES)('with any bit flipped never traps or hangs: %s', (_name, tombstone) => {
    const bytes = encodeDelete(tombstone)
    let refused = 0
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const copy = bytes.slice()
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      if (isRefused(copy)) refused++
    }
    expect(refused).toBeGreaterThan(0)
  })
})

test('a delete may hide rows of older segments that have its table at its times, and of no others', () => {
  const tombstone = { number: 3, table: 't', matchers: [], start: 10n, end: 20n }
  const segment = (minTime: bigint, maxTime: bigint, deletes?: number, table = 't') => ({
    name: 'x',
    bytes: 1,
    tables: new Map([[table, { rows: 1, minTime, maxTime }]]),
    ...(deletes !== undefined && { deletes }),
  })
  expect(mayHide(tombstone, segment(0n, 10n))).toBe(true)
  expect(mayHide(tombstone, segment(19n, 30n, 3))).toBe(true)
  expect(mayHide(tombstone, segment(19n, 30n, 4))).toBe(false)
  expect(mayHide(tombstone, segment(0n, 9n))).toBe(false)
  expect(mayHide(tombstone, segment(20n, 30n))).toBe(false)
  expect(mayHide(tombstone, segment(0n, 30n, 0, 'u'))).toBe(false)
})
