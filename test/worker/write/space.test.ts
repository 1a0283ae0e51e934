import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import { planEviction } from '../../../engine/storage/eviction.ts'
import type { SegmentInfo } from '../../../engine/storage/segment-format.ts'
import { checkSpace, type SpaceLimit } from '../../../engine/worker/write/space-limit.ts'
import { generator } from '../../support/block-shapes.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'
import { type FaultyStore, openFaultyStore } from '../../support/faulty-store.ts'
import { rowsOf } from '../../support/plain-column.ts'
import { bury } from '../../support/power-cut.ts'

const SECOND = 1_000_000_000n
const ROWS = 1000

async function timesOf(engine: EngineOverStore, table: string): Promise<bigint[]> {
  const times: bigint[] = []
  if (!(await engine.queryable.catalog()).tables.some(({ name }) => name === table)) return times
  const plan = {
    kind: 'rows',
    table,
    matchers: [],
    start: MIN_TIME,
    end: MAX_TIME,
    order: 'asc',
    tags: [],
    fields: ['v'],
  } as const
  for await (const batch of engine.queryable.rows(plan)) times.push(...rowsOf(batch).map(([time]) => time as bigint))
  return times
}

/** Rows that hardly compress, of times that go on from request to request. */
function lines(table: string, request: number, next: () => number): string {
  return Array.from({ length: ROWS }, (_, i) => {
    return `${table} v=${next() / 7},w=${next() / 3} ${BigInt(request * ROWS + i) * SECOND}`
  }).join('\n')
}

async function storedBytes({ blobs, log }: FaultyStore): Promise<number> {
  return (await blobs.list()).reduce((total, { bytes }) => total + bytes, log.bytes)
}

test('a store stays within its limit: the oldest rows that may go do, and no others', async () => {
  const next = generator(1)
  const store = openFaultyStore(1)
  const maxBytes = 400_000
  const engine = await openOverStore(store, { space: { maxBytes, evictable: ['live*'] } })
  await engine.appendLines(lines('own', 0, next))
  for (let request = 0; request < 40; request++) {
    await engine.appendLines(lines('live1', request, next))
    expect((await engine.writer.statistics()).space?.usedBytes).toBeLessThanOrEqual(maxBytes)
  }
  const times = await timesOf(engine, 'live1')
  expect(times.length).toBeGreaterThan(5 * ROWS)
  expect(times.length).toBeLessThan(35 * ROWS)
  // What is left is the newest without a gap.
  expect(times.at(-1)).toBe(BigInt(40 * ROWS - 1) * SECOND)
  expect(times[0]).toBe(BigInt(40 * ROWS - times.length) * SECOND)
  expect(await timesOf(engine, 'own')).toHaveLength(ROWS)
  expect((await engine.writer.statistics()).space).toMatchObject({ maxBytes, evictions: expect.any(Number) })
  expect(await storedBytes(store)).toBeLessThan(maxBytes + 10_000)
  await engine.close()
})

test('where nothing may go an append fails with quota, what is there stays, and appends go on when there is space', async () => {
  let now = 0n
  const next = generator(2)
  const store = openFaultyStore(2)
  const engine = await openOverStore(store, { clock: { now: () => now }, space: { maxBytes: 150_000 } })
  let stored = 0
  let refused: unknown
  for (; refused === undefined && stored < 100; stored++) {
    await engine.appendLines(lines('own', stored, next)).catch((error: unknown) => {
      refused = error
      stored--
    })
  }
  expect(refused).toMatchObject({ kind: 'quota', message: expect.stringContaining('150000') })
  expect(await timesOf(engine, 'own')).toHaveLength(stored * ROWS)
  await expect(engine.appendLines(lines('own', stored, next))).rejects.toMatchObject({ kind: 'quota' })
  await engine.writer.delete({ table: 'own', matchers: [], start: MIN_TIME, end: BigInt(ROWS) * SECOND })
  await engine.writer.compact()
  await engine.appendLines(lines('own', stored, next))
  expect(await timesOf(engine, 'own')).toHaveLength(stored * ROWS)
  now += 1n
  await engine.close()
})

