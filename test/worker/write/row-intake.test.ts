import { beforeAll, expect, test } from 'vitest'
import type { ColumnRows } from '../../../engine/core/rows.ts'
import { MOST_GROUPED_ROWS } from '../../../engine/kernel/group-encoder.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { packRows } from '../../../engine/kernel/packed-rows.ts'
import { RowBuffers } from '../../../engine/kernel/row-buffers.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { encodedGroups } from '../../../engine/storage/table-groups.ts'
import { ShardHost } from '../../../engine/worker/shard/shard-host.ts'
import { PART_ROWS, resolveRows } from '../../../engine/worker/write/column-rows.ts'
import { LEAST_GROUPED_ROWS } from '../../../engine/worker/write/row-grouping.ts'
import { PIECE_BYTES, RowIntake } from '../../../engine/worker/write/row-intake.ts'
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
async function taken(
  rows: ColumnRows,
  quota = new SeriesQuota({}),
): Promise<[groups: number, rows: number, free: number]> {
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
  const hosts = 300
  expect(await taken(inTurn(MOST_GROUPED_ROWS + rest, hosts))).toEqual([
    MOST_GROUPED_ROWS,
    rest,
    MOST_GROUPED_ROWS / PART_ROWS,
  ])
})

test('short runs and few rows stay rows', async () => {
  expect(await taken(inTurn(3 * PART_ROWS, 1000))).toEqual([0, 3 * PART_ROWS, 0])
  expect(await taken(inTurn(LEAST_GROUPED_ROWS - 1, 1))).toEqual([0, LEAST_GROUPED_ROWS - 1, 0])
})

test('rows of series that a limit admits become groups without those that it refuses', async () => {
  expect(await taken(inTurn(3 * PART_ROWS, 10), new SeriesQuota({ total: 10 }))).toEqual([3 * PART_ROWS, 0, 3])
  const [groups, plain] = await taken(inTurn(3 * PART_ROWS, 16), new SeriesQuota({ total: 8 }))
  expect([groups, plain]).toEqual([3 * PART_ROWS, 0])
})

/** Rows of groups and of tables by table of a body, whose parts go to records of their own. */
async function takenLines(body: string): Promise<{ groups: Record<string, number>; rows: Record<string, number> }> {
  const { blobs } = await openMemoryStore()
  const hosts = [0, 1].map((number) => new ShardHost({ blobs, kernel, number, hosts: 2, cacheBytes: 0 }))
  const registry = new SeriesRegistry(kernel, hosts, new SeriesQuota({}))
  const guard = new ViewGuard({ view: () => undefined })
  const intake = new RowIntake({ kernel, registry, seed: [0n, 0n], buffers: new RowBuffers(), guard })
  const options = { precision: 'ns' as const, now: 0n }
  const { rows: record } = await intake.takeLines(new TextEncoder().encode(body), options, async () => undefined)
  const groups: Record<string, number> = {}
  const rows: Record<string, number> = {}
  for (const each of record.groups) {
    const counts = encodedGroups(each).map((group) => group.rows)
    groups[each.table] = (groups[each.table] ?? 0) + counts.reduce((a, b) => a + b, 0)
    const owners = Array.from(each.series, (number) => registry.hostOf(number))
    expect(owners).toEqual(owners.toSorted())
  }
  for (const { table, time } of record.tables) rows[table] = (rows[table] ?? 0) + time.length
  return { groups, rows }
}

function linesOf(table: string, rows: number, hosts: number): string {
  return Array.from(
    { length: rows },
    (_, i) => `${table},host=h${i % hosts} value=${i}i,level=${i / 8} ${i + 1}\n`,
  ).join('')
}

test('text whose series have many rows becomes groups over its pieces, by host; other tables of it stay rows', async () => {
  const long = linesOf('cpu', 60_000, 200)
  expect(long.length).toBeGreaterThan(2 * PIECE_BYTES)
  expect(await takenLines(long)).toEqual({ groups: { cpu: 60_000 }, rows: {} })
  const mixed = linesOf('few', 20, 1) + linesOf('cpu', 2000, 10) + linesOf('many', 2000, 1000)
  expect(await takenLines(mixed)).toEqual({ groups: { cpu: 2000 }, rows: { few: 20, many: 2000 } })
})

test('once a record has rows, what follows in it stays rows, so that later ones win', async () => {
  const many = MOST_GROUPED_ROWS + 60_000
  const short = linesOf('many', many, 4000)
  expect(await takenLines(short + linesOf('cpu', 5000, 10))).toEqual({
    groups: {},
    rows: { many, cpu: 5000 },
  })
})
