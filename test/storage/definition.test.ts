import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { TidemarkError } from '../../engine/core/errors.ts'
import { decodeDefinition, encodeDefinition, isDefinitionRecord } from '../../engine/storage/definition.ts'
import { DEFINITION_SHAPES } from '../support/definition-shapes.ts'

test.each(DEFINITION_SHAPES)('the record of a definition gives it back: %s', (_name, defined) => {
  const bytes = encodeDefinition(defined)
  expect(isDefinitionRecord(bytes)).toBe(true)
  expect(decodeDefinition(bytes)).toEqual(defined)
})

test.each(DEFINITION_SHAPES)('the record that version 1 wrote stays readable: %s', (name, defined) => {
  const golden = new URL(`../golden/definition/v1/${name}.record`, import.meta.url)
  expect(decodeDefinition(new Uint8Array(readFileSync(golden)))).toEqual(defined)
})

test('the record has the bytes that FORMAT.md draws', () => {
  const drawn = [1, 4, 1, 1, ...new TextEncoder().encode('v'), 2, ...new TextEncoder().encode('{}')]
  expect([...encodeDefinition({ kind: 'view', name: 'v', definition: '{}' })]).toEqual(drawn)
})

/** Whether the record is refused with an error of the right kind; any other error is thrown on. */
function isRefused(bytes: Uint8Array): boolean {
  try {
    decodeDefinition(bytes)
    return false
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) return true
    throw error
  }
}

describe('a damaged record of a definition', () => {
  test.each(DEFINITION_SHAPES)('cut at any byte is refused: %s', (_name, defined) => {
    const bytes = encodeDefinition(defined)
    for (let length = 0; length < bytes.length; length++) expect(isRefused(bytes.slice(0, length))).toBe(true)
    expect(isRefused(Uint8Array.of(...bytes, 0))).toBe(true)
  })

  test.each(DEFINITION_SHAPES)('with any bit flipped never traps or hangs: %s', (_name, defined) => {
    const bytes = encodeDefinition(defined)
    let refused = 0
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const copy = bytes.slice()
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      if (isRefused(copy)) refused++
    }
    expect(refused).toBeGreaterThan(0)
  })
})
