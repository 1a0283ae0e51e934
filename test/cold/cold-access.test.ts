import { afterEach, beforeEach, expect, test } from 'vitest'
import { DAY_NS } from '../../engine/cold/cold-manifest.ts'
import type { TierRule } from '../../engine/cold/move-plan.ts'
import { emptyMemoryContents, type MemoryContents, openMemoryStore } from '../../engine/storage/memory-store.ts'
import { DAY_READS_NAME, DayReads } from '../../engine/worker/cold/day-reads.ts'
import { filesBelow, tiersOn } from '../support/cold-place.ts'
import { dayLines, FIRST_DAY, ofDay, rows } from '../support/cold-rows.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'
import { S3Server } from '../support/s3-server.ts'

const HOUR_NS = 3_600_000_000_000n
const HOUR_MS = 3_600_000

let server: S3Server
let now: bigint
let contents: MemoryContents
let engine: EngineOverStore | undefined

beforeEach(async () => {
  server = await S3Server.start()
  now = FIRST_DAY + 10n * DAY_NS
  contents = emptyMemoryContents()
})

afterEach(async () => {
  await engine?.close()
  await server.close()
})

async function reopened(rule: TierRule): Promise<EngineOverStore> {
  await engine?.close()
  const tiers = tiersOn(server, 'p', { cpu: rule })
  engine = await openOverStore(await openMemoryStore(contents), { clock: { now: () => now }, tiers })
  return engine
}

async function withDays(rule: TierRule, days: number): Promise<EngineOverStore> {
  const made = await reopened(rule)
  for (let day = 0; day < days; day++) await made.appendLines(dayLines(day))
  return made
}

/** Days of October 2024 from the 4th on, the first of the test. */
function coldDays(): number[] {
  return filesBelow(server, 'p')
    .map((key) => Number(/day=2024-10-(\d\d)/.exec(key)?.[1]) - 4)
    .sort()
}

test('days that queries read stay for as long as the rule says, and the others go', async () => {
  const made = await withDays({ afterMs: 0, keepReadMs: 5 * HOUR_MS }, 3)
  now += 5n * HOUR_NS
  await rows(made, ofDay(1))
  await made.writer.moveToCold()
  expect(coldDays()).toEqual([0, 2])
  now += 5n * HOUR_NS - 1n
  await made.writer.moveToCold()
  expect(coldDays()).toEqual([0, 2])
  now += 1n
  await made.writer.moveToCold()
  expect(coldDays()).toEqual([0, 1, 2])
})

test('aggregates count as reads, of the days that they ask for', async () => {
  const made = await withDays({ afterMs: 0, keepReadMs: 5 * HOUR_MS }, 3)
  now += 5n * HOUR_NS
  await made.queryable.aggregate({ ...ofDay(0), kind: 'aggregate', by: [], inputs: [] })
  await made.writer.moveToCold()
  expect(coldDays()).toEqual([1, 2])
})

test('where a table takes too much, the days go first that were read least recently', async () => {
  const made = await withDays({ maxLocalBytes: 1 << 30 }, 8)
  for (const day of [5, 0, 7, 3, 1, 4, 2, 6]) {
    now += HOUR_NS
    await rows(made, ofDay(day))
    await made.writer.moveToCold()
  }
  await made.writer.flush()
  const { segmentBytes } = await made.writer.statistics()
  const again = await reopened({ maxLocalBytes: Math.floor(0.85 * segmentBytes) })
  await again.writer.moveToCold()
  expect(coldDays()).toEqual([0, 5])
  expect(await rows(again)).toHaveLength(8 * 72)
})

test('what was read is known after a restart; where that is lost, days stay as if they had just been read', async () => {
  const rule = { afterMs: 0, keepReadMs: 5 * HOUR_MS }
  await withDays(rule, 2)
  now += 5n * HOUR_NS
  await rows(await reopened(rule), ofDay(1))
  await engine?.writer.flush()
  const made = await reopened(rule)
  await made.writer.moveToCold()
  expect(coldDays()).toEqual([0])
  contents.blobs.set(DAY_READS_NAME, new TextEncoder().encode('{"version":1,"since":"x","tables":[]}'))
  await reopened(rule)
  now += 5n * HOUR_NS - 1n
  await engine?.writer.moveToCold()
  expect(coldDays()).toEqual([0])
  now += 1n
  await engine?.writer.moveToCold()
  expect(coldDays()).toEqual([0, 1])
})

test('what is known of reads, cut at any byte or with any bit flipped, counts for nothing or opens', async () => {
  const saved = emptyMemoryContents()
  const blobs = (await openMemoryStore(saved)).blobs
  await blobs.put(
    DAY_READS_NAME,
    new TextEncoder().encode('{"version":1,"since":"5","tables":[["t",[[20000,"7"],[20001,"9"]]]]}'),
  )
  const bytes = await blobs.get(DAY_READS_NAME)
  const lastRead = async (some: Uint8Array): Promise<bigint> => {
    await blobs.put(DAY_READS_NAME, some)
    return (await DayReads.open(blobs, 100n)).lastRead('t', 20_000)
  }
  expect(await lastRead(bytes)).toBe(7n)
  for (let end = 0; end < bytes.length; end++) expect(await lastRead(bytes.slice(0, end)), `cut at ${end}`).toBe(100n)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(await lastRead(damaged), `bit ${bit}`).toBeTypeOf('bigint')
  }
})
