import { beforeAll, expect, test, vi } from 'vitest'
import type { Column } from '../../../engine/core/batch.ts'
import type { ColumnRows, ResolvedRows, TableRows } from '../../../engine/core/rows.ts'
import { MAX_TIME } from '../../../engine/core/time.ts'
import { Kernel } from '../../../engine/kernel/kernel.ts'
import { loadCore } from '../../../engine/kernel/load-node.ts'
import { RowBuffers } from '../../../engine/kernel/row-buffers.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { decodeRecord } from '../../../engine/storage/record.ts'
import { Faults } from '../../../engine/worker/faults.ts'
import { CallerGroups } from '../../../engine/worker/shard/caller-groups.ts'
import { ShardHost } from '../../../engine/worker/shard/shard-host.ts'
import { PART_ROWS } from '../../../engine/worker/write/column-rows.ts'
import { RowIntake } from '../../../engine/worker/write/row-intake.ts'
import { SeriesQuota } from '../../../engine/worker/write/series-quota.ts'
import { SeriesRegistry } from '../../../engine/worker/write/series-registry.ts'
import { ViewGuard } from '../../../engine/worker/write/view-guard.ts'

const HOSTS = 10

let kernel: Kernel
beforeAll(async () => {
  kernel = await Kernel.create(await loadCore())
})

function inTurn(rows: number, type: 'f64' | 'i64', firstTime = 0n): ColumnRows {
  const places = Array.from({ length: rows }, (_, i) => i)
  const x: Column =
    type === 'f64'
      ? { name: 'x', type, values: Float64Array.from(places, (i) => i / 4) }
      : { name: 'x', type, values: BigInt64Array.from(places, BigInt) }
  const dictionary = Array.from({ length: HOSTS }, (_, i) => `h${i}`)
  return {
    table: 't',
    time: BigInt64Array.from(places, (i) => firstTime + BigInt(i)),
    tags: [{ name: 'host', type: 'string', dictionary, values: Uint32Array.from(places, (i) => i % HOSTS) }],
    fields: [x],
  }
}

async function loaded(): Promise<CallerGroups> {
  const groups = new CallerGroups(loadCore, new Faults())
  await vi.waitUntil(() => groups.resolve(inTurn(2 * PART_ROWS, 'f64')).groups.length > 0)
  return groups
}

async function intake(quota?: SeriesQuota): Promise<RowIntake> {
  const { blobs } = await openMemoryStore()
  const host = new ShardHost({ blobs, kernel, number: 0, hosts: 1, cacheBytes: 0 })
  const guard = new ViewGuard({ view: () => undefined })
  return new RowIntake({
    kernel,
    registry: new SeriesRegistry(kernel, [host], quota),
    seed: [0n, 0n],
    buffers: new RowBuffers(),
    guard,
  })
}

/** What the log has of an append: texts of rows by time, and whether any were in groups. */
async function logged(into: RowIntake, given: ResolvedRows): Promise<{ rows: string[]; hasGroups: boolean }> {
  const { rows, result } = await into.takeColumns(given, async () => undefined)
  const hasGroups = rows.groups.length > 0
  const noSeries = { numbers: new Uint32Array(), keys: { bytes: new Uint8Array(), ends: new Uint32Array() } }
  const { tables } = decodeRecord(rows.encode(noSeries, undefined), kernel)
  const texts = tables.flatMap(textsOf).sort((a, b) => Number(a.split(' ')[0]) - Number(b.split(' ')[0]))
  expect(texts.length).toBe(result.rows)
  return { rows: texts, hasGroups }
}

function textsOf({ table, series, time, fields }: TableRows): string[] {
  return Array.from(time, (t, i) => `${t} ${table} ${series[i]} ${fields.map((f) => `${f.type} ${f.values[i]}`)}`)
}

