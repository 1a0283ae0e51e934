import { expect, test } from 'vitest'
import type { Queryable } from '../../../engine/core/plan.ts'
import { MAX_TIME, MIN_TIME } from '../../../engine/core/time.ts'
import { PRODUCER_AGE_NS, Producers } from '../../../engine/worker/write/producers.ts'
import { generator } from '../../support/block-shapes.ts'
import { openOverStore } from '../../support/engine-over-store.ts'
import { openFaultyStore } from '../../support/faulty-store.ts'

/** Rows without times: each stamping is another row, so that an append made twice shows. */
const untimed = (request: number): string => `t,s=a request=${request}i\nt,s=b request=${request}i`

function risingClock(): { now(): bigint } {
  let now = 0n
  return { now: () => ++now }
}

async function rowsByRequest(queryable: Queryable): Promise<Map<number, number>> {
  const plan = { kind: 'rows', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, order: 'asc' } as const
  const counts = new Map<number, number>()
  for await (const batch of queryable.rows({ ...plan, tags: [], fields: ['request'] })) {
    for (const value of batch.columns[1]?.values ?? []) {
      counts.set(Number(value), (counts.get(Number(value)) ?? 0) + 1)
    }
  }
  return counts
}

test.each([
  ['from memory', async () => undefined],
  ['over a flush', async (engine: Awaited<ReturnType<typeof openOverStore>>) => engine.writer.flush()],
])('a repeated request changes nothing, %s and over a crash', async (_name, settle) => {
  const clock = risingClock()
  let store = openFaultyStore(1)
  let engine = await openOverStore(store, { clock })
  expect(await engine.appendLines(untimed(0), { id: 'p', sequence: 5n })).not.toHaveProperty('duplicate')
  await settle(engine)
  expect(await engine.appendLines(untimed(0), { id: 'p', sequence: 5n })).toMatchObject({ duplicate: true, rows: 0 })
  expect(await engine.appendLines(untimed(9), { id: 'p', sequence: 4n })).toMatchObject({ duplicate: true })
  store = store.crash()
  engine = await openOverStore(store, { clock })
  expect(await engine.appendLines(untimed(0), { id: 'p', sequence: 5n })).toMatchObject({ duplicate: true })
  expect(await engine.appendLines(untimed(1), { id: 'q', sequence: 5n })).not.toHaveProperty('duplicate')
  expect(await engine.appendLines(untimed(2), { id: 'p', sequence: 2n ** 64n - 1n })).not.toHaveProperty('duplicate')
  const counts = await rowsByRequest(engine.queryable)
  expect([...counts].sort()).toEqual([
    [0, 2],
    [1, 2],
    [2, 2],
  ])
})

test('of equal requests at one moment one is applied, and none is answered before its rows are durable', async () => {
  const store = openFaultyStore(2)
  const engine = await openOverStore(store, { clock: risingClock() })
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => engine.appendLines(untimed(0), { id: 'p', sequence: 1n })),
  )
  expect(answers.filter(({ duplicate }) => duplicate)).toHaveLength(4)
  expect([...(await rowsByRequest(engine.queryable))]).toEqual([[0, 2]])
})

test('requests of one producer are taken in the order of the calls, however large they are', async () => {
  const engine = await openOverStore(openFaultyStore(3), { clock: risingClock() })
  const large = Array.from({ length: 20_000 }, (_, i) => `t,s=c request=0i ${i}`).join('\n')
  const answers = await Promise.all([
    engine.appendLines(large),
    engine.appendLines(large, { id: 'p', sequence: 1n }),
    engine.appendLines(untimed(1), { id: 'p', sequence: 2n }),
  ])
  expect(answers.some(({ duplicate }) => duplicate)).toBe(false)
})

test('a request of which no row is valid commits nothing, and can be made again', async () => {
  const engine = await openOverStore(openFaultyStore(4), { clock: risingClock() })
  await engine.appendLines('t request=', { id: 'p', sequence: 1n })
  expect(await engine.appendLines(untimed(3), { id: 'p', sequence: 1n })).toMatchObject({ rows: 2 })
})

test.each([
  ['', 1n],
  ['x'.repeat(129), 1n],
  ['p', -1n],
  ['p', 2n ** 64n],
])('refuses the producer %j with sequence %s', async (id, sequence) => {
  const engine = await openOverStore(openFaultyStore(5))
  await expect(engine.appendLines(untimed(0), { id, sequence })).rejects.toMatchObject({ kind: 'invalid' })
})

test('remembers as many producers as it may, and forgets the one that was silent for longest', async () => {
  const producers = new Producers(new Map(), 3)
  const run = async (id: string, time: bigint): Promise<boolean> => {
    const producer = { id, sequence: 1n }
    const result = await producers.once(producer, async () => {
      producers.committed(producer, time)
      return true
    })
    return result ?? false
  }
  expect([await run('a', 1n), await run('b', 2n), await run('c', 3n), await run('a', 4n)]).toEqual([
    true,
    true,
    true,
    false,
  ])
  expect(await run('d', 5n)).toBe(true)
  expect(await run('b', 6n)).toBe(false)
  expect(await run('a', 7n)).toBe(true)
})

test('forgets a producer that has been silent for longer than is promised, not before', () => {
  const producers = new Producers(new Map([['a', { sequence: 9n, time: 100n }]]))
  expect([...producers.states(100n + PRODUCER_AGE_NS).keys()]).toEqual(['a'])
  expect([...producers.states(101n + PRODUCER_AGE_NS).keys()]).toEqual([])
})

const ROUNDS = 50

test(`a client that repeats what was not acknowledged has each request once, over ${ROUNDS} power cuts`, async () => {
  let repeats = 0
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const next = generator(seed)
    const clock = risingClock()
    let store = openFaultyStore(seed, { powerFailsAt: next() % 30 })
    const producers = [0, 1, 2]
    const sequences = producers.map(() => 0n)
    let cuts = 0
    while (sequences.some((sequence) => sequence < 6n)) {
      try {
        const engine = await openOverStore(store, { clock })
        await Promise.all(
          producers.map(async (producer) => {
            while ((sequences[producer] as bigint) < 6n) {
              const sequence = sequences[producer] as bigint
              const request = producer * 100 + Number(sequence)
              const { duplicate } = await engine.appendLines(untimed(request), { id: `p${producer}`, sequence })
              if (duplicate) repeats++
              if (next() % 4 === 0) await engine.writer.flush()
              sequences[producer] = sequence + 1n
            }
          }),
        )
      } catch (error) {
        expect(error, `seed ${seed}`).toMatchObject({ name: 'TidemarkError' })
        cuts++
        store = store.crash(cuts < 3 ? { powerFailsAt: store.operations + (next() % 30) } : {})
      }
    }
    const engine = await openOverStore(store.crash(), { clock })
    const counts = await rowsByRequest(engine.queryable)
    const wanted = producers.flatMap((producer) => [0, 1, 2, 3, 4, 5].map((i) => [producer * 100 + i, 2] as const))
    expect(
      [...counts].sort(([a], [b]) => a - b),
      `seed ${seed}`,
    ).toEqual(wanted)
  }
  expect(repeats).toBeGreaterThan(0)
})
