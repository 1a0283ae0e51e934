import { describe, expect, test } from 'vitest'
import type { Batch } from '../../../engine/core/batch.ts'
import { TidemarkError } from '../../../engine/core/errors.ts'
import { noCounts } from '../../../engine/core/read-counts.ts'
import { checkQueryLimits, DEFAULT_QUERY_LIMITS } from '../../../engine/query/run/query-limits.ts'
import {
  MAX_LISTED_READING,
  QueryRegistry,
  type QueryRequest,
  type RegisteredQuery,
} from '../../../engine/query/run/query-registry.ts'
import { collectRows, type QueryResult } from '../../../engine/query/run/result.ts'
import { SimulatedTime } from '../../support/simulated-time.ts'
import { TableFixture } from '../../support/table-fixture.ts'

const batch: Batch = { rows: 1, columns: [{ name: 'n', type: 'i64', values: BigInt64Array.of(1n) }] }

async function* batches(count: number): AsyncGenerator<Batch> {
  for (let i = 0; i < count; i++) yield batch
}

const whole = (): QueryResult => ({
  columns: [{ name: 'n', type: 'i64' }],
  keys: [],
  batches: batches(1),
  isWhole: true,
})
const streaming = (count: number): QueryResult => ({
  columns: [{ name: 'n', type: 'i64' }],
  keys: [],
  batches: batches(count),
})

function openRegistry(limits: Parameters<typeof checkQueryLimits>[0] = {}) {
  const time = new SimulatedTime(0n)
  const asked: string[] = []
  const registry = new QueryRegistry({
    limits: checkQueryLimits(limits),
    clock: time,
    timers: time,
    name: 'r',
    readCounts: async (readers) => {
      asked.push(...readers)
      return readers.map(() => [
        { ...noCounts(), rows: 5, cachedBlocks: 2 },
        { ...noCounts(), rows: 7 },
      ])
    },
  })
  return { time, registry, asked }
}

const request = (text: string, more: Partial<QueryRequest> = {}): QueryRequest => ({
  text,
  timeoutMs: 1000,
  memoryBytes: 1000,
  ...more,
})

/** Work that ends when it is told, or when the query is. */
function openWork() {
  const { promise, resolve } = Promise.withResolvers<QueryResult>()
  const work = ({ signal }: RegisteredQuery): Promise<QueryResult> =>
    new Promise((done, fail) => {
      promise.then(done)
      signal.addEventListener('abort', () => fail(new Error('some error on the way out')))
    })
  return { work, finish: () => resolve(whole()) }
}

const states = async (registry: QueryRegistry) => (await registry.list()).map(({ id, state }) => `${id} ${state}`)

