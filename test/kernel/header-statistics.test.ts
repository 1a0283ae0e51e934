import { beforeAll, describe, expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { HeaderStatistics, packStatistics } from '../../engine/kernel/header-statistics.ts'
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
  const { form, columns } = packStatistics(kernel.instance, header, Uint8Array.of(places), Uint32Array.of(0))
  const [one] = form
  if (one === undefined || one < 0) return undefined
  expect(one >> 1).toBe(places)
  const bare = new Uint8Array(HEADER_BYTES)
  bare.set(header.subarray(0, 16))
  const hasSum = (one & 1) === 1
  const packed = BigInt64Array.from(columns, ([value]) => value as bigint)
  new HeaderStatistics(kernel.instance).unpack(bare, 0, places, hasSum, packed)
  return { header: bare, form: hasSum ? 'all' : 'no sum' }
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

  test('of some headers, in any order, come back one after the other', () => {
    const shapes = [i64([3n, 4n]), f64([0.5]), f64([Number.NaN]), i64([-7n])]
    const headers = new Uint8Array(shapes.length * HEADER_BYTES)
    for (const [i, column] of shapes.entries()) headers.set(headerOf(column), i * HEADER_BYTES)
    const order = Uint32Array.of(3, 2, 1, 0)
    const { form, columns } = packStatistics(kernel.instance, headers, Uint8Array.of(0, 1, 0, 0), order)
    expect([...form]).toEqual([1, -1, 3, 1])
    expect(columns.map((column) => column.length)).toEqual([3, 3, 3, 3, 3])
    // First values: -7 alone, then 5 tenths after -7, then 3 after 5.
    expect([...(columns[0] ?? [])]).toEqual([-7n, 12n, -2n])
    const statistics = new HeaderStatistics(kernel.instance)
    for (const [i, block] of [3, 1, 0].entries()) {
      const header = headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES)
      const bare = new Uint8Array(HEADER_BYTES)
      bare.set(header.subarray(0, 16))
      const packed = BigInt64Array.from(columns, (column) => column[i] as bigint)
      statistics.unpack(bare, 0, block === 1 ? 1 : 0, true, packed)
      expect(bare).toEqual(header)
    }
  })

  test('of NaN, infinity, negative zero and further digits have none', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -0, 0.125])
      expect(throughIntegers(headerOf(f64([value])), 2)).toBeUndefined()
  })
})