test('appends at once stay within the limit together, and rollups of what goes do not hold them up', async () => {
  const next = generator(3)
  const maxBytes = 500_000
  const clock = { now: () => 1_000_000n * SECOND }
  const options = { clock, space: { maxBytes, evictable: ['*'] }, rollups: { '*': [{ everyMs: 60_000 }] } }
  const engine = await openOverStore(openFaultyStore(3), options)
  for (let round = 0; round < 6; round++) {
    const requests = Array.from({ length: 5 }, (_, i) => engine.appendLines(lines('live', 5 * round + i, next)))
    await Promise.all([...requests, engine.writer.flush()])
  }
  const times = await timesOf(engine, 'live')
  expect(times.at(-1)).toBe(BigInt(30 * ROWS - 1) * SECOND)
  expect((await engine.writer.statistics()).space?.evictions).toBeGreaterThan(0)
  await engine.close()
})

test('a power cut at any step of it loses no row that may not go', async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const next = generator(seed)
    const store = openFaultyStore(seed, { powerFailsAt: 5 + (next() % 120) })
    const space = { maxBytes: 200_000, evictable: ['live'] }
    let acknowledged = 0
    let live = 0
    const engine = await openOverStore(store, { space }).catch(() => undefined)
    try {
      for (let request = 0; engine && request < 30; request++) {
        if (request % 6 === 0) {
          await engine.appendLines(`own v=1 ${request}`)
          acknowledged++
        }
        await engine.appendLines(lines('live', request, next))
        live = request
      }
    } catch (error) {
      expect(error, `seed ${seed}`).toMatchObject({ kind: 'io' })
    }
    await bury(engine)
    const again = await openOverStore(store.crash(), { space })
    expect((await timesOf(again, 'own')).length, `seed ${seed}`).toBeGreaterThanOrEqual(acknowledged)
    if (live > 0) expect((await timesOf(again, 'live')).at(-1)).toBeGreaterThanOrEqual(BigInt(live * ROWS) * SECOND)
    await again.close()
  }
})

test('a plan is the least time that frees enough, by what each table has in each segment', async () => {
  const segment = (bytes: number, tables: Record<string, [bigint, bigint]>): SegmentInfo => {
    const entries = Object.entries(tables).map(
      ([table, [minTime, maxTime]]) => [table, { rows: 10, minTime, maxTime }] as const,
    )
    return { name: '', bytes, tables: new Map(entries) }
  }
  const segments = [segment(1000, { a: [0n, 99n], b: [0n, 99n] }), segment(1000, { a: [100n, 199n] })]
  const onlyA = (table: string) => table === 'a'
  expect(planEviction(segments, onlyA, 250)).toBe(50n)
  expect(planEviction(segments, onlyA, 500)).toBe(100n)
  expect(planEviction(segments, onlyA, 1000)).toBe(150n)
  expect(planEviction(segments, onlyA, 5000)).toBe(200n)
  expect(planEviction(segments, () => false, 1)).toBeUndefined()
  await assert(
    asyncProperty(integer({ min: 1, max: 1500 }), async (bytes) => {
      const before = planEviction(segments, onlyA, bytes) ?? 0n
      const freed = (time: number) => 5 * Math.min(100, time) + 10 * Math.max(0, time - 100)
      expect(freed(Number(before))).toBeGreaterThanOrEqual(bytes)
      expect(freed(Number(before) - 1)).toBeLessThan(bytes)
    }),
  )
})

test.each([
  [{ maxBytes: 0 }, false, 'maxBytes'],
  [{ maxBytes: 1.5 }, false, 'maxBytes'],
  [{ maxBytes: 1, evictable: ['a'] }, true, 'cold tier'],
] as [SpaceLimit, boolean, string][])('refuses %j', (limit, isTiered, message) => {
  expect(() => checkSpace(limit, { isTiered })).toThrow(message)
})
