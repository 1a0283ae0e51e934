import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import type { AggregatePlan } from '../../../engine/core/plan.ts'
import type { ColumnRows } from '../../../engine/core/rows.ts'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import { openMemoryStore } from '../../../engine/storage/memory-store.ts'
import { LEAST_ADDED_SERIES, MAX_ADDED_GROUPS } from '../../../engine/worker/shard/added-rows.ts'
import { generator } from '../../support/block-shapes.ts'
import { type EngineOverStore, openOverStore } from '../../support/engine-over-store.ts'
import { plainCells } from '../../support/plain-answer.ts'
import { fieldOf } from '../../support/random-plan.ts'

const SECOND = 1_000_000_000n
const START = 1_700_000_000n * SECOND
const HOSTS = 2 * LEAST_ADDED_SERIES

async function opened(): Promise<EngineOverStore> {
  return openOverStore(await openMemoryStore(), { answerCacheBytes: 1 << 22, leastKeptMs: 0 })
}

/** A row of each of some hosts, at a time that may be later from host to host. */
function rowsAt(seconds: number, next: () => number, { hosts = HOSTS, apart = 0n, times = 1 } = {}): ColumnRows {
  const count = hosts * times
  const ofRow = Uint32Array.from({ length: count }, (_, row) => row % hosts)
  const time = BigInt64Array.from(ofRow, (host, row) => {
    return (
      START +
      BigInt(seconds) * SECOND +
      BigInt(host) * apart +
      BigInt(Math.floor(row / hosts)) * SECOND * (apart > 0n ? 0n : 1n)
    )
  })
  const names = Array.from({ length: hosts }, (_, host) => host)
  const validity = next() % 2 === 0 ? { validity: new Uint8Array((count + 7) >> 3).map(() => next() % 256) } : {}
  return {
    table: 't',
    time,
    tags: [
      { name: 'host', type: 'string', dictionary: names.map((host) => `h${host}`), values: ofRow },
      { name: 'dc', type: 'string', dictionary: names.map((host) => `d${host % 3}`), values: ofRow },
    ],
    fields: [
      { name: 'level', type: 'f64', values: Float64Array.from(ofRow, () => (next() % 2000) / 7 - 100), ...validity },
      { name: 'count', type: 'i64', values: BigInt64Array.from(ofRow, () => BigInt(next()) << BigInt(next() % 30)) },
    ],
  }
}

function planOf(changes: Partial<AggregatePlan> = {}): AggregatePlan {
  return {
    ...{ kind: 'aggregate', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, by: [] },
    inputs: [
      { measures: [] },
      { expression: fieldOf('count'), measures: ['sum', 'min'] },
      { expression: fieldOf('level'), measures: ['min', 'max'] },
    ],
    window: { origin: SECOND, width: 10n * SECOND },
    ...changes,
  }
}

let asked = 0

/** The plan's answer is that of the same plan in words that were never used, so that nothing of it can be kept. */
async function expectAsRead({ queryable }: EngineOverStore, plan: AggregatePlan): Promise<void> {
  const kept = plainCells(await queryable.aggregate(plan))
  const matchers = [...plan.matchers, { tag: 'absent', op: '!=', value: `never ${asked++}` } as const]
  expect(kept).toStrictEqual(plainCells(await queryable.aggregate({ ...plan, matchers })))
}

const PLANS = [
  planOf(),
  planOf({ by: ['dc'] }),
  planOf({ matchers: [{ tag: 'dc', op: '!=', value: 'd1' }], window: { origin: 0n, width: 3n * SECOND } }),
]

test('rows that come after all that are kept cost no scan: the answer is made of them', async () => {
  const next = generator(1)
  const engine = await opened()
  for (let at = 0; at < 30; at++) await engine.appendColumns(rowsAt(at, next))
  for (const plan of PLANS) for (let i = 0; i < 2; i++) await expectAsRead(engine, plan)
  const before = (await engine.statistics()).answers
  for (let at = 30; at < 80; at++) {
    await engine.appendColumns(rowsAt(at, next, { apart: at % 2 === 0 ? 1000n : 0n }))
    if (at % 7 === 0) for (const plan of PLANS) await expectAsRead(engine, plan)
  }
  const after = (await engine.statistics()).answers
  expect((after?.reused ?? 0) - (before?.reused ?? 0)).toBe(7 * PLANS.length)
  await engine.close()
})

