import { beforeAll, expect, test } from 'vitest'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'
import { Head } from '../../engine/storage/head.ts'
import { HeadMemories } from '../../engine/storage/head-memories.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

/** One row each of so many series, with an integer. */
function fill(head: Head, series: number, value: bigint): void {
  head.append({
    table: 't',
    series: Uint32Array.from({ length: series }, (_, i) => i),
    time: new BigInt64Array(series).fill(7n),
    fields: [{ name: 'v', type: 'i64', values: new BigInt64Array(series).fill(value) }],
  })
}

test('a head takes the memory that another has left, and finds nothing in it', () => {
  const memories = new HeadMemories(kernel)
  const first = new Head(kernel, memories.take())
  fill(first, 100_000, 1n)
  const { memory } = first
  memories.give(memory)
  expect(memories.spareBytes).toBe(memory.size)
  const second = new Head(kernel, memories.take())
  expect(second.memory).toBe(memory)
  expect([...second.refs]).toEqual([])
  expect(second.bounds(Uint32Array.of(0, 99_999))).toBeUndefined()
  fill(second, 3, 2n)
  const [group] = second.groups(1, ['v'])
  expect(group?.rows).toBe(1)
})

test('a memory that is far larger than what the head needed is not used again', () => {
  const memories = new HeadMemories(kernel)
  const peak = new Head(kernel, memories.take())
  fill(peak, 100_000, 1n)
  memories.give(peak.memory)
  const small = new Head(kernel, memories.take())
  fill(small, 10, 1n)
  expect(small.memory.size).toBeGreaterThan(16 << 20)
  memories.give(small.memory)
  expect(memories.spareBytes).toBe(0)
  expect(memories.take().size).toBeLessThan(8 << 20)
})

/** Has a head of many rows come and go. */
function peakOf(memories: HeadMemories): WeakRef<object> {
  const peak = new Head(kernel, memories.take())
  fill(peak, 200_000, 1n)
  expect(peak.memory.size).toBeGreaterThan(32 << 20)
  memories.give(peak.memory)
  return new WeakRef(peak.memory)
}

test('the memory of a peak is gone soon after it is let go, though nothing else asks for memory', async () => {
  const memories = new HeadMemories(kernel)
  const left = peakOf(memories)
  expect(memories.spareBytes).toBeGreaterThan(32 << 20)
  await memories.trim()
  const deadline = performance.now() + 20_000
  while (left.deref() !== undefined && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50))
  expect(left.deref()).toBeUndefined()
})
