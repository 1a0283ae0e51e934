import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Column } from '../../engine/core/batch.ts'
import { concatColumns, sliceColumn } from '../../engine/core/columns.ts'
import { TidemarkError } from '../../engine/core/errors.ts'
import type { BlockRun, Effort } from '../../engine/kernel/block-run.ts'
import { BLOCK_ROWS, blockPayloadBytes, HEADER_BYTES } from '../../engine/kernel/header.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { bool, f64, generator, i64, namedShapes, sparse, strings, time } from '../support/block-shapes.ts'
import { bitsOf, referenceDecode } from '../support/codec-reference.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

const EFFORTS: readonly Effort[] = ['thorough', 'quick']

/** Payloads of a run by its headers. */
function payloadsOf({ headers, first, count, payloads }: BlockRun): Uint8Array[] {
  const view = new DataView(headers.buffer)
  let at = 0
  return Array.from({ length: count }, (_, block) => {
    const end = at + blockPayloadBytes(view, first + block)
    const payload = payloads.subarray(at, end)
    at = end
    return payload
  })
}

function expectRun(column: Column, effort: Effort): void {
  const run = kernel.encodeBlocks(column, effort)
  const rows = column.values.length
  expect(run.count).toBe(Math.ceil(rows / BLOCK_ROWS))
  expect(run.headers.length).toBe(run.count * HEADER_BYTES)
  kernel.verifyBlocks(run)
  payloadsOf(run).forEach((payload, block) => {
    const from = block * BLOCK_ROWS
    const expected = bitsOf(sliceColumn(column, from, Math.min(rows, from + BLOCK_ROWS)))
    expect(bitsOf(kernel.decode(run.headers, block * HEADER_BYTES, payload, 'v'))).toEqual(expected)
    const header = run.headers.subarray(block * HEADER_BYTES, (block + 1) * HEADER_BYTES)
    expect(bitsOf(referenceDecode(header, payload, 'v'))).toEqual(expected)
  })
  if (column.type === 'string' || column.type === 'bool') return
  const target = column.type === 'f64' ? new Float64Array(rows + 2) : new BigInt64Array(rows + 2)
  expect(kernel.decodeBlocks(run, target, 1)).toBe(rows)
  const bits = new BigInt64Array(target.buffer)
  expect([bits[0], bits[rows + 1]]).toEqual([0n, 0n])
  const decoded = { ...column, values: target.slice(1, rows + 1) } as Column
  expect(bitsOf(decoded)).toEqual(bitsOf(column))
}

/** The column over and over, so that it has `rows` rows. */
function repeated(column: Column, rows: number): Column {
  const times = Math.ceil(rows / column.values.length)
  const parts = Array.from({ length: times }, () => ({ rows: column.values.length, column }))
  return sliceColumn(concatColumns(column.name, parts) as Column, 0, rows)
}

