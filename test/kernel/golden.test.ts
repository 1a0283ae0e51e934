import { readdirSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { bitsOf, referenceDecode } from '../support/codec-reference.ts'

const folder = new URL('../golden/codec/v1/', import.meta.url)
const names = readdirSync(folder).filter((name) => name.endsWith('.block'))

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

describe('blocks that version 1 wrote stay readable', () => {
  test.each(names)('%s', (name) => {
    const block = new Uint8Array(readFileSync(new URL(name, folder)))
    const expected: unknown = JSON.parse(readFileSync(new URL(name.replace('.block', '.json'), folder), 'utf8'))
    const payload = block.subarray(HEADER_BYTES)
    kernel.verify(block, 0, payload)
    for (const column of [kernel.decode(block, 0, payload, 'v'), referenceDecode(block, payload, 'v')]) {
      const values = bitsOf(column).map((value) => (typeof value === 'bigint' ? `${value}` : value))
      expect({ type: column.type, values }).toEqual(expected)
    }
  })

  test('and are of every family and mode', () => {
    const encodings = names.map((name) => readFileSync(new URL(name, folder))[0] ?? 0)
    expect(new Set(encodings.map((encoding) => encoding >> 4))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
    expect(new Set(encodings.map((encoding) => encoding & 15))).toEqual(
      new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]),
    )
  })
})
