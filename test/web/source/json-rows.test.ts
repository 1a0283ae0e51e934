import { expect, test } from 'vitest'
import type { ColumnType } from '../../../engine/core/batch.ts'
import { valueAt } from '../../../engine/core/batch.ts'
import { batchOfRows } from '../../../web/source/json-rows.ts'

function read(type: ColumnType, ...values: unknown[]): unknown[] {
  const batch = batchOfRows(
    [{ name: 'c', type }],
    values.map((value) => [value]),
  )
  const [column] = batch.columns
  return values.map((_, row) => column && valueAt(column, row))
}

test('times keep their nanoseconds', () => {
  expect(read('time', '2026-11-22T09:30:00.123456789Z')).toEqual([1795339800123456789n])
})

test('integers beyond 2^53 and numbers that JSON lacks come as strings', () => {
  expect(read('i64', 5, '9223372036854775807', null)).toEqual([5n, 9223372036854775807n, null])
  expect(read('f64', 1.5, 'NaN', '-Infinity', null)).toEqual([1.5, Number.NaN, Number.NEGATIVE_INFINITY, null])
})

test('equal strings share a code and null is no string', () => {
  const batch = batchOfRows([{ name: 'c', type: 'string' }], [['a'], [null], ['b'], ['a']])
  expect(batch.columns[0]).toMatchObject({ dictionary: ['a', 'b'], values: Uint32Array.of(0, 0, 1, 0) })
  expect(read('bool', true, false, null)).toEqual([true, false, null])
})

test.each([
  ['i64', 1.5],
  ['i64', 'x'],
  ['i64', '9223372036854775808'],
  ['i64', -1e300],
  ['f64', '12'],
  ['time', 'yesterday'],
] as const)('a value that is not of its column (%s %s) is refused', (type, value) => {
  expect(() => read(type, value)).toThrow(expect.objectContaining({ kind: 'invalid' }))
})
