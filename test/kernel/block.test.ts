import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { bool, f64, i64, namedShapes, sparse, strings, time } from '../support/block-shapes.ts'
import { bitsOf, referenceDecode } from '../support/codec-reference.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function expectRoundTrip(column: Column, from = 0, to = column.values.length): void {
  const headers = new Uint8Array(3 * HEADER_BYTES)
  const payload = kernel.encode(column, from, to, headers, HEADER_BYTES)
  kernel.verify(headers, HEADER_BYTES, payload)
  const decoded = kernel.decode(headers, HEADER_BYTES, payload, 'v')
  const expected = bitsOf(column).slice(from, to)
  expect(decoded.type).toBe(column.type)
  expect(bitsOf(decoded)).toEqual(expected)
  const header = headers.subarray(HEADER_BYTES, 2 * HEADER_BYTES)
  expect(bitsOf(referenceDecode(header, payload, 'v'))).toEqual(expected)
  expect(headers.subarray(0, HEADER_BYTES).every((byte) => byte === 0)).toBe(true)
  if (column.type !== 'string') {
    expect(payload.length).toBeLessThanOrEqual(8 * (to - from) + ((to - from + 7) >> 3) + 16)
  }
}

describe('a block gives back every bit, also to the plain decoder', () => {
  for (const [name, column] of namedShapes()) test(name, () => expectRoundTrip(column))

  test('rows from the middle of a column, with a bitmap that is not on a byte', () => {
    const values = Array.from({ length: 3000 }, (_, row) => row * 0.25)
    const column = sparse(f64(values), (row) => row % 3 === 1)
    for (const [from, to] of [
      [5, 900],
      [8, 1032],
      [1029, 1030],
      [2999, 3000],
      [1, 2],
    ] as const) {
      expectRoundTrip(column, from, to)
    }
  })

  test('every width of packing, at every kind of tail', () => {
    for (let width = 1n; width <= 64n; width++) {
      for (const rows of [3, 127, 128, 129, 257, 1024]) {
        const random = (row: number): bigint =>
          BigInt.asIntN(64, (BigInt(row) * 0x9e3779b97f4a7c15n) & ((1n << width) - 1n))
        expectRoundTrip(i64(Array.from({ length: rows }, (_, row) => random(row + 1))))
      }
    }
  })
})

describe('a block of any values', () => {
  const anyI64 = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -100n, max: 100n }),
    fc.bigInt({ min: -(2n ** 33n), max: 2n ** 33n }),
  )
  const anyF64 = fc.oneof(
    fc.double(),
    fc.integer({ min: -100000, max: 100000 }).map((value) => value / 100),
    fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE),
  )
  const size = { minLength: 1, maxLength: 1024, size: 'max' } as const
  const missing = fc.option(fc.func(fc.boolean()))
  const columns: fc.Arbitrary<Column> = fc.oneof(
    fc.array(anyI64, size).map(i64),
    fc.array(anyI64, size).map(time),
    fc.array(anyF64, size).map(f64),
    fc.array(fc.integer({ min: 0, max: 1 }), size).map(bool),
    fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 1, maxLength: 300 }).map(strings),
  )

  test('gives back every bit', () => {
    fc.assert(
      fc.property(columns, missing, (column, isMissing) => {
        expectRoundTrip(isMissing === null ? column : sparse(column, isMissing))
      }),
      { numRuns: 300 },
    )
  })

  test('of decimals with up to six digits and 32 bits needs no exceptions', () => {
    const decimals = fc.integer({ min: 0, max: 6 })
    const integer = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      fc.integer({ min: -(2 ** 30), max: 2 ** 30 - 1 }),
      fc.integer({ min: 2 ** 31 - 1000, max: 2 ** 31 - 1 }),
    )
    const unsigned = fc.array(integer.map(Math.abs), { minLength: 8, maxLength: 1024, size: 'max' })
    fc.assert(
      fc.property(unsigned, fc.boolean(), decimals, (integers, negative, digits) => {
        const column = f64(integers.map((value) => (negative ? -1 - value : value) / 10 ** digits))
        const headers = new Uint8Array(HEADER_BYTES)
        const payload = kernel.encode(column, 0, integers.length, headers, 0)
        expect([(headers[0] ?? 0) >> 4, payload[1]]).toEqual([2, 0])
        expectRoundTrip(column)
      }),
      { numRuns: 150 },
    )
  })

  test('of steps that are small but for a few gives back every bit', () => {
    const step = fc.oneof(
      { weight: 50, arbitrary: fc.integer({ min: -4, max: 4 }).map(BigInt) },
      { weight: 1, arbitrary: anyI64 },
    )
    fc.assert(
      fc.property(fc.array(step, size), (steps) => {
        let value = 0n
        expectRoundTrip(i64(steps.map((by) => (value = BigInt.asIntN(64, value + by)))))
      }),
      { numRuns: 200 },
    )
  })
})

describe('a block refuses', () => {
  test('no rows and more than 1024', () => {
    const headers = new Uint8Array(HEADER_BYTES)
    const column = f64(new Float64Array(2000))
    expect(() => kernel.encode(column, 5, 5, headers, 0)).toThrow(RangeError)
    expect(() => kernel.encode(column, 0, 1025, headers, 0)).toThrow(RangeError)
    expect(kernel.encode(column, 0, 1024, headers, 0).length).toBeGreaterThan(0)
  })
})
