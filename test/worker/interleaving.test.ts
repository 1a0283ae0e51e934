import { assert, asyncProperty, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_TIME, MIN_TIME } from '../../engine/core/time.ts'
import { generator } from '../support/block-shapes.ts'
import { openOverStore } from '../support/engine-over-store.ts'
import { openFaultyStore } from '../support/faulty-store.ts'
import { checkRequests, requestLines } from '../support/numbered-requests.ts'
import { rowsOf } from '../support/plain-column.ts'

async function pause(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve()
}

test('appends, flushes, compactions, queries and a close in any interleaving lose, repeat and invent nothing', async () => {
  await assert(
    asyncProperty(integer(), async (seed) => {
      const next = generator(seed)
      const store = openFaultyStore(seed)
      const engine = await openOverStore(store)
      const acknowledged = new Set<number>()
      const running: Promise<unknown>[] = []
      // A plan names columns that there are.
      await engine.appendLines(requestLines(0))
      acknowledged.add(0)
      let begun = 1
      const query = async (): Promise<void> => {
        // What was acknowledged before the query began has to be in its answer.
        const before = new Set(acknowledged)
        await checkRequests(engine.queryable, { acknowledged: before, wasBegun: (request) => request < begun })
      }
      for (let step = 0; step < 50; step++) {
        const choice = next() % 8
        if (choice < 4) {
          const request = begun++
          running.push(engine.appendLines(requestLines(request)).then(() => acknowledged.add(request)))
        } else if (choice < 6) running.push(Promise.resolve(engine.writer.flush()))
        else running.push(query())
        await pause(next() % 30)
        if (next() % 12 === 0) await Promise.all(running)
      }
      const closed = next() % 2 === 0 ? engine.close() : Promise.all(running).then(() => engine.close())
      const outcomes = await Promise.allSettled(running)
      await closed
      for (const outcome of outcomes) {
        // A query may lose its store to the close; appends and flushes that were called before it are finished.
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'closed' })
      }
      expect(acknowledged.size).toBe(begun)
      await expect(engine.appendLines(requestLines(0))).rejects.toMatchObject({ kind: 'closed' })
      const again = await openOverStore(store.crash())
      const found = await checkRequests(again.queryable, { acknowledged, wasBegun: (request) => request < begun })
      expect(found.size).toBe(acknowledged.size)
      await again.close()
    }),
    { numRuns: 80, endOnFailure: true },
  )
})

test('appends of a new series that are called in one turn all go to it, in the order of the calls', async () => {
  const store = openFaultyStore(1)
  const engine = await openOverStore(store)
  const lines = Array.from({ length: 20 }, (_, i) =>
    [`t,s=${i % 3} v=${i}i 1`, `t,s=new${i % 2} v=${i}i ${i}`].join('\n'),
  )
  await Promise.all(lines.map((line) => engine.appendLines(line)))
  const plan = { kind: 'rows', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, order: 'asc' } as const
  const answer = async (opened: typeof engine): Promise<string[]> => {
    const rows: string[] = []
    for await (const batch of opened.queryable.rows({ ...plan, tags: ['s'], fields: ['v'] })) {
      rows.push(...rowsOf(batch).map((row) => row.join(' ')))
    }
    return rows
  }
  const expected = lines.map((_, i) => `${i} new${i % 2} ${i}`)
  const ofTimeOne = ['1 0 18', '1 1 19', '1 2 17', '1 new1 1']
  expect(await answer(engine)).toEqual([expected[0], ...ofTimeOne, ...expected.slice(2)])
  expect(await answer(await openOverStore(store.crash()))).toEqual([expected[0], ...ofTimeOne, ...expected.slice(2)])
})

/** The newest value of a table. */
const newest = (table: string) =>
  ({ kind: 'latest', table, matchers: [], start: MIN_TIME, end: MAX_TIME, by: [], tags: [], fields: ['v'] }) as const

test('small appends of several tables count in the order of the calls', async () => {
  const engine = await openOverStore(openFaultyStore(1))
  await Promise.all(Array.from({ length: 20 }, (_, i) => engine.appendLines(`a v=${i}i 1\nb v=${i}i 1\nc v=${i}i 1`)))
  for (const table of ['a', 'b', 'c']) {
    expect(rowsOf(await engine.queryable.latest(newest(table)))).toEqual([[1n, 19n]])
  }
  await engine.close()
})

test('two appends that give a new field different types in one turn: the first one wins', async () => {
  const engine = await openOverStore(openFaultyStore(1))
  const rows = { table: 't', time: new BigInt64Array(1), tags: [] }
  const outcomes = await Promise.allSettled([
    engine.appendColumns({ ...rows, fields: [{ name: 'v', type: 'f64', values: new Float64Array([1.5]) }] }),
    engine.appendColumns({ ...rows, fields: [{ name: 'v', type: 'bool', values: new Uint8Array([1]) }] }),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(outcomes[1]).toMatchObject({ reason: { kind: 'invalid' } })
})

test('a rows cursor that is left open over flushes and compactions goes on where it was', async () => {
  const engine = await openOverStore(openFaultyStore(5))
  const total = 200_000
  const rows = {
    table: 't',
    time: BigInt64Array.from({ length: total }, (_, i) => BigInt(i)),
    tags: [],
    fields: [{ name: 'v', type: 'f64', values: Float64Array.from({ length: total }, (_, i) => i) }],
  } as const
  await engine.appendColumns(rows)
  const plan = { kind: 'rows', table: 't', matchers: [], start: MIN_TIME, end: MAX_TIME, order: 'asc' } as const
  const cursor = engine.queryable.rows({ ...plan, tags: [], fields: ['v'] })[Symbol.asyncIterator]()
  let seen = 0
  for (let batch = await cursor.next(); !batch.done; batch = await cursor.next()) {
    const values = batch.value.columns[1]?.values ?? []
    for (const value of values) if (value !== seen++) throw new Error(`row ${seen - 1} is ${value}`)
    for (let i = 0; i < 4; i++) {
      await engine.appendLines(`other v=${seen + i} ${i}`)
      await engine.writer.flush()
    }
  }
  expect(seen).toBe(total)
  await engine.close()
})

test('the same rows flushed twice, with others between, count as the later ones', async () => {
  const store = openFaultyStore(6)
  let engine = await openOverStore(store)
  for (const value of [1, 2, 1, 3, 3, 2, 1, 1]) {
    await engine.appendLines(`t v=${value} 5`)
    await engine.writer.flush()
  }
  expect(rowsOf(await engine.queryable.latest(newest('t')))).toEqual([[5n, 1]])
  engine = await openOverStore(store.crash())
  expect(rowsOf(await engine.queryable.latest(newest('t')))).toEqual([[5n, 1]])
  expect((await engine.statistics()).quarantined).toEqual([])
})
