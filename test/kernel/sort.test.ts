import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function expectSorted(times: BigInt64Array): void {
  const rows = Array.from(times.keys())
  rows.sort((a, b) => (times[a] === times[b] ? a - b : (times[a] ?? 0n) < (times[b] ?? 0n) ? -1 : 1))
  expect(Array.from(kernel.sortTimes(times))).toEqual(rows)
}

test('rows come in the order of their times, and of their numbers where times are equal', () => {
  const any = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: 0n, max: 9n }))
  fc.assert(fc.property(fc.array(any, { maxLength: 3000 }), (times) => expectSorted(BigInt64Array.from(times))))
})

test('none, one, sorted, reversed and the ends of the range', () => {
  expectSorted(new BigInt64Array())
  expectSorted(BigInt64Array.of(5n))
  expectSorted(BigInt64Array.from({ length: 5000 }, (_, row) => BigInt(row)))
  expectSorted(BigInt64Array.from({ length: 5000 }, (_, row) => BigInt(-row) * 10n ** 12n))
  expectSorted(BigInt64Array.of(2n ** 63n - 1n, -(2n ** 63n), 0n))
})

test('many rows grow the memory and give it back', () => {
  const times = BigInt64Array.from({ length: 300_000 }, (_, row) => BigInt((row * 7919) % 300_007))
  kernel.sortTimes(times)
  const bytes = kernel.instance.exports.memory.buffer.byteLength
  for (let round = 0; round < 20; round++) kernel.sortTimes(times)
  expect(kernel.instance.exports.memory.buffer.byteLength).toBe(bytes)
  expectSorted(times)
})