describe('a column of many blocks gives back every bit', () => {
  for (const effort of EFFORTS) {
    test.each(namedShapes())(`${effort}: %s`, (_name, column) => {
      expectRun(column, effort)
      expectRun(repeated(column, 3 * BLOCK_ROWS + 5), effort)
    })
  }

  test('at every number of rows around a block and around what one call takes', () => {
    const values = Float64Array.from({ length: 17 * BLOCK_ROWS + 1 }, (_, row) => row / 4)
    for (const rows of [1, 2, 1023, 1024, 1025, 2048, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, values.length]) {
      expectRun(f64(values.subarray(0, rows)), 'quick')
      expectRun(
        sparse(f64(values.subarray(0, rows)), (row) => row % 11 === 3),
        'quick',
      )
    }
  })

  test('none has no blocks', () => {
    const run = kernel.encodeBlocks(i64([]))
    expect(run.count).toBe(0)
    kernel.verifyBlocks(run)
    expect(kernel.decodeBlocks(run, new BigInt64Array(), 0)).toBe(0)
  })

  test('of any values', () => {
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
    const size = { minLength: 1, maxLength: 2100, size: 'max' } as const
    const columns: fc.Arbitrary<Column> = fc.oneof(
      fc.array(anyI64, size).map(i64),
      fc.array(anyI64, size).map(time),
      fc.array(anyF64, size).map(f64),
      fc.array(fc.integer({ min: 0, max: 1 }), size).map(bool),
      fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 300 }).map(strings),
    )
    const missing = fc.option(fc.func(fc.boolean()))
    fc.assert(
      fc.property(columns, missing, fc.constantFrom(...EFFORTS), (column, isMissing, effort) => {
        expectRun(isMissing === null ? column : sparse(column, isMissing), effort)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a run of blocks among others', () => {
  test('is decoded from its own payloads', () => {
    const next = generator(5)
    const column = f64(Array.from({ length: 5 * BLOCK_ROWS }, () => (next() % 1000) / 10))
    const run = kernel.encodeBlocks(column)
    const payloads = payloadsOf(run)
    const before = payloads.slice(0, 2).reduce((bytes, payload) => bytes + payload.length, 0)
    const middle = { ...run, first: 2, count: 2, payloads: run.payloads.subarray(before) }
    middle.payloads = middle.payloads.subarray(0, (payloads[2]?.length ?? 0) + (payloads[3]?.length ?? 0))
    kernel.verifyBlocks(middle)
    const target = new Float64Array(2 * BLOCK_ROWS)
    expect(kernel.decodeBlocks(middle, target, 0)).toBe(2 * BLOCK_ROWS)
    expect(target).toEqual(column.values.slice(2 * BLOCK_ROWS, 4 * BLOCK_ROWS))
  })
})

describe('a damaged run', () => {
  const refusal = (run: BlockRun): string => {
    try {
      kernel.verifyBlocks(run)
    } catch (error) {
      if (error instanceof TidemarkError) return `${error.kind} ${error.message}`
      throw error
    }
    return 'accepted'
  }
  const columns: readonly Column[] = [
    i64(Array.from({ length: 2500 }, (_, row) => BigInt((row * 7919) % 1000))),
    strings(Array.from({ length: 2500 }, (_, row) => `state ${row % 7}`)),
  ]

  test.each(columns)('names the block whose payload has changed: $type', (column) => {
    const run = kernel.encodeBlocks(column)
    const [first = new Uint8Array()] = payloadsOf(run)
    const payloads = run.payloads.slice()
    payloads[first.length + 9] = (payloads[first.length + 9] ?? 0) ^ 4
    expect(refusal({ ...run, payloads })).toMatch(/^corrupt block 1: /)
  })

  test.each(columns)('is refused where payloads are cut or too many: $type', (column) => {
    const run = kernel.encodeBlocks(column)
    for (let bytes = 0; bytes < run.payloads.length; bytes += 37) {
      expect(refusal({ ...run, payloads: run.payloads.subarray(0, bytes) })).toMatch(/^(truncated|corrupt) /)
    }
    expect(refusal({ ...run, payloads: Uint8Array.of(...run.payloads, 0) })).toMatch(/^corrupt /)
    expect(refusal({ ...run, headers: run.headers.subarray(0, 100) })).toMatch(/^truncated /)
  })

  test('is refused where a block is of another type than the first', () => {
    const run = kernel.encodeBlocks(i64(Array.from({ length: 2048 }, (_, row) => BigInt(row % 10))))
    const headers = run.headers.slice()
    headers[HEADER_BYTES + 1] = 5
    expect(refusal({ ...run, headers })).toMatch(/^corrupt block 1: its header/)
  })

  test('with any bit of its headers flipped is refused or read, and never traps', () => {
    const run = kernel.encodeBlocks(f64(Array.from({ length: 1500 }, (_, row) => (row % 50) / 10)))
    for (let bit = 0; bit < run.headers.length * 8; bit++) {
      const headers = run.headers.slice()
      headers[bit >> 3] = (headers[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      if (refusal({ ...run, headers }) === 'accepted') {
        kernel.decodeBlocks({ ...run, headers }, new Float64Array(2048), 0)
      }
    }
  })
})
