import { beforeEach, describe, expect, test } from 'vitest'
import type { AggregatePlan, PartialAggregate } from '../../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import type { TimeRange } from '../../../engine/core/time-window.ts'
import { AnswerCache, LEAST_KEPT_MS } from '../../../engine/worker/shard/answer-cache.ts'
import { MAX_REMEMBERED_PLANS } from '../../../engine/worker/shard/kept-plans.ts'
import type { ShardPartial } from '../../../engine/worker/shard/shard-shares.ts'
import { MAX_READ_RUNS } from '../../../engine/worker/shard/window-ranges.ts'

/** What there is: a row count for each time; windows of 10. */
let rows: Map<bigint, number>
let scans: TimeRange[]
let elapsedMs: number
let cache: AnswerCache

beforeEach(() => {
  rows = new Map([...Array(100).keys()].map((at) => [BigInt(at), 1]))
  scans = []
  elapsedMs = 0
  cache = new AnswerCache({ budgetBytes: 1 << 20, leastMs: 0, now: () => elapsedMs })
})

function planOf(start: bigint, end: bigint, table = 't'): AggregatePlan {
  const window = { origin: 0n, width: 10n }
  return { kind: 'aggregate', table, matchers: [], start, end, window, by: [], inputs: [{ measures: [] }] }
}

function countsOf({ start, end }: TimeRange): PartialAggregate {
  const counts = new Map<bigint, number>()
  for (const [time, count] of rows) {
    const window = time - (time % 10n)
    if (time >= start && time < end) counts.set(window, (counts.get(window) ?? 0) + count)
  }
  const windows = [...counts].sort(([a], [b]) => Number(a - b))
  const doubles = Float64Array.from(windows, ([, count]) => count)
  return {
    groups: [[]],
    cellGroup: new Uint32Array(windows.length),
    cellWindow: BigInt64Array.from(windows, ([window]) => window),
    rows: doubles,
    inputs: [{ type: 'i64', count: doubles }],
  }
}

async function scan(range: TimeRange): Promise<ShardPartial[]> {
  scans.push({ start: range.start, end: range.end })
  elapsedMs += 1
  return [{ shard: 0, partial: countsOf(range) }]
}

async function ask(plan: AggregatePlan): Promise<Record<string, number>> {
  scans = []
  const { partials } = await cache.aggregate(plan, scan)
  const [only] = partials
  return Object.fromEntries(Array.from(only?.partial.cellWindow ?? [], (window, i) => [window, only?.partial.rows[i]]))
}

async function askTwice(plan: AggregatePlan): Promise<void> {
  await ask(plan)
  await ask(plan)
}

describe('a plan that is asked for the third time', () => {
  test('reads nothing where its range is whole windows', async () => {
    await askTwice(planOf(0n, 100n))
    expect(await ask(planOf(0n, 100n))).toEqual(Object.fromEntries([...Array(10).keys()].map((k) => [k * 10, 10])))
    expect(scans).toEqual([])
    expect(cache.statistics).toMatchObject({ plans: 1, reused: 1, partly: 0, read: 2 })
  })

  test('reads the cut windows at its ends', async () => {
    await askTwice(planOf(0n, 100n))
    expect(await ask(planOf(15n, 34n))).toEqual({ 10: 5, 20: 10, 30: 4 })
    expect(scans).toEqual([
      { start: 15n, end: 20n },
      { start: 30n, end: 34n },
    ])
  })

  test('reads nothing where its range is open', async () => {
    await askTwice(planOf(MIN_TIME, MAX_TIME))
    expect(await ask(planOf(MIN_TIME, MAX_TIME))).toMatchObject({ 0: 10, 90: 10 })
    expect(scans).toEqual([])
  })

  test('reads windows that it did not ask for before, and keeps them', async () => {
    await askTwice(planOf(0n, 50n))
    await ask(planOf(20n, 70n))
    expect(scans).toEqual([{ start: 50n, end: 70n }])
    expect(await ask(planOf(0n, 70n))).toMatchObject({ 0: 10, 60: 10 })
    expect(scans).toEqual([])
  })

  test('reads the windows whose rows changed, and no others', async () => {
    await askTwice(planOf(0n, 100n))
    rows.set(55n, 7)
    cache.touch('t', { start: 55n, end: 56n })
    cache.touch('other', { start: 0n, end: 100n })
    expect(await ask(planOf(0n, 100n))).toMatchObject({ 40: 10, 50: 16, 60: 10 })
    expect(scans).toEqual([{ start: 50n, end: 60n }])
  })

  test('reads windows that look back at rows that changed', async () => {
    const plan = { ...planOf(0n, 100n), lookBack: 15n }
    await askTwice(plan)
    cache.touch('t', { start: 55n, end: 56n })
    await ask(plan)
    expect(scans).toEqual([{ start: 50n, end: 80n }])
  })

  test('reads windows that look back at rows that may have expired since', async () => {
    const plan = { ...planOf(0n, 100n), lookBack: 15n }
    await askTwice(plan)
    await ask({ ...plan, start: 20n, rowsFrom: 20n })
    expect(scans).toEqual([{ start: 20n, end: 40n }])
  })

  test('reads windows that changed while they were read', async () => {
    await ask(planOf(0n, 100n))
    await cache.aggregate(planOf(0n, 100n), async (range) => {
      const read = await scan(range)
      rows.set(20n, 5)
      cache.touch('t', { start: 20n, end: 21n })
      return read
    })
    expect(await ask(planOf(0n, 100n))).toMatchObject({ 10: 10, 20: 14 })
    expect(scans).toEqual([{ start: 20n, end: 30n }])
  })

  test('reads in a few runs, whatever has changed', async () => {
    await askTwice(planOf(0n, 100n))
    for (const at of [0n, 20n, 40n, 60n, 80n]) cache.touch('t', { start: at, end: at + 1n })
    expect(Object.keys(await ask(planOf(0n, 100n)))).toHaveLength(10)
    expect(scans).toHaveLength(MAX_READ_RUNS)
  })

  test('reads all where other cells are asked for', async () => {
    await askTwice(planOf(0n, 100n))
    await ask({ ...planOf(0n, 100n), matchers: [{ tag: 'host', op: '=', value: 'a' }] })
    expect(scans).toHaveLength(1)
    await ask({ ...planOf(0n, 100n), inputs: [{ measures: ['sum'] }] })
    expect(scans).toHaveLength(1)
  })
})

