import { beforeAll, expect, test } from 'vitest'
import type { TableRows } from '../../../engine/core/rows.ts'
import { encodeSeriesKey } from '../../../engine/core/series.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { packKeys } from '../../../engine/kernel/key-batch.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import type { SegmentInfo } from '../../../engine/storage/segment-format.ts'
import type { BlobStore } from '../../../engine/storage/store.ts'
import { ShardHost } from '../../../engine/worker/shard/shard-host.ts'

let kernel: Kernel
let blobs: BlobStore
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
  blobs = (await openMemoryStore(emptyMemoryContents())).blobs
})

const newHost = () => new ShardHost({ blobs, kernel, number: 0, hosts: 1, cacheBytes: 1 << 20, keptSeries: 100 })

/** Keys that do not come in the order in which a segment has them. */
function register(host: ShardHost, from: number, to: number): Uint32Array {
  const places = Array.from({ length: to - from }, (_, i) => from + i)
  const keys = places.map((i) => encodeSeriesKey({ table: 't', tags: [['host', `h${(i * 7919) % 10_007}`]] }))
  return host.register(
    packKeys(keys),
    Uint8Array.from(places, (i) => (i * 37) % 64),
  )
}

async function flush(host: ShardHost, series: Uint32Array): Promise<SegmentInfo[]> {
  const rows: TableRows = { table: 't', series, time: new BigInt64Array(series.length).fill(5n), fields: [] }
  host.apply([rows])
  host.freeze()
  const written = await host.writeFrozen()
  await host.replace([], written)
  return written
}

const kept = async (): Promise<string[]> =>
  (await blobs.list()).map(({ name }) => name).filter((name) => name.endsWith('.idx'))

test('a host in use keeps its index once enough series came in segments since, and the next one opens with it', async () => {
  const host = newHost()
  const infos = await flush(host, register(host, 0, 99))
  await host.keepIndex(0, true)
  expect(await kept()).toEqual([])
  infos.push(...(await flush(host, register(host, 99, 400))))
  await Promise.all([host.keepIndex(1 / 4, true), host.keepIndex(1 / 4, true)])
  const first = await kept()
  expect(first).toContain('series-0-of-1.idx')
  // 100 of 500 came since.
  infos.push(...(await flush(host, register(host, 400, 500))))
  await host.keepIndex(1 / 4, true)
  expect(await kept()).toEqual(first)

  const opened = newHost()
  await opened.openSegments(infos)
  expect(opened.statistics().series).toBe(500)
  // Registered from segments, whose order is another, they would have other refs.
  expect(register(opened, 0, 400)).toEqual(register(host, 0, 400))

  infos.push(...(await flush(host, register(host, 500, 600))))
  await host.keepIndex(1 / 4, true)
  expect(await kept()).not.toEqual(first)
  const again = newHost()
  await again.openSegments(infos)
  expect(register(again, 0, 600)).toEqual(register(host, 0, 600))
})
