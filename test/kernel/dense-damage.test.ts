import { beforeAll, describe, expect, test } from 'vitest'
import { valueAt } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { DenseModel } from '../../engine/kernel/dense-models.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { generator } from '../support/block-shapes.ts'
import { denseShapes, encodeShared, type ModelledBlock } from '../support/dense-shapes.ts'
import { oneBlock } from '../support/one-block.ts'

const EVERYTHING = 63

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

/** Makes size and checksum fit, so that only the structure can give damage away. */
function resealed({ headers, payload }: ModelledBlock): ModelledBlock {
  const sealed = headers.slice()
  const view = new DataView(sealed.buffer)
  view.setUint32(8, payload.length, true)
  view.setUint32(12, kernel.checksum(payload), true)
  return { headers: sealed, payload }
}

/** Whether the block is refused with a typed error; else it must be readable in every way. */
function isRefused({ headers, payload }: ModelledBlock, model: DenseModel): boolean {
  try {
    kernel.verify(headers, 0, payload, model)
  } catch (error) {
    if (error instanceof TidemarkError && (error.kind === 'corrupt' || error.kind === 'truncated')) return true
    throw error
  }
  const column = kernel.decode(headers, 0, payload, 'v', model)
  for (let row = 0; row < column.values.length; row += 61) valueAt(column, row)
  kernel.spansOfTimes(new BigInt64Array(1), 0, 1)
  kernel.aggregateBlocks(oneBlock(headers, payload, model), EVERYTHING)
  return false
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

const shapes = denseShapes()

function smallest(columns: (typeof shapes)[number][1]): { block: ModelledBlock; model: DenseModel } {
  const dense = encodeShared(kernel, columns)
  const block = dense?.blocks.at(-1)
  if (dense === undefined || block === undefined) throw new Error('no model fits')
  return { block, model: dense.model }
}

describe('a damaged dense block', () => {
  test.each(shapes)('cut at any byte is refused: %s', (_name, columns) => {
    const { block, model } = smallest(columns)
    for (let length = 0; length < block.payload.length; length++) {
      const payload = block.payload.slice(0, length)
      expect(isRefused({ ...block, payload }, model)).toBe(true)
      expect(isRefused(resealed({ ...block, payload }), model)).toBe(true)
    }
  })

  test.each(shapes)(
    'with any bit flipped is refused, and never traps under a checksum that fits: %s',
    (_name, columns) => {
      const { block, model } = smallest(columns)
      for (let bit = 0; bit < Math.min(block.payload.length, 300) * 8; bit++) {
        const payload = flipped(block.payload, bit)
        expect(isRefused({ ...block, payload }, model)).toBe(true)
        isRefused(resealed({ ...block, payload }), model)
      }
      for (let bit = 0; bit < 128; bit++) isRefused(resealed({ ...block, headers: flipped(block.headers, bit) }), model)
    },
  )

  test.each(shapes)('under a damaged model never traps: %s', (_name, columns) => {
    const { block, model } = smallest(columns)
    for (let length = 0; length < model.bytes.length; length++) {
      expect(isRefused(block, { bytes: model.bytes.slice(0, length) })).toBe(true)
    }
    for (let bit = 0; bit < model.bytes.length * 8; bit++) isRefused(block, { bytes: flipped(model.bytes, bit) })
    expect(isRefused(block, { bytes: new Uint8Array(100_000) })).toBe(true)
  })

  test.each(['i64 walk', 'i64 long walk', 'f64 long walk with jumps'])(
    'of random bytes under a random model never traps: %s',
    (name) => {
      const next = generator(4)
      const { block, model } = smallest(shapes.find(([other]) => other === name)?.[1] ?? [])
      for (let round = 0; round < 3000; round++) {
        const bytes = model.bytes.slice()
        for (let i = next() % 4; i > 0; i--) bytes[next() % bytes.length] = next()
        const payload = Uint8Array.from({ length: 3 + (next() % 3000) }, () => next())
        // Decimals begin with their places and exceptions.
        payload.set(name.startsWith('f64') ? [2, 0, 10] : [10])
        isRefused(resealed({ ...block, payload }), { bytes })
      }
    },
  )
})