test('an error of a scan is the answer, and what was kept stays', async () => {
  await askTwice(planOf(0n, 50n))
  const failed = cache.aggregate(planOf(0n, 60n), () => Promise.reject(new Error('the disk')))
  await expect(failed).rejects.toThrow('the disk')
  await ask(planOf(0n, 50n))
  expect(scans).toEqual([])
})

test('what is kept is bounded, and what is dear for its bytes stays longest', async () => {
  cache = new AnswerCache({ budgetBytes: 40_000, leastMs: 0, now: () => elapsedMs })
  const dear = planOf(0n, 100n, 'dear')
  for (let i = 0; i < 2; i++) {
    await cache.aggregate(dear, async (range) => {
      elapsedMs += 1000
      return scan(range)
    })
  }
  for (let i = 0; i < 200; i++) {
    await askTwice(planOf(0n, 100n, `t${i}`))
    expect(cache.statistics.bytes).toBeLessThanOrEqual(40_000)
  }
  expect(cache.statistics.plans).toBeLessThan(40)
  await ask(dear)
  expect(scans).toEqual([])
})

test('an answer beyond an eighth of the budget is not kept', async () => {
  cache = new AnswerCache({ budgetBytes: 8 * 1024, leastMs: 0, now: () => elapsedMs })
  await askTwice(planOf(0n, 100n))
  expect(cache.statistics).toMatchObject({ plans: 0, bytes: 0 })
})

test('a budget of 0 keeps nothing', async () => {
  cache = new AnswerCache({ budgetBytes: 0, now: () => elapsedMs })
  for (let i = 0; i < 3; i++) {
    await ask(planOf(0n, 100n))
    expect(scans).toHaveLength(1)
  }
})

test('a plan is known again after as many others as are remembered, and not after more', async () => {
  await ask(planOf(0n, 100n))
  for (let i = 1; i < MAX_REMEMBERED_PLANS; i++) await ask(planOf(0n, 100n, `t${i}`))
  await ask(planOf(0n, 100n))
  expect(cache.statistics.plans).toBe(1)
  await ask(planOf(0n, 100n, 'first'))
  for (let i = 0; i < MAX_REMEMBERED_PLANS; i++) await ask(planOf(0n, 100n, `u${i}`))
  await ask(planOf(0n, 100n, 'first'))
  expect(cache.statistics.plans).toBe(1)
})

describe('what is as fast to read again', () => {
  const plan = planOf(0n, 100n)

  async function askTaking(ms: number, asked: AggregatePlan = plan): Promise<void> {
    await cache.aggregate(asked, async (range) => {
      elapsedMs += ms
      return scan(range)
    })
  }

  beforeEach(() => {
    cache = new AnswerCache({ budgetBytes: 1 << 20, now: () => elapsedMs })
  })

  test('is kept from a least time on', async () => {
    scans = []
    for (let i = 0; i < 2; i++) await askTaking(LEAST_KEPT_MS - 1.001)
    expect(cache.statistics.plans).toBe(0)
    await askTaking(LEAST_KEPT_MS - 1)
    expect(cache.statistics.plans).toBe(1)
  })

  test('is kept while a part of it takes half of the time at most', async () => {
    for (let i = 0; i < 2; i++) await askTaking(99)
    cache.touch('t', { start: 50n, end: 51n })
    await askTaking(49)
    expect(cache.statistics.plans).toBe(1)
    cache.touch('t', { start: 50n, end: 51n })
    await askTaking(50)
    expect(cache.statistics.plans).toBe(0)
  })
})

describe('rows that come to lie in other blocks', () => {
  const sums: AggregatePlan = {
    ...planOf(0n, 100n),
    inputs: [{ expression: { kind: 'column', name: 'x', source: 'field', type: 'f64' }, measures: ['sum'] }],
  }

  /** Asks twice, the second time with the move under way, and then what a third time reads. */
  async function readAfterMove(plan: AggregatePlan): Promise<TimeRange[]> {
    await ask(plan)
    await cache.aggregate(plan, async (range) => {
      cache.move('t', { start: 55n, end: 56n })
      return scan(range)
    })
    await ask(plan)
    return scans
  }

  test('make windows of float sums stale that are being read, and none of counts', async () => {
    expect(await readAfterMove(sums)).toEqual([{ start: 50n, end: 60n }])
    expect(await readAfterMove(planOf(0n, 100n))).toEqual([])
  })

  test('make kept windows of float sums stale, and none of counts', async () => {
    for (const plan of [sums, planOf(0n, 100n)]) await askTwice(plan)
    cache.move('t', { start: 55n, end: 56n })
    await ask(sums)
    expect(scans).toEqual([{ start: 50n, end: 60n }])
    await ask(planOf(0n, 100n))
    expect(scans).toEqual([])
  })
})
