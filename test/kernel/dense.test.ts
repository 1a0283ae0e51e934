import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import { MODEL_SLOTS } from '../../engine/kernel/dense-models.ts'
import { blockSumHigh } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { MEASURE, SLOT, STATE_SLOTS } from '../../engine/kernel/span-state.ts'
import { generator, i64 } from '../support/block-shapes.ts'
import { bitsOf, referenceDecode } from '../support/codec-reference.ts'
import { expectedAggregate, ulpsBetween } from '../support/codec-reference-aggregate.ts'
import { referenceModel } from '../support/dense-reference.ts'
import { denseShapes, encodeShared } from '../support/dense-shapes.ts'
import { oneBlock } from '../support/one-block.ts'

const DENSE_MODE = 10

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function encoded(columns: readonly Column[]): NonNullable<ReturnType<typeof encodeShared>> {
  const dense = encodeShared(kernel, columns)
  if (dense === undefined) throw new Error('no model fits')
  return dense
}

const shapes = denseShapes()

describe('dense blocks', () => {
  test.each(shapes)('give back their values, as the drawing says: %s', (_name, columns) => {
    const { model, blocks } = encoded(columns)
    const plain = referenceModel(model.bytes)
    blocks.forEach(({ headers, payload }, i) => {
      const column = columns[i] as Column
      expect((headers[0] ?? 0) & 15).toBe(DENSE_MODE)
      kernel.verify(headers, 0, payload, model)
      expect(bitsOf(kernel.decode(headers, 0, payload, 'v', model))).toEqual(bitsOf(column))
      expect(bitsOf(referenceDecode(headers, payload, 'v', plain))).toEqual(bitsOf(column))
    })
  })

  test.each(shapes)('keep the statistics of their headers, sums of decimals within an ulp: %s', (_name, columns) => {
    const { blocks, fast } = encoded(columns)
    blocks.forEach(({ headers }, i) => {
      const before = fast[i]?.headers ?? new Uint8Array()
      expect(headers.subarray(16, 32)).toEqual(before.subarray(16, 32))
      expect(headers.subarray(48)).toEqual(before.subarray(48))
      const sums = [headers, before].map((bytes) => blockSumHigh(new DataView(bytes.buffer, bytes.byteOffset), 0))
      if (!sums.every(Number.isNaN)) expect(ulpsBetween(sums[0] ?? 0, sums[1] ?? 0)).toBeLessThanOrEqual(1)
      expect(headers.subarray(1, 8)).toEqual(fast[i]?.headers.subarray(1, 8))
    })
  })

  test.each(shapes)('are aggregated as their values are: %s', (_name, columns) => {
    const { model, blocks } = encoded(columns)
    blocks.forEach(({ headers, payload }, i) => {
      const column = columns[i] as Column
      const rows = column.values.length
      kernel.setWindows(0n, 100n, 0n, 1n << 30n)
      kernel.spansOfTimes(
        BigInt64Array.from({ length: rows }, (_, row) => BigInt(row)),
        0,
        rows,
      )
      kernel.aggregateBlocks(oneBlock(headers, payload, model), MEASURE.sum | MEASURE.min)
      const { spans, states, statesI64 } = kernel
      for (let span = 0; span < spans.length / 3; span++) {
        const expected = expectedAggregate(column, spans[3 * span] ?? 0, spans[3 * span + 1] ?? 0, () => true)
        const sum = (states[span * STATE_SLOTS + SLOT.sumHigh] ?? 0) + (states[span * STATE_SLOTS + SLOT.sumLow] ?? 0)
        const least = (column.type === 'f64' ? states : statesI64)[span * STATE_SLOTS + SLOT.min]
        expect(states[span * STATE_SLOTS]).toBe(expected?.count)
        expect(ulpsBetween(sum, expected?.sum ?? 0)).toBeLessThanOrEqual(4)
        expect(least).toBe(expected?.min)
      }
    })
  })

  test('of any integers give back their values', () => {
    const range = fc.constantFrom(1n, 2n, 100n, 70_000n, 1n << 31n, 1n << 40n, 1n << 55n)
    const set = fc.tuple(range, fc.integer(), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 300 }))
    fc.assert(
      fc.property(set, fc.bigInt({ min: -(1n << 62n), max: 1n << 62n }), ([width, seed, blocks, rows], start) => {
        const next = generator(seed)
        const column = (): Column =>
          i64(Array.from({ length: rows }, () => start + (((BigInt(next()) << 32n) | BigInt(next())) % width)))
        const columns = Array.from({ length: blocks }, column)
        const dense = encodeShared(kernel, columns)
        if (dense === undefined) return
        const plain = referenceModel(dense.model.bytes)
        dense.blocks.forEach(({ headers, payload }, i) => {
          const expected = bitsOf(columns[i] as Column)
          expect(bitsOf(kernel.decode(headers, 0, payload, 'v', dense.model))).toEqual(expected)
          expect(bitsOf(referenceDecode(headers, payload, 'v', plain))).toEqual(expected)
        })
      }),
      { numRuns: 150 },
    )
  })

  test('take the same bytes on every run', async () => {
    const again = await Kernel.create(await loadCore())
    for (const [, columns] of shapes) expect(encodeShared(again, columns)).toEqual(encodeShared(kernel, columns))
  })

  test.each([
    ['f64 decimals through float32, written with six decimals', { places: 6, digits: 2 }, undefined],
    ['f64 decimals through float32', { places: 255, digits: 2 }, undefined],
    ['f64 days of hours', undefined, 24],
    ['i64 weeks of days, in blocks of 50 to 90 rows', undefined, 7],
    ['i64 days of minutes that wander', undefined, 120],
  ])('say what their values have in common: %s', (name, detour, rows) => {
    const { model } = encoded(shapes.find(([other]) => other === name)?.[1] ?? [])
    expect(referenceModel(model.bytes).detour).toEqual(detour)
    expect(referenceModel(model.bytes).period?.rows).toBe(rows)
  })

  test('of random bits have no model', () => {
    const next = generator(9)
    const random = Array.from({ length: 1024 }, () => BigInt.asIntN(64, (BigInt(next()) << 32n) | BigInt(next())))
    expect(encodeShared(kernel, [i64(random)])).toBeUndefined()
  })

  test('are refused without their model', () => {
    const { blocks } = encoded(shapes[0]?.[1] ?? [])
    const [first] = blocks
    if (first === undefined) throw new Error('there is a block')
    expect(() => kernel.decode(first.headers, 0, first.payload, 'v')).toThrow(TidemarkError)
  })

  test('are readable with more models than are kept at a time', () => {
    const sets = Array.from({ length: MODEL_SLOTS + 3 }, (_, seed) => {
      const next = generator(seed)
      const column = i64(Array.from({ length: 100 }, () => BigInt(next() % (seed + 2))))
      return { column, ...encoded([column]) }
    })
    for (const { column, blocks, model } of [...sets, ...sets]) {
      for (const { headers, payload } of blocks)
        expect(bitsOf(kernel.decode(headers, 0, payload, 'v', model))).toEqual(bitsOf(column))
    }
  })
})
