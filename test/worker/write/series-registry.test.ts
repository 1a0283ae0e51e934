import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TableRows } from '../../../engine/core/rows.ts'
import { canonicalTags, decodeSeriesKey, encodeSeriesKey, type Series } from '../../../engine/core/series.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { packKeys, unpackKeys } from '../../../engine/kernel/key-batch.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { ShardHost } from '../../../engine/worker/shard/shard-host.ts'
import { SeriesRegistry } from '../../../engine/worker/write/series-registry.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

async function hostsOf(count: number): Promise<ShardHost[]> {
  const { blobs } = await openMemoryStore()
  return Array.from(
    { length: count },
    (_, number) => new ShardHost({ blobs, kernel, number, hosts: count, cacheBytes: 0 }),
  )
}

const seriesOf = (i: number): Series => ({ table: i % 2 ? 't' : 'u', tags: canonicalTags([['host', `h${i}`]]) })
const keyOf = (i: number): Uint8Array => encodeSeriesKey(seriesOf(i))
const rowsOf = (numbers: readonly number[]): TableRows[] => [
  { table: 't', series: Uint32Array.from(numbers), time: new BigInt64Array(numbers.length), fields: [] },
]

describe.each([1, 3])('numbers of series over %i hosts', (count) => {
  test('are one for each series, of the host of its shard', async () => {
    const registry = new SeriesRegistry(kernel, await hostsOf(count))
    const all = Array.from({ length: 200 }, (_, i) => seriesOf(i))
    const numbers = await registry.numbersOf(all.map(encodeSeriesKey))
    expect(new Set(numbers).size).toBe(200)
    expect(await registry.numbersOf([...all].reverse().map(encodeSeriesKey))).toEqual(numbers.slice().reverse())
    expect(await registry.numbersOfKeys(packKeys(all.map(encodeSeriesKey)))).toEqual(numbers)
    for (const [i, number] of numbers.entries()) {
      const shard =
        (createHash('sha256')
          .update(encodeSeriesKey(seriesOf(i)))
          .digest()[0] ?? 0) % 64
      expect(registry.hostOf(number)).toBe(shard % count)
    }
  })

  test('have their keys named once until they are forgotten, also where the hosts have to be asked', async () => {
    const registry = new SeriesRegistry(kernel, await hostsOf(count))
    const numbers = [...(await registry.numbersOf([1, 2, 3].map(keyOf)))]
    const named = (answer: ReturnType<SeriesRegistry['takeUnnamed']>) =>
      answer && unpackKeys(answer.keys).map((key, i) => [answer.numbers[i], decodeSeriesKey(key)])
    const entries = numbers.map((number, i) => [number, seriesOf(i + 1)])
    expect(named(registry.takeUnnamed(rowsOf([...numbers, ...numbers])))).toEqual(entries)
    expect(named(registry.takeUnnamed(rowsOf(numbers)))).toEqual([])
    registry.forgetNamed()
    expect(registry.takeUnnamed(rowsOf(numbers.slice(1)))).toBeUndefined()
    await registry.loadKeys(rowsOf(numbers.slice(1)))
    expect(registry.takeUnnamed(rowsOf(numbers))).toBeUndefined()
    await registry.loadKeys(rowsOf(numbers))
    expect(named(registry.takeUnnamed(rowsOf(numbers)))).toEqual(entries)
    expect(named(registry.takeUnnamed(rowsOf(numbers)))).toEqual([])
  })

  test('go on from where they are told to, for the same series too', async () => {
    const registry = new SeriesRegistry(kernel, await hostsOf(count))
    const before = await registry.numbersOf([1, 2].map(keyOf))
    const refs = registry.refsOf(before)
    registry.startNumbersAt(1000)
    const after = await registry.numbersOf([1, 2, 3].map(keyOf))
    expect(Math.min(...after)).toBeGreaterThanOrEqual(1000)
    expect(registry.refsOf(after.subarray(0, 2))).toEqual(refs)
    registry.startNumbersAt(2 ** 32 - 2)
    await expect(registry.numbersOf([4, 5, 6, 7].map(keyOf))).rejects.toMatchObject({ kind: 'quota' })
  })
})
