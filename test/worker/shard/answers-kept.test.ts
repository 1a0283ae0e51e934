import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import type { AggregatePlan, Measure } from '../../../engine/core/plan.ts'
import type { ColumnRows } from '../../../engine/core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import { emptyMemoryContents, openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { sameCells } from '../../support/answers-agree.ts'
import { generator } from '../../support/block-shapes.ts'
import { type EngineOverStore, type OverStoreOptions, openOverStore } from '../../support/engine-over-store.ts'
import { type PlainCell, plainCells } from '../../support/plain-answer.ts'
import { fieldOf, randomAggregate, randomMatchers } from '../../support/random-plan.ts'
import { randomBatch, START } from '../../support/random-table.ts'

const STEP = 1_000_000_000n
const SPREAD = 1500

async function opened(options: OverStoreOptions = {}): Promise<EngineOverStore> {
  const kept = { answerCacheBytes: 1 << 22, leastKeptMs: 0 }
  return openOverStore(await openMemoryStore(emptyMemoryContents()), { ...kept, ...options })
}

let asked = 0

/** The same plan in words that were never used, so that nothing of it can be kept. */
function inNewWords(plan: AggregatePlan): AggregatePlan {
  return { ...plan, matchers: [...plan.matchers, { tag: 'absent', op: '!=', value: `never ${asked++}` }] }
}

type Expectation = (engine: EngineOverStore, plan: AggregatePlan) => Promise<void>

const expectAsRead: Expectation = async ({ queryable }, plan) => {
  const kept = plainCells(await queryable.aggregate(plan), plan.accumulators)
  const read = plainCells(await queryable.aggregate(inNewWords(plan)), plan.accumulators)
  // toStrictEqual tells -0 from 0 and compares doubles bit by bit.
  expect(kept).toStrictEqual(read)
}

/**
 * The same but for the last bits of sums and moments of doubles: those depend on which blocks a scan's range meets and on whether
 * rows in memory are encoded yet, so that two scans differ too.
 */
const expectAlmostAsRead: Expectation = async ({ queryable }, plan) => {
  const kept = plainCells(await queryable.aggregate(plan), plan.accumulators)
  const read = plainCells(await queryable.aggregate(inNewWords(plan)), plan.accumulators)
  expect(kept.map(withoutRounded)).toStrictEqual(read.map(withoutRounded))
  expect(sameCells(kept, read)).toBe(true)
}

function withoutRounded(cell: PlainCell): PlainCell {
  const inputs = cell.inputs.map(({ sum, mean: _mean, deviation: _deviation, ...state }) => {
    return typeof sum === 'bigint' ? { ...state, sum } : state
  })
  return { ...cell, inputs }
}

function moved(plan: AggregatePlan, next: () => number): AggregatePlan {
  const by = BigInt((next() % 600) - 300) * STEP
  const start = plan.start === MIN_TIME ? MIN_TIME : plan.start + by
  const end = plan.end === MAX_TIME ? MAX_TIME : plan.end + by
  return { ...plan, start, end }
}

async function step(engine: EngineOverStore, next: () => number): Promise<void> {
  const [a, b] = [next() % SPREAD, next() % SPREAD]
  const range = { start: START + BigInt(Math.min(a, b)) * STEP, end: START + BigInt(Math.max(a, b) + 1) * STEP }
  switch (next() % 8) {
    case 0:
      return engine.writer.flush()
    case 1:
      return engine.writer.compact()
    case 2:
      return engine.writer.delete({ table: 't', matchers: randomMatchers(next), ...range })
    default:
      return engine.appendColumns(randomBatch(next, 1 + (next() % 40), SPREAD).columns)
  }
}

async function round(seed: number, options: OverStoreOptions = {}): Promise<number> {
  const next = generator(seed)
  const engine = await opened(options)
  await engine.appendColumns(randomBatch(next, 1500, SPREAD).columns)
  const choices = { next, spread: SPREAD }
  const plans = Array.from({ length: 4 }, () => {
    const { filter, ...plan } = randomAggregate(choices)
    const width = [13n, 60n, 333n][next() % 3] ?? 7n
    return { ...plan, ...(filter && next() % 2 === 0 && { filter }), window: { origin: STEP, width: width * STEP } }
  })
  for (let i = 0; i < 16; i++) {
    if (next() % 2 === 0) await step(engine, next)
    for (const plan of plans) if (next() % 2 === 0) await expectAlmostAsRead(engine, moved(plan, next))
  }
  const { answers } = await engine.statistics()
  await engine.close()
  return answers ? answers.reused + answers.partly : 0
}