describe('the registry of queries', () => {
  test('lists what waits and runs, with age, client and what was read for it, and forgets what has ended', async () => {
    const { registry, time, asked } = openRegistry({ running: 1 })
    const [first, second] = [openWork(), openWork()]
    const fixture = new TableFixture()
    const running = registry.run(request('SELECT 1', { client: '10.0.0.1' }), (query) => {
      query.over(fixture)
      query.memory.hold(300)
      return first.work(query)
    })
    await time.advance(250)
    const waiting = registry.run(request('SELECT 2'), second.work)
    await time.advance(100)
    expect(await registry.list()).toEqual([
      {
        id: 1,
        text: 'SELECT 1',
        client: '10.0.0.1',
        state: 'running',
        ageMs: 350,
        counts: { ...noCounts(), rows: 12, cachedBlocks: 2 },
        heldBytes: 300,
      },
      { id: 2, text: 'SELECT 2', client: 'local', state: 'waiting', ageMs: 100, counts: noCounts(), heldBytes: 0 },
    ])
    expect(asked).toEqual(['r-1'])
    first.finish()
    await running
    await time.advance(0)
    expect(await states(registry)).toEqual(['2 running'])
    second.finish()
    await waiting
    expect(await registry.list()).toEqual([])
    expect(time.pending).toBe(0)
  })

  test('ends a query when its time is over, also where it waits, and says so', async () => {
    const { registry, time } = openRegistry({ running: 1 })
    const blocking = registry.run(request('a', { timeoutMs: 5000 }), openWork().work)
    const waiting = registry.run(request('b', { timeoutMs: 1000 }), openWork().work)
    const ends = Promise.all([
      expect(waiting).rejects.toThrow('the query took longer than 1000 ms, waiting for its turn at the end'),
      expect(blocking).rejects.toMatchObject({
        kind: 'cancelled',
        message: 'the query took longer than 5000 ms',
        hint: expect.stringContaining('more time'),
      }),
    ])
    await time.advance(5000)
    await ends
    expect(await registry.list()).toEqual([])
    const unhurried = openWork()
    const result = registry.run(request('c', { timeoutMs: undefined }), unhurried.work)
    await time.advance(1_000_000)
    unhurried.finish()
    await result
  })

  test('KILL ends what runs, what waits and what is being read', async () => {
    const { registry, time } = openRegistry({ running: 1 })
    const read = (await registry.run(request('a'), async () => streaming(3))).batches[Symbol.asyncIterator]()
    await read.next()
    const running = registry.run(request('b'), openWork().work)
    const waiting = registry.run(request('c'), openWork().work)
    await time.advance(0)
    expect(await states(registry)).toEqual(['1 reading', '2 running', '3 waiting'])
    const ended = Promise.all(
      [running, waiting].map((query, i) => expect(query).rejects.toThrow(`the query was ended by KILL ${i + 2}`)),
    )
    expect([1, 2, 3, 4].map((id) => registry.kill(id))).toEqual([true, true, true, false])
    expect((await registry.list()).map(({ id }) => id)).not.toContain(1)
    await ended
    await expect(read.next()).rejects.toThrow('the query was ended by KILL 1')
    expect(await registry.list()).toEqual([])
  })

  test('a signal ends a query with its reason, or as cancelled', async () => {
    const { registry } = openRegistry()
    const abort = new AbortController()
    const running = registry.run(request('a', { signal: abort.signal }), openWork().work)
    abort.abort()
    await expect(running).rejects.toMatchObject({ kind: 'cancelled', message: 'the query was cancelled' })
    const reason = new TidemarkError('cancelled', 'the page went away')
    await expect(registry.run(request('b', { signal: AbortSignal.abort(reason) }), async () => whole())).rejects.toBe(
      reason,
    )
  })

  test('a reader that takes its time keeps nobody waiting, and its time is not counted', async () => {
    const { registry, time } = openRegistry({ running: 1 })
    const read = (await registry.run(request('a'), async () => streaming(2))).batches[Symbol.asyncIterator]()
    await read.next()
    await time.advance(100_000)
    await registry.run(request('b'), async () => whole())
    expect((await read.next()).done).toBe(false)
    expect((await read.next()).done).toBe(true)
    expect(await registry.list()).toEqual([])
  })

  test('a reader that stops early ends its query', async () => {
    const { registry } = openRegistry()
    const result = await registry.run(request('a'), async () => streaming(100))
    for await (const _ of result.batches) break
    expect(await registry.list()).toEqual([])
  })

  test(`lists ${MAX_LISTED_READING} answers that are not read on, those read last, and the others go on all the same`, async () => {
    const { registry } = openRegistry({ running: 1 })
    const readers: AsyncIterator<Batch>[] = []
    for (let i = 0; i <= MAX_LISTED_READING; i++) {
      const { batches } = await registry.run(request('a'), async () => streaming(2))
      const reader = batches[Symbol.asyncIterator]()
      readers.push(reader)
      await reader.next()
    }
    const listed = await registry.list()
    expect(listed).toHaveLength(MAX_LISTED_READING)
    expect(listed[0]?.id).toBe(2)
    expect((await readers[0]?.next())?.done).toBe(false)
    expect((await registry.list()).map(({ id }) => id)).toContain(1)
  })

  test('answers that nobody begins to read are not kept for ever', async () => {
    const { registry } = openRegistry()
    for (let i = 0; i < MAX_LISTED_READING + 10; i++) await registry.run(request('a'), async () => streaming(1))
    expect(await registry.list()).toHaveLength(MAX_LISTED_READING)
  })

  test('errors of the work are its own, and give its place back', async () => {
    const { registry } = openRegistry({ running: 1 })
    for (let i = 0; i < 3; i++) {
      await expect(registry.run(request('a'), () => Promise.reject(new TidemarkError('query', 'no')))).rejects.toThrow(
        'no',
      )
    }
    expect((await collectRows(await registry.run(request('b'), async () => streaming(3)))).rows).toBe(3)
  })

  test('closing ends what waits', async () => {
    const { registry, time } = openRegistry({ running: 1 })
    const first = openWork()
    const running = registry.run(request('a'), first.work)
    const waiting = registry.run(request('b'), openWork().work)
    await time.advance(0)
    const ended = expect(waiting).rejects.toMatchObject({ kind: 'closed' })
    registry.close()
    await ended
    first.finish()
    await running
  })
})

describe('limits of queries', () => {
  test('are the defaults where nothing is said', () => {
    expect(checkQueryLimits()).toEqual(DEFAULT_QUERY_LIMITS)
    expect(checkQueryLimits({ running: 2 })).toEqual({ ...DEFAULT_QUERY_LIMITS, running: 2 })
  })

  test.each([
    [{ running: 0 }, 'queries.running is 0, expected a whole number from 1 to 1024'],
    [{ timeoutMs: 2 ** 31 }, 'queries.timeoutMs is 2147483648, expected a whole number from 1 to 2147483647'],
    [{ memoryBytes: 0.5 }, 'queries.memoryBytes is 0.5'],
    [{ waiting: -1 }, 'queries.waiting is -1'],
  ])('%j is refused', (limits, message) => {
    expect(() => checkQueryLimits(limits)).toThrow(message)
  })
})
