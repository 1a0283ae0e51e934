import { expect, test } from 'vitest'
import { MAX_POOLED_BYTES, movable, RowBuffers, RowSpace } from '../../engine/kernel/row-buffers.ts'

test('a buffer that was given back is taken again for as many bytes', () => {
  const buffers = new RowBuffers()
  const first = buffers.take(100_000)
  expect(first.byteLength).toBeGreaterThanOrEqual(100_000)
  buffers.give(first)
  expect(buffers.bytes).toBe(first.byteLength)
  expect(buffers.take(first.byteLength)).toBe(first)
  expect(buffers.bytes).toBe(0)
  expect(buffers.take(100_000)).not.toBe(first)
})

test('no more is kept than the limit says', () => {
  const buffers = new RowBuffers()
  const size = 1 << 22
  for (let i = 0; i <= MAX_POOLED_BYTES / size; i++) buffers.give(new ArrayBuffer(size))
  expect(buffers.bytes).toBe(MAX_POOLED_BYTES)
})

test('shared buffers are the same memory in every thread, and are not among those that move', () => {
  const [shared, moved] = [new RowBuffers(true), new RowBuffers()]
  const [kept, own] = [shared.take(100_000), moved.take(100_000)]
  const copy = structuredClone(kept, { transfer: movable([kept, undefined]) })
  new Uint8Array(copy)[0] = 7
  expect(new Uint8Array(kept)[0]).toBe(7)
  shared.give(copy)
  expect(shared.take(100_000)).toBe(copy)
  expect(movable([kept, own])).toEqual([own])
})

test('small buffers, large ones, detached ones and ones of an odd size are not kept', () => {
  const buffers = new RowBuffers()
  const moved = buffers.take(100_000)
  structuredClone(moved, { transfer: movable([moved]) })
  for (const buffer of [new ArrayBuffer(64), new ArrayBuffer(1 << 24), new ArrayBuffer(100_000), moved])
    buffers.give(buffer)
  expect(buffers.bytes).toBe(0)
  expect(buffers.take(10).byteLength).toBe(10)
  expect(buffers.take((1 << 24) + 1).byteLength).toBe((1 << 24) + 1)
})

test('arrays in a buffer are aligned and do not meet', () => {
  const lengths = [3, 5, 7, 9] as const
  const [bytes, words, doubles, integers] = lengths
  const sizes = [RowSpace.bytesOf(bytes, 1), RowSpace.bytesOf(words, 4), RowSpace.bytesOf(doubles, 8)]
  const total = sizes.reduce((sum, size) => sum + size, RowSpace.bytesOf(integers, 8))
  const space = new RowSpace(new ArrayBuffer(total))
  const arrays = [space.u8(bytes), space.u32(words), space.f64(doubles), space.i64(integers)]
  expect(arrays.map(({ length }) => length)).toEqual([...lengths])
  let end = 0
  for (const { byteOffset, byteLength } of arrays) {
    expect(byteOffset).toBeGreaterThanOrEqual(end)
    end = byteOffset + byteLength
  }
  expect(end).toBeLessThanOrEqual(total)
})
