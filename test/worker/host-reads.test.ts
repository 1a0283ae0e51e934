import { afterEach, describe, expect, test } from 'vitest'
import type { AggregatePlan, RowsPlan } from '../../engine/core/plan.ts'
import { GROUPS_A_TURN } from '../../engine/scan/scan-use.ts'
import { openMemoryStore } from '../../engine/storage/memory-store.ts'
import { HostReads, MAX_KEPT_READS } from '../../engine/worker/shard/host-reads.ts'
import { type EngineOverStore, openOverStore } from '../support/engine-over-store.ts'

const engines: EngineOverStore[] = []
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.close()
})

const mark = (id: string) => ({ id, maxBytes: 1e9 })

/** A clock that a test moves. */
function handClock() {
  const clock = { ms: 0, read: () => clock.ms }
  return clock
}

describe('the reads of a host', () => {
  test('give others a turn after 5 ms, which is looked at once in so many groups', async () => {
    const clock = handClock()
    const reads = new HostReads(clock.read)
    const read = reads.of(mark('a'))
    await reads.run(read, async () => {
      expect(read.turn(GROUPS_A_TURN)).toBeUndefined()
      clock.ms = 5
      expect(read.turn(GROUPS_A_TURN - 1)).toBeUndefined()
      let othersRan = false
      setImmediate(() => {
        othersRan = true
      })
      const turn = read.turn(1)
      expect(turn).toBeInstanceOf(Promise)
      await turn
      expect(othersRan).toBe(true)
      expect(read.turn(GROUPS_A_TURN)).toBeUndefined()
    })
    expect(read.counts.ms).toBe(5)
  })

  test('end at their next turn once they are told, and do not begin again', async () => {
    const reads = new HostReads(() => 0)
    const read = reads.of(mark('a'))
    await reads.run(read, async () => {
      reads.cancel('b')
      expect(read.turn(GROUPS_A_TURN)).toBeUndefined()
      reads.cancel('a')
      expect(() => read.turn(GROUPS_A_TURN)).toThrow('the query was ended')
    })
    await expect(reads.run(reads.of(mark('a')), async () => 1)).rejects.toMatchObject({ kind: 'cancelled' })
  })

  test(`of the ${MAX_KEPT_READS} that ended last counts are known, and of all that run`, async () => {
    const reads = new HostReads(() => 0)
    const { promise, resolve } = Promise.withResolvers<void>()
    const running = reads.run(reads.of(mark('running')), () => promise)
    for (let i = 0; i <= MAX_KEPT_READS; i++) await reads.run(reads.of(mark(`${i}`)), async () => undefined)
    const known = reads.counts(['running', '0', '1', `${MAX_KEPT_READS}`]).map((counts) => counts !== undefined)
    expect(known).toEqual([true, false, true, true])
    resolve()
    await running
  })

  test('take the states of all scans of a query from one budget, and give it back', () => {
    const read = new HostReads(() => 0).of({ id: 'a', maxBytes: 100 })
    const [one, other] = [read.openBudget(), read.openBudget()]
    one.take(60)
    expect(() => other.take(60)).toThrow('the states of aggregates need 120 bytes, and 100 bytes are allowed')
    other.release()
    one.release()
    expect(() => read.openBudget().take(100)).not.toThrow()
  })
})

/** A store of some hundred blocks of floats. */
async function open(): Promise<EngineOverStore> {
  const engine = await openOverStore(await openMemoryStore())
  engines.push(engine)
  const rows = 400 * 1024
  await engine.appendColumns({
    table: 't',
    time: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)),
    tags: [],
    fields: [{ name: 'v', type: 'f64', values: Float64Array.from({ length: rows }, (_, i) => Math.sin(i)) }],
  })
  await engine.writer.flush()
  return engine
}

const V = { kind: 'column', name: 'v', source: 'field', type: 'f64' } as const
const all = { table: 't', matchers: [], start: 0n, end: 1n << 62n }
const aggregate: AggregatePlan = {
  kind: 'aggregate',
  ...all,
  by: [],
  window: { origin: 0n, width: 100n },
  inputs: [{ expression: V, measures: ['sum'] }],
}
const rows: RowsPlan = { kind: 'rows', ...all, tags: [], fields: ['v'], order: 'asc' }

describe('a scan of a query', () => {
  test('answers the same whether or not others have turns meanwhile', async () => {
    const { queryable } = await open()
    const [first, second] = await Promise.all([
      queryable.aggregate(aggregate),
      queryable.aggregate({ ...aggregate, window: { origin: 0n, width: 333n } }),
    ])
    expect(await queryable.aggregate(aggregate)).toEqual(first)
    expect(second.rows.reduce((sum, n) => sum + n, 0)).toBe(400 * 1024)
  })

  test('ends with the reason of its signal, before it is through', async () => {
    const { queryable } = await open()
    const whole = { ...aggregate, reader: mark('whole') }
    await queryable.aggregate(whole)
    const abort = new AbortController()
    const cut = queryable.aggregate({ ...aggregate, reader: mark('cut') }, abort.signal)
    abort.abort()
    await expect(cut).rejects.toMatchObject({ kind: 'cancelled', message: 'the query was cancelled' })
    await new Promise((resolve) => setTimeout(resolve, 50))
    const [[ofWhole] = [], [ofCut] = []] = await queryable.readCounts(['whole', 'cut'])
    expect(ofWhole?.encodedBlocks).toBe(400)
    expect(ofCut?.encodedBlocks).toBeLessThan(400)
  })

  test('of rows leaves nothing open behind it', async () => {
    const { queryable } = await open()
    const abort = new AbortController()
    const batches = queryable.rows({ ...rows, reader: mark('rows') }, abort.signal)[Symbol.asyncIterator]()
    await batches.next()
    abort.abort()
    await expect(batches.next()).rejects.toMatchObject({ kind: 'cancelled' })
    expect((await queryable.aggregate(aggregate)).rows).toHaveLength(4096)
  })
})
