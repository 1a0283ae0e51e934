import { expect, test } from 'vitest'
import { BLOCK_ROWS, HEADER_BYTES } from '../../engine/kernel/header.ts'
import { KeptBlocks, MOST_KEPT_BYTES } from '../../engine/kernel/kept-blocks.ts'
import { KeptSpace } from '../../engine/kernel/kept-space.ts'
import { Kernel } from '../../engine/kernel/kernel.ts'
import { loadCore } from '../../engine/kernel/load-node.ts'

const core = await loadCore()

/** Two blocks of integers that have a value in every row. */
function blocksFrom(kernel: Kernel, start: bigint): { headers: Uint8Array; payloads: Uint8Array[]; values: bigint[] } {
  const values = BigInt64Array.from({ length: BLOCK_ROWS + 100 }, (_, i) => start + BigInt((i * i) % 97))
  const headers = new Uint8Array(2 * HEADER_BYTES)
  const column = { name: '', type: 'i64', values } as const
  const payloads = [
    kernel.encode(column, 0, BLOCK_ROWS, headers, 0),
    kernel.encode(column, BLOCK_ROWS, values.length, headers, HEADER_BYTES),
  ]
  return { headers, payloads, values: Array.from(values) }
}

function valuesOf(kernel: Kernel, kept: KeptBlocks, column: number): bigint[] {
  const values = new BigInt64Array(2 * BLOCK_ROWS)
  return Array.from(values.subarray(0, kernel.decodeBlocks(kept.run(column, 0, 2), values, 0)))
}

test('what is kept stays as it is while other columns come and go and the memory grows', async () => {
  const kernel = await Kernel.create(core)
  const all = Array.from({ length: 200 }, (_, i) => {
    const kept = new KeptBlocks(kernel.instance, 3, 2)
    const { headers, payloads, values } = blocksFrom(kernel, BigInt(i) * 1000n)
    kept.add(i % 3, headers, payloads)
    return { kept, values, column: i % 3 }
  })
  for (const { kept } of all.filter((_, i) => i % 2 === 0)) kept.release()
  const held = KeptSpace.of(kernel.instance).bytes
  kernel.instance.exports.release(kernel.instance.exports.allocate(1 << 26), 1 << 26)
  const others = Array.from({ length: 100 }, (_, i) => {
    const kept = new KeptBlocks(kernel.instance, 3, 2)
    const { headers, payloads, values } = blocksFrom(kernel, -BigInt(i))
    kept.add(1, headers, payloads)
    return { kept, values, column: 1 }
  })
  for (const { kept, values, column } of [...all.filter((_, i) => i % 2 === 1), ...others]) {
    expect(valuesOf(kernel, kept, column)).toEqual(values)
    expect([0, 1, 2].filter((one) => kept.has(one))).toEqual([column])
    const second = kept.block(column, 1)
    const decoded = kernel.decode(second.headers, second.block * HEADER_BYTES, second.payload, '', undefined)
    expect(Array.from(decoded.values, BigInt)).toEqual(values.slice(BLOCK_ROWS))
    kept.release()
    expect(() => valuesOf(kernel, kept, column)).toThrow(/not kept/)
  }
  expect(held).toBeGreaterThan(0)
  expect(KeptSpace.of(kernel.instance).bytes).toBe(0)
})

test('what was given back is taken again, so that the memory does not grow', async () => {
  const kernel = await Kernel.create(core)
  const { headers, payloads } = blocksFrom(kernel, 5n)
  let bytes = 0
  for (let round = 0; round < 20_000; round++) {
    const kept = new KeptBlocks(kernel.instance, 1, 2)
    kept.add(0, headers, payloads)
    if (round === 0) bytes = kernel.instance.u8.length
    kept.release()
  }
  expect(kernel.instance.u8.length).toBe(bytes)
})

test('refuses a column at the limit of bytes, and has the others', async () => {
  const kernel = await Kernel.create(core)
  const { headers, payloads, values } = blocksFrom(kernel, 5n)
  const kept = new KeptBlocks(kernel.instance, 2, 2)
  kept.add(0, headers, payloads)
  KeptSpace.of(kernel.instance).bytes = MOST_KEPT_BYTES - kept.bytesOf(0) + 1
  expect(kept.add(1, headers, payloads)).toBe(false)
  KeptSpace.of(kernel.instance).bytes--
  expect(kept.add(1, headers, payloads)).toBe(true)
  expect(valuesOf(kernel, kept, 0)).toEqual(values)
})