test('a series that comes after all that are kept is in the answer from its first row on', async () => {
  const next = generator(2)
  const engine = await opened()
  for (let at = 0; at < 30; at++) await engine.appendColumns(rowsAt(at, next))
  for (const plan of PLANS) for (let i = 0; i < 2; i++) await expectAsRead(engine, plan)
  for (let at = 30; at < 60; at++) {
    await engine.appendColumns(rowsAt(at, next, { hosts: HOSTS + Math.floor(at / 10) }))
    if (at % 3 === 0) for (const plan of PLANS) await expectAsRead(engine, plan)
  }
  await engine.close()
})

async function step(engine: EngineOverStore, clock: { at: number }, next: () => number): Promise<void> {
  const { at } = clock
  switch (next() % 14) {
    case 0:
      return engine.writer.flush()
    case 1:
      return engine.writer.compact()
    case 2: {
      const start = START + BigInt(next() % (at + 1)) * SECOND
      const matchers = next() % 2 === 0 ? [{ tag: 'dc', op: '=', value: 'd1' } as const] : []
      return engine.writer.delete({ table: 't', matchers, start, end: start + 4n * SECOND })
    }
    case 3: // late, or written over
      return engine.appendColumns(rowsAt(next() % (at + 1), next, { hosts: 1 + (next() % HOSTS) }))
    case 4: // new series
      return engine.appendColumns(rowsAt(at, next, { hosts: HOSTS + (next() % 5) }))
    case 5: // some times of each series, the last hosts first
      clock.at += 3
      return engine.appendColumns(rowsAt(at + 1, next, { times: 3 }))
    case 6: // a row of one time twice
      return engine
        .appendLines(
          `t,host=h1,dc=d1 level=1,count=1i ${START + BigInt(at + 9) * SECOND}\nt,host=h1,dc=d1 level=2,count=5i ${START + BigInt(at + 9) * SECOND}`,
        )
        .then(() => undefined)
    default:
      clock.at++
      return engine.appendColumns(rowsAt(at + 1, next, { apart: BigInt(next() % 2) * 1000n }))
  }
}

test('answers are those of a scan, whatever comes late, twice, of new series, is deleted or flushed between or meanwhile', async () => {
  let reused = 0
  await assert(
    asyncProperty(integer(), async (seed) => {
      const next = generator(seed)
      const engine = await opened()
      const clock = { at: 20 }
      for (let at = 0; at <= clock.at; at++) await engine.appendColumns(rowsAt(at, next))
      for (let round = 0; round < 25; round++) {
        const steps = step(engine, clock, next)
        const range = { start: START + BigInt(next() % clock.at) * SECOND, end: START + BigInt(clock.at + 5) * SECOND }
        const meanwhile = PLANS.map((plan) =>
          engine.queryable.aggregate(next() % 3 === 0 ? { ...plan, ...range } : plan),
        )
        await Promise.all([steps, ...meanwhile])
        for (const plan of PLANS) await expectAsRead(engine, next() % 3 === 0 ? { ...plan, ...range } : plan)
      }
      reused += (await engine.statistics()).answers?.reused ?? 0
      await engine.close()
    }),
    { numRuns: 15, endOnFailure: true },
  )
  expect(reused).toBeGreaterThan(300)
})

test.each([
  [
    'sums of floats, whose last bits depend on their order',
    { inputs: [{ expression: fieldOf('level'), measures: ['sum'] }] },
  ],
  [
    'first values, of which a group may have many at one time',
    { inputs: [{ expression: fieldOf('count'), measures: ['first'] }] },
  ],
  [`fewer than ${LEAST_ADDED_SERIES} series`, { matchers: [{ tag: 'host', op: '=', value: 'h3' }] }],
  [`more than ${MAX_ADDED_GROUPS} groups`, { by: ['host'] }],
] as const)('rows are not added to %s, and the answer is that of a scan', async (_what, changes) => {
  const next = generator(2)
  const engine = await opened()
  const plan = planOf(changes as Partial<AggregatePlan>)
  for (let at = 0; at < 40; at++) {
    await engine.appendColumns(rowsAt(at, next))
    if (at > 20) await expectAsRead(engine, plan)
  }
  expect((await engine.statistics()).answers?.reused).toBe(0)
  await engine.close()
})
