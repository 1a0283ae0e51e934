import { beforeAll, describe, expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { HeaderStatistics, STATISTICS } from '../../engine/kernel/header-statistics.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { f64, i64, namedShapes } from '../support/block-shapes.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function headerOf(column: Column): Uint8Array {
  const headers = new Uint8Array(HEADER_BYTES)
  kernel.encode(column, 0, column.values.length, headers, 0)
  return headers
}

/** The header after packing and unpacking its statistics; `undefined` where they have no form. */
function throughIntegers(header: Uint8Array, places: number): { header: Uint8Array; form: string } | undefined {
  const packed = new BigInt64Array(STATISTICS)
  const form = new HeaderStatistics(kernel.instance).pack(header, 0, places, packed, 0)
  if (form === 'none') return undefined
  const bare = new Uint8Array(HEADER_BYTES)
  bare.set(header.subarray(0, 16))
  new HeaderStatistics(kernel.instance).unpack(bare, 0, places, form === 'all', packed)
  return { header: bare, form }
}

describe('statistics of a header', () => {
  const numbers = namedShapes().filter(([name]) => !name.startsWith('string') && !name.endsWith('all missing'))

  test.each(numbers)('come back from integers bit by bit, or have no such form: %s', (_name, column) => {
    const header = headerOf(column)
    for (const places of [0, 2]) {
      const back = throughIntegers(header, places)
      if (back === undefined) continue
      const end = back.form === 'all' ? HEADER_BYTES : 32
      expect(back.header.subarray(0, end)).toEqual(header.subarray(0, end))
      expect(back.header.subarray(48)).toEqual(header.subarray(48))
    }
  })

  test('of integers and of whole floats have a form with the sum', () => {
    for (const column of [i64([-5n, 7n, 2n ** 61n]), f64([3, -8, 2e9])])
      expect(throughIntegers(headerOf(column), 0)?.form).toBe('all')
  })

  test('of NaN, infinity, negative zero and further digits have none', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -0, 0.125])
      expect(throughIntegers(headerOf(f64([value])), 2)).toBeUndefined()
  })
})
