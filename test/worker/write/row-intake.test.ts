import { beforeAll, expect, test } from 'vitest'
import type { ColumnRows } from '../../../engine/core/rows.ts'
import { MOST_GROUPED_ROWS } from '../../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { packRows } from '../../../engine/kernel/packed-rows.ts'
import { RowBuffers } from '../../../engine/kernel/row-buffers.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { ShardHost } from '../../../engine/worker/shard/shard-host.ts'
import { PART_ROWS, resolveRows } from '../../../engine/worker/write/column-rows.ts'
import { RowIntake } from '../../../engine/worker/write/row-intake.ts'
import { SeriesQuota } from '../../../engine/worker/write/series-quota.ts'
import { SeriesRegistry } from '../../../engine/worker/write/series-registry.ts'
import { ViewGuard } from '../../../engine/worker/write/view-guard.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

/** So many rows of hosts in turn. */
function inTurn(rows: number, hosts: number): ColumnRows {
  const tag = { name: 'host', type: 'string' as const, dictionary: Array.from({ length: hosts }, (_, i) => `h${i}`) }
  return {
    table: 't',
    time: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    tags: [{ ...tag, values: Uint32Array.from({ length: rows }, (_, i) => i % hosts) }],
    fields: [{ name: 'x', type: 'f64', values: Float64Array.from({ length: rows }, (_, i) => i) }],
  }
}

/** Rows of groups and of tables, and buffers that are free afterwards, of an append that came in buffers. */
async function taken(rows: ColumnRows, quota?: SeriesQuota): Promise<[groups: number, rows: number, free: number]> {
  const { blobs } = await openMemoryStore()
  const host = new ShardHost({ blobs, kernel, number: 0, hosts: 1, cacheBytes: 0 })
  const buffers = new RowBuffers()
  const registry = new SeriesRegistry(kernel, [host], quota)
  const guard = new ViewGuard({ view: () => undefined })
  const intake = new RowIntake({ kernel, registry, seed: [0n, 0n], buffers, guard })
  const resolved = resolveRows(rows)
  const parts = resolved.parts.map((part) => packRows(part, new RowBuffers()))
  const sizes = parts.map(({ memory }) => memory.byteLength)
  const { rows: record } = await intake.takeColumns({ ...resolved, parts }, async () => undefined)
  let free = 0
  for (const size of sizes) if (buffers.takeKept(size)) free++
  const plain = record.tables.reduce((total, { time }) => total + time.length, 0)
  return [rows.time.length - plain, plain, free]
}

test('long runs of series become groups, whose buffers are free at once; what is too short at the end stays rows', async () => {
  expect(await taken(inTurn(3 * PART_ROWS, 10))).toEqual([3 * PART_ROWS, 0, 3])
  const rest = 2 * PART_ROWS
  const hosts = 200
  expect(await taken(inTurn(MOST_GROUPED_ROWS + rest, hosts))).toEqual([
    MOST_GROUPED_ROWS,
    rest,
    MOST_GROUPED_ROWS / PART_ROWS,
  ])
})

test('short runs, few rows and rows under a limit of series stay rows', async () => {
  expect(await taken(inTurn(3 * PART_ROWS, 1000))).toEqual([0, 3 * PART_ROWS, 0])
  expect(await taken(inTurn(PART_ROWS, 1))).toEqual([0, PART_ROWS, 0])
  expect(await taken(inTurn(3 * PART_ROWS, 10), new SeriesQuota({ total: 100 }))).toEqual([0, 3 * PART_ROWS, 0])
})

test('a byte order mark before the first line is no part of a name; elsewhere it is', async () => {
  const { blobs } = await openMemoryStore()
  const host = new ShardHost({ blobs, kernel, number: 0, hosts: 1, cacheBytes: 0 })
  const registry = new SeriesRegistry(kernel, [host])
  const guard = new ViewGuard({ view: () => undefined })
  const intake = new RowIntake({ kernel, registry, seed: [0n, 0n], buffers: new RowBuffers(), guard })
  const take = (text: string) =>
    intake.takeLines(new TextEncoder().encode(text), { precision: 'ns', now: 0n }, async () => undefined)
  expect((await take('\ufeffcpu x=1 1\r\nmem x=1 1\r\n')).result).toMatchObject({ rows: 2, rejectedCount: 0 })
  expect((await take('\ufeff')).result).toMatchObject({ rows: 0, rejectedCount: 0 })
  await take('disk x=1 1\n\ufeffdisk x=1 1')
  expect(intake.catalog().tables.map(({ name }) => name)).toEqual(['cpu', 'disk', 'mem', '\ufeffdisk'])
})