test('answers are those of a scan, whatever is appended, deleted, flushed and compacted between', async () => {
  let reused = 0
  await assert(
    asyncProperty(integer(), async (seed) => {
      reused += await round(seed)
    }),
    { numRuns: 15, endOnFailure: true },
  )
  expect(reused).toBeGreaterThan(150)
})

test('so they are where there are rollups', async () => {
  const clock = { now: () => START + 1_000_000n * STEP }
  const rollups = { 't*': [{ everyMs: 1000 }, { everyMs: 60_000 }] }
  for (let seed = 0; seed < 4; seed++) await round(seed, { clock, rollups })
})

test('so they are where what is kept has to go again and again', async () => {
  for (let seed = 0; seed < 4; seed++) await round(seed, { answerCacheBytes: 60_000 })
})

test('so they are where ranges move on within a window, whatever comes between', async () => {
  let reused = 0
  for (let seed = 1; seed <= 12; seed++) {
    const next = generator(seed)
    const engine = await opened()
    await engine.appendColumns(randomBatch(next, 1500, SPREAD).columns)
    const plans = Array.from({ length: 3 }, () => {
      const window = { origin: STEP, width: 500n * STEP }
      return { ...randomAggregate({ next, spread: SPREAD }), window, end: MAX_TIME }
    })
    let start = START
    for (let i = 0; i < 40; i++) {
      start += (BigInt(next() % 20) * STEP) / 3n
      if (next() % 8 === 0) await step(engine, next)
      for (const plan of plans) await expectAlmostAsRead(engine, { ...plan, start })
    }
    const { answers } = await engine.statistics()
    reused += answers?.reused ?? 0
    await engine.close()
  }
  expect(reused).toBeGreaterThan(150)
})

/** Rows of two series, one a second from `first` on, of decimals, of numbers with all their digits and of integers. */
function rowsInOrder(first: number, count: number, next: () => number): ColumnRows {
  const times = Array.from({ length: 2 * count }, (_, i) => START + BigInt(first + (i >> 1)) * STEP)
  const random = (): number => (next() % 1_000_003) / 1_000_003
  return {
    table: 't',
    time: BigInt64Array.from(times),
    tags: [{ name: 'host', type: 'string', dictionary: ['a', 'b'], values: Uint32Array.from(times, (_, i) => i & 1) }],
    fields: [
      { name: 'level', type: 'f64', values: Float64Array.from(times, () => (next() % 20_000) / 100) },
      { name: 'odd', type: 'f64', values: Float64Array.from(times, random) },
      { name: 'count', type: 'i64', values: BigInt64Array.from(times, () => BigInt(next() % 1000)) },
    ],
  }
}

test('answers have every bit of a scan over segments of rows that came in the order of time', async () => {
  const fields = ['level', 'odd', 'count'] as const
  const measures = ['sum', 'min', 'max', 'first', 'last', 'moments'] as const
  let reused = 0
  for (let seed = 1; seed <= 4; seed++) {
    const next = generator(seed)
    const engine = await opened()
    const plan = (by: string[], width: number, measuring: readonly Measure[]): AggregatePlan => ({
      ...{ kind: 'aggregate', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, by },
      inputs: fields.map((name) => ({ expression: fieldOf(name), measures: measuring })),
      window: { origin: 0n, width: BigInt(width) * STEP },
    })
    const plans = [plan(['host'], 60, measures), plan([], 7, ['sum']), plan(['host'], 600, ['sum', 'max'])]
    let at = 0
    for (let i = 0; i < 30; i++) {
      const count = 1 + (next() % 400)
      await engine.appendColumns(rowsInOrder(at, count, next))
      at += count
      await engine.writer.flush()
      if (next() % 9 === 0) await engine.writer.compact()
      for (const each of plans) {
        const start = next() % 3 === 0 ? MIN_TIME : START + BigInt(at - 900) * STEP - 5n
        await expectAsRead(engine, { ...each, start })
      }
    }
    const { answers } = await engine.statistics()
    reused += answers ? answers.reused + answers.partly : 0
    await engine.close()
  }
  expect(reused).toBeGreaterThan(150)
})