/** The rows of `inTurn` in a store that has no other series, as texts. */
function expected(rows: number, type: string, value: (i: number) => number): string[] {
  return Array.from({ length: rows }, (_, i) => `${i} t ${i % HOSTS} ${type} ${value(i)}`)
}

test('rows go as they are until the core is loaded, then as groups; what is in the log is the same', async () => {
  const rows = 3 * PART_ROWS + 5
  const before = new CallerGroups(loadCore, new Faults()).resolve(inTurn(rows, 'f64'))
  const after = (await loaded()).resolve(inTurn(rows, 'f64'))
  expect([before.groups.length, before.parts.length]).toEqual([0, 4])
  expect([after.groups.length, after.parts.length]).toEqual([1, 0])
  for (const given of [before, after]) {
    expect((await logged(await intake(), given)).rows).toEqual(expected(rows, 'f64', (i) => i / 4))
  }
})

test('a core that does not load leaves rows as they are, is told as one fault, and is tried again with later rows', async () => {
  const faults = new Faults()
  let calls = 0
  const groups = new CallerGroups(() => {
    calls++
    return calls < 3 ? Promise.reject(new Error('no memory for it')) : loadCore()
  }, faults)
  for (let round = 1; round < 3; round++) {
    expect(groups.resolve(inTurn(2 * PART_ROWS, 'f64')).parts.length).toBe(2)
    groups.resolve(inTurn(2 * PART_ROWS, 'f64')) // While it loads, nothing else is tried.
    await vi.waitUntil(() => faults.list.length > 0)
    await new Promise((resolve) => setImmediate(resolve))
    expect(calls).toBe(round)
  }
  expect(faults.list).toEqual([{ name: 'encoding of appended columns', reason: 'no memory for it' }])
  await vi.waitUntil(() => groups.resolve(inTurn(2 * PART_ROWS, 'f64')).groups.length > 0)
  expect(calls).toBe(3)
})

test('few rows are not encoded', async () => {
  const { groups, parts } = (await loaded()).resolve(inTurn(PART_ROWS, 'f64'))
  expect([groups.length, parts.length]).toEqual([0, 1])
})

test('encoded integers become doubles where the table has doubles', async () => {
  const into = await intake()
  into.columns.addFields('t', [{ name: 'x', type: 'f64' }])
  const { rows } = await logged(into, (await loaded()).resolve(inTurn(2 * PART_ROWS, 'i64')))
  expect(rows).toEqual(expected(2 * PART_ROWS, 'f64', (i) => i))
})

test('encoded rows that disagree with their table are refused', async () => {
  const into = await intake()
  into.columns.addFields('t', [{ name: 'x', type: 'i64' }])
  const given = (await loaded()).resolve(inTurn(2 * PART_ROWS, 'f64'))
  await expect(into.takeColumns(given, async () => undefined)).rejects.toMatchObject({ kind: 'invalid' })
})

test('of encoded rows those beyond the limit of series are rejected one by one', async () => {
  const given = (await loaded()).resolve(inTurn(2 * PART_ROWS, 'f64'))
  const into = await intake(new SeriesQuota({ total: HOSTS - 1 }))
  const { rows, result } = await into.takeColumns(given, async () => undefined)
  const kept = rows.tables.flatMap(textsOf)
  const refused = Math.floor((2 * PART_ROWS) / HOSTS)
  expect([rows.groups.length, kept.length, result.rejectedCount]).toEqual([0, 2 * PART_ROWS - refused, refused])
})

test('encoded rows cannot have the last time of all', async () => {
  const rows = 2 * PART_ROWS
  const groups = await loaded()
  const last = MAX_TIME - BigInt(rows - 1)
  const into = await intake()
  await expect(into.takeColumns(groups.resolve(inTurn(rows, 'f64', last)), async () => undefined)).rejects.toThrow(
    /the last of all/,
  )
  const { hasGroups } = await logged(into, groups.resolve(inTurn(rows, 'f64', last - 1n)))
  expect(hasGroups).toBe(true)
})
