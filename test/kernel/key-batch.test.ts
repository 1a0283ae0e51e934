import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { packKeys, unpackKeys } from '../../engine/kernel/key-batch.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator } from '../support/block-shapes.ts'
import { loadCore as loadScalarCore } from '../support/load-scalar.ts'

test.each([
  ['vectors', loadCore],
  ['no vectors', loadScalarCore],
])('a batch gives its keys back, and the first byte of the SHA-256 of each: %s', async (_, load) => {
  const kernel = await Kernel.create(await load())
  const next = generator(11)
  const lengths = [
    0,
    1,
    55,
    56,
    63,
    64,
    65,
    119,
    120,
    128,
    70_000,
    65_536,
    65_535,
    3,
    ...Array.from({ length: 2000 }, () => next() % 300),
  ]
  const keys = lengths.map((length) => Uint8Array.from({ length }, () => next()))
  const batch = packKeys(keys)
  expect(unpackKeys(batch)).toEqual(keys)
  const expected = keys.map((key) => createHash('sha256').update(key).digest()[0])
  expect([...kernel.firstHashBytes(batch)]).toEqual(expected)
  expect([...kernel.firstHashBytes(packKeys([]))]).toEqual([])
})
